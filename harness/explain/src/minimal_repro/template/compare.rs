//! How far what a backend gives is from what it should give. Plain numbers; reading tensors is not done here.

/// What differences are measured in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    /// The distance from 1 to the next number of the type.
    pub epsilon: f64,
    /// The smallest normal number of the type: a device may flush what is smaller to zero.
    pub smallest: f64,
    /// The largest number of the type: what is larger is infinite there.
    pub largest: f64,
    /// What every element is measured beside; if there is nothing, each is measured beside itself.
    pub beside: Option<f64>,
}

/// What there is to say of a result.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Comparison {
    /// The place of the worst element in the flattened result.
    pub index: usize,
    /// What it is.
    pub got: f64,
    /// What it should be.
    pub expected: f64,
    /// The absolute difference of the two.
    pub difference: f64,
    /// The same in units; infinite where only one of the two is finite.
    pub units: f64,
    /// The largest absolute difference of all elements.
    pub largest_difference: f64,
}

/// Compares all elements; the worst is the one with the most units.
pub fn compare(got: &[f64], expected: &[f64], unit: Unit) -> Comparison {
    let mut worst = Comparison::default();
    let mut largest_difference = 0.0_f64;
    if let (Some(&got), Some(&expected)) = (got.first(), expected.first()) {
        worst = Comparison { got, expected, ..worst };
    }
    for (index, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        let (difference, units) = distance(got, expected, unit);
        largest_difference = largest_difference.max(difference);
        if (units, difference) > (worst.units, worst.difference) {
            worst = Comparison { index, got, expected, difference, units, ..worst };
        }
    }
    Comparison { largest_difference, ..worst }
}

/// The absolute difference, and how many units it is.
fn distance(got: f64, expected: f64, unit: Unit) -> (f64, f64) {
    let both_nan = got.is_nan() && expected.is_nan();
    let overflow = got.is_infinite() && got * expected > 0.0 && expected.abs() > unit.largest;
    if got == expected || both_nan || overflow {
        return (0.0, 0.0);
    }
    let difference = (got - expected).abs();
    if !difference.is_finite() {
        return (f64::INFINITY, f64::INFINITY);
    }
    let beside = unit.beside.unwrap_or(expected.abs());
    (difference, difference / (unit.epsilon * beside).max(unit.smallest))
}

/// An index into the flattened result as one index for each dimension.
pub fn place(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut place = vec![0; shape.len()];
    for (coordinate, &length) in place.iter_mut().zip(shape).rev() {
        *coordinate = index % length.max(1);
        index /= length.max(1);
    }
    place
}
