//! How the distance between target and reference grows over the steps: a line is a bias that adds up, an exponential is
//! chaos that multiplies what noise there is. Pure.

use serde::{Deserialize, Serialize};

use super::ReadReport;

/// Steps that a fit needs at least.
const POINTS: usize = 4;

/// A distance that grows by less than this over all steps does not grow.
const FLAT: f64 = 2.0;

/// The share of the variance that a fit explains at least, or it is none.
const CLEAR: f64 = 0.8;

/// How a distance grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// There are too few steps to tell.
    TooFew {
        /// How many there are.
        steps: usize,
    },
    /// It stays.
    Flat,
    /// It falls: the steps damp what went before.
    Falling,
    /// It grows, but neither as a line nor as an exponential.
    Irregular,
    /// By about as much in every step: a bias.
    Linear {
        /// How much.
        per_step: f64,
        /// The share of the variance that the line explains.
        fit: f64,
    },
    /// By about the same factor in every step: chaos.
    Exponential {
        /// The factor.
        factor: f64,
        /// The share of the variance that the exponential explains.
        fit: f64,
    },
}

/// Fits the distances of the steps; nothing where nothing differs.
pub fn growth(reads: &[ReadReport]) -> Option<Growth> {
    let of_steps = reads.iter().filter(|read| read.name.starts_with("step."));
    let distances: Vec<f64> = of_steps.map(|read| read.difference).collect();
    let distances = match distances.is_empty() {
        true => reads.iter().map(|read| read.difference).collect(),
        false => distances,
    };
    fit(&distances)
}

fn fit(distances: &[f64]) -> Option<Growth> {
    // Of nothing, nothing grows; and a first step that is the same says nothing of a factor.
    let begun: Vec<f64> =
        distances.iter().copied().skip_while(|distance| *distance == 0.0).collect();
    let finite: Vec<f64> = begun.into_iter().take_while(|distance| distance.is_finite()).collect();
    let (first, last) = (*finite.first()?, *finite.last()?);
    if finite.len() < POINTS {
        return Some(Growth::TooFew { steps: finite.len() });
    }
    if last < first / FLAT {
        return Some(Growth::Falling);
    }
    if last < first * FLAT {
        return Some(Growth::Flat);
    }
    let logarithms: Vec<f64> =
        finite.iter().map(|distance| distance.max(f64::MIN_POSITIVE).ln()).collect();
    let (line, exponential) = (Line::through(&finite), Line::through(&logarithms));
    // Both are held against the distances themselves, or the last steps would not count in one of them.
    let bent: Vec<f64> = (0..finite.len()).map(|step| exponential.at(step).exp()).collect();
    let straight: Vec<f64> = (0..finite.len()).map(|step| line.at(step)).collect();
    let (bent, straight) = (explained(&finite, &bent), explained(&finite, &straight));
    if bent.max(straight) < CLEAR {
        return Some(Growth::Irregular);
    }
    Some(match bent > straight {
        true => Growth::Exponential { factor: exponential.slope.exp(), fit: bent },
        false => Growth::Linear { per_step: line.slope, fit: straight },
    })
}

struct Line {
    start: f64,
    slope: f64,
}

impl Line {
    /// By least squares.
    fn through(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let middle = (count - 1.0) / 2.0;
        let mean = values.iter().sum::<f64>() / count;
        let steps = values.iter().enumerate().map(|(step, value)| (step as f64 - middle, value));
        let (product, square) = steps.fold((0.0, 0.0), |(product, square), (step, value)| {
            (product + step * (value - mean), square + step * step)
        });
        let slope = product / square;
        Self { start: mean - slope * middle, slope }
    }

    fn at(&self, step: usize) -> f64 {
        self.start + self.slope * step as f64
    }
}

/// The share of the variance that a fit explains.
fn explained(values: &[f64], fitted: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let square = |pairs: &mut dyn Iterator<Item = (f64, f64)>| {
        pairs.map(|(left, right)| (left - right).powi(2)).sum::<f64>()
    };
    let left = square(&mut values.iter().copied().zip(fitted.iter().copied()));
    let all = square(&mut values.iter().map(|value| (*value, mean)));
    1.0 - left / all
}

impl Growth {
    /// The growth in words.
    pub fn words(&self) -> String {
        match self {
            Self::TooFew { steps } => {
                format!("{steps} steps with a difference are too few to tell how it grows")
            }
            Self::Flat => "it stays about the same over the steps".into(),
            Self::Irregular => "it grows, but irregularly".into(),
            Self::Falling => "it falls over the steps: they damp what went before".into(),
            Self::Linear { per_step, fit } => format!(
                "it grows by about {per_step:.1e} a step (line, R² {fit:.3}): a bias that adds up"
            ),
            Self::Exponential { factor, fit } => format!(
                "it grows by a factor of about {factor:.2} a step (exponential, R² {fit:.3}): noise that is amplified"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_grows_where_nothing_differs() {
        assert_eq!(fit(&[0.0, 0.0, 0.0, 0.0, 0.0]), None);
        assert_eq!(fit(&[0.0, 1.0, 2.0]), Some(Growth::TooFew { steps: 2 }));
        assert_eq!(fit(&[3.0, 3.1, 2.9, 3.0]), Some(Growth::Flat));
        assert_eq!(fit(&[3.0, 1.0, 0.5, 0.1]), Some(Growth::Falling));
        assert_eq!(fit(&[1.0, 9.0, 1.0, 9.0, 1.0, 4.0]), Some(Growth::Irregular));
    }

    proptest! {
        #[test]
        fn a_line_is_a_line(steps in 4_usize..60, slope in 1e-9_f64..1e3, noise in 0.0_f64..0.05) {
            let values: Vec<f64> = (1..=steps)
                .map(|step| slope * step as f64 * (1.0 + noise * f64::from((step % 3) as i32 - 1)))
                .collect();
            let Some(Growth::Linear { per_step, .. }) = fit(&values) else {
                return Err(TestCaseError::fail(format!("{:?}", fit(&values))));
            };
            prop_assert!((per_step / slope - 1.0).abs() < 0.2, "{per_step} of {slope}");
        }

        #[test]
        fn an_exponential_is_an_exponential(
            steps in 5_usize..40,
            factor in 1.5_f64..8.0,
            noise in 0.0_f64..0.05,
        ) {
            let values: Vec<f64> = (0..steps)
                .map(|step| 1e-9 * factor.powi(step as i32) * (1.0 + noise * f64::from((step % 3) as i32 - 1)))
                .collect();
            let Some(Growth::Exponential { factor: found, .. }) = fit(&values) else {
                return Err(TestCaseError::fail(format!("{:?}", fit(&values))));
            };
            prop_assert!((found / factor - 1.0).abs() < 0.1, "{found} of {factor}");
        }
    }
}
