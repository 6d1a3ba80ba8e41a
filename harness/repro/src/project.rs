//! A project: pipelines, scenarios and goldens. The programs made of them are in `program`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use burn_repro_core::outside::examine;
use burn_repro_core::plan::Selection;
use burn_repro_core::scenario::{LoadError, Scenario, load};
use burn_repro_core::trace::Dtype;
use burn_repro_core::variables;
use burn_repro_core::worker::WorkerCommand;
use burn_repro_device::{Device, discover};
use burn_repro_explain::fault::FAULTS;
use burn_repro_target::Discovery;
use burn_repro_worker::{BoxError, Case, Probe, Registry};

/// Seconds that looking for targets may take, for each class.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// Draws `count` standard normal numbers of a float type on the host, as the project's pipelines do,
/// and widens them without rounding.
pub type NoiseSource = fn(seed: u64, count: usize, dtype: Dtype) -> Vec<f64>;

/// What to say of a build whose crates that compute have this level of optimisation.
pub(crate) fn unoptimised(level: &str) -> Option<&'static str> {
    (level == "0").then_some(
        "the crates that compute were built without optimisation, and a run takes many times as long: `cargo repro init \
         NAME` adds the lines that Cargo.toml lacks",
    )
}

/// What a project consists of.
pub struct Project {
    /// The pipelines that scenarios can name.
    pub registry: Registry,
    /// The folder of the scenario files, searched with its subfolders.
    pub scenarios: PathBuf,
    /// The folder of the goldens.
    pub golden: PathBuf,
    /// What `repro noise` draws from; without it the command says that there is none.
    pub noise: Option<NoiseSource>,
}

impl Project {
    /// A project whose scenarios and goldens lie in `scenarios` and `golden` of a folder, such as
    /// `env!("CARGO_MANIFEST_DIR")`.
    #[must_use]
    pub fn here(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            registry: Registry::new(),
            scenarios: folder.join("scenarios"),
            golden: folder.join("golden"),
            noise: None,
        }
    }

    /// Adds a computation under the name that `pipeline:` gives; see [`Pipeline`](crate::Pipeline) for one with
    /// parameters.
    ///
    /// # Panics
    /// If the name is taken.
    #[must_use]
    pub fn model<F>(self, name: &'static str, run: F) -> Self
    where
        F: Fn(&Case<()>, &Device, &mut Probe) -> Result<(), BoxError> + Send + Sync + 'static,
    {
        Self { registry: self.registry.with_model(name, run), ..self }
    }

    /// With the folders that the environment names, if it does.
    pub(crate) fn elsewhere(self) -> Self {
        Self {
            scenarios: variables::scenarios().unwrap_or(self.scenarios),
            golden: variables::golden().unwrap_or(self.golden),
            registry: self.registry.with_faults(FAULTS.iter().map(|fault| fault.name).collect()),
            ..self
        }
    }

    /// Refuses a folder of goldens that is a file: each golden would be missing in it.
    pub(crate) fn check_golden(&self) -> Result<(), String> {
        match self.golden.is_file() {
            true => Err(format!(
                "the folder of the goldens, {}, is a file: name a folder",
                self.golden.display()
            )),
            false => Ok(()),
        }
    }

    pub(crate) fn load(&self) -> Result<Vec<Arc<Scenario>>, LoadError> {
        let scenarios = load(&self.scenarios, &self.registry)?;
        Ok(scenarios.into_iter().map(Arc::new).collect())
    }

    /// Reads the long files of the scenarios that a selection runs: before any device is opened, and once, not in every
    /// worker.
    pub(crate) fn examine(
        &self,
        scenarios: &[Arc<Scenario>],
        selection: &Selection,
    ) -> Result<(), LoadError> {
        let selected = scenarios.iter().filter(|scenario| {
            selection.names(scenario) && scenario.reasons_to_skip(selection).is_empty()
        });
        let problems: Vec<_> =
            selected.filter_map(|scenario| examine(scenario, &self.registry).err()).collect();
        if problems.is_empty() { Ok(()) } else { Err(LoadError::new(problems)) }
    }
}

/// Finds the targets of this machine in processes of their own.
pub(crate) fn find_targets(command: &WorkerCommand) -> Discovery {
    discover(|class| command.probe(class), PROBE_LIMIT)
}

#[cfg(test)]
mod tests {
    use burn_repro_worker::OPT_LEVEL;

    use super::*;

    /// This workspace's own profile optimises what computes.
    #[test]
    fn a_build_without_optimisation_says_what_to_do() {
        assert!(unoptimised("0").unwrap().contains("`cargo repro init NAME`"));
        assert_eq!((unoptimised("1"), unoptimised(OPT_LEVEL)), (None, None));
    }
}
