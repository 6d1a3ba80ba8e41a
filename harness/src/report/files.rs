//! The reports of a matrix as files of a folder.

use std::path::Path;

use super::html::Page;
use super::{junit, markdown};
use crate::folder::FolderError;
use crate::history::Line;
use crate::matrix::Matrix;
use crate::write::write_whole;

/// The HTML report's name.
pub const HTML: &str = "report.html";
/// The JUnit file's name.
pub const JUNIT: &str = "junit.xml";
/// The Markdown's name.
pub const MARKDOWN: &str = "summary.md";

/// Writes HTML, JUnit and Markdown into a folder.
///
/// # Errors
/// The file that cannot be written, and why.
pub fn write_reports(
    folder: &Path,
    matrix: &Matrix,
    findings: &[String],
    history: Vec<Line>,
) -> Result<(), FolderError> {
    let page = Page::new(matrix, findings.to_vec(), history).to_html();
    let files = [(HTML, page), (JUNIT, junit(matrix)), (MARKDOWN, markdown(matrix, findings))];
    for (name, text) in files {
        let file = folder.join(name);
        write_whole(&file, text.as_bytes()).map_err(|error| FolderError { file, error })?;
    }
    Ok(())
}
