//! What a matrix shows, in sentences, the most important first: who the outlier is, what differs between the
//! environments of a red and a green cell, and who agrees bit for bit. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::agreement::Column;
use super::environment::{differences, facts};
use super::outlier::outliers;
use super::{Machine, Matrix, bit_groups};
use burn_repro_core::evaluate::CellReport;
use burn_repro_core::exit::Exit;
use burn_repro_core::reason::joined;
use burn_repro_core::record::RunFailure;
use burn_repro_core::verdict::Verdict;

/// How many names stand in a sentence before the rest is counted.
const NAMED: usize = 4;

/// How many conclusions of runs are listed before the rest is counted.
const CONCLUSIONS: usize = 6;

/// The outcome in one sentence.
#[must_use]
pub fn headline(matrix: &Matrix) -> String {
    let verdicts: Vec<Verdict> = matrix.cells().map(|l| l.cell.report.verdict).collect();
    let count = |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|v| wanted(v)).count();
    let ran = count(|verdict| *verdict != Verdict::Skipped);
    let (red, skipped) = (count(|verdict| verdict.is_failure()), verdicts.len() - ran);
    let place = match matrix.machines.len() {
        0 | 1 => String::new(),
        machines => format!(" on {machines} machines"),
    };
    let skips = match skipped {
        0 => String::new(),
        1 => "; 1 is skipped".into(),
        _ => format!("; {skipped} are skipped"),
    };
    match (ran, red) {
        (0, _) => format!("Nothing ran{place}{skips}."),
        (1, 0) => format!("The one cell that ran{place} is green{skips}."),
        (_, 0) => format!("All {ran} cells that ran{place} are green{skips}."),
        (_, 1) => format!("1 of {ran} cells{place} is red{skips}."),
        _ => format!("{red} of {ran} cells{place} are red{skips}."),
    }
}

/// What failed beside the cells, each as one sentence and once, with the machines where there are several.
#[must_use]
pub fn failures(matrix: &Matrix) -> Vec<String> {
    let mut failures: BTreeMap<&RunFailure, Vec<&str>> = BTreeMap::new();
    for machine in &matrix.machines {
        for failure in &machine.failures {
            failures.entry(failure).or_default().push(&machine.name);
        }
    }
    let place = |machines: &[&str]| match matrix.machines.len() {
        1 => String::new(),
        _ => format!(" ({})", machines.join(", ")),
    };
    let told = failures.iter().map(|(failure, machines)| format!("{failure}{}.", place(machines)));
    let idle = matrix.machines.iter().filter(|machine| machine.exit() == Exit::NothingRan);
    told.chain(idle.map(|machine| format!("{}: nothing ran.", machine.name))).collect()
}

/// Everything that the matrix shows, each as one sentence.
#[must_use]
pub fn findings(matrix: &Matrix) -> Vec<String> {
    let mut findings = outliers(matrix);
    findings.extend(conclusions(matrix));
    findings.extend(environments(matrix));
    findings.extend(other_goldens(matrix));
    findings.extend(agreement(matrix));
    findings.extend(skips(matrix));
    findings
}

/// A sentence for each reason to skip: one absent driver skips every scenario.
fn skips(matrix: &Matrix) -> Vec<String> {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for located in matrix.cells() {
        let report = &located.cell.report;
        if report.verdict == Verdict::Skipped {
            reasons.entry(joined(&report.reasons)).or_default().push(located.target(matrix));
        }
    }
    let sentence = |(reason, mut targets): (String, Vec<String>)| {
        let count = targets.len();
        targets.sort();
        targets.dedup();
        let cells = if count == 1 { "1 cell is".into() } else { format!("{count} cells are") };
        let names: Vec<&str> = targets.iter().map(String::as_str).collect();
        format!("{cells} skipped on {}: {reason}.", listed(&names, "targets"))
    };
    reasons.into_iter().map(sentence).collect()
}

/// `a`, `a and b`, or `12 scenarios (a, b, c, d, …)`.
pub(super) fn listed(names: &[&str], noun: &str) -> String {
    match names {
        [] => format!("no {noun}"),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        _ if names.len() <= NAMED => format!("{} {noun} ({})", names.len(), names.join(", ")),
        _ => format!("{} {noun} ({}, …)", names.len(), names[..NAMED].join(", ")),
    }
}

/// What the runs themselves concluded, with the reference at hand.
fn conclusions(matrix: &Matrix) -> Vec<String> {
    let all = matrix.machines.iter().flat_map(|machine| {
        let place =
            if matrix.machines.len() > 1 { format!(" ({})", machine.name) } else { String::new() };
        machine.conclusions.iter().map(move |conclusion| format!("{conclusion}{place}."))
    });
    let mut conclusions: Vec<String> = all.collect();
    let more = conclusions.len().saturating_sub(CONCLUSIONS);
    conclusions.truncate(CONCLUSIONS);
    if more > 0 {
        conclusions.push(format!("The records hold {more} more conclusions."));
    }
    conclusions
}

/// What differs where a target is red on one machine and green on another.
fn environments(matrix: &Matrix) -> Vec<String> {
    let mut sentences = Vec::new();
    for red in &matrix.machines {
        let targets: BTreeSet<&str> = red
            .cells
            .iter()
            .filter(|cell| cell.report.verdict.is_failure())
            .map(|cell| cell.report.target.as_str())
            .collect();
        for target in targets {
            let green = matrix.machines.iter().filter(|green| !std::ptr::eq(*green, red));
            let compared = green.filter_map(|green| differing(red, green, target));
            if let Some((_, sentence)) = compared.min_by_key(|(count, _)| *count) {
                sentences.push(sentence);
            }
        }
    }
    sentences
}

/// How two machines differ about a target that is red on one and green on the other in some scenario.
fn differing(red: &Machine, green: &Machine, target: &str) -> Option<(usize, String)> {
    let is = |machine: &Machine, scenario: &str, wanted: fn(Verdict) -> bool| {
        machine.cell(scenario, target).is_some_and(|cell| wanted(cell.report.verdict))
    };
    let scenarios: Vec<&str> = red
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .filter(|name| {
            is(red, name, Verdict::is_failure) && is(green, name, |v| v == Verdict::Pass)
        })
        .collect();
    if scenarios.is_empty() {
        return None;
    }
    let mut differences = differences(&facts(red, target), &facts(green, target));
    let questions = scenarios.iter().filter_map(|scenario| {
        let cells = red.cell(scenario, target).zip(green.cell(scenario, target))?;
        Some(other_question(&cells.0.report, &cells.1.report))
    });
    let questions: BTreeSet<&str> = questions.flatten().collect();
    differences.splice(0..0, questions.into_iter().map(ToOwned::to_owned));
    let what = match &differences[..] {
        [] => "nothing that is recorded differs between them".to_owned(),
        all => format!("what differs: {}", all.join(", ")),
    };
    let sentence = format!(
        "{target} is red on {} and green on {} in {}; {what}.",
        red.name,
        green.name,
        listed(&scenarios, "scenarios")
    );
    Some((differences.len(), sentence))
}

/// What two cells of a scenario were asked differently.
fn other_question(left: &CellReport, right: &CellReport) -> Vec<&'static str> {
    let bounds = |report: &CellReport| -> Vec<_> {
        report.outputs.values().map(|output| output.bounds.clone()).collect()
    };
    let (one, other) = (bounds(left), bounds(right));
    let differs = [
        ("the golden", left.golden_sha256 != right.golden_sha256),
        ("the noise", left.all_noise_sha256 != right.all_noise_sha256),
        ("the weights", left.weights_sha256 != right.weights_sha256),
        ("the tolerance", !one.is_empty() && !other.is_empty() && one != other),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect()
}

/// Scenarios whose cells were compared with goldens that differ.
fn other_goldens(matrix: &Matrix) -> Option<String> {
    let mut goldens: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for located in matrix.cells() {
        let report = &located.cell.report;
        if let Some(golden) = &report.golden_sha256 {
            goldens.entry(&report.scenario).or_default().insert(golden);
        }
    }
    let several: Vec<&str> = goldens
        .into_iter()
        .filter(|(_, goldens)| goldens.len() > 1)
        .map(|(scenario, _)| scenario)
        .collect();
    (!several.is_empty()).then(|| {
        format!(
            "Not every machine compared with the same golden of {}: their distances cannot be compared.",
            listed(&several, "scenarios")
        )
    })
}

/// Who has the same bits, where there is more than one machine.
fn agreement(matrix: &Matrix) -> Option<String> {
    if matrix.machines.len() < 2 {
        return None;
    }
    let groups: Vec<String> = bit_groups(matrix).iter().map(|group| grouped(group)).collect();
    Some(match groups.is_empty() {
        true => "No two targets have the same bits in every scenario that they share.".to_owned(),
        false => format!("The same bits in every scenario that they share: {}.", groups.join("; ")),
    })
}

/// `flex of a, b and 3 more, ndarray of a`.
fn grouped(group: &[Column<'_>]) -> String {
    let mut targets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (target, machine) in group {
        targets.entry(target).or_default().push(machine);
    }
    let words = |(target, machines): (&str, Vec<&str>)| match &machines[..] {
        [one] => format!("{target} of {one}"),
        [rest @ .., last] if machines.len() <= NAMED => {
            format!("{target} of {} and {last}", rest.join(", "))
        }
        all => format!("{target} of {} and {} more", all[..NAMED].join(", "), all.len() - NAMED),
    };
    targets.into_iter().map(words).collect::<Vec<_>>().join(", ")
}
