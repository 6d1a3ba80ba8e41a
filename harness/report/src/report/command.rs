//! The command that repeats a cell. Pure.

use crate::matrix::Located;
use burn_repro_core::scenario::NIGHTLY;

/// What to type to run exactly this cell again on such a machine.
#[must_use]
pub fn command(located: &Located<'_>) -> String {
    let Located { machine, cell } = located;
    let report = &cell.report;
    let alias = if machine.run.build == "tuned" { "tuned" } else { "repro" };
    let mut command =
        format!("cargo {alias} run {} --exact --backend {}", report.scenario, report.target);
    let scenario = machine.scenarios.iter().find(|scenario| scenario.name == report.scenario);
    if scenario.is_some_and(|scenario| scenario.tags.iter().any(|tag| tag == NIGHTLY)) {
        command.push_str(" --nightly");
    }
    if let Some(threads) = machine.run.threads {
        command.push_str(&format!(" --threads {threads}"));
    }
    command
}
