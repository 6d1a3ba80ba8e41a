//! The run whose report a diagnosis is added to.

use std::path::{Path, PathBuf};

use burn_repro_target::Target;

use crate::cli::Failure;
use burn_repro_core::diagnose::Diagnosis;
use burn_repro_core::folder::{RunFolder, newest, runs};
use burn_repro_core::scenario::Scenario;
use burn_repro_report::matrix::{Found, Matrix, read};
use burn_repro_report::report::{HTML, ReportText, write_reports};

/// The folder of the run that a cell stands in: the one that is named, or the newest.
pub(super) fn run_of(
    named: Option<&Path>,
    scenario: &Scenario,
    target: &Target,
) -> Result<RunFolder, Failure> {
    let (scenario, target) = (&scenario.name, &target.name);
    let help = format!("run `cargo repro run {scenario}` first, or name its run with --record");
    let nothing = || {
        let runs = runs();
        Failure::usage(format!("no run in {}; help: {help}", runs.display()))
    };
    let path = named.map(Path::to_path_buf);
    let path = path.or_else(|| newest(&runs())).ok_or_else(nothing)?;
    let Found { matrix, missing } = read(std::slice::from_ref(&path));
    let found = matrix.cells().map(|located| located.cell).filter(|cell| {
        let report = &cell.report;
        report.ran() && report.scenario == *scenario && report.target == *target
    });
    let folders: Vec<&RunFolder> = found.map(|cell| &cell.folder).collect();
    match folders.as_slice() {
        [folder] => Ok((*folder).clone()),
        [] => {
            let missing: String = missing.iter().map(|why| format!(" {why}")).collect();
            Err(Failure::usage(format!(
                "no run in {} has a cell of {scenario} on {target}; help: {help}.{missing}",
                path.display()
            )))
        }
        several => {
            let paths: Vec<String> =
                several.iter().map(|folder| folder.path().display().to_string()).collect();
            Err(Failure::usage(format!(
                "{scenario} on {target} is in {}: name one of them with --record",
                paths.join(", ")
            )))
        }
    }
}

/// Adds a diagnosis to a run, and writes the reports of that run anew. Gives the HTML file.
pub(super) fn add(run: &RunFolder, found: &Diagnosis) -> Result<PathBuf, String> {
    // Before the diagnosis: a run whose record cannot be read stays as it is.
    let record = run.record().map_err(|error| error.to_string())?;
    run.keep_diagnosis(found).map_err(|error| error.to_string())?;
    let matrix = Matrix::of(vec![(run.clone(), record)]);
    write_reports(run.path(), &matrix, &ReportText::of(&matrix))
        .map_err(|error| error.to_string())?;
    Ok(run.file(HTML))
}
