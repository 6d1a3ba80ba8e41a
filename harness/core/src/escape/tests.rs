use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// Each kind of letter that acts without being seen: C0, DEL, C1 (an eight-bit terminal reads U+009B as `ESC [`),
/// marks, overrides and isolates of direction, letters without width, separators, fillers, tags, noncharacters.
#[rstest]
#[case::colour("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m")]
#[case::title("\u{1b}]0;x\u{7}", "\\u{1b}]0;x\\u{7}")]
#[case::eight_bits("\u{9b}2J", "\\u{9b}2J")]
#[case::carriage_return("pass\rfail", "pass\\u{d}fail")]
#[case::backspace("a\u{8}b", "a\\u{8}b")]
#[case::nothing("a\0b", "a\\u{0}b")]
#[case::delete("a\u{7f}b", "a\\u{7f}b")]
#[case::right_to_left("\u{202e}won", "\\u{202e}won")]
#[case::isolate("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}")]
#[case::mark("a\u{200f}b\u{61c}", "a\\u{200f}b\\u{61c}")]
#[case::no_width("a\u{200b}b\u{2060}c", "a\\u{200b}b\\u{2060}c")]
#[case::byte_order("\u{feff}a", "\\u{feff}a")]
#[case::tag("a\u{e0041}", "a\\u{e0041}")]
#[case::filler("a\u{3164}", "a\\u{3164}")]
#[case::no_character("a\u{fffe}\u{1ffff}", "a\\u{fffe}\\u{1ffff}")]
#[case::ends_of_windows("a\r\nb\r\n", "a\nb\n")]
#[case::command_of_github("a\n  ::add-mask::b", "a\n  \\u{3a}:add-mask::b")]
#[case::older_command("a ##[error]b", "a #\\u{23}[error]b")]
#[case::command_of_azure("##vso[task.complete]", "#\\u{23}vso[task.complete]")]
#[case::name_of_a_cell("a tiny::flex", "a tiny::flex")]
#[case::as_it_is("two\nlines\tand 🙂 é 日本 ←", "two\nlines\tand 🙂 é 日本 ←")]
fn a_terminal_shows_what_acts(#[case] text: &str, #[case] shown: &str) {
    assert_eq!(terminal(text), shown);
}

#[rstest]
#[case::no_characters("\u{fffe}\u{ffff}", "\\u{fffe}\\u{ffff}")]
#[case::control("a\u{1b}b\u{c}c\0", "a\\u{1b}b\\u{c}c\\u{0}")]
#[case::allowed(
    "\t\n\r\u{7f}\u{9b}\u{fffd}\u{1fffe}🙂\u{202e}]]>",
    "\t\n\r\u{7f}\u{9b}\u{fffd}\u{1fffe}🙂\u{202e}]]>"
)]
fn xml_gets_its_own_characters_only(#[case] text: &str, #[case] written: &str) {
    assert_eq!(xml(text), written);
}

#[test]
fn nothing_in_a_value_ends_a_workflow_command() {
    assert_eq!(workflow_message("50 %\nof::it\u{1b}"), "50 %25%0Aof::it\\u{1b}");
    assert_eq!(workflow_property("a:b,c%\r\n"), "a%3Ab%2Cc%25%0A");
}

#[test]
fn json_in_html_is_the_same_json() {
    let value =
        serde_json::json!({ "name": "</script>\u{202e}\u{7f}\u{e0041}\u{fffe}\u{1b} \\u{1b} 🙂" });
    let safe = json_in_html(&value.to_string());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    assert!(!safe.contains('<') && !safe.chars().any(is_hidden), "{safe}");
}

#[rstest]
#[case::table("a | b", "a \\| b")]
#[case::code("`rm`", "\\`rm\\`")]
#[case::markup("<b>&amp;", "&lt;b&gt;&amp;amp;")]
#[case::link("[x](y) ![p](q)", "\\[x\\](y) \\!\\[p\\](q)")]
#[case::emphasis("*a* _b_ ~c~", "\\*a\\* \\_b\\_ \\~c\\~")]
#[case::backslash("C:\\x", "C:\\\\x")]
#[case::lines("a\r\nb\nc\td", "a b c d")]
#[case::mention("@all", "@<!-- -->all")]
#[case::direction("\u{202e}a", "\\\\u{202e}a")]
fn markdown_shows_words_as_they_are(#[case] text: &str, #[case] written: &str) {
    assert_eq!(markdown(text), written);
}

proptest! {
    #[test]
    fn nothing_hidden_is_left_anywhere(text in ".*", marks in prop::collection::vec(any::<char>(), 0..20)) {
        let text = text + &marks.into_iter().collect::<String>();
        for safe in [
            terminal(&text).into_owned(), html(&text), markdown(&text), markdown_code(&text), workflow_message(&text),
            workflow_property(&text), json_in_html(&serde_json::Value::from(text.as_str()).to_string()),
        ] {
            prop_assert!(!safe.chars().any(is_hidden), "{safe:?}");
        }
        for line in [markdown(&text), markdown_code(&text), workflow_message(&text)] {
            prop_assert!(!line.contains('\n'), "{line:?}");
        }
        prop_assert!(xml(&text).chars().all(is_xml));
        let again = terminal(&text).into_owned();
        prop_assert_eq!(terminal(&again), again.as_str());
    }
}
