//! RePaint: a known part of an image kept, the rest made to fit (Lugmayr et al. 2022, arXiv 2201.09865).
//!
//! Algorithm 1, with the step of DDIM (Song et al. 2020, arXiv 2010.02502, eq. 12) in place of DDPM's, and, again and
//! again, some steps forwards in time before the same steps back. No [`Sampler`](super::Sampler): a step needs the image
//! and the mask. Coefficients are `f32`, as diffusers has them; every step back draws noise, for the known part.

use burn::tensor::Tensor;
use burn_repro::{Probe, step_name, step_scope};
use serde_json::{Map, Value};

use super::config::refuse;
use super::prediction::Rates;
use super::{
    ClassError, ConfigError, FromFields, NoiseConfig, PredictionType, SamplerError, alpha_bars,
    check_output,
};
use crate::diffusers::{over, values};
use crate::schedule::{BetaSchedule, Schedule, TimestepError, Transition};

/// The keys of a `scheduler_config.json` that diffusers' class has; `eta` is overridden by its pipeline.
const KEYS: [&str; 6] = [
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "clip_sample",
];
/// Most times that a stretch is gone through.
const MOST_SAMPLES: usize = 1000;

/// The configuration of diffusers' `RePaintScheduler`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepaintConfig {
    /// The keys that all samplers share, of which the class has a few.
    pub noise: NoiseConfig,
}

impl FromFields for RepaintConfig {
    fn from_fields(_: Option<&str>, written: &Map<String, Value>) -> Result<Self, ClassError> {
        let own = written.iter().filter(|(key, _)| KEYS.contains(&key.as_str()));
        let own = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        Ok(Self { noise: over(&NoiseConfig::default(), &own)? })
    }

    fn class(&self) -> &'static str {
        "RePaintScheduler"
    }

    fn defaults(&self) -> Map<String, Value> {
        let all = values(&NoiseConfig::default()).into_iter();
        all.filter(|(key, _)| KEYS.contains(&key.as_str())).collect()
    }
}

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Repaint {
    noise: NoiseConfig,
    schedule: Schedule,
    /// The share of fresh noise: 0 for that of DDIM, 1 for that of DDPM.
    eta: f64,
}

/// How often a run goes forwards in time again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jumps {
    /// Steps in one go; `j` in the paper.
    pub length: usize,
    /// How often each stretch is gone through; `r` in the paper.
    pub samples: usize,
}

/// One step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepaintStep {
    /// To less noise, for which the model is asked.
    Back(Transition),
    /// To more noise again: that of so many training timesteps.
    Forwards {
        /// The first of them.
        from: usize,
        /// How many.
        count: usize,
    },
}

/// What a run keeps.
#[derive(Debug, Clone)]
pub struct Known<const D: usize> {
    /// The image.
    pub image: Tensor<D>,
    /// Where it is kept: 1 for the image, 0 for what is made.
    pub mask: Tensor<D>,
}

impl Repaint {
    /// Puts together what a run needs.
    ///
    /// # Errors
    /// The first value that cannot work.
    pub fn new(config: &RepaintConfig, eta: f64) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        if !(0.0..=1.0).contains(&eta) {
            refuse("eta", eta, "it is a share of fresh noise; write a number from 0 to 1")?;
        }
        if noise.beta_schedule == BetaSchedule::Laplace && noise.trained_betas.is_none() {
            let help = "RePaintScheduler has linear, scaled_linear, squaredcos_cap_v2 and sigmoid";
            refuse("beta_schedule", "laplace", help)?;
        }
        let schedule = noise.schedule()?;
        Ok(Self { noise, schedule, eta })
    }

    /// The steps of a run of `count` inference steps, each of which is made more often where stretches are repeated.
    ///
    /// # Errors
    /// If there are no such steps.
    pub fn steps(&self, count: usize, jumps: Jumps) -> Result<Vec<RepaintStep>, ConfigError> {
        let train = self.noise.num_train_timesteps;
        if jumps.length == 0 {
            refuse("jump_length", 0, "write how many steps are made again in one go, 10 usually")?;
        }
        if jumps.samples > MOST_SAMPLES {
            refuse("jump_n_sample", jumps.samples, "write a number up to 1000, 10 usually")?;
        }
        if count == 0 {
            return Err(TimestepError::Steps { steps: count, train }.into());
        }
        let count = count.min(train);
        let stride = train / count;
        let visited: Vec<usize> = visited(count, jumps).iter().map(|step| step * stride).collect();
        let before = [train].into_iter().chain(visited.iter().copied());
        let step = |(before, t): (usize, &usize)| match *t < before {
            true => RepaintStep::Back(Transition { t: *t, previous: t.checked_sub(stride) }),
            false => RepaintStep::Forwards { from: before, count: stride },
        };
        Ok(before.zip(&visited).map(step).collect())
    }

    /// Runs from the noise `x`; `probe` records the sample after each step as `step.NN/latents`.
    ///
    /// # Errors
    /// If a step is not in the schedule, or the model's output has another shape than the sample.
    pub fn sample<const D: usize>(
        &self,
        steps: &[RepaintStep],
        known: &Known<D>,
        mut x: Tensor<D>,
        mut model: impl FnMut(Tensor<D>, f64) -> Tensor<D>,
        mut noise: impl FnMut([usize; D], &mut Probe) -> Tensor<D>,
        probe: &mut Probe,
    ) -> Result<Tensor<D>, SamplerError> {
        for (index, step) in steps.iter().enumerate() {
            let _step = step_scope(index, steps.len());
            x = match *step {
                RepaintStep::Back(transition) => {
                    let output = model(x.clone(), transition.t as f64);
                    let noise = noise(x.dims(), probe);
                    self.back(transition, x, output, noise, known)?
                }
                RepaintStep::Forwards { from, count } => (from..from + count).fold(x, |x, t| {
                    let noise = noise(x.dims(), probe);
                    self.forwards(t, x, noise)
                }),
            };
            probe.record(step_name(index, steps.len(), "latents"), &x);
        }
        Ok(x)
    }

    /// `x_t` to `x_{t-1}`: algorithm 1, lines 4 to 8. The same noise serves the known part and the rest.
    fn back<const D: usize>(
        &self,
        transition: Transition,
        x: Tensor<D>,
        output: Tensor<D>,
        noise: Tensor<D>,
        Known { image, mask }: &Known<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let (alpha_bar_t, alpha_bar_previous) = alpha_bars(&self.schedule, transition)?;
        let rates = Rates::new(alpha_bar_t);
        let x_0 = PredictionType::Epsilon.original(x, output.clone(), rates);
        let x_0 = self.noise.bound().apply(x_0);
        let variance = (1.0 - alpha_bar_previous) / (1.0 - alpha_bar_t)
            * (1.0 - alpha_bar_t / alpha_bar_previous);
        let sigma_t = self.eta as f32 * variance.sqrt();
        // The formula gives 0 or more, its rounding may not.
        let direction = (1.0 - alpha_bar_previous - sigma_t * sigma_t).max(0.0).sqrt();
        let signal = alpha_bar_previous.sqrt();
        let mut unknown = x_0.mul_scalar(signal) + output.mul_scalar(direction);
        if transition.t > 0 && self.eta > 0.0 {
            unknown = unknown + noise.clone().mul_scalar(sigma_t);
        }
        // Eq. 8a; line 5 of the algorithm forgets the root.
        let known =
            image.clone().mul_scalar(signal) + noise.mul_scalar((1.0 - alpha_bar_previous).sqrt());
        Ok(mask.clone() * known + mask.clone().neg().add_scalar(1.0) * unknown)
    }

    /// `x_{t-1}` to `x_t`: algorithm 1, line 10.
    fn forwards<const D: usize>(&self, t: usize, x: Tensor<D>, noise: Tensor<D>) -> Tensor<D> {
        let beta = self.schedule.betas()[t];
        x.mul_scalar((1.0 - beta).sqrt()) + noise.mul_scalar(beta.sqrt())
    }
}

/// The steps in the order in which they are visited, counted from the end: appendix, figure 9 and 10 of the paper.
fn visited(count: usize, jumps: Jumps) -> Vec<usize> {
    let starts = (0..count.saturating_sub(jumps.length)).step_by(jumps.length);
    let mut left: Vec<usize> = vec![0; count];
    starts.for_each(|start| left[start] = jumps.samples.saturating_sub(1));
    let (mut visited, mut step) = (Vec::new(), count);
    while step > 0 {
        step -= 1;
        visited.push(step);
        if left[step] > 0 {
            left[step] -= 1;
            visited.extend(step + 1..=step + jumps.length);
            step += jumps.length;
        }
    }
    visited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_visited_again() {
        let jumps = Jumps { length: 2, samples: 2 };
        assert_eq!(visited(5, jumps), [4, 3, 2, 3, 4, 3, 2, 1, 0, 1, 2, 1, 0]);
        assert_eq!(visited(3, Jumps { length: 10, samples: 10 }), [2, 1, 0]);
    }
}
