//! Which target differs from the others: one rule, for a run, which has the tensors, and for many machines, of which
//! there are records. Pure; who runs the reference is `outliers`.

mod conclusion;
mod disagreement;
mod port;

pub use disagreement::{Disagreement, disagreements};
pub(crate) use port::port_or_backend;

/// How many times as far as the others a target must be to be called an outlier.
///
/// Targets without a bug differ by the order of their sums alone. In the 30 outputs of this project's scenarios on flex,
/// ndarray and llvmpipe, each target is at most 3.6 times as far from the golden as the next nearer one.
const APART: f64 = 4.0;

/// How far a target is from what all targets are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The largest absolute difference; infinite where there is no result, or none that is finite.
    pub distance: f64,
    /// Whether it is within the tolerance.
    pub passes: bool,
}

/// The largest distance of the targets that belong together, where others stand apart from them: the outliers are those
/// that are farther. Nothing where no target is an outlier. A target that passes never is one.
#[must_use]
pub fn distance_of_the_others(standings: &[Standing]) -> Option<f64> {
    let mut sorted = standings.to_vec();
    sorted.sort_by(|left, right| left.distance.total_cmp(&right.distance));
    (1..sorted.len())
        .find(|&first| {
            let (others, apart) = sorted.split_at(first);
            apart[0].distance > APART * others[first - 1].distance
                && apart.iter().all(|standing| !standing.passes)
        })
        .map(|first| sorted[first - 1].distance)
}

#[cfg(test)]
mod tests;
