//! The report in a real browser: headless Chromium under chromedriver, on files, without a network.
//! Where these are not installed the trials are ignored with that reason, unless `BURN_REPRO_BROWSER=1`
//! demands them.

mod cell;
mod diagnosis;
mod fixture;
mod looks;
mod matrix;
#[path = "../../../../backends/device/tests/needed/mod.rs"]
mod needed;
mod opening;
mod webdriver;

use std::ops::Deref;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn_repro_report::report::html::html;
use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use tempfile::TempDir;

use webdriver::{Browser, is_demanded, no_browser};

/// A trial for each function, under its module and its name.
macro_rules! trials {
    ($module:ident: $($name:ident),+ $(,)?) => {
        [$((concat!(stringify!($module), "::", stringify!($name)), $module::$name as fn())),+]
    };
}

fn main() -> ExitCode {
    let mut trials = Vec::new();
    trials.extend(trials![
        cell:
        a_click_opens_the_cell_with_all_that_is_known,
        charts_have_their_numbers_in_tables,
        escape_returns_to_where_one_was,
        the_back_button_closes_the_cell,
        red_cells_are_walked_in_order_and_around,
        the_wipe_moves_by_keyboard_and_changes_the_picture,
        blinking_follows_the_wish_for_less_motion,
        pictures_are_enlarged_by_whole_pixels,
        the_command_is_copied_or_at_least_selected,
    ]);
    trials.extend(trials![
        diagnosis:
        the_conclusion_comes_first_and_what_it_rests_on_after_it,
        cells_without_a_diagnosis_have_no_section,
        a_file_in_the_folder_of_a_run_is_shown,
        a_damaged_file_is_a_note_and_the_page_stands,
    ]);
    trials.extend(trials![
        looks:
        light_and_dark_have_contrast_everywhere,
        a_phone_scrolls_the_matrix_and_never_the_page,
        a_verdict_is_told_by_word_and_symbol,
        headings_and_landmarks_lead_through_the_page,
    ]);
    trials.extend(trials![
        matrix:
        a_verdict_shows_the_rows_and_columns_that_have_it,
        text_is_looked_for_in_names_and_tags,
        targets_and_classes_choose_columns,
        the_count_is_announced_and_the_filters_are_named,
        arrows_move_over_gaps_and_hidden_columns,
        what_has_the_focus_is_not_under_the_fixed_row_and_column,
    ]);
    trials.extend(trials![
        opening:
        five_hundred_cells_are_on_the_screen_within_a_second,
        nothing_is_requested_and_the_console_is_silent,
        the_policy_stops_what_the_report_did_not_bring,
        strings_that_try_to_be_markup_are_text,
        a_hostile_name_can_be_linked_to,
        a_cell_that_is_opened_while_another_closes_stays,
        a_link_opens_its_cell,
        an_empty_report_and_bare_cells_open_too,
    ]);
    let trial = |(name, test): (&str, fn())| -> Trial {
        let test = move || {
            test();
            Ok(())
        };
        needed::trial(name, no_browser, is_demanded(), test)
    };
    let trials = trials.into_iter().map(trial).collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    // A static is never dropped, and the browser would outlive the tests.
    drop(lend().take());
    conclusion.exit_code()
}

/// The page of some data.
fn page(data: &Value) -> String {
    let text = |field: &str| data[field].as_str().expect("it is a string");
    let findings = data["findings"].as_array().expect("findings are a list");
    let findings: Vec<String> =
        findings.iter().map(|finding| finding.as_str().unwrap_or_default().to_owned()).collect();
    html(text("title"), text("headline"), &findings, data)
}

/// The browser of all trials: to start one takes longer than most trials.
fn lend() -> MutexGuard<'static, Option<Browser>> {
    static BROWSER: Mutex<Option<Browser>> = Mutex::new(None);
    // A trial that failed says nothing about the next.
    BROWSER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The browser with a new tab. One trial at a time: the opening of a page is timed.
struct Lent(MutexGuard<'static, Option<Browser>>);

impl Lent {
    fn new() -> Self {
        let mut browser = lend();
        match &*browser {
            Some(browser) => browser.renew_tab(),
            None => {
                let started = Browser::start();
                *browser = Some(started.expect("there was a browser when the trials began"));
            }
        }
        Self(browser)
    }
}

impl Deref for Lent {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        self.0.as_ref().expect("it is started before it is lent")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The trial may have failed because of the browser.
            self.0.take();
        }
    }
}

/// A page in a browser.
struct Opened {
    browser: Lent,
    address: String,
    data: Value,
    _folder: TempDir,
}

/// Opens a page of some data.
fn open(data: Value) -> Opened {
    let browser = Lent::new();
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("report.html");
    std::fs::write(&path, page(&data)).expect("the page can be written");
    let address = format!("file://{}", path.display());
    browser.open(&address);
    browser.wait_for("performance.getEntriesByName('matrix-shown').length");
    Opened { browser, address, data, _folder: folder }
}

impl Opened {
    /// Opens the same page again, at a fragment.
    fn open_at(&self, fragment: &str) {
        // Another fragment alone would not load it anew.
        self.browser.open("about:blank");
        self.browser.open(&format!("{}{fragment}", self.address));
        self.browser.wait_for("performance.getEntriesByName('matrix-shown').length");
    }

    /// Opens everything that is folded and waits until it has its content.
    fn unfold(&self) {
        self.browser
            .run("for (const fold of document.querySelectorAll('details')) fold.open = true");
        self.browser.wait_for(
            "[...document.querySelectorAll('details')].every((fold) => fold.childElementCount > 1)",
        );
    }

    /// The cells with a verdict.
    fn cells(&self, verdict: &str) -> Vec<&Value> {
        let cells = self.data["cells"].as_array().expect("cells are a list");
        cells.iter().filter(|cell| cell["verdict"] == verdict).collect()
    }

    fn scenario(&self, cell: &Value) -> &str {
        self.named("scenarios", &cell["scenario"])
    }

    fn target(&self, cell: &Value) -> &str {
        self.named("targets", &cell["target"])
    }

    fn named(&self, list: &str, index: &Value) -> &str {
        let index = usize::try_from(index.as_u64().expect("an index")).expect("a small index");
        self.data[list][index]["name"].as_str().expect("a name is a string")
    }

    /// The name of what has the focus, as a screen reader says it.
    fn focused(&self) -> String {
        let script = "const element = document.activeElement; \
            return element.getAttribute('aria-label') ?? element.id ?? element.tagName";
        self.browser.run(script).as_str().expect("a name is a string").to_owned()
    }

    /// Nothing was said on the console and nothing was asked from anywhere.
    fn assert_quiet(&self) {
        assert_eq!(self.browser.console(), Vec::<String>::new(), "the console is silent");
        let requests = "return performance.getEntriesByType('resource').map((entry) => entry.name) \
            .filter((name) => !name.startsWith('data:'))";
        assert_eq!(self.browser.run(requests), serde_json::json!([]), "nothing is requested");
    }
}
