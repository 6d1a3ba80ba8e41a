//! Which scenario runs on which target, and what does not run and why. Pure.

use std::sync::Arc;

use burn_repro_target::{Class, Determinism, Discovery, Settings, Target};

use crate::reason::{Reason, ReasonCode, joined};
use crate::scenario::{BackendSelector, Scenario};

/// What a run is asked to do.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Parts of scenario names; none means all.
    pub filters: Vec<String>,
    /// Backends; none means all.
    pub backends: Vec<BackendSelector>,
    /// Whether scenarios tagged `nightly` run.
    pub nightly: bool,
    /// Whether filters are whole names.
    pub exact: bool,
    /// Threads of each processor cell; what the scenario's determinism says if left out.
    pub threads: Option<usize>,
}

/// A scenario on a target.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The target.
    pub target: Target,
    /// Threads on the processor, where the run asks for a number.
    pub threads: Option<usize>,
}

impl Cell {
    /// How the target is to be run for it.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings { threads: self.threads, ..self.scenario.settings() }
    }
}

/// A cell that is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The scenario's name.
    pub scenario: String,
    /// The target's name, or the class where no target of it is here.
    pub target: String,
    /// The class.
    pub class: Class,
    /// What the scenario asks for.
    pub determinism: Determinism,
    /// Why, and what to do about it.
    pub reasons: Vec<Reason>,
}

/// Everything a run does and does not do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What runs, by scenario and then by target.
    pub cells: Vec<Cell>,
    /// What does not, with the reason.
    pub skips: Vec<Skip>,
}

/// Forms the matrix of scenarios and targets.
#[must_use]
pub fn plan(scenarios: &[Arc<Scenario>], discovery: &Discovery, selection: &Selection) -> Plan {
    let mut plan = Plan::default();
    for scenario in scenarios.iter().filter(|scenario| selection.names(scenario)) {
        let reasons = scenario.reasons_to_skip(selection);
        for selector in &scenario.backends {
            let here: Vec<&Target> =
                discovery.targets.iter().filter(|target| selector.matches(target)).collect();
            if here.is_empty() && selection.asks_for(selector) {
                let reasons = absence(selector, discovery);
                plan.skips.push(Skip::new(scenario, &selector.to_string(), selector, &reasons));
            }
            for target in here.into_iter().filter(|target| selection.takes(target)) {
                let mut reasons = reasons.clone();
                if reasons.is_empty() && !selection.requests(target, selector) {
                    reasons = on_request(target);
                }
                if reasons.is_empty() {
                    plan.add(scenario, target, selection.threads);
                    continue;
                }
                let skip = Skip::new(scenario, &target.name, selector, &reasons);
                if !plan.skips.contains(&skip) {
                    plan.skips.push(skip);
                }
            }
        }
    }
    plan
}

impl Plan {
    /// The cell of a scenario on a target, if it is run.
    #[must_use]
    pub fn cell(&self, scenario: &str, target: &str) -> Option<&Cell> {
        let is_meant = |cell: &&Cell| cell.scenario.name == scenario && cell.target.name == target;
        self.cells.iter().find(is_meant)
    }

    /// Adds a cell once, though a class and a name may both select its target.
    fn add(&mut self, scenario: &Arc<Scenario>, target: &Target, threads: Option<usize>) {
        if self.cell(&scenario.name, &target.name).is_none() {
            let (scenario, target) = (Arc::clone(scenario), target.clone());
            self.cells.push(Cell { scenario, target, threads });
        }
    }
}

impl Selection {
    /// Whether a scenario's name holds one of the filters.
    #[must_use]
    pub fn names(&self, scenario: &Scenario) -> bool {
        let names = |filter: &String| match self.exact {
            true => scenario.name == *filter,
            false => scenario.name.contains(filter),
        };
        self.filters.is_empty() || self.filters.iter().any(names)
    }

    /// Whether a target is among the chosen backends.
    #[must_use]
    pub fn takes(&self, target: &Target) -> bool {
        self.backends.is_empty() || self.backends.iter().any(|chosen| chosen.matches(target))
    }

    /// Whether a target that runs on request alone is requested: by its name, or by a nightly run.
    fn requests(&self, target: &Target, selector: &BackendSelector) -> bool {
        let by_name = |selector: &BackendSelector| matches!(selector, BackendSelector::Target { name, .. } if *name == target.name);
        !target.is_on_request()
            || self.nightly
            || by_name(selector)
            || self.backends.iter().any(by_name)
    }

    fn asks_for(&self, selector: &BackendSelector) -> bool {
        let same = |chosen: &BackendSelector| match (chosen, selector) {
            (BackendSelector::Target { name, .. }, BackendSelector::Target { name: other, .. }) => {
                name == other
            }
            _ => chosen.class() == selector.class(),
        };
        self.backends.is_empty() || self.backends.iter().any(same)
    }
}

impl Skip {
    fn new(
        scenario: &Scenario,
        target: &str,
        selector: &BackendSelector,
        reasons: &[Reason],
    ) -> Self {
        Self {
            scenario: scenario.name.clone(),
            target: target.to_owned(),
            class: selector.class(),
            determinism: scenario.determinism,
            reasons: reasons.to_vec(),
        }
    }
}

fn on_request(target: &Target) -> Vec<Reason> {
    let slow = "compiles its kernels anew in every cell, which takes longer than the cell";
    let help = format!("--nightly or --backend {} runs it", target.name);
    vec![Reason::new(ReasonCode::Nightly, slow), Reason::help(help)]
}

impl Scenario {
    /// Why the scenario does not run at all under a selection, with what to do about it; empty where it runs.
    #[must_use]
    pub fn reasons_to_skip(&self, selection: &Selection) -> Vec<Reason> {
        if self.is_nightly() && !selection.nightly {
            let tagged = Reason::new(ReasonCode::Nightly, "tagged nightly");
            return vec![tagged, Reason::help("--nightly runs it")];
        }
        self.missing_files()
    }
}

/// A sentence for each chosen backend that is not here.
#[must_use]
pub fn absent(chosen: &[BackendSelector], discovery: &Discovery) -> Vec<String> {
    chosen
        .iter()
        .filter(|selector| !discovery.targets.iter().any(|target| selector.matches(target)))
        .map(|selector| format!("{selector}: {}", joined(&absence(selector, discovery))))
        .collect()
}

/// Why no target of the selector is here, with help.
pub(crate) fn absence(selector: &BackendSelector, discovery: &Discovery) -> Vec<Reason> {
    let absent = |text: String| Reason::new(ReasonCode::AbsentBackend, text);
    let missing: Vec<Reason> = discovery
        .missing
        .iter()
        .filter(|missing| missing.class == selector.class())
        .flat_map(|missing| [absent(missing.reason.clone()), Reason::help(&missing.help)])
        .collect();
    if !missing.is_empty() {
        return missing;
    }
    let here: Vec<&str> = discovery
        .targets
        .iter()
        .filter(|target| target.class == selector.class())
        .map(|target| target.name.as_str())
        .collect();
    vec![absent(format!(
        "this machine has no `{selector}`; its targets of that class: {}",
        here.join(", ")
    ))]
}

#[cfg(test)]
mod tests;
