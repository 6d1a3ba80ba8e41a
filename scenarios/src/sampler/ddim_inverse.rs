//! DDIM run the other way, from a clean sample to its noise: DDIM's step (Song, Meng & Ermon 2020, arXiv 2010.02502, eq. 12)
//! towards the next, noisier timestep (section 4.3, eq. 14), as Mokady et al. 2022 (arXiv 2211.09794) edit images.
//!
//! Single precision throughout: diffusers takes alpha bar, and roots of it, from `f32` tensors.

use burn::tensor::Tensor;

use super::config::refuse;
use super::ddim::{DdimKeys, check_betas};
use super::prediction::Rates;
use super::{
    Config, ConfigError, Named, NoKeys, NoiseConfig, Sampler, SamplerError, Stepped, alpha_bars,
    check_output,
};
use crate::schedule::{Schedule, TimestepSpacing, Transition};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct DdimInverse {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The noise of each timestep, and of the beginning.
    pub schedule: Schedule,
}

impl Sampler for DdimInverse {
    type Keys = DdimKeys;
    type Arguments = NoKeys;
    /// `t` is the timestep that the model is asked about and that the sample is brought to; `previous` the one that it
    /// comes from, none for the clean sample.
    type Step = Transition;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] =
        &["thresholding", "dynamic_thresholding_ratio", "sample_max_value"];
    const ADDS_NOISE: bool = false;

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        check_betas(&noise)?;
        if noise.timestep_spacing == TimestepSpacing::Linspace {
            let help = "DDIMInverseScheduler has leading and trailing";
            refuse("timestep_spacing", "linspace", help)?;
        }
        let mut schedule = noise.schedule()?;
        if config.keys.set_alpha_to_one == Some(false) {
            schedule = schedule.ending_at_timestep_zero();
        }
        Ok(Self { noise, schedule })
    }

    fn steps(&self, count: usize) -> Result<Vec<Transition>, ConfigError> {
        let mut timesteps = self.noise.timesteps(count)?;
        timesteps.reverse();
        Ok(Transition::by_stride(&timesteps, self.noise.num_train_timesteps / count))
    }

    fn time(&self, step: &Transition) -> f64 {
        step.t as f64
    }

    fn noised<const D: usize>(
        &self,
        _: &Transition,
        _: Tensor<D>,
        _: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Err(SamplerError::Lacks { class: Self::CLASS, method: "add_noise" })
    }

    /// `x_{t-1}` to `x_t`: DDIM's step with both timesteps exchanged.
    fn step<const D: usize>(
        &self,
        &transition: &Transition,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        _: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let (alpha_bar_to, alpha_bar_from) = alpha_bars(&self.schedule, transition)?;
        let rates = Rates::new(alpha_bar_from);
        let prediction = self.noise.prediction_type;
        let x_0 = prediction.original(x.clone(), output.clone(), rates);
        let x_0 = self.noise.bound().apply(x_0);
        let direction =
            prediction.epsilon(x, output, rates).mul_scalar((1.0 - alpha_bar_to).sqrt());
        let sample = x_0.clone().mul_scalar(alpha_bar_to.sqrt()) + direction;
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
