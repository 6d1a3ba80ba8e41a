//! A diffusers folder with a UNet: `unet/config.json` and
//! `unet/diffusion_pytorch_model.safetensors`, or both files at the root, as in
//! google/ddpm-cifar10-32.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::checkpoint;
use super::{CheckpointError, ConfigError, UNet2DConfig, Weights};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "diffusion_pytorch_model.safetensors";
/// What diffusers wrote before safetensors; a pickle, which is a program and is not read.
const PICKLE: &str = "diffusion_pytorch_model.bin";
/// More than any configuration has, in bytes.
const LONGEST_CONFIG: u64 = 1 << 20;

/// A folder whose configuration has been read and checked; its weights have not been read yet.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFolder {
    config: UNet2DConfig,
    weights: PathBuf,
}

/// Why a folder is no model.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Neither layout is there.
    #[error(
        "find a UNet in {}: it has neither unet/config.json nor config.json; put a diffusers model \
         folder there",
        folder.display()
    )]
    NoConfig {
        /// The folder.
        folder: PathBuf,
    },
    /// The configuration cannot be read.
    #[error("read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration is not a `UNet2DModel`'s.
    #[error("parse {}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// The configuration cannot be built.
    #[error("use {}: {source}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The key and the cure.
        source: ConfigError,
    },
    /// There is a configuration and no weights.
    #[error("find weights: {} is not there; {cure}", path.display())]
    NoWeights {
        /// The file that is missing.
        path: PathBuf,
        /// What to do about it.
        cure: &'static str,
    },
}

impl ModelFolder {
    /// Reads and checks the configuration, and finds the weights file.
    ///
    /// # Errors
    /// Which file is missing or wrong, and what to do.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        let nested = folder.join("unet");
        let folder = [nested.as_path(), folder]
            .into_iter()
            .find(|place| place.join(CONFIG).is_file())
            .ok_or_else(|| FolderError::NoConfig { folder: folder.into() })?;
        let config = read_config(folder.join(CONFIG))?;
        let path = folder.join(WEIGHTS);
        if !path.is_file() {
            let cure = match folder.join(PICKLE).is_file() {
                true => "load the model in diffusers and call save_pretrained, which writes it",
                false => "download it from where config.json came from",
            };
            return Err(FolderError::NoWeights { path, cure });
        }
        Ok(Self { config, weights: path })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &UNet2DConfig {
        &self.config
    }

    /// Reads the weights: f32, f16 or bf16, widened to `f32`.
    ///
    /// # Errors
    /// A file that cannot be read, or everything in it that is not the model's.
    pub fn weights(&self) -> Result<Weights, CheckpointError> {
        checkpoint::read(&self.weights, self.config.parameters())
    }
}

fn read_config(path: PathBuf) -> Result<UNet2DConfig, FolderError> {
    let mut text = String::new();
    let read =
        File::open(&path).and_then(|file| file.take(LONGEST_CONFIG).read_to_string(&mut text));
    if let Err(source) = read {
        return Err(FolderError::Read { path, source });
    }
    let config: UNet2DConfig = match serde_json::from_str(&text) {
        Ok(config) => config,
        Err(source) => return Err(FolderError::Parse { path, source }),
    };
    match config.validate() {
        Ok(()) => Ok(config),
        Err(source) => Err(FolderError::Config { path, source }),
    }
}
