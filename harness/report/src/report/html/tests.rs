use serde_json::json;

use super::*;

#[test]
fn no_value_becomes_markup_and_no_mark_is_searched_twice() {
    let data = json!({ "name": "</script><b>\u{2028}{{title}}" });
    let page = html("{{data}} & <i>", "\u{202e}won", &["a < b".into()], &data);
    assert!(page.contains("<title>{{data}} &amp; &lt;i&gt;</title>"));
    assert!(page.contains("\\u{202e}won") && page.contains("<li>a &lt; b</li>"));
    assert!(page.contains(r"\u003c/script\u003e\u003cb\u003e\u2028{{title}}"));
    assert!(!page.contains("<b>") && !page.contains('\u{2028}'));
}

/// The policy names exactly the script and the style that stand in the page.
#[test]
fn the_policy_knows_its_own_script_and_style() {
    let page = html("t", "h", &[], &json!({}));
    let between = |open: &str, close: &str| {
        let (_, rest) = page.split_once(open).unwrap();
        rest.split_once(close).unwrap().0.to_owned()
    };
    let (style, script) = (between("<style>", "</style>"), between("<script>", "</script>"));
    for (kind, source) in [("style-src", style), ("script-src", script)] {
        assert!(page.contains(&format!("{kind} '{}'", hash(&source))), "{kind}");
    }
    assert!(page.contains("default-src 'none'"));
}
