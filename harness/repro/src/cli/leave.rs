//! What a run leaves behind: its folder with record, outputs, logs and reports, events as they happen, and whatever else
//! its arguments ask for. A run is judged first; a file that cannot be written never makes it greener.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::write::cannot_write;
use super::{Failure, RunArguments};
use burn_repro_core::exit::Exit;
use burn_repro_core::folder::{RunFolder, prune, runs, save_outputs};
use burn_repro_core::golden::Store;
use burn_repro_core::record::{RunContext, RunRecord};
use burn_repro_core::run::Event;
use burn_repro_core::say::{print_as_it_is, tell};
use burn_repro_core::variables;
use burn_repro_report::matrix::Matrix;
use burn_repro_report::report::{
    EventLines, HTML, ReportText, annotations, markdown, write_artifacts,
};

/// Where a run leaves things.
pub(super) struct Leaving<'a> {
    arguments: &'a RunArguments,
    folder: Option<RunFolder>,
    events: Option<EventLines>,
    /// The first thing that could not be written.
    failed: Option<String>,
}

impl<'a> Leaving<'a> {
    /// Prepares everything before the first device is opened.
    pub(super) fn prepare(
        arguments: &'a RunArguments,
        circumstances: &RunContext,
        cells: usize,
    ) -> Result<Self, Failure> {
        if arguments.github && arguments.events.as_deref() == Some(Path::new("-")) {
            let both =
                "--github and --events - both write to standard output; name a file for the events";
            return Err(Failure::usage(both));
        }
        if arguments.github {
            step_summary().map_err(Failure::usage)?;
        }
        let folder = match &arguments.record {
            Some(path) => Some(RunFolder::renewed(path).map_err(Failure::usage)?),
            None => match RunFolder::below(&runs(), circumstances.started) {
                Ok(folder) => Some(folder),
                Err(error) if variables::runs().is_some() => {
                    return Err(Failure::usage(error));
                }
                // Nobody asked for it, as where the project is read-only.
                Err(error) => {
                    tell(&format!(
                        "this run leaves no report: {error}; --record DIR names another folder"
                    ));
                    None
                }
            },
        };
        let events = arguments
            .events
            .as_ref()
            .map(|file| EventLines::begin(file, cells).map_err(|error| cannot_write(file, &error)));
        let events = events.transpose().map_err(Failure::usage)?;
        Ok(Self { arguments, folder, events, failed: None })
    }

    /// Whether standard output belongs to events.
    pub(super) fn owns_stdout(&self) -> bool {
        self.arguments.events.as_deref() == Some(Path::new("-"))
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: &Event) {
        if let Some(folder) = &self.folder {
            self.failed = self.failed.take().or(folder.take(event).err().map(|e| e.to_string()));
        }
        if let Some(Err(error)) = self.events.as_mut().map(|events| events.take(event)) {
            // Whoever read them may have gone.
            self.events = None;
            let file = self.arguments.events.clone().unwrap_or_default();
            self.fail(cannot_write(&file, &error));
        }
        if let (Some(folder), Event::Finished { report, trace: Some(trace), .. }) =
            (&self.arguments.save_outputs, event)
            && let Err(error) = save_outputs(folder, report, trace)
        {
            self.fail(error.to_string());
        }
    }

    fn fail(&mut self, reason: String) {
        self.failed.get_or_insert(reason);
    }

    /// Writes the record and the reports. Gives the HTML file, if there is one.
    pub(super) fn finish(
        mut self,
        record: &RunRecord,
        store: &Store,
        exit: Exit,
    ) -> Result<Option<PathBuf>, Failure> {
        if let Some(Err(error)) = self.events.as_mut().map(|events| events.end(exit as u8)) {
            let file = self.arguments.events.clone().unwrap_or_default();
            self.fail(cannot_write(&file, &error));
        }
        if let Some(file) = &self.arguments.json
            && let Err(error) = record.write(file)
        {
            self.fail(cannot_write(file, &error));
        }
        let html = match self.folder.take() {
            None => None,
            Some(folder) => match write_artifacts(&folder, record, store) {
                Ok(matrix) => {
                    if self.arguments.github {
                        github(&matrix, &ReportText::of(&matrix)).unwrap_or_else(|e| self.fail(e));
                    }
                    if self.arguments.record.is_none() {
                        prune(&runs(), folder.path());
                    }
                    Some(folder.file(HTML))
                }
                Err(error) => {
                    self.fail(error.to_string());
                    None
                }
            },
        };
        match self.failed {
            None => Ok(html),
            // A red run stays red where its files cannot be written.
            Some(message) => Err(Failure { exit: exit.max(Exit::Usage), message }),
        }
    }
}

/// Prints annotations, and appends the summary where GitHub wants it.
pub(super) fn github(matrix: &Matrix, said: &ReportText) -> Result<(), String> {
    // Each word in them is safe already, and they are commands.
    print_as_it_is(&annotations(matrix, &said.failures));
    let mut file = step_summary()?;
    file.write_all(markdown(matrix, &said.sentences()).as_bytes())
        .map_err(|error| format!("cannot write into $GITHUB_STEP_SUMMARY: {error}"))
}

/// The file that GitHub shows; other steps write into it as well, so that it is appended to.
pub(super) fn step_summary() -> Result<File, String> {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from) else {
        return Err("$GITHUB_STEP_SUMMARY is not set: --github is for workflows of GitHub".into());
    };
    File::options()
        .create(true)
        .append(true)
        .open(&file)
        .map_err(|error| cannot_write(&file, &error))
}
