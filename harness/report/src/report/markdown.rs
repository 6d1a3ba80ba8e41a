//! A matrix as Markdown, for GitHub's step summary: the outcome, what was found, every red cell, the matrix. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::command;
use crate::matrix::{Matrix, headline};
use burn_repro_core::escape;
use burn_repro_core::reason::Reason;

/// Red cells that are listed in full; GitHub takes a megabyte.
const TOLD: usize = 50;

/// Reasons of a red cell that are listed.
const REASONS: usize = 2;

/// The Markdown; `findings` are the sentences to stand in front.
#[must_use]
pub fn markdown(matrix: &Matrix, findings: &[String]) -> String {
    let mut text = format!("## burn-repro\n\n**{}**\n\n", escape::markdown(&headline(matrix)));
    for finding in findings {
        line(&mut text, &format!("- {}", escape::markdown(finding)));
    }
    text.push_str(if findings.is_empty() { "" } else { "\n" });
    red(&mut text, matrix);
    table(&mut text, matrix);
    notices(&mut text, matrix);
    text
}

/// What is to be known of the scenarios' files.
fn notices(text: &mut String, matrix: &Matrix) {
    let scenarios = matrix.scenarios();
    let all = scenarios.iter().flat_map(|facts| facts.notices.iter().map(|n| (&facts.name, n)));
    for (index, (name, notice)) in all.enumerate() {
        text.push_str(if index == 0 { "\n" } else { "" });
        line(text, &format!("- {}: {}", escape::markdown(name), escape::markdown(notice)));
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

fn red(text: &mut String, matrix: &Matrix) {
    let count = matrix.red().count();
    if count == 0 {
        return;
    }
    line(text, "| cell | verdict | why | repeat it |\n| --- | --- | --- | --- |");
    for located in matrix.red().take(TOLD) {
        let report = &located.cell.report;
        let why = first_reasons(&report.reasons);
        let cell = escape::markdown(&format!("{} on {}", report.scenario, located.target(matrix)));
        let command = escape::markdown_code(&command(&located));
        line(text, &format!("| {cell} | {} | {why} | `{command}` |", report.verdict));
    }
    if count > TOLD {
        line(text, &format!("\nThe HTML report shows {} more red cells.", count - TOLD));
    }
    text.push('\n');
}

/// What a row has room for; the HTML report has all of it.
fn first_reasons(reasons: &[Reason]) -> String {
    let more = reasons.len().saturating_sub(REASONS);
    let first: Vec<String> =
        reasons.iter().take(REASONS).map(|reason| escape::markdown(&reason.text)).collect();
    let first = first.join("<br>");
    if more > 0 { format!("{first}<br>and {more} more") } else { first }
}

fn table(text: &mut String, matrix: &Matrix) {
    let mut cells: BTreeMap<(&str, String), String> = BTreeMap::new();
    let mut targets = BTreeSet::new();
    for located in matrix.cells() {
        let report = &located.cell.report;
        let target = located.target(matrix);
        let distance = report.distance().map_or(String::new(), |far| format!(" {far:.1e}"));
        let mark = if report.verdict.is_failure() { "**" } else { "" };
        let said = format!("{mark}{}{distance}{mark}", report.verdict);
        targets.insert((report.class, target.clone()));
        cells.insert((&report.scenario, target), said);
    }
    let heads: Vec<String> = targets.iter().map(|(_, target)| escape::markdown(target)).collect();
    line(text, &format!("| scenario | {} |", heads.join(" | ")));
    line(text, &format!("| --- |{}", " --- |".repeat(heads.len())));
    let mut scenarios: Vec<&str> = cells.keys().map(|(scenario, _)| *scenario).collect();
    scenarios.dedup();
    for scenario in scenarios {
        let said =
            |target: &String| cells.get(&(scenario, target.clone())).map_or("", String::as_str);
        let row: Vec<&str> = targets.iter().map(|(_, target)| said(target)).collect();
        line(text, &format!("| {} | {} |", escape::markdown(scenario), row.join(" | ")));
    }
}
