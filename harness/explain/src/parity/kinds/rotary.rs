//! Rotary embeddings: the angles are solved from torch's input and result, and applied with other pairs of entries.
//!
//! Not here: rotations of a part of the last dimension only.

use super::arrays::{Array, lanes, largest};
use super::{Check, ROUNDING};

/// Which two entries of the last dimension are rotated together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pairing {
    /// `2 i` and `2 i + 1`.
    Neighbours,
    /// `i` and `i + d / 2`.
    Halves,
}

impl Pairing {
    fn entries(self, pair: usize, width: usize) -> (usize, usize) {
        match self {
            Self::Neighbours => (2 * pair, 2 * pair + 1),
            Self::Halves => (pair, pair + width / 2),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Neighbours => "neighbours (2i, 2i + 1)",
            Self::Halves => "halves (i, i + d/2)",
        }
    }
}

/// Cosine and sine for each place along an axis and each pair.
struct Rotation {
    axis: usize,
    pairs: usize,
    turns: Vec<(f64, f64)>,
}

/// The mistake of a rotation, for any class that has one of its inputs rotated.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let want = check.layer.want;
    let width = *want.shape.last()?;
    if want.shape != check.layer.got.shape
        || want.shape.len() < 2
        || width < 4
        || !width.is_multiple_of(2)
    {
        return None;
    }
    let inputs = check.layer.inputs.iter().filter(|input| input.shape == want.shape);
    inputs.into_iter().map(|input| Array::from(*input)).find_map(|input| {
        (0..want.shape.len() - 1).find_map(|axis| {
            [Pairing::Neighbours, Pairing::Halves]
                .into_iter()
                .find_map(|torch| mistake(check, &input, axis, torch))
        })
    })
}

fn mistake(check: &Check<'_>, input: &Array, axis: usize, torch: Pairing) -> Option<String> {
    let rotation = solved(input, &check.layer.want.values, axis, torch)?;
    if !check.is_want(rotated(input, &rotation, torch, 1.0).into_iter()) {
        return None;
    }
    let ours = if torch == Pairing::Halves { Pairing::Neighbours } else { Pairing::Halves };
    let holds = |pairing, direction| {
        check.values_hold(rotated(input, &rotation, pairing, direction).into_iter())
    };
    if holds(ours, 1.0) {
        return Some(format!(
            "rotary: torch's pairs are {}, here they are {}",
            torch.words(),
            ours.words()
        ));
    }
    if holds(torch, -1.0) {
        return Some(
            "rotary: the rotation is in the other direction, the sign of the sine is flipped"
                .to_owned(),
        );
    }
    holds(ours, -1.0).then(|| {
        let (one, other) = (torch.words(), ours.words());
        format!("rotary: torch's pairs are {one}, here they are {other}, and the sign of the sine is flipped")
    })
}

/// The rotation from input to result, if its angle depends on the pair and on the place along one axis. The angle is
/// that of the sum over all other axes, as an input near 0 alone has no exact one.
fn solved(input: &Array, result: &[f64], axis: usize, pairing: Pairing) -> Option<Rotation> {
    let (_, length, inner) = lanes(&input.shape, axis);
    let width = *input.shape.last()?;
    let pairs = width / 2;
    let mut turns = vec![(0.0, 0.0); length * pairs];
    for (row, (x, y)) in input.values.chunks(width).zip(result.chunks(width)).enumerate() {
        let place = row * width / inner % length;
        for pair in 0..pairs {
            let (first, second) = pairing.entries(pair, width);
            let turn = &mut turns[place * pairs + pair];
            turn.0 += x[first] * y[first] + x[second] * y[second];
            turn.1 += x[first] * y[second] - x[second] * y[first];
        }
    }
    let unit = |(cosine, sine): (f64, f64)| {
        let length = cosine.hypot(sine);
        if length > 0.0 { (cosine / length, sine / length) } else { (1.0, 0.0) }
    };
    let turns: Vec<(f64, f64)> = turns.into_iter().map(unit).collect();
    // Without any angle it is no rotation, and any pairing gives it.
    let turned = turns.iter().map(|turn| turn.1).collect::<Vec<_>>();
    (largest(&turned) > ROUNDING).then_some(Rotation { axis, pairs, turns })
}

fn rotated(input: &Array, rotation: &Rotation, pairing: Pairing, direction: f64) -> Vec<f64> {
    let (_, length, inner) = lanes(&input.shape, rotation.axis);
    let width = rotation.pairs * 2;
    let mut values = input.values.clone();
    for (row, (x, y)) in input.values.chunks(width).zip(values.chunks_mut(width)).enumerate() {
        let place = row * width / inner % length;
        for pair in 0..rotation.pairs {
            let (first, second) = pairing.entries(pair, width);
            let (cosine, sine) = rotation.turns[place * rotation.pairs + pair];
            let sine = direction * sine;
            y[first] = x[first] * cosine - x[second] * sine;
            y[second] = x[first] * sine + x[second] * cosine;
        }
    }
    values
}
