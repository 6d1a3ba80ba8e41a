//! The times and sigmas of a solver's run.
//!
//! A run of `n` steps has `n + 1` sigmas. As in numpy: `f64`, rounded to `f32` once; the training timesteps' own sigmas
//! are torch's.

use super::{SigmaKeys, Times, ln};
use crate::sampler::config::{FinalSigmasType, SigmaSpacing, TimeShiftType, check_sigmas, refuse};
use crate::sampler::{ConfigError, NoiseConfig};
use crate::schedule::{
    Schedule, TimestepError, equally_spaced, flow, interpolate, logarithms, time_of,
    training_sigmas,
};

/// Where the sigmas of a run come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sampler) enum Sigmas {
    /// The timesteps, or a list from which the timesteps come.
    Spaced(SigmaSpacing),
    /// A list with equal distances in `lambda`, as Lu et al. have them (arXiv 2206.00927).
    Lu,
    /// Equal distances between noise and data.
    Flow,
}

impl Sigmas {
    /// Those of the timesteps.
    pub const OF_TIMESTEPS: Self = Self::Spaced(SigmaSpacing::Timesteps);
}

/// The sigma after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sampler) enum End {
    /// None.
    Clean,
    /// That of a training timestep.
    Timestep(usize),
    /// The last one again: the last step changes nothing.
    Repeated,
}

impl End {
    /// What most classes do in every run, whichever sigmas it has.
    pub fn of(key: FinalSigmasType) -> Self {
        match key {
            FinalSigmasType::Zero => Self::Clean,
            FinalSigmasType::SigmaMin => Self::Timestep(0),
        }
    }
}

/// The times of a run, and one sigma more, or several.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sampler) struct Run {
    pub times: Vec<f64>,
    pub sigmas: Vec<f32>,
}

/// What the times and sigmas of a run are made of.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sampler) struct Levels {
    pub sigmas: Sigmas,
    pub end: End,
    /// The timesteps of a run that visits no list of sigmas.
    pub times: Times,
    /// Whether the times of a list by Karras or Lu are rounded and not cut off.
    pub rounded: bool,
    pub flow_shift: f64,
    /// The ends of a list of sigmas.
    low: f64,
    high: f64,
    /// The sigmas of the training timesteps.
    training: Vec<f32>,
}

impl Levels {
    /// Those that most classes have; the fields say where one differs.
    pub fn new(
        noise: &NoiseConfig,
        schedule: &Schedule,
        keys: SigmaKeys,
    ) -> Result<Self, ConfigError> {
        let training = training_sigmas(&alphas_cumprod(noise, schedule));
        let sigmas = match SigmaSpacing::chosen(keys.karras, keys.exponential, keys.beta)? {
            SigmaSpacing::Timesteps if keys.flow => Sigmas::Flow,
            spacing => Sigmas::Spaced(spacing),
        };
        let is_list = sigmas != Sigmas::OF_TIMESTEPS;
        let end = if is_list { End::Repeated } else { End::Timestep(0) };
        let [first, .., last] = training[..] else {
            let help = "sigmas lie between two timesteps or more";
            refuse("num_train_timesteps", training.len(), help)?;
            return Err(TimestepError::Empty.into());
        };
        let low = keys.sigma_min.unwrap_or(f64::from(first));
        let high = keys.sigma_max.unwrap_or(f64::from(last));
        check_sigmas(Some(low), Some(high))?;
        if !(keys.flow_shift > 0.0 && keys.flow_shift.is_finite()) {
            refuse("flow_shift", keys.flow_shift, "write a number above 0")?;
        }
        Ok(Self {
            sigmas,
            end,
            times: Times::new(noise),
            rounded: true,
            flow_shift: keys.flow_shift,
            low,
            high,
            training,
        })
    }

    /// Refuses sigmas above 1 where signal and noise add up to 1.
    pub fn check_signal(&self, is_flow: bool) -> Result<(), ConfigError> {
        if is_flow && self.sigmas != Sigmas::Flow {
            let help =
                "the list of sigmas goes beyond 1, where a flow has no signal; leave out one";
            refuse("use_flow_sigmas", true, help)?;
        }
        Ok(())
    }

    /// With timesteps that somebody wrote down.
    pub fn visiting(mut self, timesteps: Option<&Vec<usize>>) -> Result<Self, ConfigError> {
        if timesteps.is_some() && self.sigmas != Sigmas::OF_TIMESTEPS {
            let help =
                "the sigmas come from a list; leave `timesteps` out, or every `use_…_sigmas`";
            refuse("timesteps", "[…]", help)?;
        }
        self.times.written = timesteps.cloned();
        Ok(self)
    }

    /// With diffusers' `mu`.
    pub fn shifted(
        mut self,
        mu: Option<f64>,
        dynamic: bool,
        by: TimeShiftType,
    ) -> Result<Self, ConfigError> {
        let Some(mu) = mu else { return Ok(self) };
        if !dynamic || !mu.is_finite() {
            refuse("mu", mu, "write a number and `use_dynamic_shifting: true`, or leave it out")?;
        }
        if by == TimeShiftType::Linear {
            refuse("time_shift_type", "linear", "the class has `exponential`")?;
        }
        self.flow_shift = mu.exp();
        Ok(self)
    }

    /// The times and sigmas of `count` steps.
    pub fn run(&self, count: usize) -> Result<Run, ConfigError> {
        self.times.check(count)?;
        let list = match self.sigmas {
            Sigmas::Flow => {
                return Ok(self.of_flow(flow(count, self.times.train, self.flow_shift)));
            }
            Sigmas::Lu => Some(self.lu(count)),
            Sigmas::Spaced(spacing) => spacing.between(self.last(), self.first(), count),
        };
        let Some(sigmas) = list else {
            let times = self.times.of(count)?;
            let sigmas = times.iter().map(|&t| interpolate(t, &self.training)).collect();
            return Ok(self.ending(times, sigmas));
        };
        let is_rounded = matches!(self.sigmas, Sigmas::Lu | Sigmas::Spaced(SigmaSpacing::Karras));
        let logarithms = logarithms(&self.training);
        let time = |&sigma: &f64| {
            let t = time_of(sigma, &logarithms);
            if self.rounded && is_rounded { t.round_ties_even() } else { t }
        };
        Ok(self.ending(sigmas.iter().map(time).collect(), sigmas))
    }

    /// The run of the noise levels of a flow.
    pub fn of_flow(&self, levels: Vec<f64>) -> Run {
        let times = levels.iter().map(|level| level * self.times.train as f64).collect();
        self.ending(times, levels)
    }

    /// The sigmas of a list, whatever their times.
    pub fn listed(&self, spacing: SigmaSpacing, count: usize) -> Option<Vec<f64>> {
        spacing.between(self.last(), self.first(), count)
    }

    /// The run with whole times, each once if it rises, and with a sigma behind the last one.
    pub fn ending(&self, mut times: Vec<f64>, mut sigmas: Vec<f64>) -> Run {
        match (self.end, sigmas.last()) {
            (End::Timestep(t), _) => sigmas.push(f64::from(self.training[t])),
            (End::Repeated, Some(&last)) => sigmas.push(last),
            (End::Clean, _) | (_, None) => sigmas.push(0.0),
        }
        if self.times.rising {
            // The sigmas stay, as in diffusers.
            times.dedup_by(|next, before| next.to_bits() == before.to_bits());
        }
        let times = times.into_iter().map(f64::trunc).collect();
        Run { times, sigmas: sigmas.into_iter().map(|sigma| sigma as f32).collect() }
    }

    /// The last sigma of a list.
    fn last(&self) -> f64 {
        if self.times.rising { self.high } else { self.low }
    }

    /// The first sigma of a list.
    fn first(&self) -> f64 {
        if self.times.rising { self.low } else { self.high }
    }

    /// Equal distances between the logarithms of the training sigmas, which are `-lambda`.
    fn lu(&self, count: usize) -> Vec<f64> {
        let logarithms = logarithms(&self.training);
        let at = |index: usize| f64::from(logarithms[index]);
        let (first, last) = (at(logarithms.len() - 1), at(0));
        let sigma = |share: f64| (first + share * (last - first)).exp();
        equally_spaced(0.0, 1.0, count).into_iter().map(sigma).collect()
    }
}

/// Alpha bar of the training timesteps; that of pure noise is above 0, so that its sigma is a number.
fn alphas_cumprod(noise: &NoiseConfig, schedule: &Schedule) -> Vec<f32> {
    let mut alphas_cumprod = schedule.alphas_cumprod().to_vec();
    if let (true, Some(last)) = (noise.rescale_betas_zero_snr, alphas_cumprod.last_mut()) {
        *last = 2f32.powi(-24);
    }
    alphas_cumprod
}

/// How many training timesteps have a `lambda` of at least `lambda_min`.
pub(in crate::sampler) fn usable_timesteps(
    noise: &NoiseConfig,
    schedule: &Schedule,
    lambda_min: f64,
) -> Result<usize, ConfigError> {
    let lambda = |alpha_bar: f32| ln(alpha_bar.sqrt()) - ln((1.0 - alpha_bar).sqrt());
    let alphas_cumprod = alphas_cumprod(noise, schedule);
    let is_clipped = |&&alpha_bar: &&f32| lambda(alpha_bar) < lambda_min as f32;
    let clipped = alphas_cumprod.iter().filter(is_clipped).count();
    if clipped >= noise.num_train_timesteps {
        refuse("lambda_min_clipped", lambda_min, "it leaves no timestep; write a lower number")?;
    }
    Ok(noise.num_train_timesteps - clipped)
}
