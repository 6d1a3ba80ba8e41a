//! Reads goldens and checks that both halves belong together; lists what lies in the folder. Never
//! writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use burn_repro_compare::sketch::{SKETCH, reduced_shape};

use super::files::{GoldenFiles, read, read_announcement, read_snapshot};
use super::keep::{reduced_name, sketch_name};
use super::steps::{KeptStep, kept};
use super::text::{GoldenText, Kept, Summary};
use crate::hash::sha256_hex;
use crate::lfs::is_pointer_file;
use crate::scenario::Scenario;
use crate::tensor_file;
use crate::trace::{HostTensor, NamedTensor};

/// A golden, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// The reviewed numbers.
    pub text: GoldenText,
    /// The file of the elements.
    pub bytes: Vec<u8>,
    tensors: Vec<NamedTensor>,
}

/// Why there is no golden to compare with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoldenError {
    /// Neither half exists.
    #[error("{} does not exist: run `cargo test` and review it with `cargo repro golden accept` or `cargo insta review`", .0.display())]
    Missing(PathBuf),
    /// One half exists without the other.
    #[error("{} is missing, but the other file of the golden is not: restore it or review the golden again", .0.display())]
    Half(PathBuf),
    /// Its content is elsewhere, and is not lost: nothing may take its place.
    #[error("{} is a Git LFS pointer whose content is not here: run `git lfs pull`", .0.display())]
    Pointer(PathBuf),
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

    /// The files of a scenario's golden.
    #[must_use]
    pub fn files_of(&self, scenario: &str) -> GoldenFiles {
        GoldenFiles::reviewed(&self.folder, scenario)
    }

    /// Reads the golden of a scenario.
    ///
    /// # Errors
    /// Names the file that is missing or corrupt, and why.
    pub fn load(&self, scenario: &str) -> Result<Golden, GoldenError> {
        Golden::read(&self.files_of(scenario), scenario)
    }

    /// Reads what waits for review: pending halves in place of those of the golden. Nothing if
    /// nothing waits.
    ///
    /// # Errors
    /// Names the file that is missing or corrupt, and why.
    pub fn load_pending(&self, scenario: &str) -> Result<Option<Golden>, GoldenError> {
        let reviewed = self.files_of(scenario);
        let pending = GoldenFiles::pending(&self.folder, scenario);
        let (text, tensors) = (pending.text.exists(), pending.announcement.exists());
        let files = match (text, tensors) {
            (false, false) => return Ok(None),
            (true, true) => pending,
            (true, false) => GoldenFiles { text: pending.text, ..reviewed },
            (false, true) => GoldenFiles { text: reviewed.text, ..pending },
        };
        Golden::read(&files, scenario).map(Some)
    }

    /// Snapshot files that belong to no scenario, sorted; pending ones among them.
    ///
    /// # Errors
    /// If the folder exists and cannot be read.
    pub fn unowned<'a>(
        &self,
        scenarios: impl IntoIterator<Item = &'a Scenario>,
    ) -> std::io::Result<Vec<PathBuf>> {
        let files = |scenario: &Scenario| {
            let [reviewed, pending] = [GoldenFiles::reviewed, GoldenFiles::pending]
                .map(|files| files(&self.folder, &scenario.name));
            [reviewed, pending].into_iter().flat_map(|files| files.all().map(Path::to_path_buf))
        };
        let owned: BTreeSet<PathBuf> = scenarios
            .into_iter()
            .flat_map(|scenario| files(scenario).collect::<Vec<_>>())
            .collect();
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let mut unowned = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if is_snapshot(&name) && file.is_file() && !owned.contains(&file) {
                unowned.push(file);
            }
        }
        unowned.sort();
        Ok(unowned)
    }
}

impl Golden {
    /// Reads and checks three files.
    fn read(files: &GoldenFiles, scenario: &str) -> Result<Self, GoldenError> {
        if let Some(pointer) = files.all().into_iter().find(|file| is_pointer_file(file)) {
            return Err(GoldenError::Pointer(pointer.to_path_buf()));
        }
        match files.all().map(Path::exists) {
            [false, _, false] => return Err(GoldenError::Missing(files.text.clone())),
            [false, _, true] => return Err(GoldenError::Half(files.text.clone())),
            [true, _, false] => return Err(GoldenError::Half(files.tensors.clone())),
            [true, false, true] => return Err(GoldenError::Half(files.announcement.clone())),
            [true, true, true] => {}
        }
        let content = read_snapshot(&files.text).map_err(|error| corrupt(&files.text, error))?;
        let text = GoldenText::parse(&content).map_err(|error| corrupt(&files.text, error))?;
        read_announcement(&files.announcement)
            .map_err(|error| corrupt(&files.announcement, error))?;
        let bytes = read(&files.tensors).map_err(|error| corrupt(&files.tensors, error))?;
        let tensors =
            tensor_file::decode(&bytes).map_err(|error| corrupt(&files.tensors, error))?;
        let golden = Self { text, bytes, tensors };
        if golden.text.scenario != scenario {
            let reason = format!("is the golden of `{}`", golden.text.scenario);
            return Err(corrupt(&files.text, reason));
        }
        golden.check_halves().map_err(|reason| corrupt(&files.tensors, reason))?;
        Ok(golden)
    }

    /// A tensor as it lies in the file: whole, or the part of one by the names of `keep`.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&HostTensor> {
        self.tensors.iter().find(|named| named.name == name).map(|named| &named.tensor)
    }

    /// The operations that led to it, the first ones; none where it was made without.
    #[must_use]
    pub fn steps(&self) -> Vec<KeptStep> {
        kept(&self.tensors)
    }

    /// What is kept of an output or of an intermediate tensor.
    #[must_use]
    pub fn content(&self, summary: &Summary) -> Content<'_> {
        let tensor = |name: &str| self.tensor(name).expect("both halves were checked when read");
        match (summary.kept, summary.block_side) {
            (Kept::Whole, _) => Content::Whole(tensor(&summary.name)),
            (Kept::Reduced, Some(side)) => Content::Reduced {
                side,
                means: tensor(&reduced_name(&summary.name)),
                sketch: tensor(&sketch_name(&summary.name)),
            },
            _ => Content::Sketch(tensor(&sketch_name(&summary.name))),
        }
    }

    /// The two halves must speak of the same tensors, in the same numbers.
    fn check_halves(&self) -> Result<(), String> {
        if self.text.outputs.is_empty() {
            return Err("its text lists no outputs".into());
        }
        for summary in self.text.outputs.iter().chain(&self.text.records) {
            self.check_kept(summary)?;
        }
        if let Some(NamedTensor { name, tensor }) =
            self.tensors.iter().find(|named| named.tensor.first_non_finite().is_some())
        {
            let flat = tensor.first_non_finite().unwrap_or(0);
            let place = tensor.coordinates(flat);
            return Err(format!("`{name}` is {} at {place:?}", tensor.values[flat]));
        }
        if sha256_hex(&self.bytes) != self.text.tensors_sha256 {
            return Err("does not have the SHA-256 that its text states: it was damaged, or one \
                        half was accepted without the other"
                .into());
        }
        Ok(())
    }

    fn check_kept(&self, summary: &Summary) -> Result<(), String> {
        let name = &summary.name;
        let parts = match (summary.kept, summary.block_side) {
            (Kept::Whole, _) => vec![(name.clone(), Some(summary.shape.0.clone()))],
            (Kept::Reduced, Some(0) | None) => {
                return Err(format!("its text states no side of the blocks of `{name}`"));
            }
            (Kept::Reduced, Some(side)) => vec![
                (reduced_name(name), Some(reduced_shape(&summary.shape.0, side))),
                (sketch_name(name), None),
            ],
            (Kept::Sketch, _) => vec![(sketch_name(name), None)],
        };
        for (part, shape) in parts {
            let Some(tensor) = self.tensor(&part) else {
                return Err(format!("it holds no `{part}`, which its text lists"));
            };
            let shape = shape.unwrap_or(vec![SKETCH]);
            if tensor.shape != shape {
                let got = &tensor.shape;
                return Err(format!("`{part}` has the shape {got:?}, its text says {shape:?}"));
            }
        }
        match self.tensor(name) {
            Some(whole) if !summary.describes(whole) => {
                Err(format!("its text states other numbers for `{name}` than it holds"))
            }
            _ => Ok(()),
        }
    }
}

/// What a golden holds of one tensor.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Every element.
    Whole(&'a HostTensor),
    /// Means of blocks, and a sketch.
    Reduced {
        /// The side of the blocks.
        side: usize,
        /// Their means.
        means: &'a HostTensor,
        /// The sketch.
        sketch: &'a HostTensor,
    },
    /// A sketch alone.
    Sketch(&'a HostTensor),
}

/// Whether a file is named as one of a golden.
fn is_snapshot(name: &str) -> bool {
    let name = name.strip_suffix(".safetensors").unwrap_or(name);
    name.ends_with(".snap") || name.ends_with(".snap.new")
}

fn corrupt(file: &Path, reason: impl ToString) -> GoldenError {
    GoldenError::Corrupt { file: file.to_path_buf(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Store;

    #[test]
    fn files_of_no_scenario_are_unowned() {
        let folder = tempfile::tempdir().unwrap();
        let others = ["gate.rs", "gone.snap.orig", "gone.snapshot.md", "weights.safetensors"];
        let goldens = ["gone.snap", "gone@tensors.snap.safetensors", "new.snap.new"];
        for file in goldens.iter().chain(&others) {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let unowned = Store::new(folder.path()).unowned([]).unwrap();
        let names: Vec<_> = unowned.iter().map(|file| file.file_name().unwrap()).collect();
        assert_eq!(names, goldens);
    }
}
