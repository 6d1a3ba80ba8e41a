//! ONNX's operators in torch's words: what a node's class, attributes and weights are called in `kinds`. Pure.

use serde_json::{Map, Value, json};

/// Torch's class for an operator, and the names of the weights that the operator takes behind its first input.
const CLASSES: [(&str, &str, &[&str]); 8] = [
    ("AveragePool", "AvgPool2d", &[]),
    ("BatchNormalization", "BatchNorm2d", &["weight", "bias", "running_mean", "running_var"]),
    ("Conv", "Conv2d", &["weight", "bias"]),
    ("Gemm", "Linear", &["weight", "bias"]),
    ("GroupNormalization", "GroupNorm", &["weight", "bias"]),
    ("InstanceNormalization", "InstanceNorm2d", &["weight", "bias"]),
    ("LayerNormalization", "LayerNorm", &["weight", "bias"]),
    ("MaxPool", "MaxPool2d", &[]),
];

/// Torch's names for attributes.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("dilations", "dilation"),
    ("epsilon", "eps"),
    ("group", "groups"),
    ("kernel_shape", "kernel_size"),
    ("num_groups", "num_groups"),
    ("strides", "stride"),
];

/// Torch's class for an operator; nothing where `kinds` has none, or where its layout is another one.
pub(super) fn class(operator: &str, attributes: &Map<String, Value>) -> Option<&'static str> {
    // A weight that is not transposed is read as torch has none.
    let is_transposed = operator != "Gemm" || attributes.get("transB") == Some(&json!(1));
    let found = CLASSES.iter().find(|(known, ..)| *known == operator && is_transposed);
    found.map(|(_, class, _)| *class)
}

/// Torch's name for the weight at a place of an operator's inputs.
pub(super) fn weight(operator: &str, place: usize) -> Option<&'static str> {
    let (.., names) = CLASSES.iter().find(|(known, ..)| *known == operator)?;
    names.get(place.checked_sub(1)?).copied()
}

/// Torch's attributes for those of an operator. A padding that differs before and after has no name there.
pub(super) fn attributes(operator: &str, own: &Map<String, Value>) -> Map<String, Value> {
    let known =
        ATTRIBUTES.iter().filter_map(|(onnx, torch)| Some((*torch, own.get(*onnx)?.clone())));
    let mut attributes: Map<String, Value> =
        known.map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(pads) = own.get("pads").and_then(Value::as_array) {
        let (before, after) = pads.split_at(pads.len() / 2);
        if before == after {
            attributes.insert("padding".to_owned(), before.into());
        }
    }
    // ONNX writes truth values as numbers.
    let flags: &[&str] = match operator {
        "MaxPool" => &["ceil_mode"],
        "AveragePool" => &["ceil_mode", "count_include_pad"],
        _ => &[],
    };
    for flag in flags {
        let is_set = own.get(*flag).is_some_and(|value| *value == json!(1));
        attributes.insert((*flag).to_owned(), is_set.into());
    }
    attributes
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[rstest]
    #[case::convolution(
        "Conv",
        json!({ "dilations": [1, 1], "group": 2, "kernel_shape": [3, 3], "pads": [1, 0, 1, 0], "strides": [2, 2] }),
        json!({ "dilation": [1, 1], "groups": 2, "kernel_size": [3, 3], "padding": [1, 0], "stride": [2, 2] })
    )]
    #[case::one_sided("Conv", json!({ "pads": [0, 0, 1, 1] }), json!({}))]
    #[case::norm("LayerNormalization", json!({ "axis": -1, "epsilon": 1e-6 }), json!({ "eps": 1e-6 }))]
    #[case::pool("AveragePool", json!({ "ceil_mode": 1 }), json!({ "ceil_mode": true, "count_include_pad": false }))]
    fn attributes_are_torch_s(#[case] operator: &str, #[case] own: Value, #[case] torch: Value) {
        assert_eq!(attributes(operator, &map(own)), map(torch));
    }

    #[test]
    fn a_layout_that_torch_has_not_is_none() {
        assert_eq!(class("Gemm", &map(json!({ "transB": 1 }))), Some("Linear"));
        assert_eq!(class("Gemm", &map(json!({ "transB": 0 }))), None);
        assert_eq!(class("Loop", &Map::new()), None);
        assert_eq!((weight("Conv", 0), weight("Conv", 2)), (None, Some("bias")));
    }
}
