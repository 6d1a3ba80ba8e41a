//! `repro noise`: the noise of a seed, and its hash to compare with torch's.

use super::write::write_file;
use super::{Failure, NoiseArguments, say};
use crate::project::Project;
use burn_repro_core::exit::Exit;
use burn_repro_core::hash::sha256_hex;
use burn_repro_core::tensor_file;
use burn_repro_core::trace::{HostTensor, NamedTensor};

/// Eight GiB on the host: more is a slip of the keyboard.
const LARGEST: usize = 1 << 30;

pub(super) fn noise(project: &Project, arguments: &NoiseArguments) -> Result<Exit, Failure> {
    let draw =
        project.noise.ok_or_else(|| Failure::usage("this project states no noise source"))?;
    let count = arguments
        .shape
        .iter()
        .try_fold(1_usize, |count, &length| count.checked_mul(length))
        .filter(|count| (1..=LARGEST).contains(count))
        .ok_or_else(|| {
            Failure::usage(format!(
                "the shape {:?} must hold 1 to {LARGEST} elements",
                arguments.shape
            ))
        })?;
    let dtype = arguments.dtype;
    let values = draw(arguments.seed.bits(), count, dtype);
    let tensor = HostTensor { shape: arguments.shape.clone(), dtype: dtype.into(), values };
    let sha256 = sha256_hex(&tensor_file::to_bytes(&tensor));
    if let Some(file) = &arguments.out {
        let named = NamedTensor { name: "noise".into(), tensor };
        write_file(file, &tensor_file::encode(&[named]), Exit::Success)?;
    }
    say(&format!("{sha256}\n"));
    Ok(Exit::Success)
}
