//! DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095) and DPM-Solver (arXiv 2206.00927) of the predictions of earlier
//! steps. The formulas are `solver::dpm`'s.
//!
//! Coefficients in `f32`, as torch makes them; sigmas in `f64`, as numpy makes them, rounded to `f32`.

use burn::tensor::Tensor;

use super::config::{FinalSigmasType, TimeShiftType, refuse};
use super::ddim::check_betas;
use super::solver::{
    AlgorithmType, Conversion, Dpm, DpmKeys, EVERY_DPM, End, History, LambdaMin, Levels, Sigmas,
    Signal, SolverStep, SolverType, VisitArguments, noise_defaults, solver_keys, steps,
    usable_timesteps,
};
use super::{Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, VarianceType};
use crate::schedule::BetaSchedule;

solver_keys! {
    /// Keys of a `scheduler_config.json`.
    DpmSolverMultistepKeys {
        /// The highest order of a step: 1, 2 or 3.
        solver_order: usize = 2,
        /// The equation, and what of it is interpolated.
        algorithm_type: AlgorithmType = AlgorithmType::DpmSolverPlusPlus,
        /// The rule of the second order.
        solver_type: SolverType = SolverType::Midpoint,
        /// Whether the order falls at the end of a run of less than 15 steps.
        lower_order_final: bool = true,
        /// Whether the last step is of the first order.
        euler_at_final: bool = false,
        /// Whether a run visits equal distances in `lambda`, as Lu et al. have them (arXiv 2206.00927).
        use_lu_lambdas: bool = false,
        /// The noise that the last step leaves.
        final_sigmas_type: FinalSigmasType = FinalSigmasType::Zero,
        /// The lowest `lambda` of a run, for cosine betas.
        lambda_min_clipped: LambdaMin = LambdaMin::default(),
        /// A learned variance is a second half of the model's channels, and not looked at.
        variance_type: Option<VarianceType> = None,
        /// Whether `mu` may move the noise levels of a flow.
        use_dynamic_shifting: bool = false,
        /// How `mu` moves them.
        time_shift_type: TimeShiftType = TimeShiftType::Exponential,
    }
}

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct DpmSolverMultistep {
    keys: DpmSolverMultistepKeys,
    dpm: Dpm,
    conversion: Conversion,
    levels: Levels,
}

impl Sampler for DpmSolverMultistep {
    type Keys = DpmSolverMultistepKeys;
    type Arguments = VisitArguments;
    type Step = SolverStep;
    type Memory<const D: usize> = History<D>;

    const WITHOUT: &'static [&'static str] = &["clip_sample", "clip_sample_range"];

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &VisitArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        check_betas(&noise)?;
        let dpm = solver(&keys, &noise)?;
        let schedule = noise.schedule_of_any_prediction()?;
        let (dynamic, by) = (keys.use_dynamic_shifting, keys.time_shift_type);
        let mut levels = Levels::new(&noise, &schedule, keys.sigma_keys())?.shifted(
            arguments.mu,
            dynamic,
            by,
        )?;
        levels.times.usable = usable_timesteps(&noise, &schedule, keys.lambda_min_clipped.0)?;
        if keys.use_lu_lambdas && !keys.use_karras_sigmas {
            levels.sigmas = Sigmas::Lu;
        }
        levels.check_signal(keys.use_flow_sigmas)?;
        levels.rounded = noise.beta_schedule != BetaSchedule::SquaredCosine;
        levels.end = End::of(keys.final_sigmas_type);
        let levels = levels.visiting(arguments.timesteps.as_ref())?;
        let conversion = Conversion::new(noise.prediction_type, noise.bound(), keys.variance_type);
        Ok(Self { keys, dpm, conversion, levels })
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

    fn output_channels(&self, channels: usize) -> usize {
        self.conversion.output_channels(channels)
    }

    fn step<const D: usize>(
        &self,
        step: &SolverStep,
        x: Tensor<D>,
        output: Tensor<D>,
        memory: &mut History<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let keys = &self.keys;
        let predicted = self.dpm.predicted(self.conversion, step.at(0), x.clone(), output)?;
        memory.push(predicted, keys.solver_order);
        let euler = keys.euler_at_final || keys.final_sigmas_type == FinalSigmasType::Zero;
        let order = step.order(keys.solver_order, keys.lower_order_final, euler);
        let noise = self.dpm.stochastic.then(|| noise(x.dims()));
        Ok(self.dpm.multistep(order.min(memory.len()), step, x, memory, noise).into())
    }
}

/// The solver that the keys ask for, if the class has it.
fn solver(keys: &DpmSolverMultistepKeys, noise: &NoiseConfig) -> Result<Dpm, ConfigError> {
    let &DpmSolverMultistepKeys { solver_order: order, algorithm_type: algorithm, .. } = keys;
    let (rule, prediction) = (keys.solver_type, noise.prediction_type);
    let end = Some(keys.final_sigmas_type);
    let dpm = DpmKeys { algorithm, rule, order, prediction, end }.solver(EVERY_DPM)?;
    if algorithm == AlgorithmType::SdeDpmSolver && order > 2 {
        refuse("solver_order", order, "sde-dpmsolver has 1 and 2")?;
    }
    Ok(dpm)
}
