//! Bernoulli draws, dropout masks among them. Not here: the cast of the result to a dtype.

use super::Generator;
use super::element::{Arithmetic, Element};

impl Generator {
    /// `torch.bernoulli(probabilities)`: one draw per element, true with its probability.
    ///
    /// One 32-bit draw per element, two for `f64`. torch writes true as 1 and false as 0 of the
    /// dtype. `f16` and `bf16` are taken from torch's source; no recorded vector covers them.
    ///
    /// # Panics
    ///
    /// If a probability is not in [0, 1]; torch raises an error.
    pub fn bernoulli<T: Element>(&mut self, probabilities: &[T]) -> Vec<bool> {
        probabilities
            .iter()
            .map(|probability| {
                check_probability(probability.to_f64());
                probability.draw_bernoulli(&mut self.engine)
            })
            .collect()
    }

    /// `torch.empty(numel).bernoulli_(probability)` for any dtype, and the mask that `dropout`
    /// keeps with `probability = 1 - p`.
    ///
    /// Two 32-bit draws per element: not the bits of [`bernoulli`](Self::bernoulli) in float32.
    ///
    /// # Panics
    ///
    /// If `probability` is not in [0, 1]; torch raises an error.
    pub fn bernoulli_scalar(&mut self, numel: usize, probability: f64) -> Vec<bool> {
        check_probability(probability);
        (0..numel).map(|_| probability.draw_bernoulli(&mut self.engine)).collect()
    }
}

fn check_probability(probability: f64) {
    assert!(
        (0.0..=1.0).contains(&probability),
        "bernoulli needs a probability from 0 to 1, got {probability}"
    );
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    #[test]
    fn zero_never_happens_and_one_always_does() {
        let mut generator = Generator::manual_seed(1);
        assert!(generator.bernoulli_scalar(100, 1.0).into_iter().all(|value| value));
        assert!(!generator.bernoulli(&[0.0_f32; 100]).into_iter().any(|value| value));
    }

    #[test]
    fn a_half_probability_meets_a_float32_uniform() {
        let probabilities = [0.25_f32, 0.5, 0.75];
        let halves = probabilities.map(f16::from_f32);
        let expected = Generator::manual_seed(1).bernoulli(&probabilities);
        assert_eq!(Generator::manual_seed(1).bernoulli(&halves), expected);
    }

    #[test]
    fn an_empty_tensor_draws_nothing() {
        let mut generator = Generator::manual_seed(1);
        let before = generator.get_state();
        assert!(generator.bernoulli::<f32>(&[]).is_empty());
        assert!(generator.bernoulli_scalar(0, 0.5).is_empty());
        assert_eq!(generator.get_state(), before);
    }

    #[test]
    #[should_panic(expected = "bernoulli needs a probability from 0 to 1, got 1.5")]
    fn an_impossible_probability_is_refused() {
        Generator::manual_seed(1).bernoulli_scalar(1, 1.5);
    }
}
