//! A run as it happens, as JSON lines: for editors, dashboards and scripts that do not wait for its end. The first line
//! states the version.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use burn_repro_core::evaluate::CellReport;
use burn_repro_core::run::Event;

/// The version of the lines.
const VERSION: u32 = 1;

/// One line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    RunStarted { version: u32, at: String, cells: usize },
    CellStarted { at: String, scenario: &'a str, target: &'a str },
    CellFinished { at: String, cell: &'a CellReport },
    RunFinished { at: String, exit_code: u8 },
}

/// Writes events as they come.
pub struct EventLines {
    out: Box<dyn Write>,
}

impl EventLines {
    /// Begins a file, or standard output for `-`, with the run of so many cells.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin(file: &Path, cells: usize) -> io::Result<Self> {
        let out: Box<dyn Write> = match file.to_str() {
            Some("-") => Box::new(io::stdout()),
            _ => {
                if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
                {
                    std::fs::create_dir_all(folder)?;
                }
                Box::new(File::create(file)?)
            }
        };
        let mut lines = Self { out };
        lines.write(&Line::RunStarted { version: VERSION, at: now(), cells })?;
        Ok(lines)
    }

    /// Writes one event.
    ///
    /// # Errors
    /// What the file system says.
    pub fn take(&mut self, event: &Event) -> io::Result<()> {
        let at = now();
        match event {
            Event::Started { scenario, target } => {
                self.write(&Line::CellStarted { at, scenario, target })
            }
            Event::Finished { report, .. } => self.write(&Line::CellFinished { at, cell: report }),
        }
    }

    /// Writes how the run ended.
    ///
    /// # Errors
    /// What the file system says.
    pub fn end(&mut self, exit_code: u8) -> io::Result<()> {
        self.write(&Line::RunFinished { at: now(), exit_code })
    }

    fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut json = serde_json::to_vec(line)?;
        json.push(b'\n');
        // Whole and at once, so that whoever follows the file reads no half line.
        self.out.write_all(&json)?;
        self.out.flush()
    }
}

fn now() -> String {
    Timestamp::now().to_string()
}
