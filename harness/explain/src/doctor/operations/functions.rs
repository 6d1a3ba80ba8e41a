//! Functions of one number: ordinary inputs over a sensible range, and edges.

use burn::tensor::activation::{gelu, sigmoid, silu};

use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::inputs::{EDGES, ORDINARY, magnitudes, uniform};
use crate::doctor::probe::{Probe, Row};

/// A function and where it is tried.
struct Function {
    name: &'static str,
    rule: Rule,
    device: fn(Row) -> Row,
    host: fn(f64) -> Expected,
    ordinary: Range,
    /// The edges that have an answer.
    edge: fn(f32) -> bool,
}

/// Ordinary inputs.
enum Range {
    /// Evenly spread.
    Even(f32, f32),
    /// Positive, with evenly spread logarithms.
    Logarithmic(f32, f32),
}

/// Every edge.
const ANY: fn(f32) -> bool = |_| true;

/// Sines of huge numbers are asked of no model, and no graphics API promises anything about them.
const UP_TO_HUNDRED: fn(f32) -> bool = |x| x.abs() <= 100.0 || !x.is_finite();

/// At minus infinity the definitions of gelu and silu are infinity times zero, and gelu's factor of x may overflow
/// before it is halved.
const NOT_HUGE: fn(f32) -> bool = |x| x.abs() <= 1e20 || x == f32::INFINITY || x.is_nan();

const FUNCTIONS: &[Function] = &[
    Function {
        name: "neg",
        rule: Rule::Exact,
        device: |x| x.neg(),
        host: |x| Expected::of(-x),
        ordinary: Range::Even(-8.0, 8.0),
        edge: ANY,
    },
    Function {
        name: "abs",
        rule: Rule::Exact,
        device: |x| x.abs(),
        host: |x| Expected::of(x.abs()),
        ordinary: Range::Even(-8.0, 8.0),
        edge: ANY,
    },
    Function {
        name: "recip",
        rule: Rule::Function,
        device: |x| x.recip(),
        host: |x| Expected::of(1.0 / x),
        ordinary: Range::Logarithmic(1e-3, 1e3),
        edge: ANY,
    },
    Function {
        name: "sqrt",
        rule: Rule::Function,
        device: |x| x.sqrt(),
        host: |x| Expected::of(x.sqrt()),
        ordinary: Range::Logarithmic(1e-6, 1e6),
        edge: ANY,
    },
    Function {
        name: "exp",
        rule: Rule::Function,
        device: |x| x.exp(),
        host: |x| Expected::of(x.exp()),
        ordinary: Range::Even(-20.0, 20.0),
        edge: ANY,
    },
    Function {
        name: "log",
        rule: Rule::Function,
        device: |x| x.log(),
        host: |x| Expected::of(x.ln()),
        ordinary: Range::Logarithmic(1e-6, 1e6),
        edge: ANY,
    },
    Function {
        name: "log1p",
        rule: Rule::Function,
        device: |x| x.log1p(),
        host: |x| Expected::of(x.ln_1p()),
        ordinary: Range::Even(-0.9, 20.0),
        edge: ANY,
    },
    Function {
        name: "sin",
        rule: Rule::Function,
        device: |x| x.sin(),
        host: |x| Expected::of(x.sin()),
        ordinary: Range::Even(-8.0, 8.0),
        edge: UP_TO_HUNDRED,
    },
    // A model of 1,000 timesteps takes sines of numbers up to there.
    Function {
        name: "sin",
        rule: Rule::Function,
        device: |x| x.sin(),
        host: |x| Expected::of(x.sin()),
        ordinary: Range::Even(-1000.0, 1000.0),
        edge: |_| false,
    },
    Function {
        name: "cos",
        rule: Rule::Function,
        device: |x| x.cos(),
        host: |x| Expected::of(x.cos()),
        ordinary: Range::Even(-8.0, 8.0),
        edge: UP_TO_HUNDRED,
    },
    Function {
        name: "cos",
        rule: Rule::Function,
        device: |x| x.cos(),
        host: |x| Expected::of(x.cos()),
        ordinary: Range::Even(-1000.0, 1000.0),
        edge: |_| false,
    },
    Function {
        name: "tanh",
        rule: Rule::Function,
        device: |x| x.tanh(),
        host: |x| Expected::of(x.tanh()),
        ordinary: Range::Even(-4.0, 4.0),
        edge: ANY,
    },
    Function {
        name: "erf",
        rule: Rule::Function,
        device: |x| x.erf(),
        host: |x| Expected::of(libm::erf(x)),
        ordinary: Range::Even(-4.0, 4.0),
        edge: ANY,
    },
    Function {
        name: "sigmoid",
        rule: Rule::Function,
        device: |x| sigmoid(x),
        host: |x| Expected::of(1.0 / (1.0 + (-x).exp())),
        ordinary: Range::Even(-20.0, 20.0),
        edge: ANY,
    },
    Function {
        name: "silu",
        rule: Rule::Function,
        device: |x| silu(x),
        host: |x| Expected::of(x / (1.0 + (-x).exp())),
        ordinary: Range::Even(-20.0, 20.0),
        edge: NOT_HUGE,
    },
    // By its definition a sum, 1 + erf, which cancels below zero.
    Function {
        name: "gelu",
        rule: Rule::Function,
        device: |x| gelu(x),
        host: |x| {
            let erf = libm::erf(x * std::f64::consts::FRAC_1_SQRT_2);
            let size = x.abs() / 2.0 * (1.0 + erf.abs());
            // The complement keeps what 1 + erf would lose even in f64.
            Expected::sum(x / 2.0 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2), size)
        },
        ordinary: Range::Even(-8.0, 8.0),
        edge: NOT_HUGE,
    },
    Function {
        name: "round",
        rule: Rule::Exact,
        device: |x| x.round(),
        host: |x| Expected::of(x.round_ties_even()),
        ordinary: Range::Even(-300.0, 300.0),
        edge: ANY,
    },
    Function {
        name: "floor",
        rule: Rule::Exact,
        device: |x| x.floor(),
        host: |x| Expected::of(x.floor()),
        ordinary: Range::Even(-300.0, 300.0),
        edge: ANY,
    },
];

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = Vec::new();
    for (stream, function) in (1000..).zip(FUNCTIONS) {
        let Function { name, rule, device, host, .. } = *function;
        probes.push(Probe::function(name, function.ordinary.inputs(stream), rule, device, host));
        let edges: Vec<f32> = EDGES.into_iter().filter(|&x| (function.edge)(x)).collect();
        if !edges.is_empty() {
            let edges = ("edge values".to_owned(), edges);
            probes.push(Probe::function(name, edges, rule, device, host));
        }
    }
    probes
}

impl Range {
    fn inputs(&self, stream: u64) -> (String, Vec<f32>) {
        match *self {
            Self::Even(low, high) => {
                let text = format!("{ORDINARY} numbers from {low} to {high}");
                (text, uniform(stream, ORDINARY, low, high))
            }
            Self::Logarithmic(low, high) => {
                let text = format!("{ORDINARY} numbers from {low:e} to {high:e}");
                (text, magnitudes(stream, ORDINARY, low, high))
            }
        }
    }
}
