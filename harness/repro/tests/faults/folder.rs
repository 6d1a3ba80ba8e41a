//! Three scenarios, of which the middle one misbehaves, with goldens that were made while it did not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::command::{command, empty_folder};
use crate::pipeline::{FAULT, PLACE, SCENARIO};

/// What tells the processes of one run from all others.
const MARK: &str = "FAULTS_MARK";

/// The folder that all tests share; runs do not change it.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(prepared).path()
}

fn prepared() -> tempfile::TempDir {
    let folder = empty_folder();
    for name in ["a-healthy", SCENARIO, "z-healthy"] {
        let text = format!(
            "version: 1\nname: {name}\npipeline: faulty\nseed: 0\nsteps: 1\nparams: ~\n\
             backends: [flex, ndarray, wgpu]\ntime_limit: 4\nmemory_limit: 300\n"
        );
        fs::write(folder.path().join(format!("scenarios/{name}.yaml")), text).unwrap();
    }
    let run = |role: &'static str, arguments: &[&str]| {
        Run::new("none").in_folder(folder.path()).role(role).output(arguments)
    };
    run("gate", &["reference"]);
    let accepted = run("command-line", &["golden", "accept"]);
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stdout));
    folder
}

/// One run of `repro` with a fault.
pub struct Run {
    folder: Option<PathBuf>,
    fault: String,
    place: String,
    role: &'static str,
    mark: String,
}

/// What a run wrote: the exit code, every cell, and all that was said.
pub struct Record {
    pub code: Option<i32>,
    /// What is said of each cell, by scenario and target.
    pub cells: BTreeMap<String, Said>,
    pub said: String,
}

/// What is said of a cell.
#[derive(Debug)]
pub struct Said {
    pub verdict: String,
    pub codes: Vec<String>,
    pub reason: String,
}

impl Run {
    pub fn new(fault: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number}", std::process::id());
        let place = "flex".to_owned();
        Self { folder: None, fault: fault.into(), place, role: "command-line", mark }
    }

    fn in_folder(self, folder: &Path) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }

    /// The fault happens on another backend.
    pub fn on(self, place: &str) -> Self {
        Self { place: place.into(), ..self }
    }

    /// `gate` or `command-line`.
    pub fn role(self, role: &'static str) -> Self {
        Self { role, ..self }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let folder = self.folder.as_deref().unwrap_or_else(|| folder());
        let mut command = command(folder, self.role, arguments);
        command
            .env(FAULT, &self.fault)
            .env(PLACE, &self.place)
            .env(MARK, &self.mark)
            .stdin(Stdio::null());
        command
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts it and does not wait.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs every scenario, and reads the record.
    pub fn record(&self, arguments: &[&str]) -> Record {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut all = vec!["run", "--json", file.path().to_str().unwrap()];
        all.extend(arguments);
        let output = self.output(&all);
        let said = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
        let said = said.join("\n");
        let json = fs::read(file.path()).unwrap();
        let cells = serde_json::from_slice(&json).map(|json: Value| cells(&json));
        Record { code: output.status.code(), cells: cells.unwrap_or_default(), said }
    }

    /// The processes that this run has left, workers and what they started.
    #[cfg(target_os = "linux")]
    pub fn processes(&self) -> Vec<u32> {
        let mark = format!("{MARK}={}\0", self.mark).into_bytes();
        let marked = |process: &u32| {
            let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
            environment.windows(mark.len()).any(|part| part == mark)
        };
        let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|process| *process != std::process::id() && marked(process))
            .collect()
    }

    /// Those of them whose command line has a part.
    #[cfg(target_os = "linux")]
    pub fn processes_called(&self, part: &str) -> Vec<u32> {
        let called = |process: &u32| {
            let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(part)
        };
        self.processes().into_iter().filter(called).collect()
    }

    /// What is left after a moment: an end takes time to be seen.
    #[cfg(target_os = "linux")]
    pub fn orphans(&self) -> Vec<u32> {
        for _ in 0..100 {
            if self.processes().is_empty() {
                return Vec::new();
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        self.processes()
    }

    #[cfg(not(target_os = "linux"))]
    pub fn orphans(&self) -> Vec<u32> {
        Vec::new()
    }
}

fn cells(record: &Value) -> BTreeMap<String, Said> {
    let text = |cell: &Value, key: &str| cell[key].as_str().unwrap_or_default().to_owned();
    let cells = record["cells"].as_array().into_iter().flatten();
    cells
        .map(|cell| {
            let name = format!("{}::{}", text(cell, "scenario"), text(cell, "target"));
            let reasons = cell["reasons"].as_array().into_iter().flatten();
            let codes = reasons.map(|reason| text(reason, "code")).collect();
            (name, Said { verdict: text(cell, "verdict"), codes, reason: text(cell, "reason") })
        })
        .collect()
}
