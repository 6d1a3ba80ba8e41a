//! How the differences of two tensors are spread: counts in bins of equal width on a logarithmic axis. Pure.

use serde::Serialize;

/// Bins at most; a bar must be wide enough to be seen.
const BINS: usize = 36;

/// The smallest difference that is told from none.
const SMALLEST: f64 = 1.0e-300;

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Histogram {
    /// Elements without a difference.
    equal: usize,
    /// Elements that have no distance.
    non_finite: usize,
    /// The bound on elements, beside the golden's largest one.
    allowed: Option<f64>,
    /// Elements outside of it, those without a distance too.
    outside: Option<usize>,
    bins: Vec<Bin>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Bin {
    from: f64,
    to: f64,
    count: usize,
}

/// Counts the absolute differences.
pub(super) fn histogram(
    got: &[f64],
    want: &[f64],
    allowed: Option<f64>,
    outside: Option<usize>,
) -> Histogram {
    let differences: Vec<f64> =
        got.iter().zip(want).map(|(got, want)| (got - want).abs()).collect();
    let non_finite = differences.iter().filter(|difference| !difference.is_finite()).count();
    let seen: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|difference| difference.is_finite() && *difference > SMALLEST)
        .map(f64::log10)
        .collect();
    let equal = differences.len() - non_finite - seen.len();
    let smallest = seen.iter().copied().fold(f64::INFINITY, f64::min).floor();
    let largest = seen.iter().copied().fold(f64::NEG_INFINITY, f64::max).floor() + 1.0;
    let mut histogram = Histogram { equal, non_finite, allowed, outside, bins: Vec::new() };
    if seen.is_empty() {
        return histogram;
    }
    // As many bins to a decade as there is room for.
    let decades = (largest - smallest).max(1.0);
    let each = [4.0, 2.0, 1.0].into_iter().find(|each| decades * each <= BINS as f64);
    let width = each.map_or(decades / BINS as f64, f64::recip);
    let count = (decades / width).ceil() as usize;
    let edge = |bin: usize| 10.0_f64.powf(smallest + bin as f64 * width);
    histogram.bins =
        (0..count).map(|bin| Bin { from: edge(bin), to: edge(bin + 1), count: 0 }).collect();
    for place in seen {
        let bin = ((place - smallest) / width) as usize;
        histogram.bins[bin.min(count - 1)].count += 1;
    }
    histogram
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_element_is_counted_once_where_it_belongs() {
        let want = [0.0; 6];
        let got = [0.0, 1.5e-6, -3.0e-5, 3.0e-5, f64::NAN, 0.0];
        let histogram = histogram(&got, &want, Some(1.0e-5), Some(3));
        assert_eq!((histogram.equal, histogram.non_finite), (2, 1));
        let filled: Vec<usize> =
            histogram.bins.iter().map(|bin| bin.count).filter(|count| *count > 0).collect();
        assert_eq!(filled, [1, 2]);
        assert!(histogram.bins.iter().all(|bin| bin.from < bin.to));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_whatever_the_range(
            powers in prop::collection::vec(-290_i32..290, 0..40),
        ) {
            let got: Vec<f64> = powers.iter().map(|power| 10.0_f64.powi(*power)).collect();
            let want = vec![0.0; got.len()];
            let histogram = histogram(&got, &want, None, None);
            let counted: usize = histogram.bins.iter().map(|bin| bin.count).sum();
            prop_assert_eq!(counted + histogram.equal, got.len());
            prop_assert!(histogram.bins.len() <= BINS);
        }
    }
}
