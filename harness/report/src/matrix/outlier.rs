//! Which target is the outlier over all machines. Pure; the rule is the core's.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::listed;
use super::{Located, Matrix};
use burn_repro_core::attribution::{Standing, distance_of_the_others};
use burn_repro_core::verdict::Verdict;

/// A target that stands apart from others, and in what.
#[derive(Default)]
struct Outlier<'a> {
    scenarios: Vec<&'a str>,
    verdicts: BTreeSet<&'static str>,
    /// How far it is from the goldens, and the others.
    distance: Option<f64>,
    near: Option<f64>,
    others: BTreeSet<String>,
}

/// Which targets stand apart from others, and where none does although cells are red.
pub(super) fn outliers(matrix: &Matrix) -> Vec<String> {
    let mut outliers: BTreeMap<String, Outlier<'_>> = BTreeMap::new();
    let (mut alike, mut all_red) = (BTreeMap::new(), Vec::new());
    for scenario in matrix.scenarios() {
        let name = scenario.name.as_str();
        let cells: Vec<Located<'_>> = matrix.cells().filter(|l| decides(l, name)).collect();
        let standings: Vec<Standing> = cells.iter().map(standing).collect();
        let red = standings.iter().filter(|standing| !standing.passes).count();
        if let Some(near) = distance_of_the_others(&standings) {
            let (others, apart): (Vec<&Located<'_>>, Vec<_>) =
                cells.iter().partition(|cell| standing(cell).distance <= near);
            for cell in apart {
                let target = cell.target(matrix);
                outliers.entry(target).or_default().add(matrix, name, cell, &others);
            }
        } else if red > 1 && red == cells.len() {
            all_red.push(name);
        } else if red > 0 && cells.len() > 1 {
            alike.insert(name, cells.iter().fold(None, farthest));
        }
    }
    let mut outliers: Vec<(String, Outlier<'_>)> = outliers.into_iter().collect();
    outliers.sort_by_key(|(_, outlier)| std::cmp::Reverse(outlier.scenarios.len()));
    let outliers = outliers.iter().map(|(target, outlier)| outlier.sentence(target));
    let alike = (!alike.is_empty()).then(|| {
        let largest = alike.values().flatten().copied().reduce(f64::max);
        let far = largest.map_or(String::new(), |far| format!(", up to {far:.1e}"));
        let names: Vec<&str> = alike.keys().copied().collect();
        format!(
            "No target is an outlier in {}: the red ones are about as far from the golden as the others{far}, and the \
             tolerance is narrower than that.",
            listed(&names, "scenarios")
        )
    });
    let all_red = (!all_red.is_empty()).then(|| {
        format!(
            "Every target that ran is red in {}: the cause is common to them, or it is the golden or the scenario.",
            listed(&all_red, "scenarios")
        )
    });
    outliers.chain(alike).chain(all_red).collect()
}

/// Whether a cell belongs to a scenario and is either red or passes.
fn decides(located: &Located<'_>, scenario: &str) -> bool {
    let report = &located.cell.report;
    report.scenario == scenario && (report.verdict.is_failure() || report.verdict == Verdict::Pass)
}

/// A cell without a distance is as far as can be where it is red, and as near where it passes.
fn standing(located: &Located<'_>) -> Standing {
    let report = &located.cell.report;
    let passes = !report.verdict.is_failure();
    let unknown = if passes { 0.0 } else { f64::INFINITY };
    Standing { distance: report.distance().unwrap_or(unknown), passes }
}

/// The larger of a distance and a cell's.
fn farthest(known: Option<f64>, located: &Located<'_>) -> Option<f64> {
    [known, located.cell.report.distance()].into_iter().flatten().reduce(f64::max)
}

impl<'a> Outlier<'a> {
    /// Takes in a scenario in which the target is `cell`, among others.
    fn add(
        &mut self,
        matrix: &Matrix,
        scenario: &'a str,
        cell: &Located<'_>,
        others: &[&Located<'_>],
    ) {
        self.scenarios.push(scenario);
        self.verdicts.insert(cell.cell.report.verdict.as_str());
        self.distance = farthest(self.distance, cell);
        self.near = others.iter().fold(self.near, |near, other| farthest(near, other));
        self.others.extend(others.iter().map(|other| other.target(matrix)));
    }

    fn sentence(&self, target: &str) -> String {
        let verdicts = self.verdicts.iter().copied().collect::<Vec<_>>().join(", ");
        let far = self.distance.map_or(String::new(), |far| format!(", up to {far:.1e} off"));
        let near = match self.near {
            None => "green".to_owned(),
            Some(0.0) => "exactly at the golden".to_owned(),
            Some(near) => format!("within {near:.1e} of the golden"),
        };
        let others = match self.others.len() {
            1 => format!("{} is", self.others.first().map_or("", String::as_str)),
            count => format!("{count} other targets are"),
        };
        let scenarios = listed(&self.scenarios, "scenarios");
        format!("{target} is the outlier in {scenarios} ({verdicts}{far}): {others} {near}.")
    }
}
