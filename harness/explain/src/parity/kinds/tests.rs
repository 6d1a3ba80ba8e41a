//! Each mistake has its clause and no other, and what is no known mistake has none.
//!
//! The layers are torch's, from `vectors.py`. Not here: tests of how a wrong layer is found.

mod damage;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use burn_repro_core::trace::{Dtype, HostTensor};
use rstest::rstest;
use serde_json::{Map, Value};

use super::{Layer, MOST_WORK, affordable, kind};

/// What torch computed, once for all tests.
fn vectors() -> &'static Value {
    static VECTORS: OnceLock<Value> = OnceLock::new();
    VECTORS.get_or_init(|| serde_json::from_str(include_str!("vectors.json")).expect("is JSON"))
}

fn layers() -> &'static [Value] {
    vectors()["layers"].as_array().expect("is a list")
}

/// One layer of the vectors, which a test may damage.
#[derive(Clone)]
struct Case {
    class: String,
    attributes: Map<String, Value>,
    inputs: Vec<HostTensor>,
    weights: BTreeMap<String, HostTensor>,
    want: HostTensor,
    /// Name, our result and clause.
    mistakes: Vec<(String, HostTensor, String)>,
}

impl Case {
    fn named(name: &str) -> Self {
        Self::from(layers().iter().find(|layer| layer["name"] == name).expect("is in the vectors"))
    }

    fn from(layer: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("is a text").to_owned();
        let mistake = |mistake: &Value| {
            (text(&mistake["name"]), tensor(&mistake["got"]), text(&mistake["kind"]))
        };
        let weights = layer["weights"].as_object().expect("is a map");
        Self {
            class: text(&layer["class"]),
            attributes: layer["attributes"].as_object().expect("is a map").clone(),
            inputs: layer["inputs"].as_array().expect("is a list").iter().map(tensor).collect(),
            weights: weights.iter().map(|(name, weight)| (name.clone(), tensor(weight))).collect(),
            want: tensor(&layer["want"]),
            mistakes: layer["mistakes"]
                .as_array()
                .expect("is a list")
                .iter()
                .map(mistake)
                .collect(),
        }
    }

    fn kind(&self, got: &HostTensor) -> Option<String> {
        let inputs: Vec<&HostTensor> = self.inputs.iter().collect();
        let weights = self.weights.iter().map(|(name, weight)| (name.clone(), weight)).collect();
        let (class, attributes, want) = (self.class.as_str(), &self.attributes, &self.want);
        kind(&Layer { class, attributes, inputs: &inputs, weights: &weights, want, got })
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .expect("is a list")
        .iter()
        .map(|value| value.as_f64().expect("is a number"))
        .collect()
}

fn tensor(value: &Value) -> HostTensor {
    let shape = numbers(&value["shape"]).into_iter().map(|length| length as usize).collect();
    HostTensor { shape, dtype: Dtype::F32.into(), values: numbers(&value["values"]) }
}

/// The tensor with another value at each place; the number is from -1 to 1 and the same in each run.
fn changed(tensor: &HostTensor, change: impl Fn(f64, f64) -> f64) -> HostTensor {
    let mut state = 1_u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    let values = tensor.values.iter().map(|&value| change(value, random())).collect();
    HostTensor { values, ..tensor.clone() }
}

fn largest(tensor: &HostTensor) -> f64 {
    super::largest(&tensor.values)
}

#[rstest]
fn a_mistake_has_its_clause_and_no_other(
    #[values(
        "layer_norm",
        "layer_norm_outside",
        "group_norm",
        "batch_norm",
        "batch_norm_positive",
        "batch_norm_training",
        "instance_norm",
        "rms_norm",
        "gelu",
        "gelu_tanh",
        "leaky_relu",
        "softmax",
        "linear_square",
        "linear",
        "embedding",
        "conv",
        "conv_same",
        "conv1d",
        "attention",
        "cross_attention",
        "rotary",
        "rotary_neighbours",
        "average",
        "average_dropped",
        "maximum",
        "bilinear",
        "bilinear_ratio",
        "nearest",
        "image",
        "cube",
        "heads",
        "scores",
        "timesteps",
        "border"
    )]
    name: &str,
) {
    let case = Case::named(name);
    assert!(!case.mistakes.is_empty());
    for (mistake, got, clause) in &case.mistakes {
        assert_eq!(case.kind(got).as_ref(), Some(clause), "{name}: {mistake}");
        let rounded = changed(got, |value, _| f64::from(value as f32));
        assert_eq!(
            case.kind(&rounded).as_ref(),
            Some(clause),
            "{name}: {mistake}, computed in f32"
        );
    }
}

#[test]
fn the_table_above_has_each_layer() {
    assert_eq!(layers().len(), 34, "add a case for the layer that is new in the vectors");
}

#[test]
fn a_result_near_a_mistake_has_no_clause() {
    for layer in layers() {
        let case = Case::from(layer);
        for (mistake, got, clause) in &case.mistakes {
            let size = largest(got).max(largest(&case.want));
            let near = changed(got, |value, random| value + 1e-3 * size * random);
            assert_eq!(case.kind(&near), None, "{}: {mistake}, near {clause}", layer["name"]);
        }
    }
}

#[test]
fn a_right_result_has_no_clause() {
    for layer in layers() {
        let case = Case::from(layer);
        let size = largest(&case.want);
        assert_eq!(case.kind(&case.want), None, "{}: torch's own", layer["name"]);
        let rounded = changed(&case.want, |value, _| f64::from(value as f32));
        assert_eq!(case.kind(&rounded), None, "{}: rounded to f32", layer["name"]);
        for rounding in [1e-7, 1e-6, 1e-5] {
            let noisy = changed(&case.want, |value, random| value + rounding * size * random);
            assert_eq!(case.kind(&noisy), None, "{}: with noise of {rounding}", layer["name"]);
        }
    }
}

#[test]
fn a_random_result_has_no_clause() {
    for layer in layers() {
        let case = Case::from(layer);
        let random = changed(&case.want, |_, random| random);
        assert_eq!(case.kind(&random), None, "{}", layer["name"]);
    }
}

#[test]
fn a_constant_that_nothing_confirms_is_no_mistake() {
    // With one group any factor is that of some eps.
    let mut case = Case::named("rms_norm");
    for tensor in [&mut case.inputs[0], &mut case.want] {
        tensor.shape = vec![1, 8];
        tensor.values.truncate(8);
    }
    let half = changed(&case.want, |value, _| value / 2.0);
    assert_eq!(case.kind(&half).as_deref(), Some("the result is 0.5 times torch's"));
    // With one negative input any value there is that of some LeakyReLU.
    let mut case = Case::named("gelu");
    case.inputs[0] = changed(&case.inputs[0], |value, _| value.abs());
    case.inputs[0].values[4] = -1.0;
    case.want = changed(&case.inputs[0], |value, _| value.max(0.0));
    let leaky = changed(&case.inputs[0], |value, _| value.max(0.3 * value));
    assert_eq!(case.kind(&leaky), None);
}

#[test]
fn a_mistake_in_another_shape_has_no_clause() {
    let case = Case::named("linear_square");
    let flat = HostTensor { shape: vec![6, 6], ..case.mistakes[0].1.clone() };
    assert_eq!(case.kind(&flat), None);
}

#[test]
fn a_few_wrong_values_or_nearly_all_are_no_border() {
    let case = Case::named("border");
    let wrong = |differs: fn(usize, usize) -> bool| {
        let mut got = case.want.clone();
        let places = (0..got.values.len()).filter(|at| differs(at / 6 % 6, at % 6));
        places.for_each(|at| got.values[at] = (at as f64).sin());
        case.kind(&got)
    };
    let border = "padding: only a border of width 1 in dimensions 2 and 3 differs";
    let all = wrong(|row, column| row % 5 == 0 || column % 5 == 0);
    assert!(all.is_some_and(|clause| clause.starts_with(border)));
    assert_eq!(wrong(|row, column| row == 0 && column < 3), None);
    assert_eq!(wrong(|row, column| !(2..4).contains(&row) || !(2..4).contains(&column)), None);
}

#[test]
fn a_hypothesis_that_takes_long_is_not_tried() {
    assert!(affordable(&[MOST_WORK]).is_some());
    assert!(affordable(&[MOST_WORK, 2]).is_none());
    assert!(affordable(&[usize::MAX, 2]).is_none());
}
