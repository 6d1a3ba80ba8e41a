//! Moves the last bit of inputs: how far a result can be off through rounding alone is seen by rounding
//! otherwise (NCAR's PyCECT does so with climate models). For `calibrate` only.

use burn_repro_core::splitmix::splitmix64;
use burn_repro_core::trace::Dtype;

/// Which way the last bits go, and of which type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Perturbation {
    seed: u64,
    dtype: Dtype,
    inputs: u64,
}

impl Perturbation {
    /// The moves of a seed, in units in the last place of the type that a device holds.
    #[must_use]
    pub fn new(seed: u64, dtype: Dtype) -> Self {
        Self { seed, dtype, inputs: 0 }
    }

    /// Moves every element of the next input to a neighbour in the type, up or down at random; zeros
    /// stay, and so does what the type cannot hold.
    pub fn apply(&mut self, values: &mut [f64]) {
        self.inputs += 1;
        let stream = splitmix64(splitmix64(self.seed) ^ self.inputs);
        for (index, value) in (0_u64..).zip(values) {
            let up = splitmix64(stream ^ index) & 1 == 0;
            *value = self.neighbour(*value, up);
        }
    }

    fn neighbour(&self, value: f64, up: bool) -> f64 {
        if value == 0.0 || !value.is_finite() {
            return value;
        }
        // Away from zero is one more in the bits of a magnitude.
        let step = |bits: u16| if up == (value > 0.0) { bits + 1 } else { bits - 1 };
        // The two 16-bit types round by way of f32, as torch does.
        let single = value as f32;
        match self.dtype {
            Dtype::F64 if up => value.next_up(),
            Dtype::F64 => value.next_down(),
            Dtype::F32 if up => single.next_up().into(),
            Dtype::F32 => single.next_down().into(),
            Dtype::F16 => match half::f16::from_f32(single).to_bits() {
                zero if zero & 0x7fff == 0 => value,
                // The largest one, or what the type cannot hold.
                large if large & 0x7fff >= 0x7bff => value,
                bits => half::f16::from_bits(step(bits)).into(),
            },
            Dtype::Bf16 => match half::bf16::from_f32(single).to_bits() {
                zero if zero & 0x7fff == 0 => value,
                large if large & 0x7fff >= 0x7f7f => value,
                bits => half::bf16::from_bits(step(bits)).into(),
            },
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "bits are compared")]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use burn_repro_core::compare::ulp_distance;

    proptest! {
        #[test]
        fn every_element_moves_by_one(bits in prop::collection::vec(1_u32..0x7f7f_ffff, 1..50)) {
            let before: Vec<f64> = bits.iter().map(|&bits| f32::from_bits(bits).into()).collect();
            let mut after = before.clone();
            Perturbation::new(3, Dtype::F32).apply(&mut after);
            for (before, after) in before.iter().zip(&after) {
                prop_assert_eq!(ulp_distance(*before as f32, *after as f32), 1);
            }
        }

        #[test]
        fn every_element_of_an_f64_run_moves_by_one(value in prop::num::f64::NORMAL) {
            let mut after = [value];
            Perturbation::new(3, Dtype::F64).apply(&mut after);
            prop_assert!(after[0] == value.next_up() || after[0] == value.next_down());
        }
    }

    #[rstest]
    #[case(Dtype::F16, 1.0 / 1024.0)]
    #[case(Dtype::Bf16, 1.0 / 128.0)]
    fn a_narrow_type_moves_by_its_own_last_place(#[case] dtype: Dtype, #[case] ulp: f64) {
        let mut values = [1.5_f64, -1.5, 0.0, 1.5, -1.5, 1.5];
        Perturbation::new(1, dtype).apply(&mut values);
        assert_eq!(values[2], 0.0);
        for value in [values[0], values[1], values[3], values[4], values[5]] {
            assert_eq!((value.abs() - 1.5).abs(), ulp, "{values:?}");
        }
    }

    #[test]
    fn seeds_and_inputs_differ_and_a_seed_repeats() {
        let moved = |perturbation: &mut Perturbation| {
            let mut values = [1.0_f64; 64];
            perturbation.apply(&mut values);
            values
        };
        let mut first = Perturbation::new(1, Dtype::F32);
        let (one, two) = (moved(&mut first), moved(&mut first));
        assert_ne!(one, two);
        assert_ne!(one, moved(&mut Perturbation::new(2, Dtype::F32)));
        assert_eq!(one, moved(&mut Perturbation::new(1, Dtype::F32)));
    }
}
