//! Attention with several heads, as a recipe that a hypothesis changes.
//!
//! Not here: the mistakes, which `attention` has.

use burn_repro_core::trace::HostTensor;

use super::arrays::{Array, permuted};
use super::softmax::{Softmax, computed as softmax};
use super::{Check, affordable};

/// Where an element of a head lies within a sequence of rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A row is heads times width.
    HeadFirst,
    /// A row is width times heads.
    WidthFirst,
    /// Heads times length times width, in the memory of length times heads times width.
    NotTransposed,
}

/// What the projection of the result is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Torch,
    Transposed,
    WithoutBias,
    Missing,
}

/// One attention. Copied and changed by each hypothesis.
#[derive(Clone, Copy)]
pub(super) struct Recipe {
    pub heads: usize,
    pub scale: f64,
    /// The third of `in_proj_weight` for query, key and value.
    pub thirds: [usize; 3],
    pub split: Place,
    pub merge: Place,
    /// The axis of (batch, heads, queries, keys).
    pub softmax_axis: usize,
    pub causal: bool,
    pub input_bias: bool,
    pub output: Output,
    pub batch_first: bool,
}

/// A sequence of rows for each element of the batch.
fn rows(input: &HostTensor, batch_first: bool) -> Option<Array> {
    match input.shape.as_slice() {
        [length, width] => {
            Some(Array { shape: vec![1, *length, *width], values: input.values.clone() })
        }
        [_, _, _] if batch_first => Some(Array::from(input)),
        [length, batch, width] => {
            let values =
                permuted(&input.shape, &[1, 0, 2]).map(|from| input.values[from]).collect();
            Some(Array { shape: vec![*batch, *length, *width], values })
        }
        _ => None,
    }
}

/// `rows * weight + bias`, with a part of the weight's rows.
fn projected(rows: &[f64], weight: &[f64], bias: Option<&[f64]>, width: usize) -> Vec<f64> {
    let value = |row: &[f64], o: usize| {
        let sum: f64 = row.iter().zip(&weight[o * width..]).map(|(x, w)| x * w).sum();
        sum + bias.map_or(0.0, |bias| bias[o])
    };
    rows.chunks(width)
        .flat_map(|row| (0..width).map(|o| value(row, o)).collect::<Vec<_>>())
        .collect()
}

impl Recipe {
    /// Where element `w` of head `h` at step `l` lies.
    fn place(&self, place: Place, [h, l, w]: [usize; 3], length: usize, width: usize) -> usize {
        match place {
            Place::HeadFirst => (l * self.heads + h) * width + w,
            Place::WidthFirst => (l * width + w) * self.heads + h,
            Place::NotTransposed => (h * length + l) * width + w,
        }
    }

    /// Softmax of the scaled products of queries and keys, as (batch, heads, queries, keys).
    fn weights(
        &self,
        query: &[f64],
        key: &[f64],
        [batch, length, keys, embed]: [usize; 4],
    ) -> Array {
        let width = embed / self.heads;
        let mut values = Vec::with_capacity(batch * self.heads * length * keys);
        for (n, h, l, s) in indices([batch, self.heads, length, keys]) {
            let product = |w: usize| {
                let at = n * length * embed + self.place(self.split, [h, l, w], length, width);
                query[at] * key[n * keys * embed + self.place(self.split, [h, s, w], keys, width)]
            };
            let masked = self.causal && s > l;
            values.push(if masked {
                f64::NEG_INFINITY
            } else {
                self.scale * (0..width).map(product).sum::<f64>()
            });
        }
        let scores = Array { shape: vec![batch, self.heads, length, keys], values };
        let values =
            softmax(&scores, &Softmax { axis: self.softmax_axis, logarithm: false, scale: 1.0 });
        Array { values, ..scores }
    }
}

/// All indices of four axes, the last one fastest.
fn indices([a, b, c, d]: [usize; 4]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..a * b * c * d).map(move |at| (at / d / c / b, at / d / c % b, at / d % c, at % d))
}

/// The result of an attention. Nothing if the weights are not those of one input width.
pub(super) fn attended(check: &Check<'_>, recipe: Recipe) -> Option<Array> {
    let inputs = check.layer.inputs;
    // One input is attention to itself; of two the second is key and value.
    let input = |place: usize| rows(inputs.get(place).or(inputs.last())?, recipe.batch_first);
    let (query, key, value) = (input(0)?, input(1)?, input(2)?);
    let (&[batch, length, embed], &[key_batch, keys, key_width]) =
        (query.shape.as_slice(), key.shape.as_slice())
    else {
        return None;
    };
    let weight =
        check.weight("in_proj_weight").filter(|weight| weight.shape == [3 * embed, embed])?;
    let output = check.weight("out_proj.weight").filter(|weight| weight.shape == [embed, embed])?;
    let bias = check.weight("in_proj_bias").map(|bias| bias.values.as_slice());
    let output_bias = check.weight("out_proj.bias").map(|bias| bias.values.as_slice());
    let biased = bias.is_none_or(|bias| bias.len() == 3 * embed)
        && output_bias.is_none_or(|bias| bias.len() == embed);
    let splits = embed > 0 && recipe.heads > 0 && embed.is_multiple_of(recipe.heads);
    if !biased || !splits || value.shape != key.shape || key_batch != batch || key_width != embed {
        return None;
    }
    affordable(&[batch, length.max(keys), 4 * embed + 2 * keys, embed])?;
    let project = |rows: &Array, third: usize| {
        let bias = bias.filter(|_| recipe.input_bias).map(|bias| &bias[third * embed..][..embed]);
        projected(&rows.values, &weight.values[third * embed * embed..], bias, embed)
    };
    let [q, k, v] = recipe.thirds;
    let (q, k, v) = (project(&query, q), project(&key, k), project(&value, v));
    let weights = recipe.weights(&q, &k, [batch, length, keys, embed]);
    let width = embed / recipe.heads;
    let mut merged = vec![0.0; batch * length * embed];
    for (n, h, l, w) in indices([batch, recipe.heads, length, width]) {
        let first = ((n * recipe.heads + h) * length + l) * keys;
        let value =
            |s: usize| v[n * keys * embed + recipe.place(recipe.split, [h, s, w], keys, width)];
        let sum = (0..keys).map(|s| weights.values[first + s] * value(s)).sum();
        merged[n * length * embed + recipe.place(recipe.merge, [h, l, w], length, width)] = sum;
    }
    let values = finished(recipe, &merged, output, output_bias, embed);
    let result = Array { shape: vec![batch, length, embed], values };
    Some(as_torch(check, recipe, result))
}

/// The projection of the merged heads.
fn finished(
    recipe: Recipe,
    merged: &[f64],
    weight: &HostTensor,
    bias: Option<&[f64]>,
    embed: usize,
) -> Vec<f64> {
    match recipe.output {
        Output::Missing => merged.to_vec(),
        Output::Torch => projected(merged, &weight.values, bias, embed),
        Output::WithoutBias => projected(merged, &weight.values, None, embed),
        Output::Transposed => {
            let values: Vec<f64> =
                permuted(&weight.shape, &[1, 0]).map(|from| weight.values[from]).collect();
            projected(merged, &values, bias, embed)
        }
    }
}

/// The axes in the order of torch's input.
fn as_torch(check: &Check<'_>, recipe: Recipe, result: Array) -> Array {
    let shape = &result.shape;
    if check.layer.got.shape.len() == 2 && shape[0] == 1 {
        return Array { shape: shape[1..].to_vec(), values: result.values };
    }
    if recipe.batch_first {
        return result;
    }
    let values = permuted(shape, &[1, 0, 2]).map(|from| result.values[from]).collect();
    Array { shape: vec![shape[1], shape[0], shape[2]], values }
}
