//! The first operation of the reference that is not the one that a golden remembers. Pure.

use serde::{Deserialize, Serialize};

use crate::golden::{KeptStep, Step};
use crate::json_float;

/// How many steps behind the first different one are searched for the old way.
const WINDOW: usize = 64;

/// An operation that is another one than when the golden was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its number, from 0.
    pub number: usize,
    /// The operation as it is now.
    pub now: Step,
    /// In which way it is another one.
    pub what: What,
}

/// In which way an operation is another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It has another argument.
    Scalar {
        /// What it was.
        #[serde(deserialize_with = "json_float::or_infinity")]
        then: f64,
        /// What it is.
        #[serde(deserialize_with = "json_float::or_infinity")]
        now: f64,
    },
    /// It gives something else for the same inputs: host data, another argument, or another kernel of the reference.
    Result,
    /// It was not there.
    Inserted,
    /// Something that stood before it is gone.
    Removed,
    /// Another operation stood in its place.
    Replaced,
    /// What came behind it is gone.
    Ended,
}

/// The first operation that is another one; nothing where all that the golden remembers are the same.
#[expect(clippy::float_cmp, reason = "both sides were rounded alike")]
pub fn first_change(golden: &[KeptStep], now: &[Step]) -> Option<Change> {
    let kept: Vec<KeptStep> = now.iter().map(KeptStep::of).collect();
    let differs = kept.iter().zip(golden).position(|(now, then)| !now.is_same(then));
    let Some(number) = differs else {
        // The golden goes on where the code ends.
        let last = now.len().checked_sub(1).filter(|_| now.len() < golden.len())?;
        return Some(Change { number: last, now: now[last].clone(), what: What::Ended });
    };
    let (here, there) = (&kept[number], &golden[number]);
    let what = if here.operation == there.operation {
        match (there.scalar, now[number].scalar) {
            (Some(then), Some(is)) if here.scalar != there.scalar => {
                What::Scalar { then: shortest(then), now: is }
            }
            _ => What::Result,
        }
    } else {
        let finds = |among: &[KeptStep], wanted: f64| {
            among.iter().skip(1).take(WINDOW).any(|step| step.operation == wanted)
        };
        let goes_on = finds(&kept[number..], there.operation);
        let went_on = finds(&golden[number..], here.operation);
        match (goes_on, went_on) {
            (true, false) => What::Inserted,
            (false, true) => What::Removed,
            _ => What::Replaced,
        }
    };
    Some(Change { number, now: now[number].clone(), what })
}

/// The decimal number in the source, from the `f32` nearest to it.
fn shortest(narrow: f64) -> f64 {
    (narrow as f32).to_string().parse().unwrap_or(narrow)
}

impl Change {
    /// What is another one, as the end of a sentence.
    pub fn words(&self) -> String {
        let title = self.title();
        match &self.what {
            What::Scalar { then, now } => {
                format!("{title}: its argument was {then:?} and is {now:?}")
            }
            What::Result if self.now.name == "from_data" => {
                format!("{title}: the host data differ")
            }
            What::Result => {
                format!("{title}: its result differs, or an argument that is not a number")
            }
            What::Ended => format!("the operation after {title}: it is gone"),
            What::Inserted => format!("{title}: it is new"),
            What::Removed => format!("the operation before {title}: it is gone"),
            What::Replaced => format!("{title}: it replaces another operation"),
        }
    }

    /// `add_scalar at step.00/unet/conv_norm_out (scenarios/src/unet/model.rs:148)`.
    pub fn title(&self) -> String {
        let Step { place, parameter, name, source, .. } = &self.now;
        let place = match (place.as_str(), parameter) {
            ("", Some(parameter)) => format!(" with {parameter}"),
            ("", None) => format!(" number {}", self.number),
            (place, _) if place.starts_with("after ") => format!(" {place}"),
            (place, _) => format!(" at {place}"),
        };
        let source = source.as_ref().map_or(String::new(), |line| format!(" ({line})"));
        format!("{name}{place}{source}")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn steps(words: &str) -> Vec<Step> {
        let step = |word: &str| {
            let (name, scalar) = match word.split_once('=') {
                Some((name, scalar)) => (name, scalar.parse().ok()),
                None => (word, None),
            };
            let digest = word.bytes().map(f64::from).sum();
            Step { name: name.into(), scalar, digest, ..Step::default() }
        };
        words.split(' ').map(step).collect()
    }

    #[rstest]
    #[case::same("a b=1 c", "a b=1 c", None)]
    #[case::scalar("a b=0.001 c", "a b=1e-5 c", Some((1, What::Scalar { then: 0.001, now: 1e-5 })))]
    #[case::inserted("a c d", "a b c d", Some((1, What::Inserted)))]
    #[case::removed("a b c d", "a c d", Some((1, What::Removed)))]
    #[case::ended("a b c", "a b", Some((1, What::Ended)))]
    #[case::replaced("a b c", "a x c", Some((1, What::Replaced)))]
    fn the_first_that_is_another(
        #[case] then: &str,
        #[case] now: &str,
        #[case] want: Option<(usize, What)>,
    ) {
        let golden: Vec<KeptStep> = steps(then).iter().map(KeptStep::of).collect();
        let change = first_change(&golden, &steps(now));
        assert_eq!(change.map(|change| (change.number, change.what)), want);
    }

    #[test]
    fn another_result_of_the_same_operation() {
        let mut now = steps("a b c");
        let golden: Vec<KeptStep> = now.iter().map(KeptStep::of).collect();
        now[1].digest += 1.0;
        now[2].digest += 1.0;
        let change = first_change(&golden, &now).unwrap();
        assert_eq!((change.number, change.what), (1, What::Result));
    }
}
