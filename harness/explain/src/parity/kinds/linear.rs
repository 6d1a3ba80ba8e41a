//! Mistakes of Linear and Embedding, from torch's input and weights.
//!
//! Not here: convolutions.

use burn_repro_core::trace::HostTensor;

use super::arrays::Array;
use super::{Check, affordable};

/// How the weight of shape `(out, in)` is read.
#[derive(Clone, Copy)]
enum Reading {
    /// As torch does.
    Torch,
    /// Its values in the order they lie in as an `(in, out)` matrix, which is the transposed one if it is square.
    InPlace,
}

/// The mistake of a Linear.
pub(super) fn linear(check: &Check<'_>) -> Option<String> {
    let (input, weight) = (check.input()?, check.weight("weight")?);
    let bias = check.weight("bias");
    let square = weight.shape.first() == weight.shape.last();
    let product = |reading, times| product(input, weight, reading, bias, times);
    let read = || {
        check.clause(product(Reading::InPlace, 1.0), || {
            let words = if square {
                "the weight is transposed"
            } else {
                "the weight is reshaped instead of transposed"
            };
            words.to_owned()
        })
    };
    let without =
        || check.clause(product(Reading::Torch, 0.0), || "the bias is left out".to_owned());
    let twice =
        || check.clause(product(Reading::Torch, 2.0), || "the bias is added twice".to_owned());
    let neither = || {
        check.clause(product(Reading::InPlace, 0.0), || {
            let words = if square { "transposed" } else { "reshaped instead of transposed" };
            format!("the weight is {words}, and the bias is left out")
        })
    };
    read().or_else(without).or_else(twice).or_else(neither)
}

/// `input * weight + times * bias` over the last dimension.
fn product(
    input: &HostTensor,
    weight: &HostTensor,
    reading: Reading,
    bias: Option<&HostTensor>,
    times: f64,
) -> Option<Array> {
    let &[outputs, inputs] = weight.shape.as_slice() else { return None };
    if inputs == 0
        || input.shape.last() != Some(&inputs)
        || bias.is_some_and(|bias| bias.values.len() != outputs)
    {
        return None;
    }
    affordable(&[input.values.len(), outputs])?;
    let (across, along) = match reading {
        Reading::Torch => (inputs, 1),
        Reading::InPlace => (1, outputs),
    };
    let row = |row: &[f64]| {
        let value = |o: usize| {
            let sum: f64 = row
                .iter()
                .enumerate()
                .map(|(i, x)| x * weight.values[o * across + i * along])
                .sum();
            sum + bias.map_or(0.0, |bias| times * bias.values[o])
        };
        (0..outputs).map(value).collect::<Vec<_>>()
    };
    let values = input.values.chunks(inputs).flat_map(row).collect();
    let mut shape = input.shape.clone();
    *shape.last_mut()? = outputs;
    Some(Array { shape, values })
}

/// The mistake of an Embedding.
pub(super) fn embedding(check: &Check<'_>) -> Option<String> {
    let (input, weight) = (check.input()?, check.weight("weight")?);
    let rows = |shift: i64, zero: Option<usize>| rows(input, weight, shift, zero);
    let after = || check.clause(rows(1, None), || "each index is 1 too large".to_owned());
    let before = || check.clause(rows(-1, None), || "each index is 1 too small".to_owned());
    let padding = || {
        let padding = check.layer.size("padding_idx")?;
        check.clause(rows(0, Some(padding)), || {
            format!("padding_idx: the row of index {padding} is 0, torch's is its weight")
        })
    };
    after().or_else(before).or_else(padding)
}

/// The rows at the indices moved by `shift`, round the ends; that of index `zero` as zeros.
fn rows(input: &HostTensor, weight: &HostTensor, shift: i64, zero: Option<usize>) -> Option<Array> {
    let &[count, width] = weight.shape.as_slice() else { return None };
    affordable(&[input.values.len(), width])?;
    let rows = i64::try_from(count).ok().filter(|&rows| rows > 0)?;
    let mut values = Vec::new();
    for &index in &input.values {
        // An index of more than the table's length is no index; the cast saturates.
        let row = usize::try_from((index as i64).saturating_add(shift).rem_euclid(rows)).ok()?;
        let is_zero = zero == Some(row);
        values.extend(
            weight.values[row * width..][..width]
                .iter()
                .map(|value| if is_zero { 0.0 } else { *value }),
        );
    }
    Some(Array { shape: [input.shape.as_slice(), &[width]].concat(), values })
}
