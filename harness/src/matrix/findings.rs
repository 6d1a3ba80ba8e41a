//! What a matrix shows, in sentences, the most important first: who the outlier is, what differs between the
//! environments of a red and a green cell, and who agrees bit for bit. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::environment::{differences, facts};
use super::{Located, Machine, Matrix, bit_groups};
use crate::verdict::Verdict;

/// How many names stand in a sentence before the rest is counted.
const NAMED: usize = 4;

/// How many conclusions of runs are told before the rest is counted.
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
        (1, 0) => format!("The one cell that ran{place} is well{skips}."),
        (_, 0) => format!("All {ran} cells that ran{place} are well{skips}."),
        (_, 1) => format!("1 of {ran} cells{place} is red{skips}."),
        _ => format!("{red} of {ran} cells{place} are red{skips}."),
    }
}

/// Everything that the matrix shows, each as one sentence.
#[must_use]
pub fn findings(matrix: &Matrix) -> Vec<String> {
    let mut findings = outliers(matrix);
    findings.extend(changed_references(matrix));
    findings.extend(conclusions(matrix));
    findings.extend(environments(matrix));
    findings.extend(other_goldens(matrix));
    findings.extend(agreement(matrix));
    findings
}

/// A target that is red where others are green, and in what.
#[derive(Default)]
struct Outlier<'a> {
    scenarios: Vec<&'a str>,
    verdicts: BTreeSet<&'static str>,
    /// How far it is from the goldens, and the others.
    distance: Option<f64>,
    others: Option<f64>,
    green: BTreeSet<String>,
}

/// Who is red where others are green; where nobody is green, that.
fn outliers(matrix: &Matrix) -> Vec<String> {
    let mut outliers: BTreeMap<String, Outlier<'_>> = BTreeMap::new();
    let mut nobody = Vec::new();
    for scenario in matrix.scenarios() {
        let cells: Vec<Located<'_>> =
            matrix.cells().filter(|l| l.cell.report.scenario == scenario.name).collect();
        let (red, green): (Vec<_>, Vec<_>) = cells
            .into_iter()
            .filter(|l| {
                l.cell.report.verdict.is_failure() || l.cell.report.verdict == Verdict::Pass
            })
            .partition(|l| l.cell.report.verdict.is_failure());
        if green.is_empty() && red.len() > 1 {
            nobody.push(scenario.name.as_str());
        }
        for red in red.iter().filter(|_| !green.is_empty()) {
            let outlier = outliers.entry(red.target(matrix)).or_default();
            outlier.scenarios.push(&red.cell.report.scenario);
            outlier.verdicts.insert(red.cell.report.verdict.as_str());
            outlier.distance = farthest(outlier.distance, red);
            outlier.others = green.iter().fold(outlier.others, farthest);
            outlier.green.extend(green.iter().map(|green| green.target(matrix)));
        }
    }
    let mut outliers: Vec<(String, Outlier<'_>)> = outliers.into_iter().collect();
    outliers.sort_by_key(|(_, outlier)| std::cmp::Reverse(outlier.scenarios.len()));
    let mut sentences: Vec<String> =
        outliers.iter().map(|(target, outlier)| outlier.sentence(target)).collect();
    if !nobody.is_empty() {
        sentences.push(format!(
            "Every target that ran is red in {}: what they share is in question, the golden or the scenario itself.",
            listed(&nobody, "scenarios")
        ));
    }
    sentences
}

/// The larger of a distance and a cell's.
fn farthest(known: Option<f64>, located: &Located<'_>) -> Option<f64> {
    [known, located.cell.report.distance()].into_iter().flatten().reduce(f64::max)
}

impl Outlier<'_> {
    fn sentence(&self, target: &str) -> String {
        let verdicts = self.verdicts.iter().copied().collect::<Vec<_>>().join(", ");
        let far = self.distance.map_or(String::new(), |far| format!(", up to {far:.1e} off"));
        let near = match (self.green.len(), self.others) {
            (1, Some(near)) => format!(
                "{} meets them within {near:.1e}",
                self.green.first().map_or("", String::as_str)
            ),
            (count, Some(near)) => format!("{count} other targets meet them within {near:.1e}"),
            (1, None) => format!("{} passes", self.green.first().map_or("", String::as_str)),
            (count, None) => format!("{count} other targets pass"),
        };
        let scenarios = listed(&self.scenarios, "scenarios");
        format!("{target} is the outlier in {scenarios} ({verdicts}{far}): {near}.")
    }
}

/// `a`, `a and b`, or `12 scenarios (a, b, c, d, …)`.
fn listed(names: &[&str], noun: &str) -> String {
    match names {
        [] => format!("no {noun}"),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        _ if names.len() <= NAMED => format!("{} {noun} ({})", names.len(), names.join(", ")),
        _ => format!("{} {noun} ({}, …)", names.len(), names[..NAMED].join(", ")),
    }
}

/// The references that no longer give their goldens, each once.
fn changed_references(matrix: &Matrix) -> Vec<String> {
    let all = matrix.machines.iter().flat_map(|machine| &machine.changed_references);
    let changed: BTreeMap<&str, &str> =
        all.map(|changed| (changed.scenario.as_str(), changed.reason.as_str())).collect();
    changed.iter().map(|(scenario, reason)| format!("{scenario}: {reason}.")).collect()
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
        conclusions.push(format!("{more} more conclusions stand in the records."));
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
    let differences = differences(&facts(red, target), &facts(green, target));
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

/// Scenarios whose cells were held against goldens that differ.
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
            "Not every machine compared with the same golden of {}: their distances cannot be held against each other.",
            listed(&several, "scenarios")
        )
    })
}

/// Who has the same bits, where there is more than one machine.
fn agreement(matrix: &Matrix) -> Option<String> {
    if matrix.machines.len() < 2 {
        return None;
    }
    let groups: Vec<String> = bit_groups(matrix).iter().map(|group| group.join(" and ")).collect();
    Some(match groups.is_empty() {
        true => "No two targets have the same bits in every scenario that they share.".to_owned(),
        false => format!("The same bits in every scenario that they share: {}.", groups.join("; ")),
    })
}
