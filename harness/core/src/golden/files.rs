//! The files of a golden as insta lays them out: where they lie, what stands around their content,
//! and how they are written.
//!
//! A golden is two insta snapshots: `NAME.snap` is the text, `NAME@tensors.snap` announces the
//! elements, which lie beside it in `NAME@tensors.snap.safetensors`. A pending one has `.new` behind
//! `.snap`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::TENSORS_SUFFIX;
use crate::escape;
use crate::write::write_all_whole;

/// Where the files of one golden lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldenFiles {
    /// The text.
    pub text: PathBuf,
    /// What insta says of the elements.
    pub announcement: PathBuf,
    /// The elements.
    pub tensors: PathBuf,
}

impl GoldenFiles {
    /// The reviewed golden of a scenario.
    #[must_use]
    pub fn reviewed(folder: &Path, scenario: &str) -> Self {
        Self::with_extension(folder, scenario, "snap")
    }

    /// The golden that waits for review.
    #[must_use]
    pub fn pending(folder: &Path, scenario: &str) -> Self {
        Self::with_extension(folder, scenario, "snap.new")
    }

    fn with_extension(folder: &Path, scenario: &str, extension: &str) -> Self {
        let announcement = folder.join(format!("{scenario}@{TENSORS_SUFFIX}.{extension}"));
        Self {
            text: folder.join(format!("{scenario}.{extension}")),
            tensors: announcement.with_added_extension("safetensors"),
            announcement,
        }
    }

    /// All three.
    #[must_use]
    pub fn all(&self) -> [&Path; 3] {
        [&self.text, &self.announcement, &self.tensors]
    }

    /// Bytes of those that are here.
    #[must_use]
    pub fn size(&self) -> u64 {
        let length = |file: &Path| fs::metadata(file).map_or(0, |file| file.len());
        self.all().into_iter().map(length).sum()
    }

    /// Writes all three, or none; the elements and their announcement only where they differ.
    ///
    /// # Errors
    /// What the file system says; what was there before is untouched.
    pub fn write(&self, description: &str, text: &str, tensors: &[u8]) -> io::Result<()> {
        let head = "source: golden/gate.rs\n";
        let described = match description {
            "" => head.to_owned(),
            // A JSON string is a YAML one.
            _ => {
                let description = escape::terminal(description);
                format!("{head}description: {}\n", serde_json::Value::from(&*description))
            }
        };
        let kind = "extension: safetensors\nsnapshot_kind: binary\n";
        let announcement = format!("---\n{described}{kind}---\n");
        let text = format!("---\n{described}---\n{text}");
        let mut files: Vec<(&Path, &[u8])> = vec![(&self.text, text.as_bytes())];
        let same = read(&self.tensors).is_ok_and(|old| old == tensors);
        if !same || read_announcement(&self.announcement).is_err() {
            // In front, so that the text takes its place last.
            let new: [(&Path, &[u8]); 2] =
                [(&self.tensors, tensors), (&self.announcement, announcement.as_bytes())];
            files.splice(0..0, new);
        }
        write_all_whole(&files)
    }
}

/// Why a file is not part of a golden.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file system refuses.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// Bytes that are not text.
    #[error("is not valid UTF-8")]
    NotText,
    /// Left by an unfinished merge.
    #[error("holds merge-conflict markers; take one side whole, or review the golden again")]
    Conflict,
    /// Without insta's two lines of dashes.
    #[error("is not an insta snapshot: it has no `---` header")]
    NoSnapshot,
    /// An announcement of something else.
    #[error("does not announce a safetensors file")]
    NoAnnouncement,
}

/// The content of an insta snapshot, behind its two `---` lines.
pub(super) fn read_snapshot(file: &Path) -> Result<String, FileError> {
    let bytes = read(file)?;
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotText)?;
    let unix = text.replace("\r\n", "\n");
    let content = unix
        .strip_prefix("---\n")
        .and_then(|rest| {
            rest.split_once("\n---\n").or(rest.strip_suffix("\n---").map(|_| ("", "")))
        })
        .map(|(_, content)| content.to_owned());
    content.ok_or(FileError::NoSnapshot)
}

/// Checks that insta will find the elements.
pub(super) fn read_announcement(file: &Path) -> Result<(), FileError> {
    read_snapshot(file)?;
    let text = String::from_utf8(read(file)?).map_err(|_| FileError::NotText)?;
    let has = |wanted: &str| text.lines().any(|line| line.trim_end() == wanted);
    if has("extension: safetensors") && has("snapshot_kind: binary") {
        return Ok(());
    }
    Err(FileError::NoAnnouncement)
}

/// All bytes of a file, which must have some.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, FileError> {
    let bytes = fs::read(file)?;
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    if has_conflict_markers(&bytes) {
        return Err(FileError::Conflict);
    }
    Ok(bytes)
}

/// Whether a file stands as git leaves it in the middle of a merge.
fn has_conflict_markers(bytes: &[u8]) -> bool {
    bytes.starts_with(b"<<<<<<< ") || bytes.windows(9).any(|part| part == b"\n<<<<<<< ")
}
