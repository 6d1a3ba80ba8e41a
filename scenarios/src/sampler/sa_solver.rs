//! SA-Solver: stochastic Adams methods (Xue et al. 2023, arXiv 2309.05019, algorithm 1), a predictor and a corrector that
//! take as much fresh noise as `tau` says: here 1 from timestep 200 to 800 and 0 elsewhere, diffusers' default. The
//! formulas are `solver::stochastic_adams`'.
//!
//! Coefficients in `f32`, as torch makes them; sigmas in `f64`, as numpy makes them, rounded to `f32`.

use burn::tensor::Tensor;

use super::config::refuse;
use super::ddim::check_betas;
use super::solver::{
    Absent, AlgorithmType, Conversion, Corrected, Interpolated, LambdaMin, Last, Levels, Signal,
    SolverStep, StochasticAdams, check_noise_prediction, check_order, noise_defaults, solver_keys,
    steps, usable_timesteps,
};
use super::{
    Config, ConfigError, NoKeys, NoiseConfig, Sampler, SamplerError, Stepped, VarianceType,
    add_noise,
};
use crate::schedule::Schedule;

solver_keys! {
    /// Keys of a `scheduler_config.json`.
    SaSolverKeys {
        /// The highest order of the predictor: 1, 2, 3 or 4.
        predictor_order: usize = 2,
        /// The highest order of the corrector: 1, 2, 3 or 4.
        corrector_order: usize = 2,
        /// How much noise is fresh at each timestep, a function, which a file cannot hold.
        tau_func: Absent = Absent,
        /// What is interpolated.
        algorithm_type: AlgorithmType = AlgorithmType::DataPrediction,
        /// Whether the order falls in the last steps.
        lower_order_final: bool = true,
        /// The lowest `lambda` of a run, for cosine betas.
        lambda_min_clipped: LambdaMin = LambdaMin::default(),
        /// A learned variance is a second half of the model's channels, and not looked at.
        variance_type: Option<VarianceType> = None,
    }
}

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct SaSolver {
    keys: SaSolverKeys,
    schedule: Schedule,
    interpolated: Interpolated,
    conversion: Conversion,
    levels: Levels,
}

impl Sampler for SaSolver {
    type Keys = SaSolverKeys;
    type Arguments = NoKeys;
    type Step = SolverStep;
    type Memory<const D: usize> = Corrected<D>;

    const WITHOUT: &'static [&'static str] =
        &["clip_sample", "clip_sample_range", "rescale_betas_zero_snr"];

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        check_betas(&noise)?;
        check_order("predictor_order", keys.predictor_order, 4)?;
        check_order("corrector_order", keys.corrector_order, 4)?;
        let interpolated = interpolated(&keys, &noise)?;
        let schedule = noise.schedule_of_any_prediction()?;
        let mut levels = Levels::new(&noise, &schedule, keys.sigma_keys())?;
        levels.check_signal(keys.use_flow_sigmas)?;
        levels.times.usable = usable_timesteps(&noise, &schedule, keys.lambda_min_clipped.0)?;
        let conversion = Conversion::new(noise.prediction_type, noise.bound(), keys.variance_type);
        Ok(Self { keys, schedule, interpolated, conversion, levels })
    }

    fn steps(&self, count: usize) -> Result<Vec<SolverStep>, ConfigError> {
        Ok(steps(&self.levels.run(count)?, Signal::of_flow(self.keys.use_flow_sigmas), 3))
    }

    fn time(&self, step: &SolverStep) -> f64 {
        step.t
    }

    fn sigmas(&self, steps: &[SolverStep]) -> Vec<f32> {
        super::solver::sigmas(steps)
    }

    /// Of the training timestep, whichever sigma the step has.
    fn noised<const D: usize>(
        &self,
        first: &SolverStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        add_noise(&self.schedule, original, noise, &[first.t as usize])
    }

    fn output_channels(&self, channels: usize) -> usize {
        self.conversion.output_channels(channels)
    }

    fn step<const D: usize>(
        &self,
        step: &SolverStep,
        x: Tensor<D>,
        output: Tensor<D>,
        memory: &mut Corrected<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let Corrected { history, last } = memory;
        let shape = x.dims();
        let value = match self.interpolated {
            Interpolated::Data => self.conversion.data(step.at(0), x.clone(), output)?,
            Interpolated::Noise => self.conversion.noise(step.at(0), x.clone(), output)?,
        };
        let x = match last.take().filter(|_| step.index > 0) {
            Some(last) => last.corrected(self.interpolated, step, history, value.clone()),
            None => x,
        };
        let SaSolverKeys { predictor_order, corrector_order, lower_order_final, .. } = self.keys;
        history.push(value, predictor_order.max(corrector_order - 1));
        let left = if lower_order_final { step.left } else { usize::MAX - 1 };
        let tau = tau(step.t);
        let fresh = noise(shape);
        let order = corrector_order.min(left + 1).min(history.len() + 1);
        *last = Some(Last { x: x.clone(), noise: fresh.clone(), tau, order });
        let order = predictor_order.min(left).min(history.len());
        let values = (0..order).map(|k| (step.at(k), history.back(k))).collect();
        let (interpolated, s, t) = (self.interpolated, step.at(0), step.end());
        let adams = StochasticAdams { interpolated, tau, s, t };
        Ok(adams.step(x, values, fresh, false).into())
    }
}

/// diffusers' default of `tau_func`.
fn tau(t: f64) -> f32 {
    if (200.0..=800.0).contains(&t) { 1.0 } else { 0.0 }
}

/// What the keys say is interpolated, if the class can.
fn interpolated(keys: &SaSolverKeys, noise: &NoiseConfig) -> Result<Interpolated, ConfigError> {
    match keys.algorithm_type {
        AlgorithmType::DataPrediction => return Ok(Interpolated::Data),
        AlgorithmType::NoisePrediction => {}
        other => other.refused("the class has data_prediction and noise_prediction")?,
    }
    check_noise_prediction(noise.prediction_type)?;
    if noise.thresholding {
        let help = "diffusers' class fails with noise_prediction; write `data_prediction` there";
        refuse("thresholding", true, help)?;
    }
    Ok(Interpolated::Noise)
}
