//! Random permutations, the order in which a data loader visits its items. Not here: samplers with
//! replacement.
//!
//! Source: torch's `aten/src/ATen/native/TensorFactories.cpp` (`randperm_cpu`).

use super::Generator;

/// (2^32 - 1) / 20: from here on torch spends two draws per element to keep the remainder fair.
const LARGE: usize = 214_748_364;

impl Generator {
    /// `torch.randperm(length)`: the integers of 0..`length` in random order.
    ///
    /// `length - 1` 32-bit draws, none for 0 or 1. From 214748364 on twice as many, which is taken
    /// from torch's source; no recorded vector is that long.
    pub fn randperm(&mut self, length: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0..length as i64).collect();
        for index in 0..length.saturating_sub(1) {
            let bits = if length < LARGE {
                u64::from(self.engine.draw_u32())
            } else {
                self.engine.draw_u64()
            };
            let offset = bits % (length - index) as u64;
            order.swap(index, index + offset as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_0_and_1_draw_nothing() {
        let mut generator = Generator::manual_seed(1);
        let before = generator.get_state();
        assert!(generator.randperm(0).is_empty());
        assert_eq!(generator.randperm(1), [0]);
        assert_eq!(generator.get_state(), before);
    }

    #[test]
    fn every_index_appears_once() {
        let mut order = Generator::manual_seed(1).randperm(1000);
        order.sort_unstable();
        assert!(order.into_iter().eq(0..1000));
    }
}
