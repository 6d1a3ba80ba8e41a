//! On which lines of a file the entries of a list stand, so that a message can name them. It reads lines and not YAML:
//! the parser gives no places for what it accepts.

use std::ops::RangeInclusive;

/// The lines of each entry below a key at the margin, counted from 1, comments in front of an entry included; the only
/// entry takes the key with it. Empty where the list is written in one line.
pub(super) fn entry_lines(text: &str, key: &str) -> Vec<RangeInclusive<usize>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_key = |line: &str| {
        line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')).is_some_and(|rest| {
            let rest = rest.trim();
            rest.is_empty() || rest.starts_with('#')
        })
    };
    let Some(start) = lines.iter().position(|line| is_key(line)) else { return Vec::new() };
    let belongs = |line: &str| {
        line.trim().is_empty() || line.starts_with([' ', '#', '-']) || line.starts_with('\t')
    };
    let length = lines[start + 1..].iter().take_while(|line| belongs(line)).count();
    let block = &lines[start + 1..start + 1 + length];
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(first) = block.iter().find(|line| line.trim_start().starts_with('-')) else {
        return Vec::new();
    };
    let begins = |line: &str| line.trim_start().starts_with('-') && indent(line) == indent(first);
    let begin: Vec<usize> = (0..block.len()).filter(|place| begins(block[*place])).collect();
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let ranges = begin.iter().enumerate().map(|(number, place)| {
        let end = begin.get(number + 1).copied().unwrap_or(block.len());
        let last = (*place..end).rev().find(|line| says(block[*line])).unwrap_or(*place);
        // The key is line `start + 1`, and the block begins after it.
        let from = if begin.len() == 1 { start + 1 } else { start + 2 + place };
        from..=start + 2 + last
    });
    ranges.collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::one_takes_the_key("a: 1\nknown:\n  - { b: 1 }\nc: 2\n", &[(2, 3)])]
    #[case::block_style("known:\n- b: 1\n  c: 2\n- b: 3\n\n# about d\nd: 4\n", &[(2, 3), (4, 4)])]
    #[case::nested_list("known:\n  - b:\n      - 1\n      - 2\n  - c: 1\n", &[(2, 4), (5, 5)])]
    #[case::comment_after_the_key("known: # why\n  - 1\n  # next\n  - 2", &[(2, 2), (4, 4)])]
    #[case::in_one_line("known: [{ b: 1 }]\n", &[])]
    #[case::not_there("other:\n  - 1\n", &[])]
    fn entries_are_found(#[case] text: &str, #[case] lines: &[(usize, usize)]) {
        let found: Vec<(usize, usize)> =
            entry_lines(text, "known").into_iter().map(RangeInclusive::into_inner).collect();
        assert_eq!(found, lines);
    }
}
