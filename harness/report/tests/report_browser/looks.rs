//! How the page looks: light and dark, contrast, a phone, and what does not depend on colour.

use serde_json::{Value, json};

use crate::fixture::{self, SMALL, TWO_RUNS};
use crate::{Opened, open};

/// The contrast of every visible text with what is behind it, the least first.
const CONTRASTS: &str = r"
const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const light = ([red, green, blue]) => {
    const linear = [red, green, blue].map((channel) => {
        const share = channel / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
        const colour = channels(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
};
const place = dialog.open ? dialog : document.body;
const texts = [...place.querySelectorAll('*')].filter((element) => element.checkVisibility()
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
    && !['SCRIPT', 'STYLE', 'TITLE', 'OPTION'].includes(element.tagName.toUpperCase())
    && !element.matches(':disabled'));
return texts.map((element) => {
    const style = getComputedStyle(element);
    const front = light(channels(element.ownerSVGElement ? style.fill : style.color));
    const back = light(ground(element));
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    return [contrast, `${element.tagName} ${element.className} ${element.textContent}`];
}).sort(([left], [right]) => left - right);
";

impl Opened {
    fn assert_contrast(&self, what: &str) {
        let contrasts = self.browser.run(CONTRASTS);
        let all = contrasts.as_array().expect("a list");
        assert!(all.len() > 20, "{what}: only {} texts were found", all.len());
        let least = all[0][0].as_f64().expect("a contrast is a number");
        println!("{what}: least contrast {least:.2} of {} texts", all.len());
        assert!(least >= 4.5, "{what}: {}", all[0]);
    }

    fn ground(&self) -> Value {
        self.browser.run("return getComputedStyle(document.body).backgroundColor")
    }

    fn assert_no_sideways_scrolling(&self, what: &str) {
        let widths = self.browser.run(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth, \
             dialog.scrollWidth, dialog.clientWidth]",
        );
        assert_eq!(widths[0], widths[1], "{what}: the page fits");
        assert_eq!(widths[2], widths[3], "{what}: the window of a cell fits");
        let edges = self.browser.run(
            "const box = dialog.getBoundingClientRect(); \
             return !dialog.open || (box.left >= 0 && box.right <= innerWidth)",
        );
        assert_eq!(edges, true, "{what}: the window of a cell is cut off");
        let inside = widths[1].as_u64().is_some_and(|width| width <= 360);
        assert!(inside, "{what}: the phone is {} wide", widths[1]);
    }
}

pub fn light_and_dark_have_contrast_everywhere() {
    let page = open(TWO_RUNS.data());
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        page.browser.prefer(scheme, "reduce");
        page.open_at("");
        page.unfold();
        page.assert_contrast(scheme);
        page.browser.click("[data-verdict=mismatch]");
        page.assert_contrast(&format!("{scheme}, filtered"));
        page.browser.run("openCell(redCells[0])");
        page.unfold();
        page.assert_contrast(&format!("{scheme}, a cell"));
        grounds.push(page.ground());
    }
    assert_eq!(grounds, [json!("rgb(248, 248, 247)"), json!("rgb(20, 21, 23)")]);
    page.assert_quiet();
}

pub fn a_phone_scrolls_the_matrix_and_never_the_page() {
    for (what, data) in
        [("two machines", TWO_RUNS.data()), ("long names", fixture::hostile(TWO_RUNS.data()))]
    {
        let page = open(data);
        page.browser.phone(360, 740);
        page.open_at("");
        page.unfold();
        page.assert_no_sideways_scrolling(what);
        let matrix = "const place = document.getElementById('matrix-place'); \
            return place.scrollWidth > place.clientWidth";
        assert_eq!(page.browser.run(matrix), true, "{what}: the matrix scrolls by itself");
        page.browser.run("openCell(redCells[0])");
        page.unfold();
        page.assert_no_sideways_scrolling(what);
        page.assert_quiet();
    }
}

pub fn a_verdict_is_told_by_word_and_symbol() {
    let page = open(SMALL.data());
    let script = "return [...document.querySelectorAll('td > button')].map((button) => \
        [button.querySelector('.symbol').textContent, button.querySelector('.words').textContent])";
    let told = page.browser.run(script);
    let told = told.as_array().expect("a list");
    for (symbol, words) in [
        ("✓", "pass"),
        ("✗", "mismatch"),
        ("✗", "crashed"),
        ("≈", "known failure"),
        ("–", "skipped"),
    ] {
        assert!(told.contains(&json!([symbol, words])), "{symbol} {words}");
    }
    let signs = told.iter().filter(|cell| cell[0] == "" || cell[1] == "").count();
    assert_eq!(signs, 0, "each cell has both");
}

pub fn headings_and_landmarks_lead_through_the_page() {
    let page = open(SMALL.data());
    let script = "return [document.documentElement.lang, document.querySelectorAll('h1').length, \
        document.querySelectorAll('header, nav, main, footer').length, \
        [...document.querySelectorAll('nav a, .skip')].every((link) => \
            document.querySelector(link.getAttribute('href'))), \
        [...document.querySelectorAll('table')].every((table) => table.caption), \
        [...document.querySelectorAll('th')].every((head) => head.scope)]";
    assert_eq!(page.browser.run(script), json!(["en", 1, 4, true, true, true]));
}
