//! The matrix: what filters show and say, and how the keyboard moves in it.

use serde_json::{Value, json};

use crate::fixture::{LARGE, SMALL, TWO_RUNS};
use crate::webdriver::key;
use crate::{Opened, open};

impl Opened {
    /// The texts of visible elements.
    fn shown(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])] \
            .filter((element) => element.checkVisibility()) \
            .map((element) => element.querySelector('.value').textContent)";
        let texts = self.browser.run_with(script, &json!([selector]));
        serde_json::from_value(texts).expect("texts are strings")
    }

    fn rows(&self) -> Vec<String> {
        self.shown("tbody th.scenario")
    }

    fn columns(&self) -> Vec<String> {
        self.shown("th.target")
    }

    fn count(&self) -> String {
        self.browser.text("#count")
    }
}

fn distinct(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names.dedup();
    names
}

pub fn a_verdict_shows_the_rows_and_columns_that_have_it() {
    let page = open(SMALL.data());
    assert_eq!(page.count(), "All 46 cells: 12 scenarios on 4 targets");
    page.browser.click("[data-verdict=skipped]");
    let cells = page.cells("skipped");
    let scenarios = distinct(cells.iter().map(|cell| page.scenario(cell)).collect());
    let targets = distinct(cells.iter().map(|cell| page.target(cell)).collect());
    assert_eq!(page.rows(), scenarios);
    let mut columns = page.columns();
    columns.sort_unstable();
    assert_eq!(columns, targets);
    assert_eq!(page.count(), "4 of 46 cells: 4 scenarios on 4 targets");
    // The neighbours stay, and step back.
    let faded = "return document.querySelectorAll('tbody tr:not([hidden]) button.other').length";
    assert_eq!(page.browser.run(faded), 10);
    page.browser.click("#filter-clear");
    assert_eq!(page.count(), "All 46 cells: 12 scenarios on 4 targets");
    assert_eq!(page.browser.run(faded), 0);
}

pub fn text_is_looked_for_in_names_and_tags() {
    let page = open(SMALL.data());
    page.browser.send_keys("#filter-text", "NIGHTLY scenario-0");
    assert_eq!(page.rows(), ["scenario-00", "scenario-03", "scenario-06", "scenario-09"]);
    assert_eq!(page.count(), "15 of 46 cells: 4 scenarios on 4 targets");
    page.browser.send_keys("#filter-text", "nowhere");
    assert_eq!(page.rows(), [""; 0]);
    assert_eq!(page.count(), "0 of 46 cells: 0 scenarios on 0 targets");
    let nothing = "return document.querySelector('.nothing').checkVisibility()";
    assert_eq!(page.browser.run(nothing), true);
}

pub fn targets_and_classes_choose_columns() {
    let page = open(TWO_RUNS.data());
    assert_eq!(page.shown("th.run"), ["linux-a", "linux-b"]);
    page.browser.click("#filter-targets summary");
    page.browser.click("#filter-targets fieldset:nth-of-type(2) .chip:nth-of-type(2)");
    assert_eq!(page.columns(), ["ndarray"]);
    assert_eq!(page.shown("th.run"), ["linux-b"], "an empty run has no header");
    assert_eq!(page.browser.text("#targets-chosen"), "1 of 6");
    assert_eq!(page.count(), "12 of 70 cells: 12 scenarios on 1 target");
    page.browser.press(&[key::ESCAPE]);
    let menu = page.browser.run("return document.getElementById('filter-targets').open");
    assert_eq!(menu, false, "Escape closes the menu");
    page.browser.click("#filter-clear");
    page.browser.send_keys("#filter-class", "wgpu");
    assert_eq!(page.columns(), ["wgpu:llvmpipe", "wgpu:llvmpipe"]);
}

pub fn the_count_is_announced_and_the_filters_are_named() {
    let page = open(SMALL.data());
    let script = "return document.getElementById('count').getAttribute('aria-live')";
    assert_eq!(page.browser.run(script), "polite");
    let nameless = "return [...document.querySelectorAll('input, select, button')] \
        .filter((control) => !(control.labels?.[0]?.textContent || control.textContent || \
            control.ariaLabel)).map((control) => control.outerHTML)";
    assert_eq!(page.browser.run(nameless), json!([]), "every control has a name");
}

pub fn arrows_move_over_gaps_and_hidden_columns() {
    let page = open(SMALL.data());
    let reachable = "return document.querySelectorAll('td > button[tabindex=\"0\"]').length";
    assert_eq!(page.browser.run(reachable), 1, "Tab stops at the matrix once");
    page.browser.run("matrix.current.focus()");
    let at = |scenario: &str, target: &str| {
        let focus = page.focused();
        assert!(
            focus.ends_with(&format!("{scenario} on {target}")),
            "{focus}: {scenario} {target}"
        );
    };
    at("scenario-00", "flex");
    page.browser.press(&[key::RIGHT, key::DOWN, key::LEFT]);
    at("scenario-01", "flex");
    page.browser.press(&[key::LEFT, key::END, key::DOWN]);
    at("scenario-02", "cuda:0");
    // scenario-04 has no cell on the last target.
    page.browser.press(&[key::DOWN, key::DOWN]);
    at("scenario-05", "cuda:0");
    page.browser.press(&[key::UP, key::UP, key::HOME]);
    at("scenario-02", "flex");
    page.browser.run("filter.targets = new Set([0, 3]); applyFilters()");
    page.browser.press(&[key::RIGHT]);
    at("scenario-02", "cuda:0");
    // What has the focus is left out: Tab finds another.
    page.browser.run("filter.targets = new Set([1]); applyFilters()");
    assert_eq!(page.browser.run("return matrix.current.checkVisibility()"), true);
    assert_eq!(page.browser.run(reachable), 1);
}

pub fn what_has_the_focus_is_not_under_the_fixed_row_and_column() {
    let page = open(LARGE.data());
    page.browser.run("matrix.current.focus()");
    let long_way = [[key::RIGHT; 9], [key::DOWN; 9], [key::DOWN; 9], [key::LEFT; 9], [key::UP; 9]];
    for keys in long_way {
        for key in keys {
            page.browser.press(&[key]);
            let script = "const box = document.activeElement.getBoundingClientRect(); \
                const middle = [box.x + box.width / 2, box.y + box.height / 2]; \
                return document.activeElement.contains(document.elementFromPoint(...middle))";
            assert_eq!(page.browser.run(script), Value::Bool(true), "{}", page.focused());
        }
    }
}
