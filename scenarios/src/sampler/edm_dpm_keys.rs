//! The keys of DPM-Solver++ with EDM's preconditioning, the sigmas and the solver that they ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::{FinalSigmasType, SigmaSchedule, check_sigmas, refuse};
use super::solver::{AlgorithmType, Algorithms, Dpm, DpmKeys, SolverType, exp};
use super::{ConfigError, PredictionType};
use crate::diffusers::Keys;
use crate::schedule::linspace;

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EdmDpmSolverMultistepKeys {
    /// The smallest sigma; 0.002 if left out.
    pub sigma_min: Option<f64>,
    /// The largest sigma; 80 if left out.
    pub sigma_max: Option<f64>,
    /// The standard deviation of the data.
    pub sigma_data: f64,
    /// How sigmas fall.
    pub sigma_schedule: SigmaSchedule,
    /// The exponent of Karras' sigmas.
    pub rho: f64,
    /// The highest order of a step: 1, 2 or 3.
    pub solver_order: usize,
    /// The equation: that of the ODE or of the SDE.
    pub algorithm_type: AlgorithmType,
    /// The rule of the second order.
    pub solver_type: SolverType,
    /// Whether the order falls at the end of a run of less than 15 steps.
    pub lower_order_final: bool,
    /// Whether the last step is of the first order.
    pub euler_at_final: bool,
    /// The noise that the last step leaves.
    pub final_sigmas_type: FinalSigmasType,
}

impl Default for EdmDpmSolverMultistepKeys {
    fn default() -> Self {
        Self {
            sigma_min: None,
            sigma_max: None,
            sigma_data: 0.5,
            sigma_schedule: SigmaSchedule::Karras,
            rho: 7.0,
            solver_order: 2,
            algorithm_type: AlgorithmType::DpmSolverPlusPlus,
            solver_type: SolverType::Midpoint,
            lower_order_final: true,
            euler_at_final: false,
            final_sigmas_type: FinalSigmasType::Zero,
        }
    }
}

impl Keys for EdmDpmSolverMultistepKeys {}

impl EdmDpmSolverMultistepKeys {
    /// The smallest and the largest sigma.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.sigma_min.unwrap_or(0.002), self.sigma_max.unwrap_or(80.0))
    }

    /// Refuses numbers that make no sigmas.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (low, high) = self.ends();
        check_sigmas(Some(low), Some(high))?;
        for (key, value) in [("sigma_data", self.sigma_data), ("rho", self.rho)] {
            if !(value > 0.0 && value.is_finite()) {
                refuse(key, value, "write a finite number above 0")?;
            }
        }
        Ok(())
    }

    /// The solver that the keys ask for, if the class has it.
    pub(super) fn solver(&self, prediction: PredictionType) -> Result<Dpm, ConfigError> {
        let algorithms: Algorithms = (
            &[AlgorithmType::DpmSolverPlusPlus, AlgorithmType::SdeDpmSolverPlusPlus],
            "the class has dpmsolver++ and sde-dpmsolver++",
        );
        let &Self { algorithm_type: algorithm, solver_type: rule, solver_order: order, .. } = self;
        let end = Some(self.final_sigmas_type);
        let dpm = DpmKeys { algorithm, rule, order, prediction, end }.solver(algorithms)?;
        if dpm.stochastic && self.solver_order > 2 {
            refuse("solver_order", self.solver_order, "sde-dpmsolver++ has 1 and 2 here")?;
        }
        Ok(dpm)
    }

    /// The sigmas of a run, from the largest to the smallest (2206.00364, eq. 5), in torch's `f32`.
    pub(super) fn sigmas(&self, count: usize) -> Vec<f32> {
        let (low, high) = self.ends();
        if self.sigma_schedule == SigmaSchedule::Exponential {
            return linspace(low.ln(), high.ln(), count).into_iter().rev().map(exp).collect();
        }
        let (first, last) = (high.powf(1.0 / self.rho), low.powf(1.0 / self.rho));
        let sigma = |share: f32| {
            let root = first as f32 + share * (last - first) as f32;
            f64::from(root).powf(self.rho) as f32
        };
        linspace(0.0, 1.0, count).into_iter().map(sigma).collect()
    }
}
