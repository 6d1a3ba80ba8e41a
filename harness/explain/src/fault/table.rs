//! The faults.

use super::FaultEffect::{Computes, Host, Inputs, Output, Rewrites, Stale};
use super::operations as on;
use super::outputs as out;
use super::{Fault, FaultEffect};

const fn fault(
    name: &'static str,
    what: &'static str,
    fits: fn(&burn_repro_device::ir::OperationIr) -> bool,
    does: FaultEffect,
) -> Fault {
    Fault { name, what, fits, does }
}

/// Both factors of a product.
const FACTORS: &[usize] = &[0, 1];
/// The input of a layer.
const INPUT: &[usize] = &[0];
/// The weight of a layer.
const WEIGHT: &[usize] = &[1];

/// Every fault, by what it strikes.
#[rustfmt::skip]
pub const FAULTS: &[Fault] = &[
    // Precision.
    fault("factors-bf16", "products of factors rounded to bf16", on::product, Inputs(FACTORS, out::to_bf16)),
    fault("factors-tf32", "products of factors rounded to TF32", on::product, Inputs(FACTORS, out::to_tf32)),
    fault("factors-f16", "products of factors rounded to f16", on::product, Inputs(FACTORS, out::to_f16)),
    fault("weight-bf16", "the weight of a product rounded to bf16", on::product, Inputs(WEIGHT, out::to_bf16)),
    fault("product-f16", "products rounded to f16", on::product, Output(out::to_f16)),
    fault("product-bf16", "products rounded to bf16", on::product, Output(out::to_bf16)),
    fault("sum-in-f16", "a sum or mean whose running total is an f16", on::sum_along, Computes(on::sum_in_f16)),
    fault("linear-in-f16", "a linear layer whose running totals are f16", on::linear, Computes(on::linear_in_f16)),
    fault("exp-12-bits", "exp, or a softmax, cut to 12 bits", on::exponential, Output(out::cut_to_12_bits)),
    fault("root-12-bits", "a root cut to 12 bits", on::root, Output(out::cut_to_12_bits)),
    fault("shaken", "a result off by up to 1e-3 of each element", on::any, Output(out::shake)),
    // Parameters of operations.
    fault("bias-dropped", "a layer without its bias", on::biased, Rewrites(on::drop_bias)),
    fault("epsilon", "the epsilon of a norm times 1000", on::epsilon, Rewrites(|op| on::scale_scalars(op, 1000.0))),
    fault("epsilon-lost", "a norm without its epsilon", on::epsilon, Rewrites(|op| on::set_scalars(op, 0.0))),
    fault("factor", "a factor 1 % too large", on::factor, Rewrites(|op| on::scale_scalars(op, 1.01))),
    fault("factor-lost", "a factor left out", on::factor, Rewrites(|op| on::set_scalars(op, 1.0))),
    fault("mean-off-by-one", "a mean over one element too few", on::mean, Computes(on::mean_of_one_fewer)),
    fault("clamp-narrow", "a clamp to 90 % of its range", on::clamp, Rewrites(|op| on::scale_scalars(op, 0.9))),
    fault("add-subtracts", "a sum that subtracts", on::sum, Rewrites(on::subtract_instead)),
    fault("subtract-adds", "a difference that adds", on::difference, Rewrites(on::add_instead)),
    fault("cat-order", "tensors joined in the wrong order", on::joined, Rewrites(on::join_backwards)),
    fault("maximum-scaled", "a maximum 1 % too large", on::maximum, Output(out::one_percent_more)),
    // Layout.
    fault("padding", "a convolution padded on one side only", on::padded, Inputs(INPUT, out::shift_rows)),
    fault("input-transposed", "a convolution of the image with height and width exchanged", on::square_convolution, Inputs(INPUT, out::transpose)),
    fault("weight-transposed", "a kernel with height and width exchanged", on::square_kernel, Inputs(WEIGHT, out::transpose)),
    fault("transposed", "height and width of a result exchanged", on::square, Output(out::transpose)),
    fault("flipped", "rows of a result read backwards", on::any, Output(out::flip_rows)),
    fault("rotated", "a result one element off", on::any, Output(out::rotate)),
    fault("channel-order", "the first and the last channel exchanged", on::with_channels, Output(out::swap_channels)),
    fault("channel-negated", "the sign of one channel", on::with_channels, Output(out::negate_channel)),
    fault("channel-zero", "one channel not written", on::with_channels, Output(out::zero_channel)),
    fault("sample-repeated", "the first sample in place of all", on::with_samples, Output(out::first_sample_for_all)),
    // Kernels that miss a part.
    fault("edge-zero", "the last column not written", on::any, Output(out::zero_edge)),
    fault("last-zero", "the last element not written", on::any, Output(out::zero_last)),
    fault("last-row-zero", "the last row not written", on::any, Output(out::zero_last_row)),
    fault("half-zero", "the second half not written", on::any, Output(out::zero_second_half)),
    fault("tile-repeated", "one tile in place of its neighbour", on::any, Output(out::repeat_first_tile)),
    fault("stale", "what lay in the buffer before", on::any, Stale),
    // Values.
    fault("scaled-percent", "a result 1 % too large", on::any, Output(out::one_percent_more)),
    fault("scaled-permille", "a result 0.1 % too large", on::any, Output(out::one_permille_more)),
    fault("offset", "a result off by 1e-3 of its largest element", on::any, Output(out::offset)),
    fault("negated", "a result with the wrong sign", on::any, Output(out::negate)),
    fault("absolute", "a result without signs", on::any, Output(out::absolute)),
    fault("saturated", "a result limited to 90 % of its largest element", on::any, Output(out::saturate)),
    fault("small-flushed", "elements below 1 % of the largest taken as zero", on::any, Output(out::flush_small)),
    fault("nan", "NaN at one element", on::any, Output(out::nan)),
    fault("infinity", "an infinity at one element", on::any, Output(out::infinity)),
    fault("exponent-bit", "a bit of an exponent flipped", on::any, Output(out::flip_exponent_bit)),
    fault("significand-bit", "a bit in the middle of a significand flipped", on::any, Output(out::flip_middle_bit)),
    // Host data.
    fault("host-element", "one element of uploaded data changed by 10 %", |_| false, Host(out::change_one)),
    fault("host-bf16", "uploaded data rounded to bf16", |_| false, Host(out::to_bf16)),
    fault("host-rotated", "uploaded data one element off", |_| false, Host(out::rotate)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_words_for_files_and_no_two_are_the_same() {
        let names: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), FAULTS.len());
        let word =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        assert!(names.iter().all(|name| name.chars().all(word)), "{names:?}");
    }

    #[test]
    fn there_are_at_least_forty() {
        assert!(FAULTS.len() >= 40, "{}", FAULTS.len());
    }
}
