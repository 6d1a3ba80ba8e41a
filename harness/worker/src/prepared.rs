//! A pipeline and its parsed case: run, made wrong, or recorded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn_repro_device::Device;
use serde_json::Value;

use crate::hooks::Feed;
use crate::pipeline::{BoxError, Case, Pipeline};
use crate::probe::Probe;
use crate::recording::Recording;
use burn_repro_core::scenario::Requirements;
use burn_repro_core::tensor_file::decode_floats;
use burn_repro_core::trace::Trace;
use burn_repro_core::worker::Variation;

/// The fault of a case that begins from the next seed.
pub(crate) const SEED_FAULT: &str = "seed-next";

/// The fault of a case that takes a step fewer.
pub(crate) const STEP_FAULT: &str = "step-fewer";

/// What is wrong with a case of any pipeline.
pub const CASE_FAULTS: [(&str, &str); 2] =
    [(SEED_FAULT, "noise from the next seed"), (STEP_FAULT, "a step fewer")];

/// A pipeline and its parsed case, ready to run.
pub trait PreparedCase {
    /// What must be on the machine.
    fn requires(&self) -> Requirements;

    /// What people should know of its files.
    fn notices(&self) -> Vec<String>;

    /// What its files add to the question.
    fn asks(&self) -> Option<serde_json::Value>;

    /// Reads its long files.
    fn examine(&self) -> Result<(), BoxError>;

    /// Runs it.
    ///
    /// # Errors
    /// As [`Pipeline::run`], and of the probe.
    fn run(self: Box<Self>, device: &Device, variation: Variation) -> Result<Trace, BoxError>;

    /// Makes it wrong in one of the ways of [`CASE_FAULTS`] or of its pipeline.
    fn spoil(&mut self, fault: &str) -> Result<(), BoxError>;

    /// Records its operations, with the element types of a device; nothing is computed.
    fn record(&self, like: &Device) -> Result<Recording, BoxError>;
}

/// A pipeline and its case.
pub(crate) struct Prepared<P: Pipeline> {
    pub(crate) pipeline: Arc<P>,
    pub(crate) case: Case<P::Params>,
    pub(crate) notices: Vec<String>,
    /// The file of an outside reference.
    pub(crate) reference: Option<PathBuf>,
}

impl<P: Pipeline> PreparedCase for Prepared<P> {
    fn requires(&self) -> Requirements {
        let files = self.case.inputs.files();
        files.fold(self.pipeline.requires(&self.case), |requirements, file| {
            requirements.file(file.clone(), "it is named under `inputs`")
        })
    }

    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }

    fn asks(&self) -> Option<serde_json::Value> {
        let own = self.pipeline.asks(&self.case);
        match (own, self.case.inputs.asks()) {
            (Some(Value::Object(own)), Some(Value::Object(inputs))) => {
                Some(own.into_iter().chain(inputs).collect())
            }
            (own, inputs) => own.or(inputs),
        }
    }

    fn examine(&self) -> Result<(), BoxError> {
        self.pipeline.examine(&self.case)
    }

    fn run(self: Box<Self>, device: &Device, variation: Variation) -> Result<Trace, BoxError> {
        let Self { pipeline, mut case, reference, .. } = *self;
        if let Variation::Copies(samples) = variation {
            case.batch_size = samples;
            // Every sample is to be the first one.
            if !case.seeds.is_empty() {
                case.seeds = vec![case.seed; samples];
            }
        }
        let mut probe = Probe::new(device.clone()).varied(variation, case.dtype);
        let feed = match (variation, reference) {
            (Variation::ReferenceInputs, Some(file)) => read_feed(&file)?,
            _ => Feed::default(),
        };
        let listening = probe.listen(feed);
        pipeline.run(&case, device, &mut probe)?;
        drop(listening);
        Ok(probe.finish()?)
    }

    fn spoil(&mut self, fault: &str) -> Result<(), BoxError> {
        let case = &mut self.case;
        match (fault, P::faults().into_iter().find(|known| known.name == fault)) {
            (_, Some(known)) => (known.apply)(case),
            (SEED_FAULT, _) => {
                case.seed = case.seed.next();
                case.seeds.iter_mut().for_each(|seed| *seed = seed.next());
            }
            (STEP_FAULT, _) => case.steps = (case.steps - 1).max(1),
            _ => return Err(format!("unknown fault `{fault}`").into()),
        }
        self.pipeline.validate(case)
    }

    fn record(&self, like: &Device) -> Result<Recording, BoxError> {
        Recording::of(like, |device, probe| self.pipeline.run(&self.case, device, probe))
    }
}

/// What went into the modules of an outside reference and came out of them.
fn read_feed(file: &Path) -> Result<Feed, BoxError> {
    let tensors = decode_floats(&std::fs::read(file)?)?;
    Ok(Feed::new(tensors.into_iter().map(|named| (named.name, named.tensor)).collect()))
}
