//! Who is red where others are green, over all machines. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::listed;
use super::{Located, Matrix};
use burn_repro_core::verdict::Verdict;

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
pub(super) fn outliers(matrix: &Matrix) -> Vec<String> {
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
        let near = match self.others {
            None => "green".to_owned(),
            Some(0.0) => "exactly at the golden".to_owned(),
            Some(near) => format!("within {near:.1e} of the golden"),
        };
        let others = match self.green.len() {
            1 => format!("{} is", self.green.first().map_or("", String::as_str)),
            count => format!("{count} other targets are"),
        };
        let scenarios = listed(&self.scenarios, "scenarios");
        format!("{target} is the outlier in {scenarios} ({verdicts}{far}): {others} {near}.")
    }
}
