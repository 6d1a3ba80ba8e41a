//! One operation that was caught, as a cargo project of its own, ready for an issue of Burn.
//!
//! `call` finds the function of Burn's public API that is the operation, `program`, `project` and `readme` write the
//! files, `measure` says what their numbers are measured in, `tensors` writes the tensors and `folder` places it all.
//! Files that are the same in every project lie in `template`. Which operation is inaccurate is not found out here.

mod call;
#[expect(
    clippy::float_cmp,
    reason = "numbers that are equal have no difference, infinities among them"
)]
#[path = "template/compare.rs"]
mod compare;
#[cfg(test)]
mod examples;
mod folder;
mod literal;
mod measure;
mod names;
mod program;
mod project;
mod readme;
mod tensors;
#[cfg(test)]
#[path = "template/tensors.rs"]
mod tensors_template;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use burn::tensor::{DType, TensorData};
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};
use burn_repro_target::Locator;

use crate::operation::Description;
use burn_repro_core::hash::sha256_hex;
pub use folder::{File, write};
use measure::measure;
use names::Names;
use program::Program;

/// One operation, as it was caught.
#[derive(Debug, Clone)]
pub struct FailingOperation {
    /// `conv2d at step.00/unet/conv_in`.
    pub title: String,
    /// The scenario that it was caught in.
    pub scenario: String,
    /// The target that gave it: `flex`, `wgpu:llvmpipe-vulkan`.
    pub target: String,
    /// The backend and the device to open.
    pub locator: Locator,
    /// The operation.
    pub operation: OperationIr,
    /// The values that the target was fed, in its own float type.
    pub inputs: Vec<(TensorIr, TensorData)>,
    /// The results.
    pub outputs: Vec<TensorIr>,
    /// What they should be: the reference's `f64`, or integers and booleans.
    pub expected: Vec<TensorData>,
    /// What the target gave.
    pub got: Vec<TensorData>,
    /// The most units in the last place that need no explanation.
    pub(crate) allowed_ulp: f64,
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
    /// Burn's intermediate representation has entries that compute nothing, and some that only a backend knows.
    #[error("`{0}` cannot be computed by itself; choose another operation")]
    Nothing(String),
    /// The values are not one for each tensor.
    #[error(
        "{results} results, {expected} expected and {got} given do not belong together; report this"
    )]
    Incomplete {
        /// How many the operation has.
        results: usize,
        /// How many are expected.
        expected: usize,
        /// How many were given.
        got: usize,
    },
    /// A tensor without values.
    #[error("the values of input `{0}` are missing; report this")]
    Missing(String),
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

/// The files of the project of an operation that was caught.
///
/// # Errors
/// If the operation computes nothing, or what was caught cannot be written down.
pub fn files(caught: &FailingOperation) -> Result<Vec<File>, MinimalReproError> {
    check(caught)?;
    let names = Names::of(&caught.operation).with_dtypes(dtypes(caught));
    let measured = measure(caught);
    let program = Program::new(caught, &names);
    let inputs = caught.inputs.iter().map(|(tensor, data)| (names.name(tensor), data));
    let expected = caught.outputs.iter().map(|out| names.name(out)).zip(&caught.expected);
    let mut files = vec![
        File::new(".gitignore", project::IGNORED),
        File::new("README.md", readme::readme(caught, &names, &program, &measured).into_bytes()),
        File::new("inputs.safetensors", tensors::encode(&inputs.collect::<Vec<_>>())?),
        File::new("expected.safetensors", tensors::encode(&expected.collect::<Vec<_>>())?),
        File::new("src/main.rs", program.main(caught, &names, &measured).into_bytes()),
        File::new("src/compare.rs", include_bytes!("template/compare.rs").to_vec()),
        File::new("src/tensors.rs", include_bytes!("template/tensors.rs").to_vec()),
    ];
    if program.is_executed {
        let json = names.json(&caught.operation);
        // JSON has no infinities; all operations with scalars have a call.
        if serde_json::from_str::<OperationIr>(&json).is_err() {
            return Err(MinimalReproError::Nothing(Description::of(&caught.operation).name));
        }
        files.push(File::new("operation.json", json.into_bytes()));
    }
    if matches!(caught.locator, Locator::Wgpu(_)) {
        files.push(File::new("src/device.rs", include_bytes!("template/device.rs").to_vec()));
    }
    if let Some(settings) = project::settings(&caught.locator) {
        files.push(File::new(".cargo/config.toml", settings));
    }
    let digest = digest(&files);
    files.push(File::new("Cargo.toml", project::manifest(caught, &program, &digest).into_bytes()));
    Ok(files)
}

/// A short digest of everything that a project computes and compares.
fn digest(files: &[File]) -> String {
    let mut all = Vec::new();
    for File { path, bytes } in files {
        all.extend_from_slice(format!("{path} {} ", sha256_hex(bytes)).as_bytes());
    }
    sha256_hex(&all)[..8].to_owned()
}

fn check(caught: &FailingOperation) -> Result<(), MinimalReproError> {
    let FailingOperation { operation, outputs, expected, got, .. } = caught;
    match operation {
        OperationIr::Init(_) | OperationIr::Drop(_) | OperationIr::Custom(_) => {
            return Err(MinimalReproError::Nothing(Description::of(operation).name));
        }
        _ => {}
    }
    let known = |id| caught.inputs.iter().any(|(tensor, _)| tensor.id == id);
    if let Some(missing) = operation.inputs().find(|tensor| !known(tensor.id)) {
        return Err(MinimalReproError::Missing(Names::of(operation).name(missing).to_owned()));
    }
    let (results, expected, got) = (outputs.len(), expected.len(), got.len());
    match results == expected && results == got && results > 0 {
        true => Ok(()),
        false => Err(MinimalReproError::Incomplete { results, expected, got }),
    }
}

/// The element types on the target, which the operation itself need not say.
fn dtypes(caught: &FailingOperation) -> impl Iterator<Item = (TensorId, DType)> {
    let inputs = caught.inputs.iter().map(|(tensor, data)| (tensor.id, data.dtype));
    inputs.chain(caught.outputs.iter().zip(&caught.got).map(|(out, got)| (out.id, got.dtype)))
}
