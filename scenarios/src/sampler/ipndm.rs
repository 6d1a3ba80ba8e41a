//! IPNDM: the improved pseudo linear multistep method (Zhang & Chen 2022, arXiv 2204.13902, section 3.3 and eq. 36 to 38,
//! after Liu et al. 2022, arXiv 2202.09778), on the cosine schedule of Katherine Crowson's v-diffusion: a sample is
//! `alpha x_0 + sigma epsilon` with `sigma = sin^2(t pi / 2)`, and what is extrapolated is the model's `v`.
//!
//! Single precision throughout, as diffusers has it: each sine and arc tangent is rounded to `f32`.

use std::f32::consts::PI;

use burn::tensor::Tensor;

use super::adams::adams_bashforth;
use super::config::refuse;
use super::{
    Config, ConfigError, Named, NoKeys, NoiseConfig, Sampler, SamplerError, Stepped, check_output,
};
use crate::schedule::{TimestepError, linspace};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Ipndm {
    /// Of what every sampler is configured by, the number of training timesteps and the betas.
    pub noise: NoiseConfig,
}

/// One step: a time, and the rates of signal and noise there and at the next time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IpndmStep {
    /// The time that the model is asked about, from 1 down to 0.
    pub time: f32,
    from: Rates,
    to: Rates,
}

/// How much of a sample is signal and how much is noise.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rates {
    alpha: f32,
    sigma: f32,
}

impl Rates {
    fn new(sigma: f32) -> Self {
        Self { alpha: (1.0 - sigma * sigma).sqrt(), sigma }
    }
}

/// The last predictions, at most four, the newest last.
#[derive(Debug)]
pub struct IpndmMemory<const D: usize>(Vec<Tensor<D>>);

impl<const D: usize> Default for IpndmMemory<D> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Sampler for Ipndm {
    type Keys = NoKeys;
    type Arguments = NoKeys;
    type Step = IpndmStep;
    type Memory<const D: usize> = IpndmMemory<D>;

    const WITHOUT: &'static [&'static str] = &[
        "beta_start",
        "beta_end",
        "beta_schedule",
        "clip_sample",
        "clip_sample_range",
        "thresholding",
        "dynamic_thresholding_ratio",
        "sample_max_value",
        "prediction_type",
        "timestep_spacing",
        "steps_offset",
        "rescale_betas_zero_snr",
    ];
    const ADDS_NOISE: bool = false;

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        let mut betas = noise.trained_betas.iter().flatten();
        if let Some(beta) = betas.find(|beta| !(0.0..=1.0).contains(*beta)) {
            refuse("trained_betas", beta, "each is a rate of noise, from 0 to 1")?;
        }
        Ok(Self { noise })
    }

    fn steps(&self, count: usize) -> Result<Vec<IpndmStep>, ConfigError> {
        let betas = match &self.noise.trained_betas {
            Some(betas) => betas.iter().map(|&beta| beta as f32).collect(),
            None if count > 0 => cosine(count),
            None => {
                let train = self.noise.num_train_timesteps;
                return Err(TimestepError::Steps { steps: count, train }.into());
            }
        };
        if betas.len() != count + 1 {
            let help = "IPNDMScheduler takes one more than there are steps";
            refuse("trained_betas", format!("[{} betas]", betas.len()), help)?;
        }
        let rates: Vec<Rates> = betas.into_iter().map(Rates::new).collect();
        let step = |pair: &[Rates]| {
            let angle = f64::from(pair[0].sigma).atan2(f64::from(pair[0].alpha)) as f32;
            IpndmStep { time: angle / PI * 2.0, from: pair[0], to: pair[1] }
        };
        Ok(rates.windows(2).map(step).collect())
    }

    fn time(&self, step: &IpndmStep) -> f64 {
        step.time.into()
    }

    fn noised<const D: usize>(
        &self,
        _: &IpndmStep,
        _: Tensor<D>,
        _: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Err(SamplerError::Lacks { class: Self::CLASS, method: "add_noise" })
    }

    fn step<const D: usize>(
        &self,
        &IpndmStep { from, to, .. }: &IpndmStep,
        x: Tensor<D>,
        output: Tensor<D>,
        IpndmMemory(last): &mut IpndmMemory<D>,
        _: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        last.drain(..last.len().saturating_sub(3));
        last.push(x.clone().mul_scalar(from.sigma) + output.mul_scalar(from.alpha));
        let epsilon = adams_bashforth(last);
        // At the first time there is no signal, and nothing is left of `x` but its noise.
        let signal = from.alpha.max(1e-8);
        let x_0 = (x - epsilon.clone().mul_scalar(from.sigma)).div_scalar(signal);
        let sample = x_0.clone().mul_scalar(to.alpha) + epsilon.mul_scalar(to.sigma);
        Ok(Stepped { sample, original: Some(x_0) })
    }
}

/// The rates of noise at `count` times from 1 down, and at the end.
fn cosine(count: usize) -> Vec<f32> {
    let sine = |time: f32| f64::from(time * PI / 2.0).sin() as f32;
    linspace(1.0, 0.0, count + 1).into_iter().map(|time| sine(time) * sine(time)).collect()
}
