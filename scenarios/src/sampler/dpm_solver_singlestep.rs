//! DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095, algorithm 1) and DPM-Solver (arXiv 2206.00927, algorithms 1 and 2)
//! whose steps of order `k` ask the model `k` times. Each of these questions is one step here, as in diffusers: it goes
//! from the first sample of the step to the next time with what has been answered. The formulas are `solver::dpm`'s.
//!
//! Coefficients in `f32`, as torch makes them; sigmas in `f64`, as numpy makes them, rounded to `f32`.

use burn::tensor::Tensor;

use super::config::{FinalSigmasType, TimeShiftType, refuse};
use super::ddim::check_betas;
use super::solver::{
    AlgorithmType, Algorithms, Conversion, Dpm, DpmKeys, End, History, Interpolated, LambdaMin,
    Levels, Signal, SolverStep, SolverType, VisitArguments, noise_defaults, singlestep_orders,
    solver_keys, steps, usable_timesteps,
};
use super::{Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, VarianceType};

solver_keys! {
    /// Keys of a `scheduler_config.json`.
    DpmSolverSinglestepKeys {
        /// The highest order of a step: 1, 2 or 3.
        solver_order: usize = 2,
        /// The equation, and what of it is interpolated.
        algorithm_type: AlgorithmType = AlgorithmType::DpmSolverPlusPlus,
        /// The rule of the second and third order.
        solver_type: SolverType = SolverType::Midpoint,
        /// Whether the order falls at the end. It does in any case where the number of steps is no multiple of the order,
        /// and where no noise is left.
        lower_order_final: bool = false,
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
pub struct DpmSolverSinglestep {
    keys: DpmSolverSinglestepKeys,
    dpm: Dpm,
    conversion: Conversion,
    levels: Levels,
}

/// The predictions within a step, and the sample that it begins with.
#[derive(Debug, Clone, Default)]
pub struct StepInParts<const D: usize> {
    history: History<D>,
    first: Option<Tensor<D>>,
}

impl Sampler for DpmSolverSinglestep {
    type Keys = DpmSolverSinglestepKeys;
    type Arguments = VisitArguments;
    type Step = (SolverStep, usize);
    type Memory<const D: usize> = StepInParts<D>;

    const WITHOUT: &'static [&'static str] = &[
        "clip_sample",
        "clip_sample_range",
        "timestep_spacing",
        "steps_offset",
        "rescale_betas_zero_snr",
    ];

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
        levels.check_signal(keys.use_flow_sigmas)?;
        levels.times.usable = usable_timesteps(&noise, &schedule, keys.lambda_min_clipped.0)?;
        levels.end = End::of(keys.final_sigmas_type);
        let levels = levels.visiting(arguments.timesteps.as_ref())?;
        let conversion = Conversion::new(noise.prediction_type, noise.bound(), keys.variance_type);
        Ok(Self { keys, dpm, conversion, levels })
    }

    /// Each with its order, which is also how many questions of one step have been asked.
    fn steps(&self, count: usize) -> Result<Vec<(SolverStep, usize)>, ConfigError> {
        let run = self.levels.run(count)?;
        let steps = steps(&run, Signal::of_flow(self.keys.use_flow_sigmas), 2);
        let is_clean = self.keys.final_sigmas_type == FinalSigmasType::Zero;
        let (highest, lower) = (self.keys.solver_order, self.keys.lower_order_final);
        let orders = singlestep_orders(steps.len(), highest, lower, is_clean);
        Ok(steps.into_iter().zip(orders).collect())
    }

    fn time(&self, (step, _): &(SolverStep, usize)) -> f64 {
        step.t
    }

    fn sigmas(&self, steps: &[(SolverStep, usize)]) -> Vec<f32> {
        let end = steps.last().map(|(last, _)| last.end().level);
        steps.iter().map(|(step, _)| step.at(0).level).chain(end).collect()
    }

    fn noised<const D: usize>(
        &self,
        (first, _): &(SolverStep, usize),
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
        (step, order): &(SolverStep, usize),
        x: Tensor<D>,
        output: Tensor<D>,
        memory: &mut StepInParts<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let StepInParts { history, first } = memory;
        let shape = x.dims();
        let predicted = self.dpm.predicted(self.conversion, step.at(0), x.clone(), output)?;
        history.push(predicted, self.keys.solver_order);
        let order = history.len().min(*order);
        // A run that begins in the middle of a step begins a step there.
        let first = if order == 1 { first.insert(x) } else { first.get_or_insert(x) };
        let noise = self.dpm.stochastic.then(|| noise(shape));
        Ok(self.dpm.singlestep(order, step, first.clone(), history, noise).into())
    }
}

/// The solver that the keys ask for, if the class has it.
fn solver(keys: &DpmSolverSinglestepKeys, noise: &NoiseConfig) -> Result<Dpm, ConfigError> {
    let algorithms: Algorithms = (
        &[
            AlgorithmType::DpmSolver,
            AlgorithmType::DpmSolverPlusPlus,
            AlgorithmType::SdeDpmSolverPlusPlus,
        ],
        "the class has dpmsolver, dpmsolver++ and sde-dpmsolver++",
    );
    let &DpmSolverSinglestepKeys { solver_order: order, algorithm_type: algorithm, .. } = keys;
    let (rule, prediction) = (keys.solver_type, noise.prediction_type);
    let end = Some(keys.final_sigmas_type);
    let dpm = DpmKeys { algorithm, rule, order, prediction, end }.solver(algorithms)?;
    if dpm.interpolated == Interpolated::Noise && noise.thresholding {
        let help = "diffusers' class fails with dpmsolver; write `algorithm_type: dpmsolver++`";
        refuse("thresholding", true, help)?;
    }
    Ok(dpm)
}
