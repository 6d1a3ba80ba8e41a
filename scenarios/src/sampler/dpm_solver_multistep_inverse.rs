//! The way back of DPM-Solver++ and DPM-Solver (Lu et al. 2022, arXiv 2211.01095 and 2206.00927): from a sample to the
//! noise that it comes from, by the same formulas with rising sigmas.
//!
//! Precision as in `dpm_solver_multistep`.

use burn::tensor::Tensor;

use super::config::refuse;
use super::ddim::check_betas;
use super::solver::{
    AlgorithmType, Algorithms, Conversion, Dpm, DpmKeys, EVERY_DPM, End, History, LambdaMin,
    Levels, Sigmas, Signal, SolverStep, SolverType, noise_defaults, solver_keys, steps,
    usable_timesteps,
};
use super::{
    Config, ConfigError, NoKeys, NoiseConfig, Sampler, SamplerError, Stepped, VarianceType,
};

solver_keys! {
    /// Keys of a `scheduler_config.json`.
    DpmSolverMultistepInverseKeys {
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
        /// The lowest `lambda` of a run, for cosine betas.
        lambda_min_clipped: LambdaMin = LambdaMin::default(),
        /// A learned variance is a second half of the model's channels, and not looked at.
        variance_type: Option<VarianceType> = None,
    }
}

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct DpmSolverMultistepInverse {
    keys: DpmSolverMultistepInverseKeys,
    dpm: Dpm,
    conversion: Conversion,
    levels: Levels,
}

impl Sampler for DpmSolverMultistepInverse {
    type Keys = DpmSolverMultistepInverseKeys;
    type Arguments = NoKeys;
    type Step = SolverStep;
    type Memory<const D: usize> = History<D>;

    const WITHOUT: &'static [&'static str] =
        &["clip_sample", "clip_sample_range", "rescale_betas_zero_snr"];

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        check_betas(&noise)?;
        let &DpmSolverMultistepInverseKeys { solver_order: order, solver_type: rule, .. } = &keys;
        let (algorithm, prediction) = (keys.algorithm_type, noise.prediction_type);
        // A flow falls here as well.
        let algorithms = if keys.use_flow_sigmas { EVERY_DPM } else { ODES };
        let dpm = DpmKeys { algorithm, rule, order, prediction, end: None }.solver(algorithms)?;
        if dpm.stochastic && order > 2 {
            refuse("solver_order", order, "the SDEs have 1 and 2 here")?;
        }
        let schedule = noise.schedule_of_any_prediction()?;
        let mut levels = Levels::new(&noise, &schedule, keys.sigma_keys())?;
        levels.check_signal(keys.use_flow_sigmas)?;
        levels.times.rising = true;
        levels.times.usable = usable_timesteps(&noise, &schedule, keys.lambda_min_clipped.0)?;
        if levels.sigmas == Sigmas::OF_TIMESTEPS {
            levels.end = End::Timestep(levels.times.usable - 1);
        }
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
        let order = step.order(keys.solver_order, keys.lower_order_final, keys.euler_at_final);
        let noise = self.dpm.stochastic.then(|| noise(x.dims()));
        Ok(self.dpm.multistep(order.min(memory.len()), step, x, memory, noise).into())
    }
}

/// The algorithms of a run whose sigmas rise.
const ODES: Algorithms = (
    &[AlgorithmType::DpmSolver, AlgorithmType::DpmSolverPlusPlus],
    "write dpmsolver or dpmsolver++; backwards, the SDEs are NaN in diffusers too",
);
