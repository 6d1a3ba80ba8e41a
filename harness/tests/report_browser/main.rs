//! The report in a real browser: headless Chromium under chromedriver, on files, without a network.
//! Where these are not installed the tests say so and pass, unless `BURN_REPRO_BROWSER=1` demands
//! them.

mod cell;
mod diagnosis;
mod fixture;
mod looks;
mod matrix;
mod opening;
mod webdriver;

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn_repro::report::html::html;
use serde_json::Value;
use tempfile::TempDir;

use webdriver::Browser;

/// The page of some data.
fn page(data: &Value) -> String {
    let text = |field: &str| data[field].as_str().expect("it is a string");
    let findings = data["findings"].as_array().expect("findings are a list");
    let findings: Vec<String> =
        findings.iter().map(|finding| finding.as_str().unwrap_or_default().to_owned()).collect();
    html(text("title"), text("headline"), &findings, data)
}

/// A page in a browser. One at a time: the opening of a page is timed.
struct Opened {
    browser: Browser,
    address: String,
    data: Value,
    _folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// Opens a page of some data, or says why there is no browser.
fn open(data: Value) -> Option<Opened> {
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed says nothing about the next.
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(reason) => {
            let demanded = std::env::var("BURN_REPRO_BROWSER").is_ok_and(|value| value == "1");
            assert!(!demanded, "BURN_REPRO_BROWSER=1 demands a browser: {reason}");
            eprintln!("skipped, install chromium and chromium-driver: {reason}");
            return None;
        }
    };
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("report.html");
    std::fs::write(&path, page(&data)).expect("the page can be written");
    let address = format!("file://{}", path.display());
    browser.open(&address);
    browser.wait_for("performance.getEntriesByName('matrix-shown').length");
    Some(Opened { browser, address, data, _folder: folder, _turn: turn })
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
