//! A folder with a model: `unet/config.json` and its weights, or both at the root, as in google/ddpm-cifar10-32.

use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::layout::Layout;
use super::{Architecture, CheckpointError, ConfigError, LayoutError, Weights};
use crate::diffusers::{FileError, Keyed, listed};

const CONFIG: &str = "config.json";

/// A folder whose configuration has been read and checked, against the headers of its weights, too; the values of the
/// weights have not been read yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder<C> {
    config: C,
    checkpoint: Checkpoint,
    notices: Vec<String>,
}

/// Why a folder is no model.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Neither layout is there.
    #[error(
        "find a {noun} in {}: it has neither {part}/config.json nor config.json; {help}",
        folder.display()
    )]
    NoConfig {
        /// What people call the model.
        noun: &'static str,
        /// The folder of a pipeline's part.
        part: &'static str,
        /// The folder.
        folder: PathBuf,
        /// What to do about it.
        help: &'static str,
    },
    /// The configuration cannot be read, or is another class's.
    #[error(transparent)]
    File(#[from] FileError),
    /// The configuration cannot be built.
    #[error("use {}: {source}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The key and the help.
        source: ConfigError,
    },
    /// There are no weights that can be read.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The weights are another model's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl<C: Architecture> Folder<C> {
    /// Reads and checks the configuration, and the headers of the weights.
    ///
    /// # Errors
    /// Which file is missing or wrong, and what to do.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        let nested = folder.join(C::PART);
        let Some(place) =
            [nested.as_path(), folder].into_iter().find(|place| place.join(CONFIG).is_file())
        else {
            // What huggingface_hub keeps: links to files that are called by their hashes.
            let help = match folder.join("snapshots").is_dir() {
                true => "it is a cache of huggingface_hub: give the folder below `snapshots` in it",
                false => "put a diffusers model folder there",
            };
            let folder = folder.into();
            return Err(FolderError::NoConfig { noun: C::NOUN, part: C::PART, folder, help });
        };
        let path = place.join(CONFIG);
        let Keyed { config, ignored, .. } = Keyed::<C>::read(&path)?;
        if let Err(source) = config.validate() {
            return Err(FolderError::Config { path, source });
        }
        let checkpoint = Checkpoint::open(Layout::find(place, C::CLASS)?, config.parameters())?;
        let ignored = (!ignored.is_empty()).then(|| {
            format!("{CONFIG} of the {}: keys without effect: {}", C::NOUN, listed(&ignored))
        });
        let notices = ignored.into_iter().chain(checkpoint.notices().to_vec()).collect();
        Ok(Self { config, checkpoint, notices })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &C {
        &self.config
    }

    /// What people should know of the folder: keys without effect, weights that are wrapped.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Reads the weights: f32, f16 or bf16 widened to it, or f64 rounded to it.
    ///
    /// # Errors
    /// A file that cannot be read, or a value that is not finite.
    pub fn weights(&self) -> Result<Weights, CheckpointError> {
        self.checkpoint.weights()
    }

    /// Reads the weights and keeps none of them.
    ///
    /// # Errors
    /// As [`weights`](Self::weights).
    pub fn examine(&self) -> Result<(), CheckpointError> {
        self.checkpoint.examine()
    }
}
