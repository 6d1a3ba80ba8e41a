//! UniPC: a unified predictor and corrector (Zhao et al. 2023, arXiv 2302.04867). The corrector makes the sample of the
//! last step anew with the model's output for this one, which costs no question; the formulas are `solver::unified`'s.
//!
//! Coefficients in `f32`, as torch makes them; sigmas in `f64`, as numpy makes them, rounded to `f32`.

use burn::tensor::Tensor;

use super::config::{FinalSigmasType, SigmaSpacing};
use super::ddim::check_betas;
use super::solver::{
    Conversion, End, History, Interpolated, Known, Levels, Sigmas, Signal, SolverStep, Unified,
    check_noise_prediction, noise_defaults, steps,
};
use super::unipc_keys::{UniPcArguments, UniPcMultistepKeys};
use super::{Bound, Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct UniPcMultistep {
    keys: UniPcMultistepKeys,
    arguments: UniPcArguments,
    unified: Unified,
    conversion: Conversion,
    levels: Levels,
}

/// What a step leaves for the next one.
#[derive(Debug, Clone, Default)]
pub struct Predicted<const D: usize> {
    history: History<D>,
    /// The order and the sample of the last step.
    last: Option<(usize, Tensor<D>)>,
}

impl Sampler for UniPcMultistep {
    type Keys = UniPcMultistepKeys;
    type Arguments = UniPcArguments;
    type Step = SolverStep;
    type Memory<const D: usize> = Predicted<D>;

    const WITHOUT: &'static [&'static str] = &["clip_sample", "clip_sample_range"];

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &UniPcArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        check_betas(&noise)?;
        keys.check(arguments)?;
        let schedule = noise.schedule_of_any_prediction()?;
        let mut levels = Levels::new(&noise, &schedule, keys.sigma_keys())?;
        if levels.sigmas != Sigmas::Spaced(SigmaSpacing::Karras) {
            levels.check_signal(keys.use_flow_sigmas)?;
        }
        if keys.final_sigmas_type == FinalSigmasType::Zero {
            levels.end = End::Clean;
        }
        let (interpolated, bound) = match keys.predict_x0 {
            true => (Interpolated::Data, noise.bound()),
            // diffusers bounds no sample here.
            false => (Interpolated::Noise, Bound::Free),
        };
        if interpolated == Interpolated::Noise {
            check_noise_prediction(noise.prediction_type)?;
        }
        let unified = Unified::new(interpolated, keys.solver_type);
        let conversion = Conversion::new(noise.prediction_type, bound, None);
        Ok(Self { keys, arguments: arguments.clone(), unified, conversion, levels })
    }

    fn steps(&self, count: usize) -> Result<Vec<SolverStep>, ConfigError> {
        let run = match (self.keys.use_flow_sigmas, self.levels.sigmas) {
            (true, Sigmas::Spaced(spacing)) => {
                self.levels.times.check(count)?;
                let list = self.levels.listed(spacing, count).unwrap_or_default();
                self.levels.of_flow(list.into_iter().map(|sigma| sigma / (sigma + 1.0)).collect())
            }
            (true, _) => {
                let list = self.keys.flow(count, &self.arguments, &self.levels)?;
                self.levels.of_flow(list)
            }
            (false, _) => self.levels.run(count)?,
        };
        let signal = Signal::of_flow(self.keys.use_flow_sigmas);
        Ok(steps(&run, signal, self.keys.solver_order.min(count)))
    }

    fn time(&self, step: &SolverStep) -> f64 {
        step.t
    }

    fn sigmas(&self, steps: &[SolverStep]) -> Vec<f32> {
        super::solver::sigmas(steps)
    }

    fn noised<const D: usize>(
        &self,
        first: &SolverStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(first.at(0).noised(original, noise))
    }

    fn step<const D: usize>(
        &self,
        step: &SolverStep,
        x: Tensor<D>,
        output: Tensor<D>,
        memory: &mut Predicted<D>,
        _: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let Predicted { history, last } = memory;
        let keys = &self.keys;
        let value = match self.unified.interpolated {
            Interpolated::Data => self.conversion.data(step.at(0), x.clone(), output)?,
            Interpolated::Noise => self.conversion.noise(step.at(0), x.clone(), output)?,
        };
        let is_corrected =
            step.index > 0 && !keys.disable_corrector.contains(&(step.index as i64 - 1));
        let x = match last.take().filter(|_| is_corrected) {
            Some((order, last)) => {
                let (at_s, before) = known(step, 1, order, history);
                self.unified.update(step.at(0), at_s, before, last, Some(value.clone()))
            }
            None => x,
        };
        history.push(value, keys.solver_order);
        let order = if keys.lower_order_final { step.left } else { keys.solver_order };
        let order = order.min(keys.solver_order).min(history.len());
        *last = Some((order, x.clone()));
        let (at_s, before) = known(step, 0, order, history);
        Ok(self.unified.update(step.end(), at_s, before, x, None).into())
    }
}

/// The latest value, which the model had `earlier` steps before, and as many before it as a step of the order takes.
fn known<const D: usize>(
    step: &SolverStep,
    earlier: usize,
    order: usize,
    history: &History<D>,
) -> (Known<D>, Vec<Known<D>>) {
    let known = |back: usize| (step.at(earlier + back), history.back(back));
    (known(0), (1..order).map(known).collect())
}
