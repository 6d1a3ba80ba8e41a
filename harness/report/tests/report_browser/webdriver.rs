//! A blocking client of the `WebDriver` protocol over chromedriver: as much as the tests ask for.
//! Whatever goes wrong here is a panic with its words, since nobody could go on from it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The field in which the protocol hands over elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keys without a letter, as the protocol writes them.
pub mod key {
    /// Leaves a window.
    pub const ESCAPE: char = '\u{e00c}';
    /// Presses a button.
    pub const ENTER: char = '\u{e007}';
    /// One to the left.
    pub const LEFT: char = '\u{e012}';
    /// One up.
    pub const UP: char = '\u{e013}';
    /// One to the right.
    pub const RIGHT: char = '\u{e014}';
    /// One down.
    pub const DOWN: char = '\u{e015}';
    /// To the last of a row.
    pub const END: char = '\u{e010}';
    /// To the first of a row.
    pub const HOME: char = '\u{e011}';
}

/// Why there is no browser, if there is none; asked once.
pub fn no_browser() -> Option<String> {
    static MISSING: OnceLock<Option<String>> = OnceLock::new();
    let ask = || {
        let reason = Browser::start().err()?;
        Some(format!("there is no browser, install chromium and chromium-driver: {reason}"))
    };
    MISSING.get_or_init(ask).clone()
}

/// Whether a missing browser is a failure.
pub fn is_demanded() -> bool {
    burn_repro_target::switch("BURN_REPRO_BROWSER").is_ok_and(|demanded| demanded)
}

/// A browser with a profile of its own; it and its driver end with this value.
pub struct Browser {
    driver: Child,
    // Held open: the driver would die of a broken pipe.
    output: BufReader<ChildStdout>,
    agent: ureq::Agent,
    session: String,
}

impl Browser {
    /// Starts chromedriver on a free port and a browser under it, or says why that cannot be.
    pub fn start() -> Result<Self, String> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("chromedriver cannot be started: {error}"))?;
        let output = driver.stdout.take().expect("it was asked for");
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_mins(1)))
            // The driver says in the body what went wrong.
            .http_status_as_error(false)
            // It listens here, whatever the way out may be.
            .proxy(None)
            .build()
            .new_agent();
        let output = BufReader::new(output);
        // From here on dropping ends the driver.
        let mut browser = Self { driver, output, agent, session: String::new() };
        let port = browser.port()?;
        let server = format!("http://127.0.0.1:{port}/session");
        let answer = browser.send("POST", &server, &capabilities())?;
        let id = answer["sessionId"].as_str().ok_or("the driver opened no session")?;
        browser.session = format!("{server}/{id}");
        Ok(browser)
    }

    /// The port that the driver chose, which it says once it listens.
    fn port(&mut self) -> Result<u16, String> {
        for line in (&mut self.output).lines() {
            let line = line.map_err(|error| error.to_string())?;
            let number = line.rsplit("on port ").next().filter(|_| line.contains("successfully"));
            if let Some(number) = number {
                let number = number.trim().trim_end_matches('.');
                return number.parse().map_err(|error| format!("{line:?}: {error}"));
            }
        }
        Err("chromedriver ended without naming its port".to_owned())
    }

    fn send(&self, method: &str, url: &str, body: &Value) -> Result<Value, String> {
        let answer = match method {
            "POST" => self.agent.post(url).send_json(body),
            "DELETE" => self.agent.delete(url).call(),
            _ => self.agent.get(url).call(),
        };
        let mut response = answer.map_err(|error| error.to_string())?;
        let answer = response.body_mut().read_json();
        let mut answer: Value = answer.map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or(""))),
            None => Ok(value),
        }
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.send("POST", &format!("{}/{command}", self.session), body)
            .unwrap_or_else(|error| panic!("{command} {body}: {error}"))
    }

    /// Closes the tab for a new one, with which ends what the tab pretended, and forgets what the console said.
    pub fn renew_tab(&self) {
        let tab = self.post("window/new", &json!({ "type": "tab" }));
        let window = format!("{}/window", self.session);
        self.send("DELETE", &window, &Value::Null).expect("the tab can be closed");
        self.post("window", &json!({ "handle": tab["handle"] }));
        self.console();
    }

    /// Opens an address and waits until it is loaded.
    pub fn open(&self, address: &str) {
        self.post("url", &json!({ "url": address }));
    }

    /// The first element that a selector names.
    pub fn find(&self, selector: &str) -> String {
        let found = self.post("element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().expect("an element has an id").to_owned()
    }

    /// Clicks as a mouse does: what is covered or hidden cannot be clicked.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Types into an element.
    pub fn send_keys(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses keys one after another, wherever the focus is.
    pub fn press(&self, keys: &[char]) {
        let strokes = |key: &char| {
            let key = key.to_string();
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        };
        let actions: Vec<Value> = keys.iter().flat_map(strokes).collect();
        self.post(
            "actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// What a function body returns in the page.
    pub fn run(&self, script: &str) -> Value {
        self.run_with(script, &json!([]))
    }

    /// The same with values, which the script finds in `arguments`.
    pub fn run_with(&self, script: &str, arguments: &Value) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Waits until an expression is true in the page.
    pub fn wait_for(&self, expression: &str) {
        let start = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != true {
            assert!(start.elapsed() < PATIENCE, "it never came true: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The text of the first element that a selector names, also where it is not visible.
    pub fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.textContent ?? ''";
        self.run_with(script, &json!([selector])).as_str().expect("text is a string").to_owned()
    }

    /// What the console said since it was asked last.
    pub fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({ "type": "browser" }));
        let said = |entry: &Value| format!("{} {}", entry["level"], entry["message"]);
        entries.as_array().expect("a log is a list").iter().map(said).collect()
    }

    /// A command of the browser's own protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Pretends that the reader asked for dark or light, and for less motion or none less.
    pub fn prefer(&self, scheme: &str, motion: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Pretends to be a phone of this size.
    pub fn phone(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// The base64 of a PNG of an element, which has to fit on the screen.
    pub fn screenshot(&self, selector: &str) -> String {
        // The driver alone is content with a part of it, or with what lies above it.
        let script = "document.querySelector(arguments[0]) \
            .scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.run_with(script, &json!([selector]));
        let element = self.find(selector);
        let command = format!("{}/element/{element}/screenshot", self.session);
        let picture = self.send("GET", &command, &Value::Null).expect("a picture of an element");
        picture.as_str().expect("a picture is base64").to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The driver ends the browser; without this it would outlive both.
            let _ = self.send("DELETE", &self.session, &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn capabilities() -> Value {
    // The browser's sandbox cannot be set up as root and in most containers; what is opened here
    // are the tests' own files.
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    } } })
}
