//! What a tolerance should be, from what was seen: how far the results of all targets are from the
//! reference, as it is and with the last bits of every input moved. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use burn_repro_core::compare::{Comparison, Want, compare};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::tolerance::Measure;
use burn_repro_core::tolerance::{Bound, Bounds, Limits};
use burn_repro_core::trace::{HostTensor, NamedTensor, Trace};
use burn_repro_target::Target;

/// The least that is proposed: torch's own result moves by 8e-7 with the alignment of its weights.
pub const LEAST: f64 = 1.0e-6;

/// The results of one input: the reference in `f64`, and every target that finished.
#[derive(Debug)]
pub struct Sample {
    /// The reference on the same input.
    pub reference: Trace,
    /// Each target's result.
    pub results: Vec<(Target, Trace)>,
}

/// How far one output of one target is from the reference, over all inputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// The output.
    pub output: String,
    /// The target's name.
    pub target: String,
    /// The bounds that the file states for them.
    #[serde(skip)]
    pub bounds: Bounds,
    /// Largest absolute difference on the input as it is.
    pub as_it_is: f64,
    /// The same from the same reference, with the input's last bits moved.
    pub moved: f64,
    /// The same with both on the moved input: the target's arithmetic alone.
    pub same_input: f64,
    /// The absolute bound on elements that all of it needs, beside the file's relative one.
    pub pixel_abs: f64,
    /// The relative bound on the sum that all of it needs, beside the file's absolute one.
    pub abs_sum_rel: f64,
    /// The worst value of each measure that the file bounds.
    #[serde(skip)]
    pub measures: Limits,
}

/// A bound of the file beside the one that follows from what was seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// `pixel` or `abs_sum`.
    pub key: &'static str,
    /// What the file says.
    pub file: Bound,
    /// The largest that was seen under it.
    pub observed: f64,
    /// Where it was seen.
    pub seen_on: String,
    /// Observed times the factor, rounded up to one digit, at least [`LEAST`].
    pub proposed: Bound,
}

/// The spread of every output on every target. The first sample is the input as it is.
#[must_use]
pub fn spreads(scenario: &Scenario, samples: &[Sample]) -> Vec<Spread> {
    let Some(first) = samples.first() else { return Vec::new() };
    let mut spreads = Vec::new();
    for (target, _) in &first.results {
        for NamedTensor { name, tensor: want } in &first.reference.outputs {
            let bounds = scenario.tolerance.bounds(target, name, want.dtype);
            let mut spread = Spread {
                output: name.clone(),
                target: target.name.clone(),
                as_it_is: 0.0,
                moved: 0.0,
                same_input: 0.0,
                pixel_abs: 0.0,
                abs_sum_rel: 0.0,
                measures: Limits::new(),
                bounds,
            };
            for (index, sample) in samples.iter().enumerate() {
                spread.take(index == 0, sample, want);
            }
            spreads.push(spread);
        }
    }
    spreads
}

impl Spread {
    fn take(&mut self, as_it_is: bool, sample: &Sample, want: &HostTensor) {
        let result = sample.results.iter().find(|(target, _)| target.name == self.target);
        let (Some((_, trace)), Some(same)) = (result, sample.reference.output(&self.output)) else {
            return;
        };
        let Some(got) = trace.output(&self.output) else { return };
        let (from_first, from_same) = (self.compare(got, want), self.compare(got, same));
        let of = |comparison: &Option<Comparison>, value: fn(&Comparison) -> f64| {
            // What cannot be compared, or is not finite, is covered by no tolerance.
            let finite = comparison.as_ref().filter(|comparison| comparison.non_finite == 0);
            finite.map_or(f64::INFINITY, value)
        };
        let distance = of(&from_first, |comparison| comparison.max_abs_diff);
        let largest = if as_it_is { &mut self.as_it_is } else { &mut self.moved };
        *largest = largest.max(distance);
        self.same_input = self.same_input.max(of(&from_same, |comparison| comparison.max_abs_diff));
        self.pixel_abs = self.pixel_abs.max(of(&from_first, |c| c.pixel_abs_to_pass));
        self.abs_sum_rel = self.abs_sum_rel.max(of(&from_first, |c| c.abs_sum_rel_to_pass));
        for &measure in self.bounds.limits.keys() {
            let least = if measure.at_least() { 0.0 } else { f64::INFINITY };
            let value = from_first.as_ref().and_then(|comparison| comparison.value(measure));
            let value = value.unwrap_or(least);
            let worst = self.measures.entry(measure).or_insert(value);
            *worst = if measure.at_least() { worst.min(value) } else { worst.max(value) };
        }
    }

    /// With the part of each bound left out that is to be found.
    fn compare(&self, got: &HostTensor, want: &HostTensor) -> Option<Comparison> {
        let bounds = Bounds {
            abs_sum: Bound::new(self.bounds.abs_sum.abs(), 0.0),
            pixel: Bound::new(0.0, self.bounds.pixel.rel()),
            limits: Limits::new(),
        };
        let want = Want { tensor: want, abs_sum: want.abs_sum(), dtype: got.dtype };
        compare(got, want, &bounds).ok()
    }
}

/// One proposal for each bound that the file states, from the targets and outputs it holds for.
#[must_use]
pub fn proposals(spreads: &[Spread], factor: f64) -> Vec<Proposal> {
    let pixel = propose("pixel", spreads, |spread| (spread.bounds.pixel, spread.pixel_abs));
    let sum = propose("abs_sum", spreads, |spread| (spread.bounds.abs_sum, spread.abs_sum_rel));
    let pixel = pixel.into_iter().map(|mut proposal| {
        let abs = one_digit_up(proposal.observed * factor).max(LEAST);
        proposal.proposed = Bound::new(abs, proposal.file.rel());
        proposal
    });
    let sum = sum.into_iter().map(|mut proposal| {
        let rel = one_digit_up(proposal.observed * factor).max(LEAST);
        proposal.proposed = Bound::new(proposal.file.abs(), rel);
        proposal
    });
    pixel.chain(sum).collect()
}

/// A bound of the file on a measure beside the one that follows from what was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureProposal {
    /// The measure.
    pub measure: Measure,
    /// What the file says.
    pub file: f64,
    /// The worst that was seen under it.
    pub observed: f64,
    /// Where it was seen.
    pub seen_on: String,
    /// Observed times the factor; where more is better, what is missing to the best of it.
    pub proposed: f64,
}

/// One proposal for each bound on a measure that the file states.
#[must_use]
pub fn measure_proposals(spreads: &[Spread], factor: f64) -> Vec<MeasureProposal> {
    let mut by_limit: BTreeMap<(Measure, u64), MeasureProposal> = BTreeMap::new();
    for spread in spreads {
        for (&measure, &observed) in &spread.measures {
            let file = spread.bounds.limits[&measure];
            let seen_on = format!("{} of {}", spread.output, spread.target);
            let proposed = times(measure, observed, factor);
            let new = MeasureProposal { measure, file, observed, seen_on, proposed };
            let known = by_limit.entry((measure, file.to_bits())).or_insert_with(|| new.clone());
            if !measure.passes(observed, known.observed) {
                *known = new;
            }
        }
    }
    by_limit.into_values().collect()
}

/// An error times the factor, as the measure states it.
fn times(measure: Measure, observed: f64, factor: f64) -> f64 {
    match measure {
        // Decibels of the amplitude.
        Measure::Psnr => ((observed - 20.0 * factor.log10()) * 10.0).floor() / 10.0,
        Measure::Cosine | Measure::Ssim => (1.0 - one_digit_up((1.0 - observed) * factor)).max(0.0),
        Measure::MaxUlp | Measure::P50Ulp | Measure::P99Ulp => (observed * factor).ceil(),
        _ => one_digit_up(observed * factor),
    }
}

fn propose(
    key: &'static str,
    spreads: &[Spread],
    of: impl Fn(&Spread) -> (Bound, f64),
) -> Vec<Proposal> {
    // By the bits of the bound: two entries of one value are one tolerance.
    let mut by_bound: BTreeMap<[u64; 2], Proposal> = BTreeMap::new();
    for spread in spreads {
        let (file, observed) = of(spread);
        let key_of_bound = [file.abs().to_bits(), file.rel().to_bits()];
        let seen_on = format!("{} of {}", spread.output, spread.target);
        let new = Proposal { key, file, observed, seen_on, proposed: file };
        let known = by_bound.entry(key_of_bound).or_insert_with(|| new.clone());
        if observed > known.observed {
            *known = new;
        }
    }
    by_bound.into_values().collect()
}

/// Up to one digit: a tolerance is no measurement.
fn one_digit_up(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let text = format!("{number:.0e}");
    let rounded: f64 = text.parse().expect("a printed number parses");
    if rounded >= number {
        return rounded;
    }
    let exponent: i32 = text.split_once('e').map_or(0, |(_, e)| e.parse().unwrap_or(0));
    format!("{:.0e}", rounded + 10_f64.powi(exponent)).parse().expect("a printed number parses")
}

#[cfg(test)]
mod tests;
