//! The end of a run in text: what is not well in full sentences, the matrix of scenarios and
//! targets, and one line that sums it up. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, Color, Table};

use super::text_table::ruled;
use burn_repro_core::escape;
use burn_repro_core::evaluate::CellReport;
use burn_repro_core::exit::Exit;
use burn_repro_core::reason::joined;
use burn_repro_core::record::ScenarioInfo;
use burn_repro_core::verdict::{Severity, Verdict};

/// One paragraph of at most five lines for every cell that is not well, and one line for every reason to skip.
#[must_use]
pub fn details(reports: &[CellReport]) -> String {
    let mut text = String::new();
    for report in reports.iter().filter(|report| report.verdict.is_failure()) {
        writeln!(text, "{} {}::{}", report.verdict, report.scenario, report.target)
            .expect("writing to a string cannot fail");
        for line in report.summary() {
            writeln!(text, "    {line}").expect("writing to a string cannot fail");
        }
    }
    for report in reports.iter().filter(|report| report.verdict == Verdict::Pass) {
        if !report.reasons.is_empty() {
            let why = joined(&report.reasons);
            writeln!(text, "note {}::{}: {why}", report.scenario, report.target)
                .expect("writing to a string cannot fail");
        }
    }
    // One absent driver skips every scenario: said once, with the number.
    let mut reasons: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for report in reports.iter().filter(|report| report.verdict == Verdict::Skipped) {
        let scenarios = reasons.entry((joined(&report.reasons), &report.target)).or_default();
        scenarios.push(&report.scenario);
    }
    for ((reason, target), scenarios) in reasons {
        let what = match scenarios[..] {
            [scenario] => scenario.to_owned(),
            _ => format!("{} scenarios", scenarios.len()),
        };
        writeln!(text, "skipped {what} on {target}: {reason}")
            .expect("writing to a string cannot fail");
    }
    text
}

/// One line for everything that people should know of a scenario's files.
#[must_use]
pub fn notices(scenarios: &[ScenarioInfo]) -> String {
    let of_scenario = |facts: &ScenarioInfo| -> String {
        facts.notices.iter().map(|notice| format!("note {}: {notice}\n", facts.name)).collect()
    };
    scenarios.iter().map(of_scenario).collect()
}

/// The matrix: a row for each scenario, a column for each target.
#[must_use]
pub fn table(reports: &[CellReport]) -> Table {
    let mut targets: Vec<(_, &str)> =
        reports.iter().map(|report| (report.class, report.target.as_str())).collect();
    targets.sort();
    targets.dedup();
    let mut rows: BTreeMap<&str, BTreeMap<&str, &CellReport>> = BTreeMap::new();
    for report in reports {
        rows.entry(&report.scenario).or_default().insert(&report.target, report);
    }
    // A target that is not here is called as the scenario calls it.
    let names = targets.iter().map(|(_, target)| escape::terminal(target).into_owned());
    let mut table = ruled(std::iter::once("scenario".to_owned()).chain(names));
    for (scenario, cells) in rows {
        let cells = targets.iter().map(|(_, target)| cell(cells.get(target).copied()));
        table.add_row(std::iter::once(Cell::new(scenario)).chain(cells));
    }
    table
}

/// The verdict, and how far the worst element of any output is from the golden.
fn cell(report: Option<&CellReport>) -> Cell {
    let Some(report) = report else {
        return Cell::new("-").set_alignment(CellAlignment::Center);
    };
    let text = match report.distance() {
        Some(difference) => format!("{} {difference:.1e}", report.verdict),
        None => report.verdict.to_string(),
    };
    Cell::new(text).fg(colour(report.verdict))
}

fn colour(verdict: Verdict) -> Color {
    match verdict.info().severity {
        Severity::Pass => Color::Green,
        Severity::Skipped => Color::DarkGrey,
        Severity::Excused => Color::Yellow,
        Severity::Failure | Severity::Error => Color::Red,
    }
}

/// How many cells ended how, and the exit code in words.
#[must_use]
pub fn summary(reports: &[CellReport], exit: Exit, seconds: f64) -> String {
    let count = |verdict| reports.iter().filter(|report| report.verdict == verdict).count();
    let counts: Vec<String> = Verdict::all()
        .iter()
        .map(|info| (info.words, count(info.verdict)))
        .filter(|(_, count)| *count > 0)
        .map(|(words, count)| format!("{count} {words}"))
        .collect();
    let counts = if counts.is_empty() { "no cells".into() } else { counts.join(", ") };
    let words = match exit {
        Exit::Success => "all well",
        Exit::Internal => "a bug in the harness",
        Exit::Usage => "wrong usage",
        Exit::NothingRan => "nothing ran",
        Exit::Mismatch => "a result differs",
        Exit::Golden => "a golden is missing or stale",
        Exit::Crashed => "a cell crashed or took too long",
        Exit::Required => "a required backend is not here",
    };
    format!("{counts} in {seconds:.1} s: {words} (exit code {})", exit as u8)
}

#[cfg(test)]
mod tests;
