//! Another activation than torch's: both are recognised from the input and the results, for any class.
//!
//! Not here: softmax, which works along an axis, and layers with weights.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use libm::erf;

use super::arrays::{Array, figure};
use super::{Check, FEWEST, softmax};

/// An activation by its name.
type Activation = (&'static str, fn(f64) -> f64);

const ACTIVATIONS: [Activation; 17] = [
    ("the identity", |x| x),
    ("ReLU", |x| x.max(0.0)),
    ("GELU (erf)", |x| 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2))),
    ("GELU (tanh)", |x| 0.5 * x * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh())),
    ("quick GELU (x * sigmoid(1.702 x))", |x| x * sigmoid(1.702 * x)),
    ("SiLU", |x| x * sigmoid(x)),
    ("Sigmoid", sigmoid),
    ("Tanh", f64::tanh),
    ("Softplus", softplus),
    ("Mish", |x| x * softplus(x).tanh()),
    ("ReLU6", |x| x.clamp(0.0, 6.0)),
    ("HardSigmoid", |x| (x / 6.0 + 0.5).clamp(0.0, 1.0)),
    ("HardSwish", |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0)),
    ("LogSigmoid", |x| -softplus(-x)),
    ("Softsign", |x| x / (1.0 + x.abs())),
    ("SELU", |x| {
        1.050_700_987_355_480_5 * if x > 0.0 { x } else { 1.673_263_242_354_377_2 * x.exp_m1() }
    }),
    ("ELU", |x| if x > 0.0 { x } else { x.exp_m1() }),
];

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(1 + exp(x))`, without an infinity between.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// What our layer computes from torch's input in place of what torch's does.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let input = check.input()?;
    if input.shape != check.layer.got.shape {
        return None;
    }
    let x = input.values.as_slice();
    if let Some(ours) = name(x, &check.layer.got.values, |values| check.values_hold(values)) {
        return Some(clause(check, x, &ours));
    }
    softmax::kind(check, &Array::from(input))
}

fn clause(check: &Check<'_>, x: &[f64], ours: &str) -> String {
    let torch = name(x, &check.layer.want.values, |values| check.is_want(values));
    match (torch.as_deref(), ours) {
        (Some("GELU (erf)"), "GELU (tanh)") if check.has("approximate") => {
            "approximate: torch's is none (erf), here it is tanh".to_owned()
        }
        (Some("GELU (tanh)"), "GELU (erf)") if check.has("approximate") => {
            "approximate: torch's is tanh, here it is none (erf)".to_owned()
        }
        (_, "the identity") => "the layer is left out: the result is its input".to_owned(),
        (Some(torch), _) => format!("activation: torch's is {torch}, here it is {ours}"),
        (None, _) => format!("activation: the result is {ours} of the input"),
    }
}

/// The activations that give a result, joined by `or` where the input does not tell them apart.
fn name(
    x: &[f64],
    result: &[f64],
    gives: impl Fn(&mut dyn Iterator<Item = f64>) -> bool,
) -> Option<String> {
    let applied = |function: &dyn Fn(f64) -> f64| gives(&mut x.iter().map(|&x| function(x)));
    let known = ACTIVATIONS.iter().filter(|(_, function)| applied(function)).map(|&(name, _)| name);
    let known = known.collect::<Vec<_>>().join(" or ");
    if !known.is_empty() {
        return Some(known);
    }
    // The constant of the negative side, from the smallest input; the others must confirm it.
    if x.iter().filter(|&&x| x < 0.0).count() < FEWEST {
        return None;
    }
    let (&low, &there) = x.iter().zip(result).min_by(|one, other| one.0.total_cmp(other.0))?;
    let (slope, alpha) = (there / low, there / low.exp_m1());
    if applied(&|x| if x < 0.0 { slope * x } else { x }) {
        return Some(format!("LeakyReLU({})", figure(slope)));
    }
    if applied(&|x| if x < 0.0 { alpha * x.exp_m1() } else { x }) {
        return Some(format!("ELU({})", figure(alpha)));
    }
    None
}
