//! Steps that ask the model twice, each question a step of its own, as diffusers counts them.

use burn::tensor::Tensor;

use super::SamplerError;

/// Which of the two questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// At the sample that the step begins with.
    First,
    /// At the sample that the first led to.
    Second,
}

/// What the first half leaves for the second: the sample that the step begins with and, for methods that take a mean
/// of both slopes, the slope there.
#[derive(Debug)]
pub struct Begun<const D: usize>(pub(super) Option<(Tensor<D>, Tensor<D>)>);

impl<const D: usize> Default for Begun<D> {
    fn default() -> Self {
        Self(None)
    }
}

impl<const D: usize> Begun<D> {
    /// What the first half has left, once.
    pub(super) fn take(&mut self) -> Result<(Tensor<D>, Tensor<D>), SamplerError> {
        self.0.take().ok_or(SamplerError::Half)
    }
}

/// Both halves of each of `count` steps but the last, whose second would divide by a sigma of 0.
pub(super) fn halves(count: usize) -> impl Iterator<Item = (usize, Half)> {
    let both = (0..count).flat_map(|index| [(index, Half::First), (index, Half::Second)]);
    both.take((2 * count).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_has_one_half() {
        let indices: Vec<usize> = halves(3).map(|(index, _)| index).collect();
        assert_eq!(indices, [0, 0, 1, 1, 2]);
        assert_eq!([halves(0).count(), halves(1).count()], [0, 1]);
    }
}
