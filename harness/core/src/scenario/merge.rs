//! Merge keys: `<<: *defaults` puts the keys of another mapping into this one, its own keys going first. Pure.

use serde_yaml::{Error, Value};

/// The key whose value is merged into the mapping around it.
pub(super) const MERGE: &str = "<<";

/// Merges everywhere, whatever is merged first; says whether there was anything to merge.
///
/// # Errors
/// If a merge key holds anything but a mapping or a list of mappings.
pub(super) fn merge(value: &mut Value) -> Result<bool, Error> {
    let mut merged = false;
    match value {
        Value::Mapping(mapping) => {
            // What is merged may have merge keys of its own; serde_yaml would leave them, or lose those of a list.
            for (_, inner) in mapping.iter_mut() {
                merged |= merge(inner)?;
            }
            if mapping.contains_key(MERGE) {
                merged = true;
                value.apply_merge()?;
            }
        }
        Value::Sequence(items) => {
            for item in items {
                merged |= merge(item)?;
            }
        }
        Value::Tagged(tagged) => merged = merge(&mut tagged.value)?,
        _ => {}
    }
    Ok(merged)
}

/// Where a key stands in the text of a file, as an error in the merged text names it: below its own top-level key, or
/// else where it was merged from, or else where the top-level key or the first merge key stands.
pub(super) fn place_of_merged(text: &str, merged: &str, error: &Error) -> Option<(usize, usize)> {
    let line = error.location()?.line();
    let above: Vec<&str> = merged.lines().take(line).collect();
    let top = above.iter().rev().find_map(|line| key_of(line).filter(|_| !is_inner(line)))?;
    let leaf = above.iter().rev().find_map(|line| key_of(line))?;
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| !is_inner(line) && key_of(line) == Some(top));
    let below = start.map_or(0..0, |start| {
        let more = lines[start + 1..].iter().take_while(|line| is_inner(line)).count();
        start..start + 1 + more
    });
    let in_lines = |range: std::ops::Range<usize>| {
        range.clone().find_map(|index| Some((index + 1, column_of(lines[index], leaf)?)))
    };
    in_lines(below)
        .or_else(|| in_lines(0..lines.len()))
        .or_else(|| start.map(|start| (start + 1, 1)))
        .or_else(|| {
            (1..).zip(&lines).find_map(|(number, line)| Some((number, line.find(MERGE)? + 1)))
        })
}

/// Whether a line belongs to what stands at the margin above it.
fn is_inner(line: &str) -> bool {
    line.is_empty() || line.starts_with([' ', '\t', '-', '#', '}', ']'])
}

/// The key at the beginning of a line in block style.
fn key_of(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '-']);
    let (key, rest) = line.split_once(':')?;
    (!key.is_empty() && (rest.is_empty() || rest.starts_with(' '))).then_some(key)
}

/// The column of a key in a line in any style.
fn column_of(line: &str, key: &str) -> Option<usize> {
    let found = line.match_indices(key).find(|(at, _)| {
        let before = line[..*at].chars().next_back();
        let begins = before.is_none_or(|letter| " \t{,-\"'".contains(letter));
        let after = line[at + key.len()..].trim_start_matches(['"', '\'', ' ']);
        begins && after.starts_with(':')
    });
    found.map(|(at, _)| line[..at].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn merged(text: &str) -> Result<Value, String> {
        let mut value: Value = serde_yaml::from_str(text).unwrap();
        merge(&mut value).map_err(|error| error.to_string())?;
        Ok(value)
    }

    /// Also of this kind: a merge key in a list's element, in a merged mapping, and one that holds an alias.
    #[rstest]
    #[case::one("a: { <<: { x: 1, y: 2 }, y: 3 }", "a: { x: 1, y: 3 }")]
    #[case::own_keys_first_wherever_they_stand(
        "a: { y: 3, <<: { x: 1, y: 2 } }",
        "a: { x: 1, y: 3 }"
    )]
    #[case::nothing("a: { <<: {}, y: 3 }", "a: { y: 3 }")]
    #[case::alias("b: &b { x: 1 }\na: { <<: *b, y: 2 }", "b: { x: 1 }\na: { x: 1, y: 2 }")]
    #[case::list("a: { <<: [{ x: 1, y: 1 }, { y: 2, z: 2 }] }", "a: { x: 1, y: 1, z: 2 }")]
    #[case::nested("a: { <<: { <<: { x: 1, y: 1 }, y: 2 }, z: 3 }", "a: { x: 1, y: 2, z: 3 }")]
    #[case::three_deep("a: { <<: { <<: { <<: { x: 1 } } } }", "a: { x: 1 }")]
    #[case::nested_in_a_list(
        "a: { <<: [{ <<: { x: 1 }, u: 1 }, { <<: { y: 2 }, v: 2 }] }",
        "a: { x: 1, u: 1, y: 2, v: 2 }"
    )]
    #[case::in_a_list("a: [{ <<: { x: 1 } }, 2]", "a: [{ x: 1 }, 2]")]
    #[case::whole_file("<<: { x: { <<: { y: 1 } } }\nz: 2", "x: { y: 1 }\nz: 2")]
    fn everything_is_merged(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(merged(text).unwrap(), serde_yaml::from_str::<Value>(plain).unwrap());
    }

    #[rstest]
    #[case::scalar("a: { <<: 1 }")]
    #[case::nothing("a: { <<: }")]
    #[case::list_of_scalars("a: { <<: [1] }")]
    #[case::list_of_lists("a: { <<: [[{ x: 1 }]] }")]
    fn what_is_no_mapping_cannot_be_merged(#[case] text: &str) {
        let error = merged(text).unwrap_err();
        assert!(error.contains("merg"), "{error}");
    }

    #[test]
    fn a_text_without_merge_keys_is_left_alone() {
        let mut value: Value = serde_yaml::from_str("a: '<< is no key here'").unwrap();
        assert!(!merge(&mut value).unwrap());
    }

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "it is only parsed")]
    struct File {
        a: Option<u8>,
        b: Numbers,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only parsed")]
    struct Numbers {
        x: u8,
        y: Vec<u8>,
    }

    /// Also of this kind: an error in a list, in a quoted key, and one whose key stands elsewhere, too.
    #[rstest]
    #[case::own_key("a: 1\nb:\n  <<: { y: [] }\n  x: 'no'\n", (4, 3))]
    #[case::own_key_in_one_line("b: { <<: { y: [] }, 'x': 'no' }\n", (1, 22))]
    #[case::the_same_key_above("c:\n  x: 1\nb:\n  <<: { y: [] }\n  x: 'no'\n", (5, 3))]
    #[case::below_another_key("b:\n  <<: { y: [] }\n  x: 'no'\nc:\n  x: 1\n", (3, 3))]
    #[case::merged_from_an_anchor("c: &c { y: [], x: 'no' }\nb: { <<: *c }\n", (1, 16))]
    #[case::in_a_list("b:\n  <<: { x: 1 }\n  y:\n    - 1\n    - 'no'\n", (3, 3))]
    #[case::unknown_key("b:\n  <<: { x: 1, y: [] }\n  z: 1\n", (3, 3))]
    #[case::whole_file("<<: { a: 'no' }\nb: { x: 1, y: [] }", (1, 7))]
    fn an_error_is_placed_where_its_key_stands(#[case] text: &str, #[case] place: (usize, usize)) {
        let plain = serde_yaml::to_string(&merged(text).unwrap()).unwrap();
        let error = serde_yaml::from_str::<File>(&plain).unwrap_err();
        assert_eq!(place_of_merged(text, &plain, &error), Some(place), "{error}\n{plain}");
    }
}
