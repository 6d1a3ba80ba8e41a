//! The slice notation of expectations: `[0, -3:, -3:, -1]`, as numpy writes it.

use std::fmt;
use std::str::FromStr;

use crate::checked;
use serde::{Deserialize, Deserializer};

/// A part of a tensor, one entry a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Index(i64),
    Range { start: Option<i64>, end: Option<i64> },
}

impl Slice {
    /// Flat, row-major indices of the part, in order.
    ///
    /// # Errors
    /// A sentence that says which entry does not fit `shape`.
    pub fn resolve(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        if self.entries.len() != shape.len() {
            return Err(format!(
                "the slice {self} has {} entries, the tensor has the shape {shape:?}",
                self.entries.len()
            ));
        }
        let mut flat = vec![0];
        for (entry, &length) in self.entries.iter().zip(shape) {
            let picked = entry.resolve(length).ok_or_else(|| {
                format!("the entry {entry} of the slice {self} is outside of the shape {shape:?}")
            })?;
            flat = flat
                .iter()
                .flat_map(|base| picked.iter().map(move |index| base * length + index))
                .collect();
        }
        Ok(flat)
    }
}

impl Entry {
    fn resolve(self, length: usize) -> Option<Vec<usize>> {
        let whole = i64::try_from(length).ok()?;
        let from_end = |index: i64| if index < 0 { index + whole } else { index };
        match self {
            Self::Index(index) => {
                let index = from_end(index);
                (0..whole).contains(&index).then(|| vec![index as usize])
            }
            Self::Range { start, end } => {
                // Clamped as numpy does; an empty part would check nothing.
                let start = start.map_or(0, from_end).clamp(0, whole);
                let end = end.map_or(whole, from_end).clamp(0, whole);
                (start < end).then(|| (start as usize..end as usize).collect())
            }
        }
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "invalid slice `{text}`: expected numpy's notation, for instance [0, -3:, -3:, -1]"
            )
        };
        let inner = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let entries: Option<Vec<Entry>> =
            inner.ok_or_else(wrong)?.split(',').map(|entry| parse_entry(entry.trim())).collect();
        Ok(Self { entries: entries.ok_or_else(wrong)? })
    }
}

fn parse_entry(text: &str) -> Option<Entry> {
    let bound = |text: &str| match text.trim() {
        "" => Some(None),
        number => number.parse().ok().map(Some),
    };
    match text.split_once(':') {
        None => text.parse().ok().map(Entry::Index),
        Some((start, end)) => Some(Entry::Range { start: bound(start)?, end: bound(end)? }),
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |bound: Option<i64>| bound.map_or(String::new(), |number| number.to_string());
        match *self {
            Self::Index(index) => index.fmt(formatter),
            Self::Range { start, end } => write!(formatter, "{}:{}", bound(start), bound(end)),
        }
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<String> = self.entries.iter().map(ToString::to_string).collect();
        write!(formatter, "[{}]", entries.join(", "))
    }
}

impl<'de> Deserialize<'de> for Slice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a slice", str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::Slice;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("[0, -2:]", &[2, 3], &[1, 2])]
    #[case("[:, 1]", &[2, 3], &[1, 4])]
    #[case("[1:, :2]", &[2, 3], &[3, 4])]
    #[case("[-1, -1]", &[2, 3], &[5])]
    #[case("[0, -9:]", &[2, 3], &[0, 1, 2])]
    fn picks_what_numpy_picks(#[case] text: &str, #[case] shape: &[usize], #[case] want: &[usize]) {
        assert_eq!(text.parse::<Slice>().unwrap().resolve(shape).unwrap(), want);
    }

    #[rstest]
    #[case("[0]", "1 entries")]
    #[case("[0, 3]", "entry 3")]
    #[case("[0, -4]", "entry -4")]
    #[case("[0, 2:1]", "entry 2:1")]
    fn says_which_entry_does_not_fit(#[case] text: &str, #[case] message: &str) {
        let error = text.parse::<Slice>().unwrap().resolve(&[2, 3]).unwrap_err();
        assert!(error.contains(message), "{error}");
    }

    #[rstest]
    #[case("")]
    #[case("0, 1")]
    #[case("[a]")]
    #[case("[1:2:3]")]
    #[case("[]")]
    fn refuses_what_is_no_slice(#[case] text: &str) {
        assert!(text.parse::<Slice>().is_err());
    }

    proptest! {
        #[test]
        fn printing_and_parsing_agree(
            entries in prop::collection::vec(
                prop_oneof![
                    (-9_i64..9).prop_map(|index| index.to_string()),
                    (prop::option::of(-9_i64..9), prop::option::of(-9_i64..9)).prop_map(
                        |(start, end)| format!(
                            "{}:{}",
                            start.map_or(String::new(), |number| number.to_string()),
                            end.map_or(String::new(), |number| number.to_string())
                        )
                    ),
                ],
                1..5,
            )
        ) {
            let text = format!("[{}]", entries.join(", "));
            let slice: Slice = text.parse().unwrap();
            prop_assert_eq!(slice.to_string(), text);
        }
    }
}
