//! The window of a cell: opening and leaving it, what stands in it, and its controls.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::fixture::{SMALL, TWO_RUNS};
use crate::webdriver::key;
use crate::{Opened, open};

impl Opened {
    /// Opens the first cell with a verdict by a click and returns it.
    fn click_cell(&self, verdict: &str) -> Value {
        let cell = self.cells(verdict)[0].clone();
        let row = cell["scenario"].as_u64().expect("an index") + 1;
        let column = cell["target"].as_u64().expect("an index") + 2;
        self.browser.click(&format!(
            "table.matrix tbody tr:nth-child({row}) > :nth-child({column}) button"
        ));
        self.browser.wait_for("dialog.open");
        cell
    }

    fn fragment(&self) -> String {
        let fragment = self.browser.run("return decodeURIComponent(location.hash)");
        fragment.as_str().expect("a fragment is a string").to_owned()
    }
}

pub fn a_click_opens_the_cell_with_all_that_is_known() {
    let page = open(SMALL.data());
    let cell = page.click_cell("mismatch");
    let text = page.browser.text("dialog");
    let items = "return [...document.querySelectorAll('dialog .reason li')].map((item) => item.textContent)";
    let reasons = cell["reasons"].as_array().expect("a list").iter();
    let reasons: Vec<_> = reasons.map(|reason| reason["text"].clone()).collect();
    assert_eq!(page.browser.run(items), json!(reasons), "each reason is one item");
    for part in [
        "mismatch",
        "cargo repro run scenario-00 --backend cpu",
        "same bits as flex of linux-a",
        "1,029 elements equal, 2,043 different, 47 of them outside of the tolerance",
        "First outside of what is allowed: step 6, not finite.",
        "the guide on reproducibility",
        "Mesa 22.3.1",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let loaded =
        "[...document.querySelectorAll('dialog img')].every((image) => image.naturalWidth === 32)";
    page.browser.wait_for(loaded);
    let alternatives =
        "return [...document.querySelectorAll('dialog .pictures img')].map((image) => image.alt)";
    assert_eq!(
        page.browser.run(alternatives),
        json!([
            "golden of image",
            "result of image on ndarray",
            "difference of image, multiplied by 10",
            "FLIP error map of image"
        ])
    );
    let charts =
        "return [...document.querySelectorAll('dialog svg')].every((svg) => svg.ariaLabel)";
    assert_eq!(page.browser.run(charts), true, "every chart has its words");
    page.assert_quiet();
}

pub fn charts_have_their_numbers_in_tables() {
    let page = open(SMALL.data());
    page.click_cell("mismatch");
    page.unfold();
    let rows = page.browser.text("dialog .histogram table");
    assert!(rows.contains("1.0e-8 to 3.2e-8") && rows.contains("802"), "{rows}");
    let bars = "return document.querySelectorAll('dialog .bar').length";
    assert_eq!(page.browser.run(bars), 11, "a bar for each size that was seen");
}

pub fn escape_returns_to_where_one_was() {
    let page = open(TWO_RUNS.data());
    page.browser.run("matrix.current.focus()");
    page.browser.press(&[key::RIGHT, key::ENTER]);
    page.browser.wait_for("dialog.open");
    assert_eq!(page.fragment(), "#scenario-00/ndarray@linux-a");
    assert_eq!(page.focused(), "cell-title", "the reader starts at the window's title");
    page.browser.press(&[key::ESCAPE]);
    page.browser.wait_for("!dialog.open && openedCell === null");
    let focus = page.focused();
    assert!(focus.ends_with("scenario-00 on ndarray@linux-a"), "{focus}");
    assert_eq!(page.fragment(), "", "the address is the report's again");
    page.assert_quiet();
}

pub fn the_back_button_closes_the_cell() {
    let page = open(SMALL.data());
    page.click_cell("mismatch");
    page.browser.run("history.back()");
    page.browser.wait_for("!dialog.open && openedCell === null");
    page.browser.run("history.forward()");
    page.browser.wait_for("dialog.open");
    assert_eq!(page.fragment(), "#scenario-00/ndarray");
}

pub fn red_cells_are_walked_in_order_and_around() {
    let page = open(SMALL.data());
    page.browser.click("#first-red");
    let red = page.browser.run("return redCells.map((cell) => cell.key)");
    let red: Vec<String> = serde_json::from_value(red).expect("keys are strings");
    for key in red[1..].iter().chain(&red[..1]) {
        page.browser.click("#red-after");
        assert_eq!(page.fragment(), format!("#{key}"));
        assert_eq!(page.focused(), "red-after", "the next press goes on");
    }
    page.browser.click("#red-before");
    assert_eq!(page.fragment(), format!("#{}", red.last().expect("some are red")));
    page.browser.click(".close");
    page.browser.wait_for("openedCell === null");
    let focus = page.focused();
    let [scenario, target] = red.last().map(|key| key.split('/').collect::<Vec<_>>()).unwrap()[..]
    else {
        panic!("a key has two parts");
    };
    assert!(
        focus.ends_with(&format!("{scenario} on {target}")),
        "focus is where one went: {focus}"
    );
}

/// The colour in the middle of a pixel of the 32 by 32 that a picture shows, however large it is.
fn colour(base64: &Value, column: u32, row: u32) -> Vec<u8> {
    let bytes = STANDARD.decode(base64.as_str().expect("a picture is base64")).expect("base64");
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size that fits")];
    let info = reader.next_frame(&mut pixels).expect("a whole PNG");
    // In halves of a pixel, so that it is a whole number.
    let place = |pixel: u32, size: u32| ((2 * pixel + 1) * size / 64) as usize;
    let at = place(row, info.height) * info.line_size
        + place(column, info.width) * info.color_type.samples();
    pixels[at..at + 3].to_vec()
}

pub fn the_wipe_moves_by_keyboard_and_changes_the_picture() {
    let page = open(SMALL.data());
    let cell = page.click_cell("mismatch");
    page.browser.wait_for(
        "[...document.querySelectorAll('.stack img')].every((image) => image.naturalWidth === 32)",
    );
    let picture = |name: &str| {
        let index = cell["outputs"][0]["pictures"][name].as_u64().expect("an index");
        &page.data["pictures"][usize::try_from(index).expect("a small index")]
    };
    let (golden, result) = (picture("golden"), picture("result"));
    let assert_shows = |keys: &[char], golden_percent: u32| {
        page.browser.press(keys);
        let words = "return document.querySelector('.wipe').getAttribute('aria-valuetext')";
        let told = format!("golden {golden_percent} %, result {} %", 100 - golden_percent);
        assert_eq!(page.browser.run(words), told);
        let seen = Value::String(page.browser.screenshot(".stack"));
        for column in [2, 12, 19, 29] {
            let left = column * 100 / 32 < golden_percent;
            let wanted = colour(if left { golden } else { result }, column, 20);
            assert_eq!(colour(&seen, column, 20), wanted, "{told}: column {column}");
        }
    };
    page.browser.run("document.querySelector('.wipe').focus()");
    assert_shows(&[], 50);
    assert_shows(&[key::RIGHT; 20], 70);
    assert_shows(&[key::LEFT; 45], 25);
    assert_shows(&[key::END], 100);
    assert_shows(&[key::HOME], 0);
}

pub fn blinking_follows_the_wish_for_less_motion() {
    let page = open(SMALL.data());
    page.browser.prefer("light", "no-preference");
    page.click_cell("mismatch");
    page.browser.click(".blink");
    for shown in ["golden", "result", "golden"] {
        page.browser
            .wait_for(&format!("document.querySelector('.shown').textContent === '{shown}'"));
    }
    page.browser.click(".blink");
    let pressed = "return document.querySelector('.blink').getAttribute('aria-pressed')";
    assert_eq!(page.browser.run(pressed), "false");
    assert_eq!(page.browser.text(".shown"), "golden 50 %, result 50 %");
    page.browser.press(&[key::ESCAPE]);
    page.browser.wait_for("openedCell === null");
    page.browser.prefer("light", "reduce");
    page.click_cell("mismatch");
    page.browser.click(".blink");
    std::thread::sleep(std::time::Duration::from_millis(1600));
    assert_eq!(page.browser.text(".shown"), "golden", "it moves only when pressed");
    page.browser.click(".blink");
    assert_eq!(page.browser.text(".shown"), "result");
}

pub fn pictures_are_enlarged_by_whole_pixels() {
    let page = open(SMALL.data());
    page.click_cell("mismatch");
    page.browser.send_keys(".zoom", "16");
    let width = "return [...document.querySelectorAll('dialog img')].map((image) => [image.width, \
        getComputedStyle(image).imageRendering])";
    let widths = page.browser.run(width);
    assert_eq!(widths, json!(vec![json!([512, "pixelated"]); 6]));
}

pub fn the_command_is_copied_or_at_least_selected() {
    let page = open(SMALL.data());
    page.click_cell("mismatch");
    page.browser.click(".copy");
    page.browser.wait_for("document.querySelector('.said').textContent !== ''");
    page.browser.run(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined }); \
         document.execCommand = () => false; document.querySelector('.said').textContent = ''",
    );
    page.browser.click(".copy");
    page.browser.wait_for("document.querySelector('.said').textContent.startsWith('Selected')");
    let selected = page.browser.run("return getSelection().toString()");
    assert_eq!(selected, "cargo repro run scenario-00 --backend cpu");
}
