//! What travels between a run and its worker processes.
//!
//! A request is one line of JSON on the worker's standard input. An answer is one line on its
//! standard output that begins with [`PREFIX`], followed by as many raw bytes of tensors as the line
//! says. Drivers and pipelines may print lines of their own: they lack the prefix and are skipped.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::tensor_file;
use crate::trace::{NamedTensor, Noise, Trace};

/// What marks an answer among other output. It begins with a control character that no log prints.
const PREFIX: &str = "\u{1}burn-repro ";

/// Runs one scenario.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// The file, for messages and relative paths.
    pub(super) file: PathBuf,
    /// Its text as the run has read and checked it.
    pub(super) text: String,
    /// The seed of the moved last bits of its inputs, if they are moved.
    pub(super) moves: Option<u64>,
}

/// What a worker answers.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// The device is open.
    Ready,
    /// The device cannot hold the float type.
    Unsupported(String),
    /// The scenario ran.
    Finished(Trace),
    /// The device could not be opened, or the pipeline returned an error or panicked.
    Failed(String),
}

/// An answer's line, without the tensors.
#[derive(Debug, Serialize, Deserialize)]
enum Header {
    Ready,
    Unsupported(String),
    Failed(String),
    Finished(FinishedHeader),
}

/// What a trace has beside its tensors, and how long these are.
#[derive(Debug, Serialize, Deserialize)]
struct FinishedHeader {
    noise: Noise,
    weights_sha256: Option<String>,
    records: Vec<String>,
    outputs: Vec<String>,
    bytes: [usize; 2],
}

impl Answer {
    /// Writes the answer and flushes.
    pub(super) fn write(&self, mut to: impl Write) -> io::Result<()> {
        let names = |tensors: &[NamedTensor]| tensors.iter().map(|n| n.name.clone()).collect();
        let mut tensors = [Vec::new(), Vec::new()];
        let header = match self {
            Self::Ready => Header::Ready,
            Self::Unsupported(reason) => Header::Unsupported(reason.clone()),
            Self::Failed(reason) => Header::Failed(reason.clone()),
            Self::Finished(trace) => {
                tensors = [&trace.records, &trace.outputs].map(|part| tensor_file::encode(part));
                Header::Finished(FinishedHeader {
                    noise: trace.noise.clone(),
                    weights_sha256: trace.weights_sha256.clone(),
                    records: names(&trace.records),
                    outputs: names(&trace.outputs),
                    bytes: [tensors[0].len(), tensors[1].len()],
                })
            }
        };
        writeln!(to, "\n{PREFIX}{}", serde_json::to_string(&header)?)?;
        for part in &tensors {
            to.write_all(part)?;
        }
        to.flush()
    }

    /// Reads the next answer; `None` at the end of the stream.
    pub(super) fn read(mut from: impl BufRead) -> io::Result<Option<Self>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if from.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            if let Some(json) = line.strip_prefix(PREFIX.as_bytes()) {
                return Self::read_tensors(serde_json::from_slice(json)?, from).map(Some);
            }
        }
    }

    fn read_tensors(header: Header, mut from: impl BufRead) -> io::Result<Self> {
        let header = match header {
            Header::Ready => return Ok(Self::Ready),
            Header::Unsupported(reason) => return Ok(Self::Unsupported(reason)),
            Header::Failed(reason) => return Ok(Self::Failed(reason)),
            Header::Finished(header) => header,
        };
        let mut part = |length: usize, names: &[String]| -> io::Result<Vec<NamedTensor>> {
            let mut data = vec![0; length];
            from.read_exact(&mut data)?;
            let mut tensors = tensor_file::decode(&data).map_err(io::Error::other)?;
            // The file sorts by name, the trace keeps the order of recording.
            tensors.sort_by_key(|named| names.iter().position(|name| *name == named.name));
            Ok(tensors)
        };
        let records = part(header.bytes[0], &header.records)?;
        let outputs = part(header.bytes[1], &header.outputs)?;
        let FinishedHeader { noise, weights_sha256, .. } = header;
        Ok(Self::Finished(Trace { noise, weights_sha256, records, outputs }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Dtype, HostTensor};

    fn trace() -> Trace {
        let named = |name: &str, value: f64| NamedTensor {
            name: name.into(),
            tensor: HostTensor { shape: vec![1], dtype: Dtype::F32, values: vec![value] },
        };
        Trace {
            noise: Noise { draws: 1, first_sha256: Some("ab".into()), all_sha256: None },
            weights_sha256: Some("cd".into()),
            records: vec![named("step.01/b", 1.0), named("step.00/a", 2.0)],
            outputs: vec![named("latents", f64::INFINITY), named("image", 3.0)],
        }
    }

    #[test]
    fn answers_survive_the_pipe_among_other_output() {
        let answers = [Answer::Ready, Answer::Finished(trace()), Answer::Failed("no\nluck".into())];
        let mut pipe = b"a driver says hello\n".to_vec();
        for answer in &answers {
            answer.write(&mut pipe).unwrap();
            pipe.extend(b"some log line without an end");
        }
        let mut reader = pipe.as_slice();
        for answer in answers {
            assert_eq!(Answer::read(&mut reader).unwrap(), Some(answer));
        }
        assert_eq!(Answer::read(&mut reader).unwrap(), None);
    }

    #[test]
    fn a_worker_that_dies_while_it_writes_is_an_error() {
        let mut pipe = Vec::new();
        Answer::Finished(trace()).write(&mut pipe).unwrap();
        pipe.truncate(pipe.len() - 1);
        assert!(Answer::read(pipe.as_slice()).is_err());
    }
}
