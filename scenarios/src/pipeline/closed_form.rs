//! The sample, the noise and the denoiser of diffusers' tests of schedulers: formulas in place of weights.

use burn::tensor::{DType, Tensor};
use burn_repro::Probe;
use schemars::JsonSchema;
use serde::Deserialize;

/// A denoiser that is a formula.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedForm {
    /// `x * t / (t + 1)`
    #[default]
    #[serde(rename = "t_over_t_plus_1")]
    TOverTPlus1,
}

impl ClosedForm {
    /// What it answers for a sample at a time.
    pub(super) fn answer(self, x: Tensor<4>, t: f64) -> Tensor<4> {
        // Product first, then the quotient, whose sum is made in the sample's type: as the published sums were.
        let Self::TOverTPlus1 = self;
        let next = match x.dtype() {
            DType::F32 => f64::from(t as f32 + 1.0),
            _ => t + 1.0,
        };
        x.mul_scalar(t).div_scalar(next)
    }
}

/// The counting sequence 0, 1, 2 … (or its reverse) over the count, laid out as (C, H, W, N) and
/// read as (N, C, H, W): what diffusers' scheduler tests call the deterministic sample and noise.
pub(super) fn arithmetic_sequence(
    shape: [usize; 4],
    reversed: bool,
    probe: &mut Probe,
) -> Tensor<4> {
    let [batch, channels, height, width] = shape;
    let count = batch * channels * height * width;
    // torch divides in f32; both backends and the float64 reference start from those values.
    let values: Vec<f32> = (0..count)
        .map(|index| if reversed { count - 1 - index } else { index })
        .map(|index| index as f32 / count as f32)
        .collect();
    probe.input([channels, height, width, batch], &values).permute([3, 0, 1, 2])
}
