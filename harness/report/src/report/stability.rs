//! What repeating cells showed, as a table: a row for each target, a column for each mode of repeating. Pure.

use std::collections::BTreeSet;

use super::text_table::ruled;
use burn_repro_core::evaluate::CellReport;
use burn_repro_core::repeat::{TargetStability, by_target};
use burn_repro_core::stability::RepeatMode;

/// The table; empty where nothing was repeated.
#[must_use]
pub fn stability(reports: &[CellReport]) -> String {
    let targets = by_target(reports);
    if targets.is_empty() {
        return String::new();
    }
    let modes: BTreeSet<RepeatMode> =
        targets.values().flat_map(|target| target.runs.keys().copied()).collect();
    let head = ["same bits".to_owned()].into_iter();
    let head = head.chain(modes.iter().map(RepeatMode::to_string));
    let mut table = ruled(head.chain(["batch positions".to_owned()]));
    for (name, target) in targets {
        table.add_row(row(name, &target, &modes));
    }
    format!("{table}\n")
}

fn row(name: &str, target: &TargetStability, modes: &BTreeSet<RepeatMode>) -> Vec<String> {
    let of = |(same, all): (usize, usize)| match all {
        0 => "-".to_owned(),
        _ => format!("{same} of {all}"),
    };
    let runs = modes.iter().map(|mode| of(target.runs.get(mode).copied().unwrap_or_default()));
    [name.to_owned()].into_iter().chain(runs).chain([of(target.batches)]).collect()
}

#[cfg(test)]
mod tests {
    use burn_repro_target::{Class, Determinism};

    use super::*;
    use burn_repro_core::plan::Skip;
    use burn_repro_core::stability::Stability;
    use burn_repro_core::trace::Trace;

    fn report(target: &str, stability: Option<Stability>) -> CellReport {
        let skip = Skip {
            scenario: "tiny".into(),
            target: target.into(),
            class: Class::Cpu,
            determinism: Determinism::Full,
            reasons: Vec::new(),
        };
        CellReport { repeats: stability, ..CellReport::skipped(&skip) }
    }

    #[test]
    fn every_way_has_its_column() {
        let mut steady = Stability { batch_positions: Some(true), ..Stability::default() };
        let mut shaky = Stability::default();
        let (first, empty) = (Trace::default(), Err("it crashed".to_owned()));
        for _ in 0..3 {
            steady.tally(RepeatMode::SameProcess).count(&first, Ok(&first));
            steady.tally(RepeatMode::Threads(2)).count(&first, Ok(&first));
            shaky.tally(RepeatMode::SameProcess).count(&first, empty.clone());
        }
        let reports = [report("flex", Some(steady)), report("wgpu:x", Some(shaky))];
        let text = super::stability(&reports);
        let row = |name: &str| {
            let line = text.lines().find(|line| line.contains(name)).unwrap();
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(row("same bits"), "same bits same process 2 threads batch positions");
        assert_eq!(row("flex"), "flex 3 of 3 3 of 3 1 of 1");
        assert_eq!(row("wgpu:x"), "wgpu:x 0 of 3 - -");
        assert_eq!(super::stability(&[report("flex", None)]), "");
    }
}
