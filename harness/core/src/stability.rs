//! Whether runs of a cell give the same bits. Running them is `repeat`, what it means for a verdict is `evaluate`.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hash::sha256_hex;
use crate::reason::{Reason, ReasonCode};
use crate::tensor_file;
use crate::trace::{HostTensor, NamedTensor, Trace, coordinates};

/// How a cell was repeated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RepeatMode {
    /// Again and again in one process.
    SameProcess,
    /// In a new process each time, the cells of a target in another order each time.
    NewProcess,
    /// In a new process with so many threads.
    Threads(usize),
}

impl fmt::Display for RepeatMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameProcess => formatter.pad("same process"),
            Self::NewProcess => formatter.pad("new process"),
            Self::Threads(threads) => write!(formatter, "{threads} threads"),
        }
    }
}

/// What repeating one cell showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stability {
    /// The runs, by the mode in which they were repeated.
    pub tallies: Vec<(RepeatMode, Tally)>,
    /// Whether all places of a batch give the same bits for the same sample; none where the pipeline draws no noise
    /// for a batch.
    pub batch_positions: Option<bool>,
}

impl Stability {
    /// The tally of a mode, which is begun if it is not there.
    pub fn tally(&mut self, mode: RepeatMode) -> &mut Tally {
        let index =
            self.tallies.iter().position(|(other, _)| *other == mode).unwrap_or_else(|| {
                self.tallies.push((mode, Tally::default()));
                self.tallies.len() - 1
            });
        &mut self.tallies[index].1
    }

    /// What varied; nothing if every run gave the same bits.
    #[must_use]
    pub(crate) fn variations(&self) -> Vec<Reason> {
        let varied = |(mode, tally): &(RepeatMode, Tally)| {
            let first = tally.first.as_ref()?;
            let (differing, runs) = (tally.differing, tally.runs);
            let text = format!("{differing} of {runs} runs differ ({mode}), {first}");
            Some(Reason::new(ReasonCode::Nondeterministic, text))
        };
        self.tallies.iter().filter_map(varied).collect()
    }
}

/// Runs of one mode, compared with the first run of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// How many there were.
    pub runs: usize,
    /// How many gave other bits, or no result.
    pub differing: usize,
    /// The SHA-256 of every result that was seen.
    pub seen: BTreeSet<String>,
    /// The first difference, in words.
    pub first: Option<String>,
}

impl Tally {
    /// Counts a run.
    pub fn count(&mut self, first: &Trace, run: Result<&Trace, String>) {
        self.runs += 1;
        let difference = match run {
            Err(reason) => Some(format!("one gave no result: {reason}")),
            Ok(trace) => {
                self.seen.insert(hash(trace));
                difference(first, trace)
            }
        };
        if let Some(difference) = difference {
            self.differing += 1;
            self.first.get_or_insert(difference);
        }
    }
}

/// SHA-256 over everything that was recorded, bit for bit.
#[must_use]
pub fn hash(trace: &Trace) -> String {
    let mut bytes = tensor_file::encode(&trace.records);
    bytes.extend(tensor_file::encode(&trace.outputs));
    bytes.extend(format!("{:?}", trace.noise).bytes());
    sha256_hex(&bytes)
}

/// The first step and the first output in which two runs differ; none if all bits are the same.
#[must_use]
pub fn difference(first: &Trace, other: &Trace) -> Option<String> {
    if first.noise != other.noise {
        return Some("in the noise that was drawn on the host".into());
    }
    let step = first_different(&first.records, &other.records);
    let output = first_different(&first.outputs, &other.outputs);
    match (step, output) {
        (None, None) => None,
        (Some(step), None) => Some(format!("first in {step}, in no output")),
        (None, Some(output)) => Some(format!("in no step, first in output {output}")),
        (Some(step), Some(output)) => Some(format!("first in {step}, of the outputs in {output}")),
    }
}

fn first_different(first: &[NamedTensor], other: &[NamedTensor]) -> Option<String> {
    if first.len() != other.len() {
        return Some(format!("{} tensors instead of {}", other.len(), first.len()));
    }
    first.iter().zip(other).find_map(|(first, other)| {
        if first.name != other.name || first.tensor.shape != other.tensor.shape {
            return Some(format!("{}, which has another name or shape", first.name));
        }
        let (left, right) = (&first.tensor.values, &other.tensor.values);
        let mut pairs = left.iter().zip(right);
        let place = pairs.position(|(left, right)| left.to_bits() != right.to_bits())?;
        let at = coordinates(&first.tensor.shape, place);
        Some(format!("{} at {at:?}: {:?} and {:?}", first.name, left[place], right[place]))
    })
}

/// Whether every sample along the first dimension has the bits of the first; none where there is no batch of that
/// many samples.
#[must_use]
pub(crate) fn positions_agree(outputs: &[NamedTensor], samples: usize) -> Option<bool> {
    let agrees = |tensor: &HostTensor| {
        let (first, rest) = tensor.values.split_at(tensor.values.len() / samples);
        let same = |sample: &[f64]| {
            sample.iter().zip(first).all(|(left, right)| left.to_bits() == right.to_bits())
        };
        rest.chunks(first.len().max(1)).all(same)
    };
    let is_batch = |named: &NamedTensor| named.tensor.shape.first() == Some(&samples);
    (!outputs.is_empty() && outputs.iter().all(is_batch))
        .then(|| outputs.iter().all(|named| agrees(&named.tensor)))
}

#[cfg(test)]
mod tests;
