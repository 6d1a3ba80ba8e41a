//! What a case needs from the machine, as its pipeline states it. Pure data; `plan` and the verdicts read it.

use std::path::PathBuf;

/// What a case needs that may be absent from this machine, and what it asks of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Files or folders that must exist; the first absent one skips the scenario with its help.
    pub files: Vec<RequiredFile>,
    /// The most elements that one sum, product or norm takes together, as far as that is known.
    pub longest_reduction: Option<usize>,
    /// The most elements of one tensor, as far as that is known.
    pub largest_tensor: Option<usize>,
}

impl Requirements {
    /// States the most elements that one sum, product or norm takes together. Some drivers stop in the middle of long
    /// ones, and the verdict then says so.
    #[must_use]
    pub fn reduces(self, elements: usize) -> Self {
        Self { longest_reduction: Some(elements), ..self }
    }

    /// States the most elements of one tensor. Some devices cannot hold it, and the verdict then says so.
    #[must_use]
    pub fn holds(self, elements: usize) -> Self {
        Self { largest_tensor: Some(elements), ..self }
    }

    /// Adds a file or folder, with one sentence that says how to get it.
    #[must_use]
    pub fn file(mut self, path: PathBuf, how_to_get: impl Into<String>) -> Self {
        self.files.push(RequiredFile { path, how_to_get: how_to_get.into() });
        self
    }
}

/// A file or folder a case cannot run without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredFile {
    /// Where it has to be.
    pub path: PathBuf,
    /// One sentence that says how to get it.
    pub how_to_get: String,
}
