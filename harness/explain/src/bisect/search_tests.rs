//! Oracles that are monotone and oracles that are not, against every set there is.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// Runs a search, and fails where a set is asked about twice or holds two changes of one slot.
fn searched(
    slots: &[usize],
    most: usize,
    oracle: impl Fn(&[usize]) -> TrialResult,
) -> SearchResult {
    let asked = RefCell::new(BTreeSet::new());
    search(slots, most, &mut |set| {
        assert!(asked.borrow_mut().insert(set.to_vec()), "{set:?} is asked about twice");
        let distinct: BTreeSet<usize> = set.iter().map(|change| slots[*change]).collect();
        assert!(!set.is_empty() && distinct.len() == set.len(), "{set:?} excludes itself");
        oracle(set)
    })
}

/// The difference is gone where a set holds all of one of these.
fn holds(causes: &[Vec<usize>]) -> impl Fn(&[usize]) -> TrialResult {
    |set| {
        let gone = causes.iter().any(|cause| cause.iter().all(|change| set.contains(change)));
        if gone { TrialResult::Gone } else { TrialResult::Stays }
    }
}

#[rstest]
#[case::one(&[vec![1]], SearchResult::Smallest(vec![vec![1]]))]
#[case::two_of_which_each_is_enough(&[vec![0], vec![3]], SearchResult::Smallest(vec![vec![0], vec![3]]))]
#[case::a_pair(&[vec![0, 4]], SearchResult::Smallest(vec![vec![0, 4]]))]
#[case::one_hides_a_pair(&[vec![0, 4], vec![2]], SearchResult::Smallest(vec![vec![2]]))]
#[case::three_at_once(&[vec![0, 2, 3]], SearchResult::Shrunk(vec![0, 2, 3]))]
#[case::nothing(&[], SearchResult::Nothing)]
fn the_smallest_sets_are_found(#[case] causes: &[Vec<usize>], #[case] found: SearchResult) {
    assert_eq!(searched(&[0, 1, 2, 3, 4], 2, holds(causes)), found);
}

#[test]
fn two_changes_of_one_slot_are_never_together() {
    // Only together would they be enough.
    assert_eq!(searched(&[0, 1, 1, 2], 2, holds(&[vec![1, 2]])), SearchResult::Nothing);
    assert_eq!(
        searched(&[0, 1, 1, 2], 2, holds(&[vec![2, 3]])),
        SearchResult::Smallest(vec![vec![2, 3]])
    );
}

#[test]
fn a_change_without_an_answer_is_left_out_of_larger_sets() {
    let oracle = |set: &[usize]| match set {
        [1] => TrialResult::Unknown,
        set if set.contains(&1) => panic!("{set:?} cannot be made"),
        [0, 2] => TrialResult::Gone,
        _ => TrialResult::Stays,
    };
    assert_eq!(searched(&[0, 1, 2], 2, oracle), SearchResult::Smallest(vec![vec![0, 2]]));
}

/// Not monotone: the pair removes it, and any third change brings it back.
#[test]
fn a_larger_set_may_bring_the_difference_back() {
    let oracle = |set: &[usize]| if set == [1, 2] { TrialResult::Gone } else { TrialResult::Stays };
    assert_eq!(searched(&[0, 1, 2, 3], 2, oracle), SearchResult::Smallest(vec![vec![1, 2]]));
    assert_eq!(searched(&[0, 1, 2, 3], 1, oracle), SearchResult::Nothing);
}

#[test]
fn where_nothing_can_be_changed_nothing_is_found() {
    assert_eq!(searched(&[], 2, |_| panic!("asked")), SearchResult::Nothing);
}

/// Slots of up to six changes, and an answer for each of their sets as one bit.
fn changes() -> impl Strategy<Value = (Vec<usize>, usize)> {
    (prop::collection::vec(0_usize..5, 0..7), 1_usize..4)
}

fn bit(set: &[usize]) -> usize {
    set.iter().map(|change| 1 << change).sum()
}

fn every_set(slots: &[usize], size: usize) -> Vec<Vec<usize>> {
    let subsets = (1_usize..1 << slots.len())
        .map(|bits| (0..slots.len()).filter(|change| bits >> change & 1 == 1).collect::<Vec<_>>());
    let fits = |set: &Vec<usize>| {
        let distinct: BTreeSet<usize> = set.iter().map(|change| slots[*change]).collect();
        set.len() == size && distinct.len() == size
    };
    let mut sets: Vec<Vec<usize>> = subsets.filter(fits).collect();
    sets.sort();
    sets
}

/// Holds a result against every set there is.
fn check(
    slots: &[usize],
    most: usize,
    gone: impl Fn(&[usize]) -> bool,
) -> Result<(), TestCaseError> {
    let oracle = |set: &[usize]| if gone(set) { TrialResult::Gone } else { TrialResult::Stays };
    let smallest = (1..=most)
        .map(|size| every_set(slots, size).into_iter().filter(|set| gone(set)).collect::<Vec<_>>())
        .find(|sets| !sets.is_empty());
    match (searched(slots, most, oracle), smallest) {
        (SearchResult::Smallest(found), Some(smallest)) => prop_assert_eq!(found, smallest),
        (SearchResult::Shrunk(set), None) => {
            prop_assert!(gone(&set) && set.len() > most);
            for place in 0..set.len() {
                let mut fewer = set.clone();
                fewer.remove(place);
                prop_assert!(!gone(&fewer), "{:?} is enough", fewer);
            }
        }
        (SearchResult::Nothing, None) => {}
        (found, smallest) => prop_assert!(false, "{:?}, but {:?}", found, smallest),
    }
    Ok(())
}

proptest! {
    /// Any answer for any set.
    #[test]
    fn whatever_the_oracle(
        (slots, most) in changes(),
        gone in prop::collection::vec(any::<bool>(), 64),
    ) {
        check(&slots, most, |set| gone[bit(set)])?;
    }

    /// One set of changes is needed, and any larger one does as well: it is always found.
    #[test]
    fn a_monotone_oracle((slots, most) in changes(), cause in 0_usize..64) {
        let first: Vec<usize> = {
            let mut taken = BTreeSet::new();
            (0..slots.len()).filter(|change| taken.insert(slots[*change])).collect()
        };
        // Among the first of each slot, which is what is asked about at once.
        let cause: Vec<usize> =
            first.into_iter().filter(|change| cause >> change & 1 == 1).collect();
        prop_assume!(!cause.is_empty());
        let gone = |set: &[usize]| cause.iter().all(|change| set.contains(change));
        check(&slots, most, gone)?;
        let oracle = |set: &[usize]| if gone(set) { TrialResult::Gone } else { TrialResult::Stays };
        let found = match searched(&slots, most, oracle) {
            SearchResult::Smallest(mut sets) => sets.remove(0),
            SearchResult::Shrunk(set) => set,
            SearchResult::Nothing => Vec::new(),
        };
        prop_assert_eq!(found, cause);
    }
}
