//! The records of one run or of many machines as one matrix of scenarios and targets: what every report is made from.
//! Joining is pure; what the matrix shows is `findings`' work, how machines differ is `environment`'s.

mod agreement;
mod environment;
mod findings;
mod outlier;
mod read;

use std::collections::BTreeSet;

use burn_repro_target::Target;

pub(crate) use agreement::bit_groups;
pub use agreement::same_bits;
pub use environment::facts;
pub(crate) use environment::machine_facts;
pub use findings::{failures, findings, headline};
pub use read::{Found, NoRecord, read};

use burn_repro_core::evaluate::CellReport;
use burn_repro_core::exit::Exit;
use burn_repro_core::folder::RunFolder;
use burn_repro_core::record::{RunFailure, RunInfo, RunRecord, ScenarioInfo};

/// All machines of a report.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// The machines, by name.
    pub machines: Vec<Machine>,
}

/// What one machine, or one variant on a machine, found out: a run, or the shards of one.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its name; unique in a report.
    pub name: String,
    /// The circumstances of its run, of the first shard for what differs.
    pub run: RunInfo,
    /// The scenarios of its cells.
    pub scenarios: Vec<ScenarioInfo>,
    /// Its cells, by scenario and target.
    pub cells: Vec<MachineCell>,
    /// Who the outlier is, as the runs themselves found out.
    pub conclusions: Vec<String>,
    /// The folders of its records, those without cells too.
    pub folders: Vec<RunFolder>,
    /// What failed beside its cells.
    pub failures: Vec<RunFailure>,
}

/// A cell of a machine.
#[derive(Debug, Clone)]
pub struct MachineCell {
    /// Its report.
    pub report: CellReport,
    /// The folder of its run, where its outputs lie.
    pub folder: RunFolder,
}

/// A cell and the machine it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Located<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// The cell.
    pub cell: &'a MachineCell,
}

impl Located<'_> {
    /// `flex` where there is one machine, `flex of linux-a` otherwise.
    #[must_use]
    pub fn target(&self, matrix: &Matrix) -> String {
        matrix.label(self.machine, &self.cell.report.target)
    }
}

impl Matrix {
    /// Joins records. Those of one name, build and commit are shards of one machine as long as no cell ran twice; another
    /// run of the same cells is a machine of its own, called after the time as well.
    #[must_use]
    pub fn of(mut runs: Vec<(RunFolder, RunRecord)>) -> Self {
        runs.sort_by(|left, right| left.1.run.started.cmp(&right.1.run.started));
        let mut machines: Vec<Machine> = Vec::new();
        for (folder, record) in runs {
            let of_name = machines.iter_mut().filter(|m| m.name == record.run.name);
            match of_name.into_iter().find(|machine| machine.takes(&record)) {
                Some(machine) => machine.join(folder, record),
                None => machines.push(Machine::new(folder, record)),
            }
        }
        tell_apart(&mut machines);
        machines.sort_by(|left, right| left.name.cmp(&right.name));
        Self { machines }
    }

    /// Every cell, machine by machine.
    pub fn cells(&self) -> impl Iterator<Item = Located<'_>> {
        self.machines
            .iter()
            .flat_map(|machine| machine.cells.iter().map(move |cell| Located { machine, cell }))
    }

    /// The cells that are not well.
    pub fn red(&self) -> impl Iterator<Item = Located<'_>> {
        self.cells().filter(|located| located.cell.report.verdict.is_failure())
    }

    /// The scenarios of all machines, by name.
    #[must_use]
    pub fn scenarios(&self) -> Vec<&ScenarioInfo> {
        let mut scenarios: Vec<&ScenarioInfo> =
            self.machines.iter().flat_map(|machine| &machine.scenarios).collect();
        scenarios.sort_by(|left, right| left.name.cmp(&right.name));
        scenarios.dedup_by(|left, right| left.name == right.name);
        scenarios
    }

    /// A target as reports call it.
    #[must_use]
    pub fn label(&self, machine: &Machine, target: &str) -> String {
        match self.machines.len() {
            1 => target.to_owned(),
            _ => format!("{target} of {}", machine.name),
        }
    }

    /// What all of it amounts to: the worst of its machines.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.machines.iter().map(Machine::exit).max().unwrap_or(Exit::NothingRan)
    }
}

impl Machine {
    fn new(folder: RunFolder, record: RunRecord) -> Self {
        let mut machine = Self {
            name: record.run.name.clone(),
            run: record.run.clone(),
            scenarios: Vec::new(),
            cells: Vec::new(),
            conclusions: Vec::new(),
            folders: Vec::new(),
            failures: Vec::new(),
        };
        machine.join(folder, record);
        machine
    }

    /// What it amounts to.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let reports: Vec<CellReport> = self.cells.iter().map(|cell| cell.report.clone()).collect();
        let failures = self.failures.iter().filter_map(|f| Exit::from_code(f.exit_code));
        // A record of one trial may hold no cell of its own.
        let run = Exit::from_code(self.run.exit_code).filter(|exit| *exit != Exit::NothingRan);
        failures.chain(run).fold(Exit::of(&reports), Exit::max)
    }

    /// Whether a record may be a shard of the same run: of one build of one commit, and no cell ran twice.
    fn takes(&self, record: &RunRecord) -> bool {
        let (own, other) = (&self.run, &record.run);
        own.build == other.build
            && own.commit == other.commit
            && own.threads == other.threads
            && !self.overlaps(record)
    }

    /// Whether one of the record's cells ran here already.
    fn overlaps(&self, record: &RunRecord) -> bool {
        let ran: BTreeSet<(&str, &str)> = self
            .cells
            .iter()
            .filter(|cell| cell.report.ran())
            .map(|cell| (cell.report.scenario.as_str(), cell.report.target.as_str()))
            .collect();
        let again = |cell: &&CellReport| {
            cell.ran() && ran.contains(&(cell.scenario.as_str(), cell.target.as_str()))
        };
        record.cells.iter().any(|cell| again(&cell))
    }

    fn join(&mut self, folder: RunFolder, record: RunRecord) {
        for target in record.run.targets {
            if !self.run.targets.contains(&target) {
                self.run.targets.push(target);
            }
        }
        for missing in record.run.missing {
            if !self.run.missing.contains(&missing) {
                self.run.missing.push(missing);
            }
        }
        self.run.exit_code = self.run.exit_code.max(record.run.exit_code);
        if !self.folders.is_empty() {
            self.run.seconds += record.run.seconds;
        }
        self.run.precision.extend(record.run.precision);
        for scenario in record.scenarios {
            if !self.scenarios.iter().any(|known| known.name == scenario.name) {
                self.scenarios.push(scenario);
            }
        }
        let conclusion = |d: burn_repro_core::attribution::Disagreement| {
            format!("{} {}: {}", d.scenario, d.output, d.conclusion)
        };
        self.conclusions.extend(record.disagreements.into_iter().map(conclusion));
        for failure in record.failures {
            if !self.failures.contains(&failure) {
                self.failures.push(failure);
            }
        }
        self.folders.push(folder.clone());
        for report in record.cells {
            if !self.scenarios.iter().any(|known| known.name == report.scenario) {
                self.scenarios.push(ScenarioInfo::unknown(&report.scenario));
            }
            self.add(MachineCell { report, folder: folder.clone() });
        }
    }

    /// Of a cell that several shards speak of, the one that ran counts.
    fn add(&mut self, cell: MachineCell) {
        let key = |cell: &MachineCell| {
            let report = &cell.report;
            (report.scenario.clone(), report.class, report.target.clone())
        };
        match self.cells.binary_search_by_key(&key(&cell), key) {
            Ok(place) if cell.report.ran() => self.cells[place] = cell,
            Ok(_) => {}
            Err(place) => self.cells.insert(place, cell),
        }
    }

    /// The cell of a scenario and a target.
    #[must_use]
    pub fn cell(&self, scenario: &str, target: &str) -> Option<&MachineCell> {
        self.cells
            .iter()
            .find(|cell| cell.report.scenario == scenario && cell.report.target == target)
    }

    /// The targets of that name: more than one where shards ran on machines that differ.
    pub fn targets<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Target> {
        self.run.targets.iter().filter(move |target| target.name == name)
    }
}

/// Gives machines of one name the time of their run as well, and a number where that is the same.
fn tell_apart(machines: &mut [Machine]) {
    let names: Vec<String> = machines.iter().map(|machine| machine.name.clone()).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (machine, name) in machines.iter_mut().zip(&names) {
        if names.iter().filter(|other| *other == name).count() > 1 {
            let started = machine.run.started.split('.').next().unwrap_or_default();
            machine.name = format!("{name} {}", started.trim_end_matches('Z').replace('T', " "));
        }
        let base = machine.name.clone();
        for number in 2.. {
            if taken.insert(machine.name.clone()) {
                break;
            }
            machine.name = format!("{base} ({number})");
        }
    }
}

#[cfg(test)]
pub mod tests;
