//! Torch's values in another order, for any class: axes permuted, heads interleaved, an axis reversed, rolled or
//! repeated.
//!
//! Not here: other values than torch's, which `constants` has.

use super::Check;
use super::arrays::{count, divisors, lanes, list, orders, permuted};

/// Above this rank there are too many orders of the axes, and no layer of a known class has one.
const HIGHEST_RANK: usize = 6;

/// The rearrangement of torch's result that is ours.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let (want, got) = (check.layer.want, check.layer.got);
    if count(&want.shape) != count(&got.shape) {
        return None;
    }
    if want.shape != got.shape && check.values_hold(want.values.iter().copied()) {
        let (torch, ours) = (list(&want.shape), list(&got.shape));
        return Some(format!(
            "the shape: torch's result has {torch}, here the same values in the same order have {ours}"
        ));
    }
    let same = want.shape == got.shape;
    permutation(check).or_else(|| same.then(|| within_an_axis(check)).flatten())
}

/// The axes in another order, with their lengths moved along or not.
fn permutation(check: &Check<'_>) -> Option<String> {
    let (want, got) = (check.layer.want, check.layer.got);
    if want.shape.len() > HIGHEST_RANK {
        return None;
    }
    let reads = |order: &Vec<usize>| {
        check.values_hold(permuted(&want.shape, order).map(|from| want.values[from]))
    };
    // An order that moves only axes of length 1 leaves the values where they are, and is not the mistake.
    let mut order: Vec<Vec<usize>> =
        orders(want.shape.len()).into_iter().skip(1).filter(reads).collect();
    let shape_of =
        |order: &Vec<usize>| order.iter().map(|&axis| want.shape[axis]).collect::<Vec<_>>();
    order.sort_by_key(|order| {
        (
            shape_of(order) != got.shape,
            order.iter().enumerate().filter(|(at, axis)| at != *axis).count(),
        )
    });
    let order = order.into_iter().next()?;
    let names = letters(want.shape.len());
    let from = names.join(", ");
    let to = order.iter().map(|&axis| names[axis].as_str()).collect::<Vec<_>>().join(", ");
    let numbers = list(&order);
    let torch = format!("torch's result has ({from})");
    Some(if shape_of(&order) == got.shape {
        format!("the axes are permuted: {torch}, here they are ({to}), permutation {numbers}")
    } else {
        let what = if got.shape == want.shape {
            "the values are reshaped instead of permuted"
        } else {
            "the axes are permuted before a reshape"
        };
        let here = format!("here the values are in the order of ({to})");
        format!("{what}: {torch}, {here}, permutation {numbers}")
    })
}

/// Names of the axes, as torch's documentation has them.
fn letters(rank: usize) -> Vec<String> {
    let names: &[&str] = match rank {
        2 => &["N", "C"],
        3 => &["N", "L", "C"],
        4 => &["N", "C", "H", "W"],
        5 => &["N", "C", "D", "H", "W"],
        _ => &[],
    };
    if names.is_empty() {
        (0..rank).map(|axis| format!("axis {axis}")).collect()
    } else {
        names.iter().map(|&name| name.to_owned()).collect()
    }
}

/// Another order of the entries of one axis. The last axis comes first: heads and halves are there.
fn within_an_axis(check: &Check<'_>) -> Option<String> {
    let axes =
        (0..check.layer.want.shape.len()).rev().filter(|&axis| check.layer.want.shape[axis] > 1);
    axes.clone()
        .find_map(|axis| heads(check, axis))
        .or_else(|| axes.clone().find_map(|axis| moved(check, axis)))
        .or_else(|| axes.clone().find_map(|axis| repeated(check, axis)))
}

/// Whether our entry `i` of an axis is torch's entry `from(i)`.
fn entries_are(check: &Check<'_>, axis: usize, from: impl Fn(usize) -> usize) -> bool {
    let want = check.layer.want;
    let (outer, length, inner) = lanes(&want.shape, axis);
    let from = &from;
    let places = (0..outer).flat_map(move |o| {
        (0..length).flat_map(move |i| (0..inner).map(move |n| (o * length + from(i)) * inner + n))
    });
    check.values_hold(places.map(|place| want.values[place]))
}

/// An axis of heads times width that is read as width times heads.
fn heads(check: &Check<'_>, axis: usize) -> Option<String> {
    let length = check.layer.want.shape[axis];
    let known =
        check.layer.size("num_heads").filter(|&heads| heads > 0 && length.is_multiple_of(heads));
    let others = divisors(length).into_iter();
    let candidates = known.into_iter().flat_map(|heads| [heads, length / heads]).chain(others);
    let heads = candidates
        .filter(|&heads| heads > 1 && heads < length)
        .find(|&heads| entries_are(check, axis, |i| i % heads * (length / heads) + i / heads))?;
    let width = length / heads;
    let what = if known == Some(heads) || known == Some(width) {
        "heads are interleaved"
    } else {
        "entries are interleaved"
    };
    Some(format!(
        "the {what}: torch's dimension {axis} is {heads} x {width}, here it is {width} x {heads}"
    ))
}

/// An axis that is reversed, or rolled by one or by half of it.
fn moved(check: &Check<'_>, axis: usize) -> Option<String> {
    let length = check.layer.want.shape[axis];
    let what =
        if axis == 0 { "the batch (dimension 0)".to_owned() } else { format!("dimension {axis}") };
    if entries_are(check, axis, |i| length - 1 - i) {
        return Some(format!("the order of {what} is reversed"));
    }
    if length.is_multiple_of(2) && entries_are(check, axis, |i| (i + length / 2) % length) {
        return Some(format!("the two halves of {what} are swapped"));
    }
    let places = [1, length - 1]
        .into_iter()
        .find(|&places| entries_are(check, axis, |i| (i + places) % length))?;
    let direction = if places == 1 { "towards the start" } else { "towards the end" };
    Some(format!("{what} is shifted by 1 {direction}, with the outermost entry at the other end"))
}

/// One entry of an axis in place of each.
fn repeated(check: &Check<'_>, axis: usize) -> Option<String> {
    let entry =
        (0..check.layer.want.shape[axis]).find(|&entry| entries_are(check, axis, |_| entry))?;
    Some(if axis == 0 {
        format!("each element of the batch is torch's element {entry}")
    } else {
        format!("each entry of dimension {axis} is torch's entry {entry}")
    })
}
