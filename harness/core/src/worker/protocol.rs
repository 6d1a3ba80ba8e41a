//! What travels between a run and its worker processes.
//!
//! A request is one line of JSON on the worker's standard input. An answer is one line on its
//! standard output that begins with a prefix, followed by as many raw bytes of tensors as the line
//! says. Drivers and pipelines may print lines of their own: they lack the prefix and are skipped. The line
//! holds the hash of the bytes, so that an answer that is cut off or mixed with other output is not taken for a result.

use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hash::sha256_hex;
use crate::reason::{Reason, ReasonCode};
use crate::tensor_file;
use crate::trace::{NamedTensor, Noise, Trace};

/// What marks an answer among other output. It begins with a control character that no log prints.
const PREFIX: &str = "\u{1}burn-repro ";

/// The version of what travels; a worker that says another is refused by name.
pub const PROTOCOL: u32 = 3;

/// What a worker is asked: one service of it, and the question in that service's own words.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The service's name.
    pub service: String,
    /// What it is asked.
    pub question: Value,
}

/// The first message of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol that it speaks.
    pub protocol: u32,
    /// The version of Burn that it was built with.
    pub burn: String,
    /// Features of that build that change results.
    pub features: Vec<String>,
    /// The pipelines that it knows.
    pub pipelines: Vec<String>,
    /// The services that it has.
    pub services: Vec<String>,
}

/// Runs one scenario.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunRequest {
    /// The file, for messages and relative paths.
    #[serde(with = "os_path")]
    pub file: PathBuf,
    /// Its text as the run has read and checked it.
    pub text: String,
    /// How its inputs differ from what the scenario says.
    pub variation: Variation,
}

/// A path as the bytes that the system has for it: JSON's own texts are UTF-8, and names of files need not be.
mod os_path {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        OsString::deserialize(deserializer).map(PathBuf::from)
    }
}

/// How the inputs of a run differ from what the scenario says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Variation {
    /// They do not.
    #[default]
    None,
    /// The last bits are moved as a seed says.
    Moved(u64),
    /// A batch of this many copies of the first sample.
    Copies(usize),
    /// Every module that the model names, and every parent of one, is given what the outside reference gave it.
    ReferenceInputs,
}

/// What a worker answers.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The scenario ran.
    Finished(Trace),
    /// Anything else.
    Notice(Notice),
}

/// A worker's answer other than a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// The device is open, and computes; with what the worker is.
    Ready(Hello),
    /// The request was read: what happens from now on is its doing.
    Began,
    /// The device cannot hold the float type.
    Unsupported(Vec<Reason>),
    /// The device could not be opened, or the pipeline returned an error or panicked.
    Failed(Vec<Reason>),
    /// A thread panicked although the pipeline returned a result.
    HiddenPanic(Vec<Reason>),
    /// The device failed its self-test.
    BrokenDevice(Vec<Reason>),
    /// The result holds unwritten memory.
    StaleMemory(Vec<Reason>),
    /// What a service answers that gives no trace, in its own words.
    Answered(Value),
}

/// An answer's line, without the tensors.
#[derive(Debug, Serialize, Deserialize)]
enum Header {
    Notice(Notice),
    Finished(FinishedHeader),
}

/// What a trace has beside its tensors, and what these must be: records, then outputs.
#[derive(Debug, Serialize, Deserialize)]
struct FinishedHeader {
    noise: Noise,
    weights_sha256: Option<String>,
    parts: [Part; 2],
}

/// Tensors as the bytes of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    names: Vec<String>,
    bytes: usize,
    sha256: String,
}

impl Part {
    fn new(tensors: &[NamedTensor], data: &[u8]) -> Self {
        let names = tensors.iter().map(|named| named.name.clone()).collect();
        Self { names, bytes: data.len(), sha256: sha256_hex(data) }
    }

    fn read(&self, from: impl Read) -> io::Result<Vec<NamedTensor>> {
        // Not allocated at once: a damaged length must not ask for all memory there is.
        let mut data = Vec::new();
        from.take(self.bytes as u64).read_to_end(&mut data)?;
        if sha256_hex(&data) != self.sha256 {
            let (got, want) = (data.len(), self.bytes);
            return Err(io::Error::other(format!(
                "its result is damaged: {got} of {want} bytes arrived, with another hash"
            )));
        }
        let mut tensors = tensor_file::decode(&data).map_err(io::Error::other)?;
        // The file sorts by name, the trace keeps the order of recording.
        tensors.sort_by_key(|named| self.names.iter().position(|name| *name == named.name));
        Ok(tensors)
    }
}

impl Notice {
    /// The pipeline failed, or the device could not be opened.
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Failed(vec![Reason::new(ReasonCode::Failed, text)])
    }

    /// The device failed its self-test.
    pub fn broken_device(text: impl Into<String>) -> Self {
        Self::BrokenDevice(vec![Reason::new(ReasonCode::BrokenDevice, text)])
    }
}

impl Answer {
    /// What a service answers in its own words.
    ///
    /// # Errors
    /// If it is not plain data, which is a bug.
    pub fn value(answer: &impl Serialize) -> serde_json::Result<Self> {
        Ok(Self::Notice(Notice::Answered(serde_json::to_value(answer)?)))
    }

    /// Whether it is what was asked for, so that the process can be asked again.
    pub(crate) fn is_result(&self) -> bool {
        match self {
            Self::Finished(_) => true,
            Self::Notice(notice) => matches!(notice, Notice::Answered(_)),
        }
    }

    /// Writes the answer and flushes.
    pub fn write(&self, mut to: impl Write) -> io::Result<()> {
        let mut tensors = [Vec::new(), Vec::new()];
        let header = match self {
            Self::Notice(notice) => Header::Notice(notice.clone()),
            Self::Finished(trace) => {
                let parts = [&trace.records, &trace.outputs];
                tensors = parts.map(|part| tensor_file::encode(part));
                Header::Finished(FinishedHeader {
                    noise: trace.noise.clone(),
                    weights_sha256: trace.weights_sha256.clone(),
                    parts: [0, 1].map(|index| Part::new(parts[index], &tensors[index])),
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
    pub fn read(mut from: impl BufRead) -> io::Result<Option<Self>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if from.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            let Some(json) = line.strip_prefix(PREFIX.as_bytes()) else { continue };
            return match serde_json::from_slice(json)? {
                Header::Notice(notice) => Ok(Some(Self::Notice(notice))),
                Header::Finished(FinishedHeader { noise, weights_sha256, parts }) => {
                    let records = parts[0].read(&mut from)?;
                    let outputs = parts[1].read(&mut from)?;
                    Ok(Some(Self::Finished(Trace { noise, weights_sha256, records, outputs })))
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Dtype, HostTensor};

    fn trace() -> Trace {
        let named = |name: &str, value: f64| NamedTensor {
            name: name.into(),
            tensor: HostTensor { shape: vec![1], dtype: Dtype::F32.into(), values: vec![value] },
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
        let answers = [
            Answer::value(&3).unwrap(),
            Answer::Finished(trace()),
            Answer::Notice(Notice::failed("no\nluck")),
        ];
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
        let error = Answer::read(pipe.as_slice()).unwrap_err().to_string();
        assert!(error.contains("is damaged"), "{error}");
    }

    #[test]
    fn a_line_of_another_among_the_tensors_is_an_error() {
        let mut pipe = Vec::new();
        Answer::Finished(trace()).write(&mut pipe).unwrap();
        let place = pipe.len() - 20;
        pipe.splice(place..place, *b"a driver says hello\n");
        assert!(Answer::read(pipe.as_slice()).is_err());
    }
}
