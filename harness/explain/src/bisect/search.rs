//! The search for the smallest sets of changes after which a difference is gone. Pure: whoever asks runs the cells. What
//! a change is, is not known here, only that two of one slot exclude each other.

use std::collections::BTreeSet;

/// What became of the difference under a set of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialResult {
    /// The result is the one it should be.
    Gone,
    /// It still differs.
    Stays,
    /// There is no result: the change cannot be made here, or the cell crashes with it.
    Unknown,
}

/// What a search found: sets of changes, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchResult {
    /// Every set of the smallest size after which the difference is gone. All smaller sets were asked.
    Smallest(Vec<Vec<usize>>),
    /// A larger set after which it is gone, and none of whose changes can be left out. There may be smaller ones.
    Shrunk(Vec<usize>),
    /// None of the sets that were asked.
    Nothing,
}

/// Asks about every set of one change, then of two, up to `most`, and stops after the first size at which the difference
/// is gone; beyond, about all changes at once (the first of each slot) and from there about fewer.
///
/// No monotony is assumed: that a set removes the difference does not mean that a larger one does. A change that has no
/// answer alone is left out of larger sets. No set is asked about twice.
pub fn search(
    slots: &[usize],
    most: usize,
    ask: &mut dyn FnMut(&[usize]) -> TrialResult,
) -> SearchResult {
    let mut possible: Vec<usize> = (0..slots.len()).collect();
    for size in 1..=most {
        let mut gone = Vec::new();
        let mut unknown = BTreeSet::new();
        for set in sets(slots, &possible, size) {
            match ask(&set) {
                TrialResult::Gone => gone.push(set),
                TrialResult::Unknown if size == 1 => unknown.extend(set),
                TrialResult::Stays | TrialResult::Unknown => {}
            }
        }
        if !gone.is_empty() {
            return SearchResult::Smallest(gone);
        }
        possible.retain(|change| !unknown.contains(change));
    }
    let all = first_of_each_slot(slots, &possible);
    if all.len() <= most || ask(&all) != TrialResult::Gone {
        return SearchResult::Nothing;
    }
    SearchResult::Shrunk(shrink(all, most, ask))
}

/// Leaves changes out as long as the difference stays gone. Sets of up to `most` are known not to remove it.
fn shrink(
    mut set: Vec<usize>,
    most: usize,
    ask: &mut dyn FnMut(&[usize]) -> TrialResult,
) -> Vec<usize> {
    'smaller: while set.len() > most + 1 {
        for place in 0..set.len() {
            let mut fewer = set.clone();
            fewer.remove(place);
            if ask(&fewer) == TrialResult::Gone {
                set = fewer;
                continue 'smaller;
            }
        }
        break;
    }
    set
}

/// Every set of a size in which no two changes are of one slot, in the order of the changes.
fn sets(slots: &[usize], possible: &[usize], size: usize) -> Vec<Vec<usize>> {
    let mut sets = vec![Vec::new()];
    for _ in 0..size {
        let grown = sets.iter().flat_map(|set: &Vec<usize>| {
            let fits = |change: &usize| {
                set.last().is_none_or(|last| change > last)
                    && set.iter().all(|other| slots[*other] != slots[*change])
            };
            possible.iter().copied().filter(fits).map(|change| {
                let mut set = set.clone();
                set.push(change);
                set
            })
        });
        sets = grown.collect();
    }
    sets
}

fn first_of_each_slot(slots: &[usize], possible: &[usize]) -> Vec<usize> {
    let mut taken = BTreeSet::new();
    possible.iter().copied().filter(|change| taken.insert(slots[*change])).collect()
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
