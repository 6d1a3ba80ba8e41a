//! Torch's values up to a constant, for any class: a sign, a factor, an offset, a border, dropout.
//!
//! Not here: torch's values in another order, which `arrangement` has.

use super::arrays::{figure, largest, strides};
use super::{Check, FEWEST, ROUNDING};

/// The constant that makes torch's result ours.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let (want, got) = (check.layer.want, check.layer.got);
    if want.shape != got.shape || got.values.len() < FEWEST {
        return None;
    }
    factor(check)
        .or_else(|| offset(check))
        .or_else(|| both(check))
        .or_else(|| dropout(check))
        .or_else(|| border(check))
}

/// Ours is torch's times a constant, found by least squares.
fn factor(check: &Check<'_>) -> Option<String> {
    let (want, got) = (&check.layer.want.values, &check.layer.got.values);
    let square: f64 = want.iter().map(|value| value * value).sum();
    let factor = want.iter().zip(got).map(|(want, got)| want * got).sum::<f64>() / square;
    if !check.values_hold(want.iter().map(|value| factor * value)) {
        return None;
    }
    if (factor + 1.0).abs() <= ROUNDING {
        return Some("the sign is flipped".to_owned());
    }
    let origin = origin(check, factor).map_or_else(String::new, |origin| format!(": {origin}"));
    Some(format!("the result is {} times torch's{origin}", figure(factor)))
}

/// The dimension that a factor is a power of: a scale of attention, or a mean in place of a sum.
fn origin(check: &Check<'_>, factor: f64) -> Option<String> {
    let layer = check.layer;
    let input = layer.inputs.iter().flat_map(|input| input.shape.iter().rev());
    let width = layer
        .size("num_heads")
        .zip(layer.want.shape.last())
        .and_then(|(heads, &c)| c.checked_div(heads));
    let dimensions =
        width.into_iter().chain(input.copied()).chain(layer.want.shape.iter().rev().copied());
    let powers = [
        ("the square root of", 0.5, "a scale by its inverse is missing"),
        ("1 divided by the square root of", -0.5, "a scale too many"),
        ("", 1.0, "a sum in place of a mean, or a missing division"),
        ("1 divided by", -1.0, "a mean in place of a sum, or a division too many"),
    ];
    let mut pairs =
        powers.into_iter().flat_map(|power| dimensions.clone().map(move |length| (power, length)));
    let near =
        |power: f64, length: usize| ((length as f64).powf(power) / factor - 1.0).abs() <= ROUNDING;
    let ((words, ..), length) =
        pairs.find(|&((_, power, _), length)| length > 1 && near(power, length))?;
    let meaning = powers.iter().find(|power| power.0 == words).map_or("", |power| power.2);
    let words = format!("{words} the dimension {length}");
    Some(format!("{}, {meaning}", words.trim_start()))
}

/// Ours is torch's plus a constant.
fn offset(check: &Check<'_>) -> Option<String> {
    let (want, got) = (&check.layer.want.values, &check.layer.got.values);
    let offset = mean(got) - mean(want);
    check
        .values_hold(want.iter().map(|value| value + offset))
        .then(|| format!("the result is torch's plus {}", figure(offset)))
}

/// Ours is a constant times torch's plus another constant: another range of values.
fn both(check: &Check<'_>) -> Option<String> {
    let (want, got) = (&check.layer.want.values, &check.layer.got.values);
    let (middle, ours) = (mean(want), mean(got));
    let square: f64 = want.iter().map(|value| (value - middle).powi(2)).sum();
    let product: f64 = want.iter().zip(got).map(|(want, got)| (want - middle) * (got - ours)).sum();
    let factor = product / square;
    let offset = ours - factor * middle;
    // A constant in place of the result would be torch's times 0.
    let fits = factor.abs() > ROUNDING
        && check.values_hold(want.iter().map(|value| factor * value + offset));
    fits.then(|| format!("the result is {} times torch's plus {}", figure(factor), figure(offset)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Exact zeros where torch has none, and all others scaled by one constant, as dropout does in training.
fn dropout(check: &Check<'_>) -> Option<String> {
    let (want, got) = (&check.layer.want.values, &check.layer.got.values);
    let pairs = || want.iter().zip(got).filter(|(want, _)| want.abs() > 0.0);
    let dropped = pairs().filter(|(_, got)| got.abs() <= 0.0).count();
    let kept = || pairs().filter(|(_, got)| got.abs() > 0.0);
    let square: f64 = kept().map(|(want, _)| want * want).sum();
    let factor = kept().map(|(want, got)| want * got).sum::<f64>() / square;
    let expected = |(want, got): (&f64, &f64)| if got.abs() <= 0.0 { 0.0 } else { factor * want };
    let many = kept().count() >= FEWEST && dropped * 50 >= pairs().count() && dropped >= 3;
    let fits =
        many && factor > 1.0 + ROUNDING && check.values_hold(want.iter().zip(got).map(expected));
    fits.then(|| {
        let (probability, total) = (figure(1.0 - 1.0 / factor), pairs().count());
        let times = format!("the others are {} times torch's", figure(factor));
        format!("dropout is on with p = {probability}: {dropped} of {total} values are 0, {times}")
    })
}

/// Only the outermost entries of the spatial axes differ.
fn border(check: &Check<'_>) -> Option<String> {
    let rank = check.layer.want.shape.len();
    let axes: Vec<Vec<usize>> = match rank {
        0..=2 => Vec::new(),
        3 => vec![vec![2], vec![1], vec![1, 2]],
        _ => vec![vec![rank - 2, rank - 1]],
    };
    axes.iter().find_map(|axes| border_of(check, axes))
}

fn border_of(check: &Check<'_>, axes: &[usize]) -> Option<String> {
    let (want, got) = (check.layer.want, check.layer.got);
    let (shape, steps) = (&want.shape, strides(&want.shape));
    let depth = |position: usize| {
        let distance = |&axis: &usize| {
            let index = position / steps[axis] % shape[axis];
            index.min(shape[axis] - 1 - index)
        };
        axes.iter().map(distance).min().unwrap_or(0)
    };
    let differs =
        |&position: &usize| (want.values[position] - got.values[position]).abs() > check.tolerance;
    let depths = || (0..got.values.len()).filter(differs).map(depth);
    let shortest = axes.iter().map(|&axis| shape[axis]).min()?;
    if depths().any(|depth| 2 * (depth + 1) >= shortest) {
        return None;
    }
    let width = depths().max()? + 1;
    let inside = (0..got.values.len()).filter(|&position| depth(position) >= width).count();
    // A few wrong values at the edge are no border, and hardly anything inside of it is no evidence.
    let outside = got.values.len() - inside;
    let large = check.tolerance >= ROUNDING * largest(&got.values);
    if inside * 4 < got.values.len() || depths().count() * 2 < outside || !large {
        return None;
    }
    let dimensions = axes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let plural = if axes.len() > 1 { "dimensions" } else { "dimension" };
    Some(format!(
        "padding: only a border of width {width} in {plural} {dimensions} differs{}",
        reference(check)
    ))
}

/// Torch's padding, where the class has one.
fn reference(check: &Check<'_>) -> String {
    let values = ["padding", "padding_mode"].into_iter().filter_map(|name| {
        let value = check.layer.attributes.get(name)?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(format!("{name} is {value}"))
    });
    let values = values.collect::<Vec<_>>().join(", its ");
    if values.is_empty() { values } else { format!(" (torch's {values})") }
}
