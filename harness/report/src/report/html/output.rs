//! An output in the data of the page: its numbers beside their bounds, its pictures, and how its differences are
//! spread.

use serde::Serialize;

use super::histogram::{Histogram, histogram};
use super::pictures::{Pictures, Shown};
use burn_repro_core::compare::Comparison;
use burn_repro_core::evaluate::{OutputReport, round_up, to_pass};
use burn_repro_core::golden::{Content, Golden, reduced};
use burn_repro_core::tolerance::Measure;
use burn_repro_core::trace::HostTensor;

#[derive(Debug, Serialize)]
pub(super) struct Output {
    name: String,
    shape: Vec<usize>,
    numbers: Vec<Number>,
    pictures: Shown,
    gain: Option<f64>,
    pub(super) note: String,
    histogram: Option<Histogram>,
}

#[derive(Debug, Serialize)]
struct Number {
    name: &'static str,
    got: Option<f64>,
    allowed: Option<f64>,
    would_pass: Option<f64>,
    met: bool,
}

pub(super) fn output(
    name: &str,
    report: &OutputReport,
    got: Option<&HostTensor>,
    golden: Option<&Golden>,
    pictures: &mut Pictures,
) -> Output {
    // A golden of another version of the scenario was not compared with, and is not shown either.
    let compared = golden.filter(|_| report.comparison.is_some());
    let kept = compared.and_then(|golden| {
        let summary = golden.text.outputs.iter().find(|summary| summary.name == name)?;
        Some(golden.content(summary))
    });
    // Of a golden in part the comparison knows the sum of the means only.
    let sum = compared
        .and_then(|golden| golden.text.outputs.iter().find(|summary| summary.name == name))
        .map_or(f64::NAN, |summary| summary.abs_sum);
    let (want, got, mut note) = match (kept, got) {
        (Some(Content::Whole(want)), got) => (Some(want.clone()), got.cloned(), String::new()),
        (Some(Content::Reduced { side, means, .. }), got) => {
            let note =
                format!("the golden keeps means of {side} by {side}; all is shown as such means");
            (Some(means.clone()), got.map(|got| reduced(got, side)), note)
        }
        (_, got) => (None, got.cloned(), String::new()),
    };
    let (shown, gain, how) = pictures.show(got.as_ref(), want.as_ref());
    if !how.is_empty() {
        note = if note.is_empty() { how } else { format!("{note}; {how}") };
    }
    let both = got.as_ref().zip(want.as_ref()).filter(|(got, want)| got.shape == want.shape);
    Output {
        name: name.to_owned(),
        shape: report.shape.clone(),
        numbers: report.comparison.as_ref().map_or(Vec::new(), |c| numbers(report, c, sum)),
        pictures: shown,
        gain,
        note,
        histogram: both.map(|(got, want)| {
            histogram(
                &got.values,
                &want.values,
                report.allowed,
                report.comparison.as_ref().map(|comparison| comparison.outside),
            )
        }),
    }
}

/// What is always checked, then every measure.
fn numbers(report: &OutputReport, comparison: &Comparison, want_sum: f64) -> Vec<Number> {
    let bounds = &report.bounds;
    let sum = Number {
        name: "abs_sum, off by",
        got: Some((report.abs_sum - want_sum).abs()),
        allowed: Some(bounds.abs_sum.allowance(want_sum)),
        would_pass: Some(round_up((report.abs_sum - want_sum).abs())),
        met: bounds.abs_sum.passes(report.abs_sum, want_sum),
    };
    let pixel = Number {
        name: "pixel",
        got: Some(comparison.max_abs_diff),
        allowed: report.allowed,
        would_pass: Some(round_up(comparison.pixel_abs_to_pass)),
        met: comparison.outside == 0,
    };
    let measure = |measure: Measure| {
        let got = comparison.value(measure);
        let allowed = bounds.limits.get(&measure).copied();
        let met = !comparison.violations.iter().any(|violation| violation.measure == measure);
        // As the terminal prints it: what is shown as enough is enough.
        let would_pass = got.and_then(|got| to_pass(measure, got)?.parse().ok());
        Number { name: measure.as_str(), got, allowed, would_pass, met }
    };
    let measures = Measure::ALL.into_iter().filter(|measure| comparison.value(*measure).is_some());
    [sum, pixel].into_iter().chain(measures.map(measure)).collect()
}
