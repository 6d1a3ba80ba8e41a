//! The keys of UniPC, and the noise levels of a flow that they and a caller's arguments ask for, spaced as diffusers does
//! after release 0.36.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::config::{FinalSigmasType, TimeShiftType, refuse};
use super::flow_levels::stretch;
use super::solver::{Absent, Levels, SolverType, solver_keys};
use crate::diffusers::Keys;
use crate::schedule::{equally_spaced, shifted};

solver_keys! {
    /// Keys of a `scheduler_config.json`.
    UniPcMultistepKeys {
        /// The highest order of the predictor, from 1 up; the corrector's is one more.
        solver_order: usize = 2,
        /// Whether the clean sample is interpolated, and not the noise.
        predict_x0: bool = true,
        /// The function `B(h)`.
        solver_type: SolverType = SolverType::Bh2,
        /// Whether the order falls in the last steps.
        lower_order_final: bool = true,
        /// The steps, counted from 0, after which the corrector is left out.
        disable_corrector: Vec<i64> = Vec::new(),
        /// Another predictor, which a file cannot hold.
        solver_p: Absent = Absent,
        /// The noise that the last step leaves.
        final_sigmas_type: FinalSigmasType = FinalSigmasType::Zero,
        /// Whether the noise levels of a flow are moved by `mu`.
        use_dynamic_shifting: bool = false,
        /// How `mu` moves them.
        time_shift_type: TimeShiftType = TimeShiftType::Exponential,
        /// The noise level of the last step of a flow, to which the others are stretched.
        shift_terminal: Option<f64> = None,
    }
}

/// Keys of `params:`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct UniPcArguments {
    /// The noise levels of a flow before they are shifted, falling, as many as `steps`.
    pub sigmas: Option<Vec<f64>>,
    /// How far dynamic shifting moves the noise levels of a flow.
    pub mu: Option<f64>,
}

impl Keys for UniPcArguments {}

impl UniPcMultistepKeys {
    /// The noise levels of a flow.
    pub(super) fn flow(
        &self,
        count: usize,
        arguments: &UniPcArguments,
        levels: &Levels,
    ) -> Result<Vec<f64>, ConfigError> {
        let UniPcArguments { sigmas, mu } = arguments;
        let mut list = match sigmas {
            Some(sigmas) if sigmas.len() == count => sigmas.clone(),
            Some(sigmas) => {
                refuse("sigmas", format!("{} of them", sigmas.len()), "give as many as `steps`")?;
                Vec::new()
            }
            None => {
                levels.times.check(count)?;
                let list = equally_spaced(1.0, 1.0 / levels.times.train as f64, count + 1);
                list[..count].to_vec()
            }
        };
        let shift = |level: f64| match mu.filter(|_| self.use_dynamic_shifting) {
            Some(mu) => self.time_shift_type.shift(mu, level),
            None => shifted(level, self.flow_shift),
        };
        list.iter_mut().for_each(|level| *level = shift(*level));
        if let Some(terminal) = self.shift_terminal.filter(|terminal| *terminal != 0.0) {
            stretch(&mut list, terminal)?;
        }
        // Where there is no signal at all, lambda is no number.
        if let Some(first) = list.first_mut().filter(|first| (**first - 1.0).abs() < 1e-6) {
            *first -= 1e-6;
        }
        Ok(list)
    }

    /// Refuses what leads to no result.
    pub(super) fn check(&self, arguments: &UniPcArguments) -> Result<(), ConfigError> {
        if self.solver_order == 0 {
            refuse("solver_order", 0, "write a number from 1 up")?;
        }
        if self.final_sigmas_type == FinalSigmasType::Zero {
            let help =
                "diffusers gives NaN where no noise is left; write `final_sigmas_type: sigma_min`";
            if self.solver_type == SolverType::Bh1 {
                refuse("solver_type", "bh1", help)?;
            }
            if self.solver_order > 1 && !self.lower_order_final {
                refuse("lower_order_final", false, help)?;
            }
        }
        if self.use_dynamic_shifting && arguments.mu.is_none() {
            refuse("use_dynamic_shifting", true, "write `mu`, by which noise levels are moved")?;
        }
        if let (Some(terminal), false) = (self.shift_terminal, self.use_flow_sigmas) {
            refuse("shift_terminal", terminal, "it needs `use_flow_sigmas: true`")?;
        }
        if let Some(terminal) = self.shift_terminal.filter(|level| !(0.0..1.0).contains(level)) {
            refuse("shift_terminal", terminal, "it is a noise level, from 0 up and below 1")?;
        }
        match &arguments.sigmas {
            Some(sigmas) => self.check_sigmas(sigmas),
            None => Ok(()),
        }
    }

    fn check_sigmas(&self, sigmas: &[f64]) -> Result<(), ConfigError> {
        if !self.use_flow_sigmas || self.use_karras_sigmas {
            refuse("sigmas", "[…]", "only `use_flow_sigmas: true` alone takes a list")?;
        }
        if let Some(level) = sigmas.iter().find(|level| !(**level > 0.0 && **level <= 1.0)) {
            refuse("sigmas", level, "each is a noise level, above 0 and at most 1")?;
        }
        if let Some(pair) = sigmas.windows(2).find(|pair| pair[1] >= pair[0]) {
            let shown = format!("[.., {}, {}, ..]", pair[0], pair[1]);
            refuse("sigmas", shown, "list them in falling order, each once")?;
        }
        Ok(())
    }
}
