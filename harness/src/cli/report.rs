//! `repro report`: reports from the records of one run, or of many machines as one matrix.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::leave::{cannot_write, github};
use super::{Failure, say};
use crate::evaluate::CellReport;
use crate::exit::Exit;
use crate::folder::{RECORD, runs};
use crate::history::History;
use crate::matrix::{Found, Matrix, findings, headline, read};
use crate::record::RunFacts;
use crate::report::{HTML, write_reports};
use crate::write::write_whole;

/// The version of `report.json`.
const VERSION: u32 = 1;

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// Folders with run records, searched with their subfolders; the newest run if left out
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Folder of the reports
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A file of past distances: read, drawn, and written with these runs added
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Fail where no record has this name; may be given several times
    #[arg(long, value_name = "NAME")]
    expect: Vec<String>,
    /// Print GitHub annotations, and append the summary to $GITHUB_STEP_SUMMARY
    #[arg(long)]
    github: bool,
}

/// The merged records as JSON.
#[derive(Serialize)]
struct Merged<'a> {
    version: u32,
    exit_code: u8,
    headline: String,
    findings: &'a [String],
    machines: Vec<&'a RunFacts>,
    cells: Vec<MergedCell<'a>>,
}

#[derive(Serialize)]
struct MergedCell<'a> {
    machine: &'a str,
    #[serde(flatten)]
    report: &'a CellReport,
}

pub(super) fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    let folders = match arguments.runs.is_empty() {
        true => vec![newest()?],
        false => arguments.runs.clone(),
    };
    let mut found = read(&folders);
    if arguments.expect.is_empty() && found.matrix.machines.is_empty() {
        found = found.or_nothing().map_err(Failure::usage)?;
    }
    let Found { matrix, missing } = found;
    let mut history = History::default();
    if let Some(file) = &arguments.history {
        history = History::read(file).map_err(Failure::usage)?;
        history.add(&matrix);
    }
    let mut sentences = absent(&matrix, &arguments.expect);
    sentences.extend(missing);
    let required = if sentences.is_empty() { Exit::Success } else { Exit::Required };
    sentences.extend(findings(&matrix));
    sentences.extend(history.drifts());
    let exit = matrix.exit().max(required);
    let out = arguments.out.clone().unwrap_or_else(|| runs().join("report"));
    write_reports(&out, &matrix, &sentences, history.lines()).map_err(Failure::usage)?;
    write_json(&out, &matrix, &sentences, exit)?;
    if let Some(file) = &arguments.history {
        history.write(file).map_err(Failure::usage)?;
    }
    say(&format!("{}\n", headline(&matrix)));
    sentences.iter().for_each(|sentence| say(&format!("- {sentence}\n")));
    say(&format!("report: {} (exit code {})\n", out.join(HTML).display(), exit as u8));
    if arguments.github {
        github(&matrix, &sentences)
            .map_err(|message| Failure { exit: exit.max(Exit::Usage), message })?;
    }
    Ok(exit)
}

/// The run that was left last.
fn newest() -> Result<PathBuf, Failure> {
    let runs = runs();
    let entries = fs::read_dir(&runs).into_iter().flatten().flatten();
    let records = entries.map(|entry| entry.path()).filter(|path| path.join(RECORD).is_file());
    // They are called after the time.
    records.max().ok_or_else(|| {
        let nothing = "there is no run yet in";
        Failure::usage(format!("{nothing} {}; `cargo repro run` leaves one", runs.display()))
    })
}

/// A sentence for each expected machine without a record.
fn absent(matrix: &Matrix, expected: &[String]) -> Vec<String> {
    let here = |name: &&String| matrix.machines.iter().any(|machine| machine.run.name == **name);
    expected
        .iter()
        .filter(|name| !here(name))
        .map(|name| format!("There is no record of {name}: its job did not get as far as that."))
        .collect()
}

fn write_json(out: &Path, matrix: &Matrix, findings: &[String], exit: Exit) -> Result<(), Failure> {
    let cells = matrix.machines.iter().flat_map(|machine| {
        machine.cells.iter().map(|cell| MergedCell { machine: &machine.name, report: &cell.report })
    });
    let merged = Merged {
        version: VERSION,
        exit_code: exit as u8,
        headline: headline(matrix),
        findings,
        machines: matrix.machines.iter().map(|machine| &machine.run).collect(),
        cells: cells.collect(),
    };
    let mut json = serde_json::to_vec_pretty(&merged).map_err(Failure::internal)?;
    json.push(b'\n');
    let file = out.join("report.json");
    write_whole(&file, &json).map_err(|error| Failure::usage(cannot_write(&file, &error)))
}
