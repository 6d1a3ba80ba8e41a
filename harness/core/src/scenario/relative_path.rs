//! A path that a scenario names. Pure; whether it is there is looked at by those who need it.

use std::path::{Component, Path, PathBuf};

use crate::checked;
use serde::{Deserialize, Deserializer};

/// A path inside the scenario file's own folder.
///
/// Absolute paths and paths with `..` are refused while the file is parsed: a scenario reads
/// nothing outside its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelativePath(PathBuf);

impl RelativePath {
    /// Takes a path that stays inside the folder it is relative to.
    ///
    /// # Errors
    /// A sentence that says which part of the path leaves the folder.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, String> {
        let path = path.as_ref();
        if path.as_os_str().is_empty() {
            return Err("an empty path; name a file or folder beside this scenario".into());
        }
        let stays = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(stays) {
            return Err(format!(
                "the path {} leaves the scenario's folder; put the files below that folder and \
                 write a relative path without `..`",
                path.display()
            ));
        }
        Ok(Self(path.to_path_buf()))
    }

    /// The path as written.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RelativePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a path", |path| Self::new(path))
    }
}
