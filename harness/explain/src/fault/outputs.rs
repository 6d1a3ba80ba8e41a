//! What faults do to the elements of a result. Pure.

use burn::tensor::DType;

use super::Elements;
use crate::numeric::{cut_significand, round, round_significand};

pub(super) fn to_bf16(elements: &mut Elements) {
    elements.map(|value| round_significand(value, 8));
}

/// TF32 keeps the exponents of an f32 and eleven bits of significand.
pub(super) fn to_tf32(elements: &mut Elements) {
    elements.map(|value| round_significand(value, 11));
}

pub(super) fn to_f16(elements: &mut Elements) {
    elements.map(|value| round(value, DType::F16));
}

pub(super) fn cut_to_12_bits(elements: &mut Elements) {
    elements.map(|value| cut_significand(value, 12));
}

pub(super) fn one_percent_more(elements: &mut Elements) {
    elements.map(|value| value * 1.01);
}

pub(super) fn one_permille_more(elements: &mut Elements) {
    elements.map(|value| value * 1.001);
}

pub(super) fn offset(elements: &mut Elements) {
    let by = 1e-3 * elements.largest();
    elements.map(|value| value + by);
}

pub(super) fn shake(elements: &mut Elements) {
    elements.shake(1e-3);
}

pub(super) fn absolute(elements: &mut Elements) {
    elements.map(f64::abs);
}

pub(super) fn saturate(elements: &mut Elements) {
    let limit = 0.9 * elements.largest();
    elements.map(|value| value.clamp(-limit, limit));
}

pub(super) fn flush_small(elements: &mut Elements) {
    let limit = 1e-2 * elements.largest();
    elements.map(|value| if value.abs() < limit { 0.0 } else { value });
}

pub(super) fn transpose(elements: &mut Elements) {
    elements.transpose();
}

pub(super) fn shift_rows(elements: &mut Elements) {
    elements.shift_rows();
}

pub(super) fn flip_rows(elements: &mut Elements) {
    let length = elements.row();
    elements.values.chunks_mut(length).for_each(<[f64]>::reverse);
}

pub(super) fn rotate(elements: &mut Elements) {
    elements.values.rotate_right(1);
}

pub(super) fn zero_edge(elements: &mut Elements) {
    let length = elements.row();
    elements.values.chunks_mut(length).for_each(|row| row[length - 1] = 0.0);
}

pub(super) fn zero_last(elements: &mut Elements) {
    if let Some(last) = elements.values.last_mut() {
        *last = 0.0;
    }
}

pub(super) fn zero_last_row(elements: &mut Elements) {
    let length = elements.row();
    let count = elements.values.len();
    elements.values[count.saturating_sub(length)..].fill(0.0);
}

pub(super) fn zero_second_half(elements: &mut Elements) {
    let half = elements.values.len() / 2;
    elements.values[half..].fill(0.0);
}

pub(super) fn repeat_first_tile(elements: &mut Elements) {
    let tile = (elements.values.len() / 4).clamp(1, 64);
    let (first, rest) = elements.values.split_at_mut(tile);
    let length = rest.len().min(tile);
    rest[..length].copy_from_slice(&first[..length]);
}

pub(super) fn nan(elements: &mut Elements) {
    let place = elements.values.len() / 2;
    elements.values[place] = f64::NAN;
}

pub(super) fn infinity(elements: &mut Elements) {
    let place = elements.values.len() / 2;
    elements.values[place] = f64::INFINITY;
}

/// The lowest bit of the exponent, of the largest element.
pub(super) fn flip_exponent_bit(elements: &mut Elements) {
    let place = elements.largest_place();
    let value = elements.values[place];
    elements.values[place] = f64::from(f32::from_bits((value as f32).to_bits() ^ (1 << 23)));
}

/// A bit in the middle of the significand, of the largest element.
pub(super) fn flip_middle_bit(elements: &mut Elements) {
    let place = elements.largest_place();
    let value = elements.values[place];
    elements.values[place] = f64::from(f32::from_bits((value as f32).to_bits() ^ (1 << 14)));
}

pub(super) fn negate_channel(elements: &mut Elements) {
    let first = elements.channels_mut().filter(|(channel, _)| *channel == 0);
    first.for_each(|(_, values)| values.iter_mut().for_each(|value| *value = -*value));
}

pub(super) fn zero_channel(elements: &mut Elements) {
    let first = elements.channels_mut().filter(|(channel, _)| *channel == 0);
    first.for_each(|(_, values)| values.fill(0.0));
}

pub(super) fn swap_channels(elements: &mut Elements) {
    let (count, length) = (elements.shape[1], elements.channel());
    for sample in elements.values.chunks_mut(count * length) {
        let (first, rest) = sample.split_at_mut(length);
        let last = rest.len() - length;
        first.swap_with_slice(&mut rest[last..]);
    }
}

pub(super) fn first_sample_for_all(elements: &mut Elements) {
    let samples = elements.shape[0];
    let length = elements.values.len() / samples;
    let (first, rest) = elements.values.split_at_mut(length);
    rest.chunks_exact_mut(first.len()).for_each(|sample| sample.copy_from_slice(first));
}

pub(super) fn change_one(elements: &mut Elements) {
    let place = elements.largest_place();
    elements.values[place] *= 1.1;
}

pub(super) fn negate(elements: &mut Elements) {
    elements.map(|value| -value);
}
