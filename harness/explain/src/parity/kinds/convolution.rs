//! Mistakes of Conv1d and Conv2d, from torch's input, weights and attributes.
//!
//! Not here: the arithmetic, which is `convolution_recipe`'s, transposed convolutions, and pooling.

use super::Check;
use super::arrays::{Array, permuted};

use super::convolution_recipe::{Convolution, PADDINGS, Padding, computed};

/// The mistake of a convolution.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let torch = read(check)?;
    let says =
        |candidate: &Convolution, words: String| check.clause(shaped(check, candidate), || words);
    let of = |change: &dyn Fn(&mut Convolution)| {
        let mut candidate = torch.clone();
        change(&mut candidate);
        candidate
    };
    let attribute =
        || paddings(&torch).into_iter().find_map(|(candidate, words)| says(&candidate, words));
    let dilation = || says(&of(&|c| c.dilation = [1, 1]), "dilation: it is left out".to_owned());
    let bias = || says(&of(&|c| c.bias.fill(0.0)), "the bias is left out".to_owned());
    attribute().or_else(dilation).or_else(bias).or_else(|| {
        kernels(&torch).into_iter().find_map(|(candidate, words)| says(&candidate, words))
    })
}

/// The layer as torch has it.
fn read(check: &Check<'_>) -> Option<Convolution> {
    let (layer, input, weight) = (check.layer, check.input()?, check.weight("weight")?);
    let axes = if layer.class == "Conv1d" { 1 } else { 2 };
    let alone = |value: usize| (axes == 1).then_some(value);
    let weight = with_two_axes(weight.shape.clone(), weight.values.clone(), axes, axes + 2)?;
    let batched = if input.shape.len() == axes + 1 {
        [&[1], input.shape.as_slice()].concat()
    } else {
        input.shape.clone()
    };
    let input = with_two_axes(batched, input.values.clone(), axes, axes + 2)?;
    let dilation = layer.pair("dilation", alone(1)).unwrap_or([1, 1]);
    let total = |axis: usize| dilation[axis] * weight.shape[axis + 2].saturating_sub(1);
    let (before, after) = match layer.text("padding") {
        Some("same") => {
            let halves = [total(0) / 2, total(1) / 2];
            (halves, [total(0) - halves[0], total(1) - halves[1]])
        }
        _ => {
            let padding = layer.pair("padding", alone(0)).unwrap_or([0, 0]);
            (padding, padding)
        }
    };
    let mode = layer.text("padding_mode").unwrap_or("zeros");
    let bias =
        check.weight("bias").map_or_else(|| vec![0.0; weight.shape[0]], |bias| bias.values.clone());
    Some(Convolution {
        stride: layer.pair("stride", alone(1)).unwrap_or([1, 1]),
        groups: layer.size("groups").unwrap_or(1),
        padding: PADDINGS.iter().find(|(name, _)| *name == mode)?.1,
        input,
        weight,
        bias,
        dilation,
        before,
        after,
    })
}

fn with_two_axes(
    mut shape: Vec<usize>,
    values: Vec<f64>,
    axes: usize,
    rank: usize,
) -> Option<Array> {
    if shape.len() != rank {
        return None;
    }
    if axes == 1 {
        shape.insert(2, 1);
    }
    Some(Array { shape, values })
}

/// The result with the shape that the class gives it.
fn shaped(check: &Check<'_>, convolution: &Convolution) -> Option<Array> {
    let mut result = computed(convolution)?;
    if check.layer.class == "Conv1d" {
        result.shape.remove(2);
    }
    if check.layer.got.shape.len() + 1 == result.shape.len() && result.shape[0] == 1 {
        result.shape.remove(0);
    }
    Some(result)
}

/// Other paddings than torch's.
fn paddings(torch: &Convolution) -> Vec<(Convolution, String)> {
    let total = [0, 1].map(|axis| torch.before[axis] + torch.after[axis]);
    if total == [0, 0] {
        return Vec::new();
    }
    let name = |padding: Padding| {
        PADDINGS.iter().find(|(_, known)| *known == padding).map_or("", |(name, _)| name)
    };
    let modes =
        PADDINGS.iter().filter(|(_, padding)| *padding != torch.padding).map(|&(ours, padding)| {
            let words =
                format!("padding_mode: torch's is {}, here it is {ours}", name(torch.padding));
            (Convolution { padding, ..torch.clone() }, words)
        });
    let amounts = [
        (
            total,
            [0, 0],
            "padding: all of it is before the first row and column, torch's is on both sides",
        ),
        (
            [0, 0],
            total,
            "padding: all of it is after the last row and column, torch's is on both sides",
        ),
        (
            torch.after,
            torch.before,
            "padding: the odd one is before the first row and column, torch's is after the last",
        ),
        ([0, 0], [0, 0], "padding: it is left out"),
    ];
    let amounts = amounts
        .into_iter()
        .filter(|(before, after, _)| (before, after) != (&torch.before, &torch.after));
    let amounts = amounts.map(|(before, after, words)| {
        (Convolution { before, after, ..torch.clone() }, words.to_owned())
    });
    modes.chain(amounts).collect()
}

/// The kernel in another order than torch's.
fn kernels(torch: &Convolution) -> Vec<(Convolution, String)> {
    let shape = &torch.weight.shape;
    let with = |values: Vec<f64>, words: &str| {
        (
            Convolution { weight: Array { shape: shape.clone(), values }, ..torch.clone() },
            words.to_owned(),
        )
    };
    let ordered = |axes: &[usize]| {
        permuted(shape, axes).map(|from| torch.weight.values[from]).collect::<Vec<_>>()
    };
    let area = shape[2] * shape[3];
    let flipped = torch
        .weight
        .values
        .chunks(area.max(1))
        .flat_map(|kernel| kernel.iter().rev().copied())
        .collect();
    let mut kernels =
        vec![with(flipped, "the kernel is flipped: a convolution, torch's is a cross-correlation")];
    if shape[2] == shape[3] {
        kernels.push(with(ordered(&[0, 1, 3, 2]), "the kernel's two spatial axes are swapped"));
    }
    if shape[0] == shape[1] {
        kernels.push(with(
            ordered(&[1, 0, 2, 3]),
            "the weight's input and output channels are swapped",
        ));
    }
    kernels
}
