//! The scalars that an operation is given: an epsilon, a factor, the ends of a range.

use burn_repro_device::ir::{IrVisitorMut, OperationIr, ScalarIr};

/// The scalars of an operation, in order.
pub fn scalars(operation: &OperationIr) -> Vec<f64> {
    let mut scalars = Vec::new();
    change_scalars(&mut operation.clone(), |scalar| scalars.push(number(*scalar)));
    scalars
}

fn number(scalar: ScalarIr) -> f64 {
    match scalar {
        ScalarIr::Float(value) => value,
        ScalarIr::Int(value) => value as f64,
        ScalarIr::UInt(value) => value as f64,
        ScalarIr::Bool(value) => f64::from(u8::from(value)),
    }
}

/// Rounds every scalar of an operation on floats to the target's own type, as the target does.
pub(crate) fn round_scalars(operation: &mut OperationIr, round: impl Fn(f64) -> f64) {
    change_scalars(operation, |scalar| {
        if let ScalarIr::Float(value) = scalar {
            *value = round(*value);
        }
    });
}

/// Changes the scalars of an operation, in order.
pub(crate) fn change_scalars(operation: &mut OperationIr, change: impl FnMut(&mut ScalarIr)) {
    operation.visit_mut(&mut Visitor(change));
}

struct Visitor<F>(F);

impl<F: FnMut(&mut ScalarIr)> IrVisitorMut for Visitor<F> {
    fn visit_scalar_mut(&mut self, scalar: &mut ScalarIr) {
        (self.0)(scalar);
    }
}
