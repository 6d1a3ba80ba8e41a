//! How a device computes, where that may differ without being wrong: measured, recorded, never judged.

#![expect(clippy::float_cmp, reason = "the answers are exact")]

use burn::tensor::{IndexingUpdateOp, Int, Tensor};
use burn_repro_device::Device;
use serde::{Deserialize, Serialize};

use super::inputs::uniform;
use super::probe::{Probe, Reading, Row, line, read, tensor};
use burn_repro_core::precision::Product;

/// Rows and columns of the matrices that matmul is measured with, and what it sums over: enough that a device uses
/// what it would use for a layer.
const ROWS: usize = 32;
const INNER: usize = 64;

/// The shortest and the longest reduction that is tried.
const SHORTEST: usize = 1 << 12;
const LONGEST: usize = 1 << 20;

/// Numbers whose sum is repeated, fewer than the steps after which llvmpipe ends a loop; and how often it is summed.
const REPEATED: usize = 1 << 14;
const TIMES: usize = 8;

/// The names of the probes, which are rows of the table.
pub(super) const SIGNIFICAND: &str = "matmul keeps bits";
pub(super) const PRODUCT: &str = "matmul's products";
pub(super) const SUBNORMALS: &str = "subnormals";
pub(super) const LONGEST_SUM: &str = "longest sum of ones";
pub(super) const SUM_REPEATS: &str = "sum, again the same bits";
pub(super) const SCATTER_REPEATS: &str = "scatter, again the same bits";

/// How a device computes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Arithmetic {
    /// Bits of the significand that a plain `Tensor::matmul` keeps of its inputs: 24 is `f32`, 11 is TF32.
    pub matmul_significand_bits: Option<u32>,
    /// Whether matmul rounds a product before it is added.
    pub matmul_product: Option<Product>,
    /// Whether subnormal numbers are kept, as inputs and as results.
    pub subnormals_kept: Option<bool>,
    /// The longest sum of ones along the last dimension that is right.
    pub longest_sum: Option<LongestSum>,
    /// Whether the sum of all elements has the same bits every time; atomic additions come in any order.
    pub sum_repeats: Option<bool>,
    /// Whether numbers that are scattered to one place have the same sum every time.
    pub scatter_repeats: Option<bool>,
    /// The largest of the allocations tried, in MiB, that read back its own data, as did all smaller ones; 0 if none.
    pub largest_allocation_mebibytes: Option<usize>,
}

/// The longest sum that is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongestSum {
    /// None of those tried was wrong up to this length.
    NoLimitUpTo(usize),
    /// One more element, and the sum is wrong; of longer ones, some may be right again.
    Limit(usize),
    /// Even the shortest that was tried was wrong.
    Below(usize),
}

/// One property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    MatmulSignificandBits(u32),
    MatmulProduct(Product),
    SubnormalsKept(bool),
    LongestSum(LongestSum),
    SumRepeats(bool),
    ScatterRepeats(bool),
}

impl Arithmetic {
    /// Takes in a property.
    pub fn take(&mut self, fact: Fact) {
        match fact {
            Fact::MatmulSignificandBits(bits) => self.matmul_significand_bits = Some(bits),
            Fact::MatmulProduct(product) => self.matmul_product = Some(product),
            Fact::SubnormalsKept(kept) => self.subnormals_kept = Some(kept),
            Fact::LongestSum(longest) => self.longest_sum = Some(longest),
            Fact::SumRepeats(same) => self.sum_repeats = Some(same),
            Fact::ScatterRepeats(same) => self.scatter_repeats = Some(same),
        }
    }

    /// Takes in which allocations read back their own data, in ascending order of their sizes.
    pub(crate) fn take_allocations(&mut self, whole: &[(usize, bool)]) {
        let largest = whole.iter().take_while(|(_, whole)| *whole).last();
        self.largest_allocation_mebibytes =
            (!whole.is_empty()).then(|| largest.map_or(0, |(size, _)| *size));
    }
}

/// The probes that measure properties; that of allocations follows from their results.
#[expect(clippy::disallowed_methods, reason = "whether a sum is right is what is asked")]
pub(super) fn facts() -> Vec<Probe> {
    vec![
        Probe::fact(SIGNIFICAND, significand_bits),
        Probe::fact(PRODUCT, |device| product(device).map(Fact::MatmulProduct)),
        Probe::fact(SUBNORMALS, subnormals),
        Probe::fact(LONGEST_SUM, longest_sum),
        Probe::fact(SUM_REPEATS, |device| repeats(device, Tensor::sum).map(Fact::SumRepeats)),
        Probe::fact(SCATTER_REPEATS, |device| repeats(device, scattered).map(Fact::ScatterRepeats)),
    ]
}

fn whole(reading: Reading) -> Result<Vec<f32>, String> {
    reading.sync_error.map_or(Ok(reading.values), Err)
}

fn significand_bits(device: &Device) -> Result<Fact, String> {
    kept_bits(device, Tensor::matmul).map(Fact::MatmulSignificandBits)
}

/// A matrix product.
pub(super) type Multiply = fn(Tensor<2>, Tensor<2>) -> Tensor<2>;

/// The bits of the significand that a product keeps of its inputs. Row i holds 1 + 2^-(i + 1) and zeros; the other
/// matrix has ones in its first row. Both ways round.
pub(super) fn kept_bits(device: &Device, multiply: Multiply) -> Result<u32, String> {
    let number = |row: usize| 1.0 + 0.5_f32.powi(row as i32 + 1);
    let mut numbers = vec![0.0; ROWS * INNER];
    let mut ones = vec![0.0; INNER * ROWS];
    for row in 0..ROWS {
        (numbers[row * INNER], ones[row]) = (number(row), 1.0);
    }
    let numbers = tensor(device, &numbers, [ROWS, INNER]);
    let ones = tensor(device, &ones, [INNER, ROWS]);
    let left = multiply(numbers.clone(), ones.clone());
    let right = multiply(ones.swap_dims(0, 1), numbers.swap_dims(0, 1)).swap_dims(0, 1);
    let [left, right] = [whole(read(device, left)?)?, whole(read(device, right)?)?];
    let kept = |row: &usize| {
        let of =
            |product: &[f32]| product[row * ROWS..][..ROWS].iter().all(|&got| got == number(*row));
        of(&left) && of(&right)
    };
    // From 2^-24 on the number itself is 1.
    let bits = (0..f32::MANTISSA_DIGITS as usize - 1).take_while(kept).count();
    Ok(bits as u32 + 1)
}

/// -1 + (1 + 2^-12)^2 is 2^-11 + 2^-24, and 2^-11 if the square was rounded.
pub(super) fn product(device: &Device) -> Result<Product, String> {
    let near_one = 1.0 + 0.5_f32.powi(12);
    let mut left = vec![0.0; ROWS * INNER];
    let mut right = vec![0.0; INNER * ROWS];
    for row in 0..ROWS {
        left[row * INNER..][..2].copy_from_slice(&[-1.0, near_one]);
        (right[row], right[ROWS + row]) = (1.0, near_one);
    }
    let [left, right] =
        [tensor(device, &left, [ROWS, INNER]), tensor(device, &right, [INNER, ROWS])];
    let values = whole(read(device, left.matmul(right))?)?;
    let (rounded, fused) = (0.5_f32.powi(11), 0.5_f32.powi(11) + 0.5_f32.powi(24));
    let all = |want: f32| values.iter().all(|&got| got == want);
    let product = match (all(fused), all(rounded)) {
        (true, _) => Product::Fused,
        (_, true) => Product::Rounded,
        _ => Product::Other,
    };
    Ok(product)
}

/// Half of the smallest normal number, and twice a half of it.
fn subnormals(device: &Device) -> Result<Fact, String> {
    let half = f32::MIN_POSITIVE / 2.0;
    let products = line(device, &[f32::MIN_POSITIVE, half]) * line(device, &[0.5, 2.0]);
    let values = whole(read(device, products)?)?;
    Ok(Fact::SubnormalsKept(values == [half, f32::MIN_POSITIVE]))
}

fn longest_sum(device: &Device) -> Result<Fact, String> {
    // A kernel takes four at once, two, or one, as the length allows, and so may end at different lengths.
    let right = |length: usize| {
        for length in length - 3..=length {
            let ones = Tensor::<2>::ones([1, length], device);
            if whole(read(device, ones.sum_dim(1))?)? != [length as f32] {
                return Ok(false);
            }
        }
        Ok(true)
    };
    longest(SHORTEST, LONGEST, right).map(Fact::LongestSum)
}

/// Adds all numbers of a line along the last dimension to one place.
pub(super) fn scattered<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let (device, mut shape) = (x.device(), x.dims());
    let places = Tensor::<D, Int>::zeros(shape, &device);
    shape[D - 1] = 1;
    Tensor::<D>::zeros(shape, &device).scatter(D - 1, places, x, IndexingUpdateOp::Add)
}

fn repeats(device: &Device, sum: fn(Row) -> Row) -> Result<bool, String> {
    let numbers = uniform(9000, REPEATED, -8.0, 8.0);
    let bits = || -> Result<Vec<u32>, String> {
        let values = whole(read(device, sum(line(device, &numbers)))?)?;
        Ok(values.into_iter().map(f32::to_bits).collect())
    };
    let first = bits()?;
    for _ in 1..TIMES {
        if bits()? != first {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Bisects for the longest length that is right, which must be whole numbers below 2^24 for sums of ones to be exact.
fn longest(
    shortest: usize,
    longest: usize,
    right: impl Fn(usize) -> Result<bool, String>,
) -> Result<LongestSum, String> {
    if right(longest)? {
        return Ok(LongestSum::NoLimitUpTo(longest));
    }
    if !right(shortest)? {
        return Ok(LongestSum::Below(shortest));
    }
    let (mut good, mut bad) = (shortest, longest);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        *(if right(middle)? { &mut good } else { &mut bad }) = middle;
    }
    Ok(LongestSum::Limit(good))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(262_139, LongestSum::Limit(262_139))]
    #[case(4_096, LongestSum::Limit(4_096))]
    #[case(1_048_575, LongestSum::Limit(1_048_575))]
    #[case(1_048_576, LongestSum::NoLimitUpTo(1_048_576))]
    #[case(4_095, LongestSum::Below(4_096))]
    fn a_limit_is_found_to_the_element(#[case] limit: usize, #[case] want: LongestSum) {
        assert_eq!(longest(SHORTEST, LONGEST, |length| Ok(length <= limit)), Ok(want));
    }

    #[test]
    fn a_device_that_fails_has_no_limit() {
        assert!(longest(SHORTEST, LONGEST, |_| Err("lost".into())).is_err());
    }

    #[rstest]
    #[case(&[], None)]
    #[case(&[(64, true), (128, true), (192, false), (256, true)], Some(128))]
    #[case(&[(64, false), (128, true)], Some(0))]
    #[case(&[(64, true), (128, true)], Some(128))]
    fn the_largest_allocation_is_the_last_before_a_broken_one(
        #[case] whole: &[(usize, bool)],
        #[case] want: Option<usize>,
    ) {
        let mut arithmetic = Arithmetic::default();
        arithmetic.take_allocations(whole);
        assert_eq!(arithmetic.largest_allocation_mebibytes, want);
    }
}
