//! Which solver the keys ask for, and which of them a class does not have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dpm, Interpolated};
use crate::sampler::config::{FinalSigmasType, refuse, written};
use crate::sampler::{ConfigError, PredictionType};

/// The differential equation, and what of it is interpolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AlgorithmType {
    /// The ODE, of which the noise is interpolated (arXiv 2206.00927).
    #[serde(rename = "dpmsolver")]
    DpmSolver,
    /// The ODE, of which the clean sample is interpolated (arXiv 2211.01095).
    #[serde(rename = "dpmsolver++")]
    DpmSolverPlusPlus,
    /// The SDE, of which the noise is interpolated.
    #[serde(rename = "sde-dpmsolver")]
    SdeDpmSolver,
    /// The SDE, of which the clean sample is interpolated.
    #[serde(rename = "sde-dpmsolver++")]
    SdeDpmSolverPlusPlus,
    /// DEIS with polynomials in the logarithm of `sigma / alpha` (arXiv 2204.13902).
    #[serde(rename = "deis")]
    Deis,
    /// SA-Solver of the clean sample (arXiv 2309.05019).
    #[serde(rename = "data_prediction")]
    DataPrediction,
    /// SA-Solver of the noise.
    #[serde(rename = "noise_prediction")]
    NoisePrediction,
}

impl AlgorithmType {
    /// Refuses an algorithm that the class does not have; `help` lists those that it has.
    pub(in crate::sampler) fn refused(self, help: &'static str) -> Result<(), ConfigError> {
        refuse("algorithm_type", written(&self), help)
    }

    /// What it interpolates, and whether it is stochastic.
    fn dpm(self) -> (Interpolated, bool) {
        match self {
            Self::DpmSolver | Self::NoisePrediction | Self::Deis => (Interpolated::Noise, false),
            Self::DpmSolverPlusPlus | Self::DataPrediction => (Interpolated::Data, false),
            Self::SdeDpmSolver => (Interpolated::Noise, true),
            Self::SdeDpmSolverPlusPlus => (Interpolated::Data, true),
        }
    }
}

/// The rule of a solver. A class takes every other class's for its own default, as diffusers does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SolverType {
    /// DPM-Solver's second order with the value in the middle.
    Midpoint,
    /// DPM-Solver's second order with the integral of the slope.
    Heun,
    /// DEIS in the logarithm of `sigma / alpha`.
    Logrho,
    /// UniPC with `B(h) = h`, for few steps without guidance.
    Bh1,
    /// UniPC with `B(h) = exp(h) - 1`.
    Bh2,
}

/// The algorithms that a class of DPM-Solvers has, and a sentence that lists them.
pub(in crate::sampler) type Algorithms = (&'static [AlgorithmType], &'static str);

/// Those of every kind.
pub(in crate::sampler) const EVERY_DPM: Algorithms = (
    &[
        AlgorithmType::DpmSolver,
        AlgorithmType::DpmSolverPlusPlus,
        AlgorithmType::SdeDpmSolver,
        AlgorithmType::SdeDpmSolverPlusPlus,
    ],
    "the class has dpmsolver, dpmsolver++, sde-dpmsolver and sde-dpmsolver++",
);

/// The keys that say which DPM-Solver a class is.
#[derive(Debug, Clone, Copy)]
pub(in crate::sampler) struct DpmKeys {
    pub algorithm: AlgorithmType,
    pub rule: SolverType,
    pub order: usize,
    pub prediction: PredictionType,
    /// `None` for a class whose runs never end without noise.
    pub end: Option<FinalSigmasType>,
}

impl DpmKeys {
    /// The solver, if it is one of those that the class has.
    pub fn solver(self, (algorithms, help): Algorithms) -> Result<Dpm, ConfigError> {
        let Self { algorithm, rule, order, prediction, end } = self;
        check_order("solver_order", order, 3)?;
        // Each class takes DEIS for its own default.
        let solver = match algorithm {
            AlgorithmType::Deis => AlgorithmType::DpmSolverPlusPlus,
            other => other,
        };
        if !algorithms.contains(&solver) {
            solver.refused(help)?;
        }
        // As it is written: diffusers refuses DEIS here.
        let reaches = [AlgorithmType::DpmSolverPlusPlus, AlgorithmType::SdeDpmSolverPlusPlus];
        if end == Some(FinalSigmasType::Zero) && !reaches.contains(&algorithm) {
            let help = "only dpmsolver++ and sde-dpmsolver++ reach it; write `sigma_min`";
            refuse("final_sigmas_type", "zero", help)?;
        }
        let (interpolated, stochastic) = solver.dpm();
        if interpolated == Interpolated::Noise {
            check_noise_prediction(prediction)?;
        }
        Ok(Dpm { interpolated, stochastic, rule })
    }
}

/// Refuses an order that is not from 1 to `highest`.
pub(in crate::sampler) fn check_order(
    key: &'static str,
    order: usize,
    highest: usize,
) -> Result<(), ConfigError> {
    if (1..=highest).contains(&order) {
        return Ok(());
    }
    let help =
        if highest == 3 { "the class has 1, 2 and 3" } else { "the class has 1, 2, 3 and 4" };
    refuse(key, order, help)
}

/// Refuses a prediction that diffusers has no noise of.
pub(in crate::sampler) fn check_noise_prediction(
    prediction: PredictionType,
) -> Result<(), ConfigError> {
    if prediction == PredictionType::Flow {
        let help = "a solver of the noise has epsilon, sample and v_prediction";
        refuse("prediction_type", "flow_prediction", help)?;
    }
    Ok(())
}
