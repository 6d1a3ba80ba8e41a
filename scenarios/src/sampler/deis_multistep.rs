//! DEIS: diffusion exponential integrator sampler (Zhang & Chen 2022, arXiv 2204.13902), as `rho`AB-DEIS in the logarithm
//! of `rho = sigma / alpha`: the noise is a polynomial in `ln rho` through the predictions of earlier steps, and is
//! integrated over `rho` exactly.
//!
//! Coefficients in `f32`, as torch makes them, but the logarithms, which are numpy's; sigmas in `f64`, as numpy makes
//! them, rounded to `f32`.

use burn::tensor::Tensor;

use super::config::TimeShiftType;
use super::ddim::check_betas;
use super::solver::{
    AlgorithmType, Conversion, History, Levels, Point, ShiftArguments, Signal, SolverStep,
    SolverType, check_order, exp, noise_defaults, solver_keys, steps, weighted_sum,
};
use super::{Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped};
use crate::schedule::numpy_ln;

solver_keys! {
    /// Keys of a `scheduler_config.json`.
    DeisMultistepKeys {
        /// The highest order of a step: 1, 2 or 3.
        solver_order: usize = 2,
        /// `deis`; that of DPM-Solver's ODEs is taken for it.
        algorithm_type: AlgorithmType = AlgorithmType::Deis,
        /// `logrho`; every other one is taken for it.
        solver_type: SolverType = SolverType::Logrho,
        /// Whether the order falls at the end of a run of less than 15 steps.
        lower_order_final: bool = true,
        /// Whether `mu` may move the noise levels of a flow.
        use_dynamic_shifting: bool = false,
        /// How `mu` moves them.
        time_shift_type: TimeShiftType = TimeShiftType::Exponential,
    }
}

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct DeisMultistep {
    keys: DeisMultistepKeys,
    conversion: Conversion,
    levels: Levels,
}

impl Sampler for DeisMultistep {
    type Keys = DeisMultistepKeys;
    type Arguments = ShiftArguments;
    type Step = SolverStep;
    type Memory<const D: usize> = History<D>;

    const WITHOUT: &'static [&'static str] =
        &["clip_sample", "clip_sample_range", "rescale_betas_zero_snr"];

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &ShiftArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        check_betas(&noise)?;
        check_order("solver_order", keys.solver_order, 3)?;
        match keys.algorithm_type {
            AlgorithmType::Deis | AlgorithmType::DpmSolver | AlgorithmType::DpmSolverPlusPlus => {}
            other => other.refused("the class has deis")?,
        }
        let schedule = noise.schedule_of_any_prediction()?;
        let (dynamic, by) = (keys.use_dynamic_shifting, keys.time_shift_type);
        let levels = Levels::new(&noise, &schedule, keys.sigma_keys())?.shifted(
            arguments.mu,
            dynamic,
            by,
        )?;
        levels.check_signal(keys.use_flow_sigmas)?;
        let conversion = Conversion::new(noise.prediction_type, noise.bound(), None);
        Ok(Self { keys, conversion, levels })
    }

    fn steps(&self, count: usize) -> Result<Vec<SolverStep>, ConfigError> {
        Ok(steps(&self.levels.run(count)?, Signal::of_flow(self.keys.use_flow_sigmas), 2))
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
        memory: &mut History<D>,
        _: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let keys = &self.keys;
        memory
            .push(self.conversion.noise_of_data(step.at(0), x.clone(), output)?, keys.solver_order);
        let order = step.order(keys.solver_order, keys.lower_order_final, false).min(memory.len());
        let (t, s) = (step.end(), step.at(0));
        if order == 1 {
            let growth = exp(t.lambda - s.lambda) - 1.0;
            let noise = [(-(t.sigma * growth), memory.back(0))];
            return Ok(weighted_sum(t.alpha / s.alpha, x, noise).into());
        }
        let points: Vec<f32> = (0..order).map(|earlier| rho(step.at(earlier))).collect();
        let terms = (0..order).map(|k| (weight(rho(t), &points, k), memory.back(k)));
        let rest = terms
            .fold(x.div_scalar(s.alpha), |sum, (weight, noise)| sum + noise.mul_scalar(weight));
        Ok(rest.mul_scalar(t.alpha).into())
    }
}

fn rho(point: Point) -> f32 {
    point.sigma / point.alpha
}

/// The integral up to `t`, from the first of the points, of the polynomial that is 1 at point `k` and 0 at the others.
fn weight(t: f32, points: &[f32], k: usize) -> f32 {
    // diffusers names the points round from k, on which the last digit depends.
    let round = |next: usize| points[(k + next) % points.len()];
    let integral = |t| match points.len() {
        2 => linear(t, round(0), round(1)),
        _ => quadratic(t, round(0), round(1), round(2)),
    };
    integral(t) - integral(points[0])
}

/// An antiderivative of `(ln t - ln c) / (ln b - ln c)`.
fn linear(t: f32, b: f32, c: f32) -> f32 {
    let [ln_t, ln_b, ln_c] = [t, b, c].map(numpy_ln);
    t * (-ln_c + ln_t - 1.0) / (ln_b - ln_c)
}

/// An antiderivative of `(ln t - ln c) (ln t - ln d) / ((ln b - ln c) (ln b - ln d))`.
fn quadratic(t: f32, b: f32, c: f32, d: f32) -> f32 {
    let [ln_t, ln_b, ln_c, ln_d] = [t, b, c, d].map(numpy_ln);
    let product = ln_c * (ln_d - ln_t + 1.0) - ln_d * ln_t + ln_d + ln_t * ln_t - 2.0 * ln_t + 2.0;
    t * product / ((ln_b - ln_c) * (ln_b - ln_d))
}
