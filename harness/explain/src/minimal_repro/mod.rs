//! The operations that make a difference, cut out of a recording as a cargo project of their own, ready for an issue of
//! Burn.
//!
//! `slice` cuts them out, `project` and `readme` write the files, `tensors` writes the tensors and `folder` places it all.
//! Files that are the same in every project lie in `template`. Which operation is inaccurate is not found out here.

#[expect(
    clippy::float_cmp,
    reason = "numbers that are equal have no difference, infinities among them"
)]
#[path = "template/compare.rs"]
mod compare;
mod folder;
mod project;
mod readme;
mod slice;
mod tensors;
#[cfg(test)]
#[path = "template/tensors.rs"]
mod tensors_template;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use burn_repro_device::ir::{OperationIr, TensorId};
use burn_repro_target::Locator;

use burn_repro_core::hash::sha256_hex;
pub use folder::{File, write};
pub(crate) use slice::Slice;

/// Operations that make a difference, as they were caught.
#[derive(Debug, Clone)]
pub(crate) struct FailingSlice {
    /// `conv2d at step.00/unet/conv_in`.
    pub title: String,
    /// The scenario that they were caught in.
    pub scenario: String,
    /// The target: `flex`, `wgpu:llvmpipe`.
    pub target: String,
    /// The backend and the device to open.
    pub locator: Locator,
    /// The operations.
    pub slice: Slice,
    /// Adapter, driver, system and versions, for the text of an issue.
    pub facts: Vec<(String, String)>,
}

/// Why no project was written.
#[derive(Debug, thiserror::Error)]
pub enum MinimalReproError {
    /// Something in the folder would be lost.
    #[error(
        "{} holds {}, which was not written by this program or was changed since; name a folder that does not exist yet",
        folder.display(),
        other.display()
    )]
    Occupied {
        /// The folder that was named.
        folder: PathBuf,
        /// What lies there.
        other: PathBuf,
    },
    /// JSON has neither infinities nor NaN.
    #[error(
        "an operation has a scalar that is not finite, which JSON cannot hold; choose another operation"
    )]
    NotFinite,
    /// A tensor that the file format cannot hold.
    #[error("tensor `{name}` cannot be written: {reason}; choose another operation")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file system refuses.
    #[error("cannot write {}: {error}; name a folder that can be written", folder.display())]
    Io {
        /// The folder that was named.
        folder: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
}

/// The files of the project of a slice.
///
/// # Errors
/// If what was caught cannot be written down.
pub(crate) fn files(failing: &FailingSlice) -> Result<Vec<File>, MinimalReproError> {
    let Slice { operations, inputs, results, .. } = &failing.slice;
    let name = |id: TensorId| id.value().to_string();
    let inputs: Vec<_> = inputs.iter().map(|(tensor, data)| (name(tensor.id), data)).collect();
    let expected: Vec<_> =
        results.iter().map(|result| (name(result.out.id), &result.expected)).collect();
    let mut files = vec![
        File::new(".gitignore", project::IGNORED),
        File::new("README.md", readme::readme(failing).into_bytes()),
        File::new("operations.json", json(operations)?.into_bytes()),
        File::new("inputs.safetensors", tensors::encode(&inputs)?),
        File::new("expected.safetensors", tensors::encode(&expected)?),
        File::new("src/main.rs", include_bytes!("template/main.rs").to_vec()),
        File::new("src/slice.rs", project::slice(failing).into_bytes()),
        File::new("src/compare.rs", include_bytes!("template/compare.rs").to_vec()),
        File::new("src/tensors.rs", include_bytes!("template/tensors.rs").to_vec()),
    ];
    if matches!(failing.locator, Locator::Wgpu(_)) {
        files.push(File::new("src/adapter.rs", include_bytes!("template/adapter.rs").to_vec()));
    }
    if matches!(failing.locator, Locator::Cuda { .. }) {
        files.push(File::new(".cargo/config.toml", CUDA_BINDINGS));
    }
    let digest = digest(&files);
    files.push(File::new("Cargo.toml", project::manifest(failing, &digest).into_bytes()));
    Ok(files)
}

const CUDA_BINDINGS: &str = "# Without nvcc the build would take the newest bindings, which ask an older driver for functions it has not.\n\
     [env]\nCUDARC_CUDA_VERSION = \"12080\"\n";

/// The operations as JSON, which reads back as they are.
fn json(operations: &[OperationIr]) -> Result<String, MinimalReproError> {
    let json = serde_json::to_string_pretty(operations).expect("operations are plain values");
    match serde_json::from_str::<Vec<OperationIr>>(&json) {
        Ok(_) => Ok(json + "\n"),
        Err(_) => Err(MinimalReproError::NotFinite),
    }
}

/// A short digest of everything that a project computes and compares.
fn digest(files: &[File]) -> String {
    let mut all = Vec::new();
    for File { path, bytes } in files {
        all.extend_from_slice(format!("{path} {} ", sha256_hex(bytes)).as_bytes());
    }
    sha256_hex(&all)[..8].to_owned()
}
