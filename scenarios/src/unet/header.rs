//! The header of a `.safetensors` file, read alone: names, shapes, types and places of tensors, without their values.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use burn_repro::is_pointer;
use safetensors::SafeTensorError;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::diffusers::FileError;

/// The longest header the format allows, in bytes.
const LONGEST: u64 = 100_000_000;
/// Bytes of the number in front of it.
const NUMBER: u64 = 8;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) tensors: BTreeMap<String, TensorInfo>,
    /// Where the values begin, in bytes.
    pub(super) length: u64,
}

/// Why a file is no safetensors file.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// It cannot be read, or stands for another one.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else under the name.
    #[error("{} is {what}, not safetensors; {help}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// Not a whole safetensors file.
    #[error("{} is truncated or corrupt, {reason}; download it again", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: SafeTensorError,
    },
}

impl Header {
    /// Reads the header of a file and compares it with the file's length.
    pub(super) fn read(path: &Path) -> Result<Self, HeaderError> {
        let unreadable = |source| FileError::Read { path: path.into(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut start = Vec::new();
        file.by_ref().take(NUMBER).read_to_end(&mut start).map_err(unreadable)?;
        let header = length_of_header(&start, length);
        let rest = header.as_ref().map_or(NUMBER * NUMBER, |header| *header);
        file.take(rest).read_to_end(&mut start).map_err(unreadable)?;
        if let Some(error) = other(path, &start) {
            return Err(error);
        }
        let corrupt = |reason| HeaderError::Corrupt { path: path.into(), reason };
        let metadata = header.and_then(|_| parsed(&start)).map_err(corrupt)?;
        let data = start.len() as u64;
        if data + metadata.data_len() as u64 != length {
            return Err(corrupt(SafeTensorError::MetadataIncompleteBuffer));
        }
        let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone()));
        Ok(Self { tensors: tensors.collect(), length: data })
    }
}

/// What the number in front of a header says of its length in a file of `length` bytes.
fn length_of_header(start: &[u8], length: u64) -> Result<u64, SafeTensorError> {
    let number = start.try_into().map_err(|_| SafeTensorError::HeaderTooSmall)?;
    match u64::from_le_bytes(number) {
        header if header > LONGEST => Err(SafeTensorError::HeaderTooLarge),
        header if header > length - NUMBER => Err(SafeTensorError::InvalidHeaderLength),
        header => Ok(header),
    }
}

fn parsed(start: &[u8]) -> Result<Metadata, SafeTensorError> {
    let header = start.get(NUMBER as usize..).unwrap_or_default();
    let text = str::from_utf8(header).map_err(SafeTensorError::InvalidHeader)?;
    serde_json::from_str(text).map_err(SafeTensorError::InvalidHeaderDeserialization)
}

/// What else lies under the name of a safetensors file more often than not.
fn other(path: &Path, start: &[u8]) -> Option<HeaderError> {
    if is_pointer(start) {
        return Some(FileError::LfsPointer { path: path.into() }.into());
    }
    let page = "download the file itself, not the page that shows it";
    let pickle = "load it in Python and call save_pretrained";
    let text = start.trim_ascii_start();
    let (what, help) = match text {
        _ if start.starts_with(b"PK\x03\x04") => ("a pickle in a ZIP archive", pickle),
        [0x80, 2..=5, ..] if start.get(NUMBER as usize) != Some(&b'{') => ("a pickle", pickle),
        [b'<', b'!' | b'h' | b'H', ..] => ("a web page", page),
        _ => return None,
    };
    Some(HeaderError::Other { path: path.into(), what, help })
}
