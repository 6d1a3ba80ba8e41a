//! What a run leaves behind: its folder with record, outputs, logs and reports, events as they happen, and whatever else
//! its arguments ask for. A run is judged first; a file that cannot be written never makes it greener.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Failure, RunArguments, say};
use crate::exit::Exit;
use crate::folder::{RUNS, RunFolder, prune, runs, save_outputs};
use crate::golden::Store;
use crate::matrix::{Matrix, findings};
use crate::record::{Circumstances, RunRecord};
use crate::report::{EventLines, HTML, annotations, markdown, write_reports};
use crate::run::Event;

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
        circumstances: &Circumstances,
        cells: usize,
    ) -> Result<Self, Failure> {
        let folder = match &arguments.record {
            Some(path) => Some(RunFolder::renewed(path).map_err(Failure::usage)?),
            None => match RunFolder::below(&runs(), circumstances.started) {
                Ok(folder) => Some(folder),
                Err(error) if std::env::var_os(RUNS).is_some() => {
                    return Err(Failure::usage(error));
                }
                // Nobody asked for it, as where the project is read-only.
                Err(error) => {
                    eprintln!(
                        "this run leaves no report: {error}; --record DIR names another folder"
                    );
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
        if let Some(events) = &mut self.events {
            // Whoever read them may have gone.
            let _ = events.end(exit as u8);
        }
        if let Some(file) = &self.arguments.json
            && let Err(error) = record.write(file)
        {
            self.fail(cannot_write(file, &error));
        }
        let html = match self.folder.take() {
            None => None,
            Some(folder) => match report(&folder, record, store) {
                Ok(matrix) => {
                    if self.arguments.github {
                        github(&matrix, &findings(&matrix)).unwrap_or_else(|e| self.fail(e));
                    }
                    Some(folder.file(HTML))
                }
                Err(reason) => {
                    self.fail(reason);
                    None
                }
            },
        };
        if self.arguments.record.is_none() {
            prune(&runs());
        }
        match self.failed {
            None => Ok(html),
            // A red run stays red where its files cannot be written.
            Some(message) => Err(Failure { exit: exit.max(Exit::Usage), message }),
        }
    }
}

/// Writes the record of a run and the reports that are made from it.
pub(crate) fn report(
    folder: &RunFolder,
    record: &RunRecord,
    store: &Store,
) -> Result<Matrix, String> {
    folder.finish(record, store).map_err(|error| error.to_string())?;
    let matrix = Matrix::of(vec![(folder.clone(), record.clone())]);
    write_reports(folder.path(), &matrix, &findings(&matrix), Vec::new())
        .map_err(|error| error.to_string())?;
    Ok(matrix)
}

/// Prints annotations, and appends the summary where GitHub wants it.
pub(super) fn github(matrix: &Matrix, findings: &[String]) -> Result<(), String> {
    say(&annotations(matrix));
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from) else {
        return Err("$GITHUB_STEP_SUMMARY is not set: --github is for workflows of GitHub".into());
    };
    // Other steps write into it as well, so that it is appended to.
    let append = |text: String| -> io::Result<()> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&file)?;
        file.write_all(text.as_bytes())
    };
    append(markdown(matrix, findings)).map_err(|error| cannot_write(&file, &error))
}

pub(super) fn cannot_write(file: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", file.display())
}
