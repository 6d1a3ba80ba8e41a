//! How the distance between target and reference grows over the steps: in a line where a bias adds up, exponentially
//! where noise is amplified. Pure.

use serde::{Deserialize, Serialize};

use super::ReadReport;

/// How many steps it takes at least to tell a line from an exponential.
const POINTS: usize = 4;

/// A distance that grows by less than this over all steps does not grow.
const FLAT: f64 = 2.0;

/// How a distance grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// There are too few steps to tell.
    TooFew {
        /// How many there are.
        steps: usize,
    },
    /// It stays about the same.
    Flat,
    /// It falls.
    Falling,
    /// It grows, but not steadily.
    Irregular,
    /// By about as much in every step.
    Linear {
        /// How much.
        per_step: f64,
    },
    /// By about the same factor in every step.
    Exponential {
        /// The factor.
        factor: f64,
    },
}

/// How the distances of the steps grow; nothing where nothing differs.
pub fn growth(reads: &[ReadReport]) -> Option<Growth> {
    let of_steps = reads.iter().filter(|read| read.name.starts_with("step."));
    let distances: Vec<f64> = of_steps.map(|read| read.difference).collect();
    let distances = match distances.is_empty() {
        true => reads.iter().map(|read| read.difference).collect(),
        false => distances,
    };
    classify(&distances)
}

/// By the last distance beside the first, and by the middle one: halfway on a line, at the geometric mean on an
/// exponential.
fn classify(distances: &[f64]) -> Option<Growth> {
    // Steps without a difference have no factor.
    let begun = distances.iter().copied().skip_while(|distance| *distance == 0.0);
    let finite: Vec<f64> = begun.take_while(|distance| distance.is_finite()).collect();
    let (first, last, count) = (*finite.first()?, *finite.last()?, finite.len());
    let middle = f64::midpoint(finite[(count - 1) / 2], finite[count / 2]);
    let largest = finite.iter().copied().fold(0.0, f64::max);
    let times = last / first;
    let intervals = (count - 1) as f64;
    Some(match times {
        _ if count < POINTS => Growth::TooFew { steps: count },
        _ if times < 1.0 / FLAT => Growth::Falling,
        _ if times < FLAT => Growth::Flat,
        _ if largest > FLAT * last || middle < first / FLAT => Growth::Irregular,
        _ if middle < ((first * last).sqrt() * f64::midpoint(first, last)).sqrt() => {
            Growth::Exponential { factor: times.powf(1.0 / intervals) }
        }
        _ => Growth::Linear { per_step: (last - first) / intervals },
    })
}

impl Growth {
    /// The growth in words.
    pub fn words(&self) -> String {
        match self {
            Self::TooFew { steps } => {
                format!("too few steps ({steps}) have a difference to tell how it grows")
            }
            Self::Flat => "it stays about the same over the steps".into(),
            Self::Irregular => "it grows, but not steadily".into(),
            Self::Falling => "it falls over the steps: they damp earlier differences".into(),
            Self::Linear { per_step } => {
                format!("it grows by about {per_step:.1e} a step: a bias that adds up")
            }
            Self::Exponential { factor } => {
                format!("it grows by a factor of about {factor:.2} a step: noise that is amplified")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_grows_where_nothing_differs() {
        assert_eq!(classify(&[0.0, 0.0, 0.0, 0.0, 0.0]), None);
        assert_eq!(classify(&[0.0, 1.0, 2.0]), Some(Growth::TooFew { steps: 2 }));
        assert_eq!(classify(&[3.0, 3.1, 2.9, 3.0]), Some(Growth::Flat));
        assert_eq!(classify(&[3.0, 1.0, 0.5, 0.1]), Some(Growth::Falling));
        assert_eq!(classify(&[1.0, 9.0, 1.0, 9.0, 1.0, 4.0]), Some(Growth::Irregular));
    }

    proptest! {
        #[test]
        fn a_line_is_a_line(steps in 4_usize..60, slope in 1e-9_f64..1e3, noise in 0.0_f64..0.05) {
            let values: Vec<f64> = (1..=steps)
                .map(|step| slope * step as f64 * (1.0 + noise * f64::from((step % 3) as i32 - 1)))
                .collect();
            let Some(Growth::Linear { per_step, .. }) = classify(&values) else {
                return Err(TestCaseError::fail(format!("{:?}", classify(&values))));
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
            let Some(Growth::Exponential { factor: found, .. }) = classify(&values) else {
                return Err(TestCaseError::fail(format!("{:?}", classify(&values))));
            };
            prop_assert!((found / factor - 1.0).abs() < 0.1, "{found} of {factor}");
        }
    }
}
