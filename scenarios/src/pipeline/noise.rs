//! The noise of a case, drawn on the host in its float type. Not here: the generator (`torch`).

use burn::tensor::Tensor;
use burn_repro::{Case, Dtype, HostFloat, Probe};
use half::{bf16, f16};

use burn_repro::torch::{Element, Generator};

/// Draws standard normal noise from host generators and moves it to the device, as diffusers'
/// `randn_tensor` does with CPU generators: in the model's type, and with a list of generators each
/// sample of the batch from its own.
pub(super) struct Noise {
    generators: Vec<Generator>,
    dtype: Dtype,
}

impl Noise {
    /// The generators of a case, before the first draw.
    pub(super) fn of<P>(case: &Case<P>) -> Self {
        let seeds = if case.seeds.is_empty() { vec![case.seed] } else { case.seeds.clone() };
        let generators =
            seeds.into_iter().map(|seed| Generator::manual_seed(seed.bits())).collect();
        Self { generators, dtype: case.dtype }
    }

    /// The next noise, (N, …); where there is a generator for each sample, N is their number.
    pub(super) fn draw<const D: usize>(
        &mut self,
        shape: [usize; D],
        probe: &mut Probe,
    ) -> Tensor<D> {
        match self.dtype {
            Dtype::F16 => self.draw_as::<f16, D>(shape, probe),
            Dtype::Bf16 => self.draw_as::<bf16, D>(shape, probe),
            Dtype::F32 => self.draw_as::<f32, D>(shape, probe),
            Dtype::F64 => self.draw_as::<f64, D>(shape, probe),
        }
    }

    fn draw_as<T: Element + HostFloat, const D: usize>(
        &mut self,
        shape: [usize; D],
        probe: &mut Probe,
    ) -> Tensor<D> {
        let share = shape.iter().product::<usize>() / self.generators.len();
        let values: Vec<T> =
            self.generators.iter_mut().flat_map(|generator| generator.randn(share)).collect();
        probe.noise(shape, &values)
    }
}

/// `torch.randn(count, dtype=…)` after `manual_seed(seed)`, widened without rounding.
#[must_use]
pub fn seeded_noise(seed: u64, count: usize, dtype: Dtype) -> Vec<f64> {
    fn widened<T: Element + HostFloat>(mut generator: Generator, count: usize) -> Vec<f64> {
        generator.randn::<T>(count).into_iter().map(HostFloat::widen).collect()
    }
    let generator = Generator::manual_seed(seed);
    match dtype {
        Dtype::F16 => widened::<f16>(generator, count),
        Dtype::Bf16 => widened::<bf16>(generator, count),
        Dtype::F32 => widened::<f32>(generator, count),
        Dtype::F64 => widened::<f64>(generator, count),
    }
}
