//! DDPM for parallel sampling (Shih et al. 2023, ParaDiGMS, arXiv 2305.16317): the step is `ddpm`'s (arXiv 2006.11239, eq.
//! 7), in single precision; what is added is the step of a whole batch, each sample from its own timestep.

use burn::tensor::Tensor;

use super::batch::{each_sample, strided};
use super::ddpm::{Ddpm, DdpmArguments, DdpmKeys};
use super::{Config, ConfigError, Sampler, SamplerError, Stepped};
use crate::schedule::Transition;

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct DdpmParallel(pub Ddpm);

impl Sampler for DdpmParallel {
    type Keys = DdpmKeys;
    type Arguments = DdpmArguments;
    type Step = Transition;
    type Memory<const D: usize> = ();

    const BATCHED: bool = true;

    fn new(config: &Config<Self>, arguments: &DdpmArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        Ddpm::new(&Config { noise, keys }, arguments).map(Self)
    }

    fn steps(&self, count: usize) -> Result<Vec<Transition>, ConfigError> {
        self.0.steps(count)
    }

    fn time(&self, step: &Transition) -> f64 {
        self.0.time(step)
    }

    fn variance(&self, between: Transition, learned: f32) -> Option<f32> {
        self.0.variance(between, learned)
    }

    fn noised<const D: usize>(
        &self,
        first: &Transition,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        self.0.noised(first, original, noise)
    }

    fn output_channels(&self, channels: usize) -> usize {
        self.0.output_channels(channels)
    }

    fn step<const D: usize>(
        &self,
        step: &Transition,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        self.0.step(step, x, output, &mut (), noise)
    }

    fn batch_step<const D: usize>(
        &self,
        count: usize,
        timesteps: &[usize],
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        let Self(ddpm) = self;
        let (output, _) = ddpm.split(output, x.dims())?;
        let stride = ddpm.noise.num_train_timesteps / count.max(1);
        each_sample(timesteps, &x, &output, |t, x, output| {
            Ok(ddpm.mean(x, output, strided(&ddpm.schedule, t, stride)?).0)
        })
    }
}
