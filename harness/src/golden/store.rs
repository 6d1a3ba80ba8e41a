//! Reads goldens and lists what lies in the folder. Never writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::TENSORS_SUFFIX;
use super::text::GoldenText;
use crate::scenario::Scenario;
use crate::tensor_file;
use crate::trace::{HostTensor, NamedTensor};

/// A golden, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// The reviewed numbers.
    pub text: GoldenText,
    tensors: Vec<NamedTensor>,
}

impl Golden {
    /// The elements of an output or of a kept intermediate tensor.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&HostTensor> {
        self.tensors.iter().find(|named| named.name == name).map(|named| &named.tensor)
    }
}

/// Why there is no golden to compare with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoldenError {
    /// Neither half exists.
    #[error("there is no {}; run `cargo test` and review it with `cargo insta review`", .0.display())]
    Missing(PathBuf),
    /// One half exists without the other.
    #[error("{} is missing beside its other half; restore it or review the golden again", .0.display())]
    Half(PathBuf),
    /// A file that cannot be read or is not what was written.
    #[error("{}: {reason}; restore the file or review the golden again", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A folder of goldens.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The goldens of a folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the golden of a scenario.
    ///
    /// # Errors
    /// Names the file that is missing or corrupt, and why.
    pub fn load(&self, scenario: &str) -> Result<Golden, GoldenError> {
        let [text_file, meta_file, tensors_file] = self.files_of(scenario);
        match (text_file.exists(), tensors_file.exists()) {
            (false, false) => return Err(GoldenError::Missing(text_file)),
            (false, true) => return Err(GoldenError::Half(text_file)),
            (true, false) => return Err(GoldenError::Half(tensors_file)),
            (true, true) if !meta_file.exists() => return Err(GoldenError::Half(meta_file)),
            (true, true) => {}
        }
        let text = read_text(&text_file)?;
        let bytes = fs::read(&tensors_file).map_err(|error| corrupt(&tensors_file, error))?;
        let tensors = tensor_file::decode(&bytes).map_err(|error| corrupt(&tensors_file, error))?;
        let golden = Golden { text, tensors };
        golden.check_halves().map_err(|reason| corrupt(&tensors_file, reason))?;
        Ok(golden)
    }

    /// The three files of a scenario: text, description of the elements, elements.
    #[must_use]
    pub fn files_of(&self, scenario: &str) -> [PathBuf; 3] {
        [
            self.folder.join(format!("{scenario}.snap")),
            self.folder.join(format!("{scenario}@{TENSORS_SUFFIX}.snap")),
            self.folder.join(format!("{scenario}@{TENSORS_SUFFIX}.snap.safetensors")),
        ]
    }

    /// Snapshot files that belong to no scenario, sorted. Pending files are not among them.
    ///
    /// # Errors
    /// If the folder exists and cannot be read.
    pub fn unowned<'a>(
        &self,
        scenarios: impl IntoIterator<Item = &'a Scenario>,
    ) -> std::io::Result<Vec<PathBuf>> {
        let owned: BTreeSet<PathBuf> =
            scenarios.into_iter().flat_map(|scenario| self.files_of(&scenario.name)).collect();
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let mut unowned = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.contains(".snap") && !name.contains(".snap.new") && !owned.contains(&file) {
                unowned.push(file);
            }
        }
        unowned.sort();
        Ok(unowned)
    }
}

impl Golden {
    /// The two halves must speak of the same tensors; their numbers are compared with cells.
    fn check_halves(&self) -> Result<(), String> {
        if self.text.outputs.is_empty() {
            return Err("its text lists no outputs".into());
        }
        for summary in self.text.outputs.iter().chain(&self.text.records) {
            let name = &summary.name;
            let Some(tensor) = self.tensor(name) else {
                return Err(format!("it holds no `{name}`, which its text lists"));
            };
            if tensor.shape != summary.shape {
                return Err(format!(
                    "`{name}` has the shape {:?}, its text says {:?}",
                    tensor.shape, summary.shape
                ));
            }
            if let Some(flat) = tensor.first_non_finite() {
                let place = tensor.coordinates(flat);
                return Err(format!("`{name}` is {} at {place:?}", tensor.values[flat]));
            }
        }
        Ok(())
    }
}

/// The content of an insta snapshot, behind its two `---` lines.
fn read_text(file: &Path) -> Result<GoldenText, GoldenError> {
    let whole = fs::read_to_string(file).map_err(|error| corrupt(file, error))?;
    let unix = whole.replace("\r\n", "\n");
    let content = unix
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map(|(_, content)| content)
        .ok_or_else(|| corrupt(file, "is no insta snapshot (no `---` header)"))?;
    GoldenText::parse(content).map_err(|error| corrupt(file, error))
}

fn corrupt(file: &Path, reason: impl ToString) -> GoldenError {
    GoldenError::Corrupt { file: file.to_path_buf(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Store;

    #[test]
    fn files_of_no_scenario_are_unowned_and_pending_ones_are_not_meant() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["gone.snap", "gone@tensors.snap.safetensors", "new.snap.new", "gate.rs"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let unowned = Store::new(folder.path()).unowned([]).unwrap();
        let names: Vec<_> = unowned.iter().map(|file| file.file_name().unwrap()).collect();
        assert_eq!(names, ["gone.snap", "gone@tensors.snap.safetensors"]);
    }
}
