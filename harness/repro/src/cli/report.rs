//! `repro report`: reports from the records of one run, or of many machines as one matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::leave::{github, step_summary};
use super::write::write_json;
use super::{Failure, say};
use burn_repro_core::escape;
use burn_repro_core::evaluate::CellReport;
use burn_repro_core::exit::Exit;
use burn_repro_core::folder::{newest, runs};
use burn_repro_core::lfs::is_pointer_file;
use burn_repro_core::record::RunInfo;
use burn_repro_report::history::History;
use burn_repro_report::matrix::{Found, Matrix, headline, read};
use burn_repro_report::report::{HTML, ReportText, write_reports};

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
    machines: Vec<&'a RunInfo>,
    cells: Vec<MergedCell<'a>>,
}

#[derive(Serialize)]
struct MergedCell<'a> {
    machine: &'a str,
    #[serde(flatten)]
    report: &'a CellReport,
}

pub(super) fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    if arguments.github {
        step_summary().map_err(Failure::usage)?;
    }
    let folders = match arguments.runs.is_empty() {
        true => vec![newest_run()?],
        false => arguments.runs.clone(),
    };
    let mut found = read(&folders);
    if arguments.expect.is_empty() && found.matrix.machines.is_empty() {
        found = found.or_nothing().map_err(Failure::usage)?;
    }
    let Found { matrix, missing } = found;
    let mut said = ReportText::of(&matrix);
    said.findings.extend(elsewhere(&matrix));
    // A history that cannot be read takes the report from nobody, and is not written over.
    let read = arguments.history.as_ref().map(|file| History::read(file)).transpose();
    let history = read.unwrap_or_else(|error| {
        said.failures.push(format!("The report is made without its history: {error}."));
        None
    });
    let unread = arguments.history.is_some() && history.is_none();
    let mut history = history.unwrap_or_default();
    history.add(&matrix);
    let left_out: Vec<String> =
        absent(&matrix, &arguments.expect).into_iter().chain(missing).collect();
    let required = if left_out.is_empty() { Exit::Success } else { Exit::Required };
    let usage = if unread { Exit::Usage } else { Exit::Success };
    let exit = matrix.exit().max(required).max(usage);
    said.failures.splice(0..0, left_out);
    said.findings.extend(history.drifts(&matrix));
    said.history = history.lines();

    // A red report stays red where its files cannot be written.
    let failed = |message: String| Failure { exit: exit.max(Exit::Usage), message };
    let out = arguments.out.clone().unwrap_or_else(|| runs().join("report"));
    write_reports(&out, &matrix, &said).map_err(|error| failed(error.to_string()))?;
    write_merged(&out, &matrix, &said.sentences(), exit)?;
    if let (Some(file), false) = (&arguments.history, unread) {
        history.write(file).map_err(|error| failed(error.to_string()))?;
    }
    say(&format!("{}\n", headline(&matrix)));
    said.sentences().iter().for_each(|sentence| say(&format!("- {}\n", one_line(sentence))));
    say(&format!("report: {} (exit code {})\n", out.join(HTML).display(), exit as u8));
    if arguments.github {
        github(&matrix, &said).map_err(failed)?;
    }
    Ok(exit)
}

/// What somebody else's record says, as one line: it moves no cursor and begins no command of a workflow.
fn one_line(text: &str) -> String {
    escape::terminal(text).replace('\n', " ")
}

/// A sentence for each run of which files were not fetched: its verdicts stand, its pictures are missing.
fn elsewhere(matrix: &Matrix) -> Vec<String> {
    let mut pointers: BTreeMap<&Path, BTreeSet<PathBuf>> = BTreeMap::new();
    for located in matrix.cells() {
        let (folder, report) = (&located.cell.folder, &located.cell.report);
        let golden = folder.goldens().files_of(&report.scenario);
        let golden = golden.all().map(Path::to_path_buf).into_iter();
        let files = golden.chain(folder.outputs_file(report)).filter(|file| is_pointer_file(file));
        pointers.entry(folder.path()).or_default().extend(files);
    }
    pointers.retain(|_, files| !files.is_empty());
    let sentence = |(folder, files): (&Path, BTreeSet<PathBuf>)| {
        let (folder, count) = (folder.display(), files.len());
        let what =
            if count == 1 { "file is a Git LFS pointer" } else { "files are Git LFS pointers" };
        format!("{count} {what} in {folder}, whose content is not here: run `git lfs pull`.")
    };
    pointers.into_iter().map(sentence).collect()
}

/// The run that was left last.
fn newest_run() -> Result<PathBuf, Failure> {
    let runs = runs();
    newest(&runs).ok_or_else(|| {
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

fn write_merged(
    out: &Path,
    matrix: &Matrix,
    findings: &[String],
    exit: Exit,
) -> Result<(), Failure> {
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
    write_json(&out.join("report.json"), &merged, exit)
}
