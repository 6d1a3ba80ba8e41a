//! Holds what a device gave against what is known. Pure; knows no device, and no name of one.
//!
//! # Severities
//!
//! A **defect** is a wrong value: a NaN or an infinity where a finite number is due or the other way round, a changed
//! bit where values are only moved or chosen, or an error of more than [`WRONG`] = 4,096 units in the last place (ULP):
//! 12 of the 24 bits of an `f32`'s significand, so that less than half of what was asked for is left.
//!
//! **Inaccurate** is an error of more than [`ACCURATE`] = 16 ULP. Two authorities draw the line there: 16 ULP is the
//! widest bound that OpenCL's full profile sets to a function (`pow`, `erf`), and torch's own tests let 1.3e-6 pass for
//! `float32`, which is 11 to 22 ULP. A sum of n products may be off by n ULP of the sum of their absolute values: with
//! u = 2^-24 its error is n u times that sum at most, in whatever order they are added in `f32` (N. J. Higham, "The
//! accuracy of floating point summation", 1993), and a ULP is u to 2u of a number. Beyond, no order is an excuse.
//!
//! A **note** is what standards leave to the implementation: subnormals taken as zero, and the sign of a zero. Which
//! number is chosen where one of them is NaN is none of it: Burn has torch's rule on every backend, IEEE 754's `maximum`
//! and `minimum`, which give NaN (burn #5290).

#![expect(clippy::float_cmp, reason = "an element that is equal needs no measure")]

use serde::{Deserialize, Serialize};

use super::expected::Expected;
use super::number::JsonNumber;
use crate::numeric::distance_in_ulp;

/// Half of an `f32`'s significand.
pub(super) const WRONG: f64 = 4096.0;

/// OpenCL's widest bound to a function, and about what torch's tests let pass.
pub(super) const ACCURATE: f64 = 16.0;

/// An error as large as the number itself: no bit of the significand is right.
const NOTHING_LEFT: f64 = 16_777_216.0;

/// What may be asked of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Values are moved, chosen or made whole: every bit is known.
    Exact,
    /// A function of real numbers, rounded somehow.
    Function,
    /// A sum of so many terms.
    Sum(usize),
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Left to the implementation.
    Note,
    /// More than rounding, but the larger half of the bits is right.
    Inaccurate,
    /// A wrong value.
    Defect,
}

/// In which way an element is not the known one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviationKind {
    /// Both are finite.
    Error,
    /// One of them is NaN or an infinity.
    NotFinite,
    /// A subnormal input or result was taken as zero, or not kept in full.
    Flushed,
    /// The zero has the other sign.
    SignOfZero,
}

/// The elements that are not the known ones in one way, by the worst of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deviation {
    pub kind: DeviationKind,
    pub severity: Severity,
    /// How many elements there are.
    pub elements: usize,
    /// The place of the worst in the flattened result.
    pub index: usize,
    pub got: JsonNumber,
    pub want: JsonNumber,
    /// Its error in ULP, where both are finite.
    pub ulp: Option<JsonNumber>,
}

/// A result held against what is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    pub elements: usize,
    /// The largest error in ULP of all elements that are finite and should be.
    pub largest_ulp: f64,
    pub deviations: Vec<Deviation>,
}

/// A result whose number of elements is wrong is not judged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the result has {got} elements, expected {want}")]
pub(super) struct WrongSize {
    got: usize,
    want: usize,
}

/// Holds a result against what is known.
pub(super) fn grade(got: &[f32], known: &[Expected], rule: Rule) -> Result<Grade, WrongSize> {
    if got.len() != known.len() {
        return Err(WrongSize { got: got.len(), want: known.len() });
    }
    let mut judgement = Grade { elements: got.len(), largest_ulp: 0.0, deviations: Vec::new() };
    for (index, (&got, known)) in got.iter().zip(known).enumerate() {
        let (kind, ulp) = differ(got, known, rule);
        if matches!(kind, None | Some(DeviationKind::Error)) {
            judgement.largest_ulp = judgement.largest_ulp.max(ulp.unwrap_or(0.0));
        }
        if let Some(kind) = kind {
            let (got, want) = (JsonNumber(f64::from(got)), JsonNumber(known.value));
            let (severity, ulp) = (rule.severity(kind, ulp), ulp.map(JsonNumber));
            judgement.take(Deviation { kind, severity, elements: 1, index, got, want, ulp });
        }
    }
    Ok(judgement)
}

impl Grade {
    fn take(&mut self, new: Deviation) {
        let Some(old) = self.deviations.iter_mut().find(|old| old.kind == new.kind) else {
            self.deviations.push(new);
            return;
        };
        let elements = old.elements + 1;
        // Of those of which nothing is right the first stands for all.
        let size = |deviation: &Deviation| deviation.ulp.map_or(0.0, |ulp| ulp.0.min(NOTHING_LEFT));
        if size(&new) > size(old) {
            *old = new;
        }
        old.elements = elements;
    }
}

impl Rule {
    /// The largest error in ULP that needs no explanation.
    fn limit(self) -> f64 {
        match self {
            Self::Exact => 0.0,
            Self::Function => ACCURATE,
            Self::Sum(terms) => (terms as f64).max(ACCURATE),
        }
    }

    fn severity(self, kind: DeviationKind, ulp: Option<f64>) -> Severity {
        match kind {
            DeviationKind::Flushed | DeviationKind::SignOfZero => Severity::Note,
            DeviationKind::NotFinite => Severity::Defect,
            DeviationKind::Error if self == Self::Exact => Severity::Defect,
            DeviationKind::Error if ulp.is_some_and(|ulp| ulp > WRONG) => Severity::Defect,
            DeviationKind::Error => Severity::Inaccurate,
        }
    }
}

/// In which way an element is not the known one, if it is not, and its error in ULP where that means something.
fn differ(got: f32, known: &Expected, rule: Rule) -> (Option<DeviationKind>, Option<f64>) {
    let want = known.value as f32;
    let same = got == want || (got.is_nan() && want.is_nan());
    if same && got == 0.0 && got.is_sign_negative() != want.is_sign_negative() {
        let tells = !matches!(rule, Rule::Sum(_));
        return (tells.then_some(DeviationKind::SignOfZero), None);
    }
    let finite = got.is_finite() && want.is_finite();
    let ulp = finite.then(|| distance_in_ulp(f64::from(got), known.value, known.scale));
    let right = same || ulp.is_some_and(|ulp| ulp <= rule.limit());
    match right {
        true => (None, ulp),
        false if is_flushed(got, known, rule) => (Some(DeviationKind::Flushed), None),
        false if finite => (Some(DeviationKind::Error), ulp),
        false => (Some(DeviationKind::NotFinite), None),
    }
}

/// Whether the element is what a device may give that takes subnormal results, or inputs, as zero.
fn is_flushed(got: f32, known: &Expected, rule: Rule) -> bool {
    let flushed = known.flushed as f32;
    // Who may take a result as zero may also get it wrong by as much, on its way through other subnormals.
    let error = (f64::from(got) - known.value).abs();
    let result = (known.value as f32).is_subnormal() && error <= known.value.abs();
    let near = distance_in_ulp(f64::from(got), known.flushed, known.flushed) <= rule.limit();
    let inputs = got == flushed
        || (got.is_nan() && flushed.is_nan())
        || (near && flushed.is_finite())
        || (flushed.is_subnormal() && got == 0.0);
    result || (known.flushed.to_bits() != known.value.to_bits() && inputs)
}

#[cfg(test)]
#[path = "grade_tests.rs"]
mod tests;
