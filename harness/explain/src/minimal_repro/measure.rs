//! What the differences of an operation are measured in, and its worst elements. The comparison itself is the emitted
//! project's own.

use burn::tensor::{DType, TensorData};
use burn_repro_device::Executor;

use super::FailingOperation;
use super::compare::{Comparison, Unit, compare};
use crate::numeric::{Eps, numbers};
use crate::operation::{OpKind, op_kind};

/// How one result is measured.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) unit: Unit,
    /// What the unit is, in words.
    pub(super) words: String,
    pub(super) comparison: Comparison,
}

/// Every result, in order.
pub(super) fn measure(caught: &FailingOperation) -> Vec<Measured> {
    let class = op_kind(&caught.operation);
    let largest_sum = match class {
        OpKind::Sum(_) => largest_sum(caught),
        _ => 0.0,
    };
    let dtype = float_type(caught);
    let results = caught.expected.iter().zip(&caught.got);
    let measured = results.map(|(expected, got)| {
        let wants = numbers(expected);
        let (unit, words) = match expected.dtype.is_float() {
            true => float_unit(class, dtype, &wants, largest_sum),
            false => (ONE, "whole numbers, any difference counts".to_owned()),
        };
        Measured { unit, words, comparison: compare(&numbers(got), &wants, unit) }
    });
    measured.collect()
}

/// What integers and booleans are measured in.
const ONE: Unit = Unit { epsilon: 1.0, smallest: 1.0, largest: f64::MAX, beside: Some(1.0) };

fn float_unit(class: OpKind, dtype: DType, wants: &[f64], largest_sum: f64) -> (Unit, String) {
    let finite = wants.iter().map(|want| want.abs()).filter(|want| want.is_finite());
    let (beside, words) = match class {
        OpKind::Sum(_) => (
            Some(finite.fold(largest_sum, f64::max)),
            "beside the largest sum of the absolute values of an element's terms",
        ),
        OpKind::NearZero => {
            (Some(finite.fold(1.0, f64::max)), "beside one, or the largest element if that is more")
        }
        _ => (None, "of each element"),
    };
    let Eps { epsilon, smallest, largest } = Eps::of(dtype);
    let unit = Unit { epsilon, smallest, largest, beside };
    (unit, format!("units in the last place of {}, {words}", dtype.name()))
}

/// The type that the target computes in.
fn float_type(caught: &FailingOperation) -> DType {
    let inputs = caught.inputs.iter().map(|(_, data)| data.dtype);
    let mut all = inputs.chain(caught.got.iter().map(|data| data.dtype));
    all.find(DType::is_float).unwrap_or(DType::F32)
}

/// The largest sum of the absolute values of an element's terms: the reference's result for absolute inputs.
fn largest_sum(caught: &FailingOperation) -> f64 {
    let reference = Executor::reference();
    for (tensor, data) in &caught.inputs {
        reference.put(tensor.id, absolute(data));
    }
    reference.execute(caught.operation.clone());
    let read = |tensor| reference.read(tensor).map(|data| numbers(&data)).unwrap_or_default();
    let sums = caught.outputs.iter().flat_map(read).map(f64::abs);
    sums.filter(|sum| sum.is_finite()).fold(0.0, f64::max)
}

fn absolute(data: &TensorData) -> TensorData {
    match data.dtype.is_float() {
        true => {
            let values: Vec<f64> = numbers(data).iter().map(|value| value.abs()).collect();
            TensorData::new(values, data.shape.clone())
        }
        false => data.clone(),
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the answers are exact")]
mod tests {
    use super::super::examples;
    use super::*;

    #[test]
    fn sums_are_measured_beside_their_terms() {
        let measured = measure(&examples::sum_dim());
        assert_eq!(measured[0].unit.beside, Some(6.0));
        assert_eq!(measured[0].comparison.units, 0.0);
    }

    #[test]
    fn what_is_rounded_once_is_measured_beside_itself() {
        let mut caught = examples::add_scalar();
        caught.got =
            vec![TensorData::new(vec![1.5_f32, 2.5, 3.5, 4.5 + 2.0 * 4.5 * f32::EPSILON], [4])];
        let measured = &measure(&caught)[0];
        assert_eq!(measured.unit.beside, None);
        assert_eq!((measured.comparison.index, measured.comparison.expected), (3, 4.5));
        assert!(measured.comparison.units > 1.0, "{measured:?}");
    }

    #[test]
    fn a_wrong_boolean_is_one_too_much() {
        let mut caught = examples::greater();
        assert_eq!(measure(&caught)[0].comparison.units, 0.0);
        caught.got = vec![TensorData::new(vec![false, false], [2])];
        assert_eq!(measure(&caught)[0].comparison.units, 1.0);
    }
}
