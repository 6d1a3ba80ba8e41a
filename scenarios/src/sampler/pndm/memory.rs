//! What PNDM keeps from question to question, and the prediction that a step is made with.

use burn::tensor::Tensor;

use super::PndmStep;
use crate::sampler::adams::adams_bashforth;
use crate::schedule::Transition;

/// What the steps before have left.
#[derive(Debug)]
pub struct PndmMemory<const D: usize> {
    /// How many questions there were.
    taken: usize,
    /// The last predictions, at most four, the newest last.
    epsilons: Vec<Tensor<D>>,
    /// The sample that the running step begins with.
    begin: Option<Tensor<D>>,
    /// The weighted sum of a Runge-Kutta step's predictions.
    sum: Option<Tensor<D>>,
}

impl<const D: usize> Default for PndmMemory<D> {
    fn default() -> Self {
        Self { taken: 0, epsilons: Vec::new(), begin: None, sum: None }
    }
}

impl<const D: usize> PndmMemory<D> {
    /// The step from `begin` so far, with the prediction that is the weighted mean of its four (eq. 13).
    pub(super) fn runge_kutta(
        &mut self,
        step: &PndmStep,
        begin: usize,
        nth: usize,
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> (Transition, Tensor<D>, Tensor<D>) {
        self.taken += 1;
        if nth == 0 {
            self.epsilons.push(output.clone());
            self.begin = Some(x.clone());
        }
        let weight = if nth.is_multiple_of(3) { 1.0 / 6.0 } else { 1.0 / 3.0 };
        let weighted = output.clone().mul_scalar(weight);
        let sum = match self.sum.take() {
            Some(sum) => sum + weighted,
            None => weighted,
        };
        let back = if nth.is_multiple_of(2) { step.stride / 2 } else { 0 };
        let transition = Transition { t: begin, previous: step.t.checked_sub(back) };
        let x = self.begin.clone().unwrap_or(x);
        if nth == 3 {
            return (transition, x, sum);
        }
        self.sum = Some(sum);
        (transition, x, output)
    }

    /// A step of as high an order as there are predictions, up to the fourth (eq. 12).
    pub(super) fn multistep(
        &mut self,
        step: &PndmStep,
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> (Transition, Tensor<D>, Tensor<D>) {
        let &PndmStep { t, stride, .. } = step;
        let taken = self.taken;
        self.taken += 1;
        // The first step is made once more, with the mean of the predictions at both of its ends.
        if let (1, [first], Some(begin)) = (taken, &self.epsilons[..], self.begin.take()) {
            let epsilon = (output + first.clone()).div_scalar(2.0);
            return (Transition { t: t + stride, previous: Some(t) }, begin, epsilon);
        }
        self.epsilons.drain(..self.epsilons.len().saturating_sub(3));
        self.epsilons.push(output);
        if taken == 0 {
            self.begin = Some(x.clone());
        }
        (Transition { t, previous: t.checked_sub(stride) }, x, adams_bashforth(&self.epsilons))
    }
}
