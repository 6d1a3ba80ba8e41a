//! Red cells as GitHub's workflow commands, which it shows on the scenario's file and line. Pure.

use crate::matrix::{Located, Matrix};
use burn_repro_core::compare::Comparison;
use burn_repro_core::escape;
use burn_repro_core::evaluate::CellReport;
use burn_repro_core::reason::lines;
use burn_repro_core::record::ScenarioInfo;
use burn_repro_core::verdict::{Severity, Verdict};

/// One line for each of what failed beside the cells and for each red cell; a known failure that is excused is a notice.
#[must_use]
pub fn annotations(matrix: &Matrix, failures: &[String]) -> String {
    let beside = failures.iter().map(|failure| {
        format!("::error title=burn-repro::{}\n", escape::workflow_message(failure))
    });
    let told = |located: &Located<'_>| {
        let verdict = located.cell.report.verdict;
        verdict.is_failure() || verdict.info().severity == Severity::Excused
    };
    let cells = matrix.cells().filter(told).map(|located| annotation(matrix, &located));
    beside.chain(cells).collect()
}

fn annotation(matrix: &Matrix, located: &Located<'_>) -> String {
    let report = &located.cell.report;
    let kind = if report.verdict.is_failure() { "error" } else { "notice" };
    let target = located.target(matrix);
    let scenario = located.machine.scenarios.iter().find(|known| known.name == report.scenario);
    let place = scenario.map_or(String::new(), |scenario| {
        let line = line(scenario, report);
        format!("file={},line={line},", escape::workflow_property(&scenario.file))
    });
    let title =
        escape::workflow_property(&format!("{} on {target}: {}", report.scenario, report.verdict));
    let message = escape::workflow_message(&lines(&report.reasons, "\n"));
    format!("::{kind} {place}title={title}::{message}\n")
}

/// The line that the verdict is about, or the first one of the scenario.
fn line(scenario: &ScenarioInfo, report: &CellReport) -> usize {
    let unmet = report.expect.iter().any(|result| !result.pass);
    let mut compared = report.outputs.values().filter_map(|output| output.comparison.as_ref());
    let key = match report.verdict {
        Verdict::Mismatch if unmet && compared.all(Comparison::passes) => "expect",
        verdict => verdict.info().key,
    };
    let known = |key: &str| scenario.lines.get(key).copied();
    known(key).or_else(|| known("pipeline")).unwrap_or(1)
}
