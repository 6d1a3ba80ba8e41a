//! What tests of several crates are made of: a pipeline that does nothing, its scenarios, targets, and records of runs
//! that never happened. No program uses it.

use std::collections::BTreeMap;
use std::path::Path;

use burn_repro_target::{Class, Determinism, Fingerprint, Locator, Target};
use schemars::{Schema, SchemaGenerator};

use crate::evaluate::{CellReport, OutputReport};
use crate::folder::RunFolder;
use crate::plan::Skip;
use crate::reason::{Reason, ReasonCode};
use crate::record::{RunInfo, RunRecord, ScenarioInfo};
use crate::scenario::{Catalog, Checked, Described, Parsed, ProblemAt, Scenario, parse};
use crate::verdict::Verdict;

/// A catalog with one pipeline, `nothing`, which takes any parameters.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Catalog for Nothing {
    fn names(&self) -> Vec<&'static str> {
        vec!["nothing"]
    }

    fn get(&self, name: &str) -> Option<&dyn Described> {
        (name == "nothing").then_some(self as &dyn Described)
    }

    fn params_schemas(&self, _: &mut SchemaGenerator) -> Vec<(&'static str, Option<Schema>)> {
        vec![("nothing", None)]
    }

    fn common_faults(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

impl Described for Nothing {
    fn takes_seed_list(&self) -> bool {
        false
    }

    fn fault_names(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn check(&self, _: &Parsed) -> Result<Checked, ProblemAt> {
        Ok(Checked::default())
    }

    fn examine(&self, _: &Parsed) -> Result<(), ProblemAt> {
        Ok(())
    }
}

/// A scenario of [`Nothing`], with these lines behind the keys that every scenario has.
///
/// # Panics
/// If the lines are wrong.
#[must_use]
pub fn scenario(name: &str, lines: &str) -> Scenario {
    let text = format!("version: 1\npipeline: nothing\nseed: 0\nsteps: 1\nparams: ~\n{lines}\n");
    parse(Path::new(&format!("{name}.yaml")), text, &Nothing).expect("lines of a scenario")
}

/// A target that is nowhere.
#[must_use]
pub fn target(name: &str, class: Class) -> Target {
    let fingerprint = Fingerprint::default();
    Target { name: name.into(), class, locator: Locator::Flex, fingerprint }
}

/// A cell as `scenario target verdict bits`, for instance `a flex pass 1`.
///
/// # Panics
/// If the words are others.
#[must_use]
pub fn cell(words: &str) -> CellReport {
    let [scenario, target, verdict, bits] = words.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{words}")
    };
    let mut report = CellReport::skipped(&Skip {
        scenario: scenario.into(),
        target: target.into(),
        class: Class::Cpu,
        determinism: Determinism::Full,
        reasons: vec![Reason::new(ReasonCode::Nightly, "not today")],
    });
    let known = Verdict::all().iter().find(|known| known.words == verdict);
    report.verdict = known.expect("a verdict").verdict;
    if report.ran() {
        let output = OutputReport { sha256: bits.into(), ..OutputReport::default() };
        report.outputs.insert("image".into(), output);
        report.golden_sha256 = Some("one".into());
    }
    report
}

/// A machine's folder and record: its name, the minute it began, its driver, its [`cell`]s.
///
/// # Panics
/// As [`cell`].
#[must_use]
pub fn run(name: &str, minute: u32, driver: &str, cells: &[&str]) -> (RunFolder, RunRecord) {
    let cells: Vec<CellReport> = cells.iter().map(|words| cell(words)).collect();
    let mut facts = facts(name, minute);
    for cell in &cells {
        let fingerprint = Fingerprint { driver: Some(driver.into()), ..Fingerprint::default() };
        let target = Target { fingerprint, ..target(&cell.target, Class::Cpu) };
        if !facts.targets.contains(&target) {
            facts.targets.push(target);
        }
    }
    let scenario = |cell: &CellReport| ScenarioInfo {
        file: format!("{}.yaml", cell.scenario),
        ..ScenarioInfo::unknown(&cell.scenario)
    };
    let scenarios = cells.iter().map(scenario).collect();
    let record = RunRecord::new(facts, scenarios, cells, Vec::new());
    (RunFolder::new(format!("{name}-{minute}")), record)
}

/// The circumstances of a run that began at a minute.
fn facts(name: &str, minute: u32) -> RunInfo {
    RunInfo {
        name: name.into(),
        started: format!("2026-11-24T03:{minute:02}:00Z"),
        seconds: 1.0,
        burn_repro: "0".into(),
        commit: None,
        exit_code: 0,
        targets: Vec::new(),
        missing: Vec::new(),
        build: "deterministic".into(),
        threads: None,
        precision: BTreeMap::new(),
    }
}
