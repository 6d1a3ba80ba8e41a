//! The data of the page: everything as indices into lists, so that a golden's picture stands there once. The names are
//! those that the script in `front/` reads.

use jiff::Timestamp;
use serde::Serialize;

use super::cell::{Cell, cell};
use super::html;
use super::pictures::Pictures;
use crate::history::Line;
use crate::matrix::{Located, Machine, Matrix, facts, headline, machine_facts};
use crate::report::ReportText;
use burn_repro_core::verdict::{Severity, Verdict, VerdictInfo};

/// The whole page.
#[derive(Debug, Serialize)]
pub struct Page {
    title: String,
    made: String,
    headline: String,
    red: bool,
    findings: Vec<String>,
    verdicts: Vec<VerdictFacts>,
    runs: Vec<Run>,
    targets: Vec<Target>,
    scenarios: Vec<Scenario>,
    cells: Vec<Cell>,
    pictures: Vec<String>,
    history: Vec<Line>,
}

/// A verdict as the page shows it; the tone is a class of `style.css`.
#[derive(Debug, Serialize)]
struct VerdictFacts {
    verdict: Verdict,
    words: &'static str,
    sentence: &'static str,
    tone: &'static str,
}

#[derive(Debug, Serialize)]
struct Run {
    name: String,
    started: String,
    seconds: f64,
    exit_code: u8,
    build: String,
    facts: Vec<(String, String)>,
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize)]
struct Missing {
    name: String,
    reason: String,
    help: String,
}

#[derive(Debug, Serialize)]
struct Target {
    run: usize,
    name: String,
    class: String,
    facts: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct Scenario {
    name: String,
    description: String,
    file: String,
    tags: Vec<String>,
    notices: Vec<String>,
}

impl Page {
    /// The page of a matrix. Reads outputs and goldens from the folders of the runs.
    #[must_use]
    pub fn new(matrix: &Matrix, said: &ReportText) -> Self {
        let mut targets = Vec::new();
        for (run, machine) in matrix.machines.iter().enumerate() {
            targets.extend(columns(run, machine));
        }
        let scenarios: Vec<Scenario> = matrix
            .scenarios()
            .into_iter()
            .map(|facts| Scenario {
                name: facts.name.clone(),
                description: facts.description.clone(),
                file: facts.file.clone(),
                tags: facts.tags.clone(),
                notices: facts.notices.clone(),
            })
            .collect();
        let mut pictures = Pictures::default();
        let mut cells = Vec::new();
        let mut ordered: Vec<Located<'_>> = matrix.cells().collect();
        // Those that somebody will look at have their pictures first, should they not fit.
        ordered.sort_by_key(|located| !located.cell.report.verdict.is_failure());
        for located in ordered {
            let report = &located.cell.report;
            let run = matrix.machines.iter().position(|m| std::ptr::eq(m, located.machine));
            let scenario = scenarios.iter().position(|known| known.name == report.scenario);
            let target = targets.iter().position(|t| Some(t.run) == run && t.name == report.target);
            if let (Some(scenario), Some(target)) = (scenario, target) {
                cells.push(cell(matrix, located, [scenario, target], &mut pictures));
            }
        }
        let headline = headline(matrix);
        Self {
            title: "burn-repro".to_owned(),
            made: Timestamp::now().to_string(),
            headline,
            red: matrix.red().next().is_some() || !said.failures.is_empty(),
            findings: said.sentences(),
            verdicts: Verdict::all().iter().map(VerdictFacts::new).collect(),
            runs: matrix.machines.iter().map(Run::new).collect(),
            targets,
            scenarios,
            cells,
            pictures: pictures.into_base64(),
            history: said.history.clone(),
        }
    }

    /// The file.
    #[must_use]
    pub(crate) fn to_html(&self) -> String {
        html(&self.title, &self.headline, &self.findings, self)
    }
}

impl VerdictFacts {
    fn new(info: &VerdictInfo) -> Self {
        let tone = match info.severity {
            Severity::Pass => "good",
            Severity::Failure | Severity::Error => "bad",
            Severity::Excused => "warn",
            Severity::Skipped => "calm",
        };
        let VerdictInfo { verdict, words, sentence, .. } = *info;
        Self { verdict, words, sentence, tone }
    }
}

impl Run {
    fn new(machine: &Machine) -> Self {
        let run = &machine.run;
        let missing = |missing: &burn_repro_target::Missing| Missing {
            name: missing.name.clone(),
            reason: missing.reason.clone(),
            help: missing.help.clone(),
        };
        Self {
            name: machine.name.clone(),
            started: run.started.clone(),
            seconds: run.seconds,
            exit_code: run.exit_code,
            build: run.build.clone(),
            facts: machine_facts(machine),
            missing: run.missing.iter().map(missing).collect(),
        }
    }
}

/// The targets of a machine's cells, those that were skipped as well, by class and name.
fn columns(run: usize, machine: &Machine) -> Vec<Target> {
    let mut names: Vec<_> =
        machine.cells.iter().map(|cell| (cell.report.class, &cell.report.target)).collect();
    names.sort();
    names.dedup();
    let target = |(class, name): (burn_repro_target::Class, &String)| Target {
        run,
        name: name.clone(),
        class: class.to_string(),
        facts: facts(machine, name),
    };
    names.into_iter().map(target).collect()
}
