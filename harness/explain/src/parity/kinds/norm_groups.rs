//! Which elements a normalisation takes together, and the mistake of other groups than torch's.
//!
//! Not here: the mistakes within torch's groups, which `norm` has.

use super::Check;
use super::arrays::{divisors, labels, list};
use super::norm_recipe::Recipe;

/// What a class normalises over.
#[derive(Clone, Copy)]
pub(super) enum Over {
    /// So many of the last dimensions.
    Last(usize),
    /// So many groups of channels.
    Groups(usize),
    /// All but the channels.
    Batch,
}

/// Group and parameter of each element.
pub(super) fn layout(shape: &[usize], over: Over) -> Option<(Vec<usize>, Vec<usize>)> {
    let axes: Vec<usize> = (0..shape.len()).collect();
    match over {
        Over::Last(last) => {
            let (first, last) = axes.split_at(axes.len().checked_sub(last)?);
            Some((labels(shape, first), labels(shape, last)))
        }
        Over::Batch => (shape.len() > 1).then(|| (labels(shape, &[1]), labels(shape, &[1]))),
        Over::Groups(groups) => {
            let channels = *shape.get(1)?;
            let width = channels
                .checked_div(groups)
                .filter(|width| width * groups == channels && channels > 0)?;
            let group = |label: usize| label / channels * groups + label % channels / width;
            Some((labels(shape, &[0, 1]).into_iter().map(group).collect(), labels(shape, &[1])))
        }
    }
}

/// Other groups than torch's.
pub(super) fn other_groups(check: &Check<'_>, torch: Recipe<'_>, over: Over) -> Option<String> {
    let own = Recipe { given: None, ..torch };
    match over {
        Over::Groups(groups) => of_channels(check, own, groups),
        Over::Last(_) | Over::Batch => of_axes(check, own, over),
    }
}

/// The channels in more or fewer groups, or in groups of channels that are not neighbours.
fn of_channels(check: &Check<'_>, torch: Recipe<'_>, own: usize) -> Option<String> {
    let channels = *torch.shape.get(1)?;
    let other = |groups: usize| {
        let (labels, _) = layout(torch.shape, Over::Groups(groups))?;
        let words = || format!("num_groups: torch's is {own}, here it is {groups}");
        check.clause_of_values(Recipe { groups: &labels, ..torch }.computed(), words)
    };
    let interleaved = || {
        let group = |label: usize| label / channels * own + label % channels % own;
        let groups: Vec<usize> = labels(torch.shape, &[0, 1]).into_iter().map(group).collect();
        check.clause_of_values(Recipe { groups: &groups, ..torch }.computed(), || {
            format!("the channels of the {own} groups are interleaved, torch's are contiguous")
        })
    };
    let others = divisors(channels).into_iter().filter(|&groups| groups != own);
    others.into_iter().find_map(other).or_else(interleaved)
}

/// Any other set of dimensions.
fn of_axes(check: &Check<'_>, torch: Recipe<'_>, over: Over) -> Option<String> {
    let axes: Vec<usize> = (0..torch.shape.len()).collect();
    let members = |set: usize| axes.iter().copied().filter(move |axis| set >> axis & 1 == 1);
    // No class has more than six dimensions.
    let mut sets: Vec<Vec<usize>> =
        (1..1_usize << axes.len().min(6)).map(|set| members(set).collect()).collect();
    // One axis before several, as it is the likelier mistake.
    sets.sort_by_key(Vec::len);
    sets.into_iter().find_map(|set| {
        let kept: Vec<usize> = axes.iter().copied().filter(|axis| !set.contains(axis)).collect();
        let (groups, along) = (labels(torch.shape, &kept), labels(torch.shape, &set));
        let own = of_torch(over, axes.len());
        let words = || {
            let (ours, torch) = (list(&set), list(&own));
            format!("it is normalised over the dimensions {ours}, torch's is over {torch}")
        };
        let recipe = Recipe { groups: &groups, ..torch };
        let (means, variances) = recipe.statistics()?;
        let given = Some((means.as_slice(), variances.as_slice()));
        // The scale goes with the dimensions, or stays where torch has it.
        [&along[..], torch.parameters].into_iter().find_map(|parameters| {
            check.clause_of_values(Recipe { parameters, given, ..recipe }.computed(), words)
        })
    })
}

/// The dimensions that torch's class normalises over.
fn of_torch(over: Over, rank: usize) -> Vec<usize> {
    match over {
        Over::Last(last) => (rank - last..rank).collect(),
        Over::Batch => (0..rank).filter(|&axis| axis != 1).collect(),
        Over::Groups(_) => (1..rank).collect(),
    }
}
