//! The reports of a matrix as files of a folder, and what they say beside its cells.

use std::path::Path;

use super::html::Page;
use super::{junit, markdown};
use crate::history::Line;
use crate::matrix::{Matrix, failures, findings};
use burn_repro_core::folder::{FolderError, RunFolder};
use burn_repro_core::golden::Store;
use burn_repro_core::record::RunRecord;
use burn_repro_core::write::write_whole;

/// The HTML report's name.
pub const HTML: &str = "report.html";
/// The JUnit file's name.
pub(crate) const JUNIT: &str = "junit.xml";
/// The Markdown's name.
pub(crate) const MARKDOWN: &str = "summary.md";

/// What the reports of a matrix say beside its cells.
#[derive(Debug, Clone, Default)]
pub struct ReportText {
    /// What failed beside the cells, each as one sentence: each makes every report red.
    pub failures: Vec<String>,
    /// What the matrix shows.
    pub findings: Vec<String>,
    /// Distances over time.
    pub history: Vec<Line>,
}

impl ReportText {
    /// What a matrix says of itself.
    #[must_use]
    pub fn of(matrix: &Matrix) -> Self {
        Self { failures: failures(matrix), findings: findings(matrix), history: Vec::new() }
    }

    /// All sentences, the failures first.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        self.failures.iter().chain(&self.findings).cloned().collect()
    }
}

/// Writes the reports of a run and then its record, so that a folder with a record is whole.
///
/// # Errors
/// The file that cannot be written, and why.
pub fn write_artifacts(
    folder: &RunFolder,
    record: &RunRecord,
    store: &Store,
) -> Result<Matrix, FolderError> {
    folder.keep_goldens(&record.cells, store)?;
    let matrix = Matrix::of(vec![(folder.clone(), record.clone())]);
    write_reports(folder.path(), &matrix, &ReportText::of(&matrix))?;
    folder.finish(record)?;
    Ok(matrix)
}

/// Writes HTML, JUnit and Markdown into a folder.
///
/// # Errors
/// The file that cannot be written, and why.
pub fn write_reports(folder: &Path, matrix: &Matrix, said: &ReportText) -> Result<(), FolderError> {
    let files = [
        (HTML, Page::new(matrix, said).to_html()),
        (JUNIT, junit(matrix, &said.failures)),
        (MARKDOWN, markdown(matrix, &said.sentences())),
    ];
    for (name, text) in files {
        let file = folder.join(name);
        write_whole(&file, text.as_bytes()).map_err(|error| FolderError { file, error })?;
    }
    Ok(())
}
