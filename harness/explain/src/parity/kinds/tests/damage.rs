//! Layers whose tensors and attributes are not what their class needs.
//!
//! Not here: sound layers, which the tests one level up have.

use std::collections::BTreeMap;

use burn_repro_core::trace::{Dtype, HostTensor};
use serde_json::Map;

use super::{Case, changed, layers};

/// A layer that is not what its class needs is no reason to panic, and no reason to name a mistake either.
#[test]
fn tensors_of_another_layer_have_no_clause() {
    let cases: Vec<Case> = layers().iter().map(Case::from).collect();
    for (at, case) in cases.iter().enumerate() {
        for (other_at, other) in cases.iter().enumerate().filter(|(other_at, _)| *other_at != at) {
            let got = changed(&other.want, |value, random| value + random);
            let weights = other.weights.values().cycle();
            let weights = case.weights.keys().cloned().zip(weights.cloned()).collect();
            let damaged = [
                Case { inputs: Vec::new(), ..case.clone() },
                Case { inputs: other.inputs.clone(), ..case.clone() },
                Case { weights: BTreeMap::new(), ..case.clone() },
                Case { weights, ..case.clone() },
                Case { attributes: Map::new(), ..case.clone() },
                Case { class: other.class.clone(), ..case.clone() },
            ];
            for damaged in damaged {
                assert_eq!(damaged.kind(&got), None, "{at} with the result of {other_at}");
            }
        }
    }
}

#[test]
fn absurd_attributes_and_shapes_do_not_panic() {
    for layer in layers() {
        let case = Case::from(layer);
        let names: Vec<&String> = case.attributes.keys().collect();
        let values = [
            "0",
            "-1",
            "1e300",
            "18446744073709551615",
            "[0, 0]",
            "[]",
            "[1000000000, 1000000000]",
            "\"x\"",
            "null",
        ];
        for (name, value) in names.iter().flat_map(|name| values.map(|value| (name, value))) {
            let mut damaged = case.clone();
            damaged
                .attributes
                .insert((*name).clone(), serde_json::from_str(value).expect("is JSON"));
            for (_, got, _) in &case.mistakes {
                damaged.kind(got);
            }
        }
        let empty = HostTensor { shape: vec![2, 0], dtype: Dtype::F32.into(), values: Vec::new() };
        let false_shape = HostTensor { shape: vec![usize::MAX, 2], ..case.want.clone() };
        for wrong in [empty, false_shape] {
            assert_eq!(case.kind(&wrong), None);
            let inputs = vec![wrong.clone(); 3];
            let weights = case.weights.keys().map(|name| (name.clone(), wrong.clone())).collect();
            for (_, got, _) in &case.mistakes {
                Case { inputs: inputs.clone(), ..case.clone() }.kind(got);
                Case { weights: BTreeMap::clone(&weights), ..case.clone() }.kind(got);
            }
        }
    }
}
