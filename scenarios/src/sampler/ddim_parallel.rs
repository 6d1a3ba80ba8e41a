//! DDIM for parallel sampling (Shih et al. 2023, ParaDiGMS, arXiv 2305.16317): the step is `ddim`'s (arXiv 2010.02502, eq.
//! 12), in single precision; what is added is the step of a whole batch, each sample from its own timestep.

use burn::tensor::Tensor;

use super::batch::{each_sample, strided};
use super::ddim::{Ddim, DdimArguments, DdimKeys};
use super::{Config, ConfigError, Named, Sampler, SamplerError, Stepped, check_output};
use crate::schedule::Transition;

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct DdimParallel(pub Ddim);

impl Sampler for DdimParallel {
    type Keys = DdimKeys;
    type Arguments = DdimArguments;
    type Step = Transition;
    type Memory<const D: usize> = ();

    const BATCHED: bool = true;

    fn new(config: &Config<Self>, arguments: &DdimArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        Ddim::new(&Config { noise, keys }, arguments).map(Self)
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

    /// Only without fresh noise in the formula, as in diffusers: the `direction` of `eta: 0`.
    fn batch_step<const D: usize>(
        &self,
        count: usize,
        timesteps: &[usize],
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        let Self(ddim) = self;
        if ddim.eta > 0.0 {
            let method = "batch_step_no_noise` with an `eta` above `0";
            return Err(SamplerError::Lacks { class: Self::CLASS, method });
        }
        check_output(&output, x.dims())?;
        let stride = ddim.noise.num_train_timesteps / count.max(1);
        each_sample(timesteps, &x, &output, |t, x, output| {
            Ok(ddim.mean(x, output, strided(&ddim.schedule, t, stride)?).0)
        })
    }
}
