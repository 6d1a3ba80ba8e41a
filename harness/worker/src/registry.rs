//! The pipelines a binary knows, by name, and the erasure of their types.

use std::path::Path;
use std::sync::Arc;

use burn_repro_device::Device;
use schemars::{Schema, SchemaGenerator};

use crate::pipeline::{BoxError, Case, Pipeline};
use crate::probe::Probe;
use crate::recording::Recording;
use burn_repro_core::scenario::{Catalog, Checked, Described, Parsed, ProblemAt, Requirements};
use burn_repro_core::trace::Trace;
use burn_repro_core::worker::Variation;

/// The fault of a case that begins from the next seed.
pub(crate) const SEED_FAULT: &str = "seed-next";

/// The fault of a case that takes a step fewer.
pub(crate) const STEP_FAULT: &str = "step-fewer";

/// What is wrong with a case of any pipeline.
pub const CASE_FAULTS: [(&str, &str); 2] =
    [(SEED_FAULT, "noise from the next seed"), (STEP_FAULT, "a step fewer")];

/// The pipelines that scenarios can name.
#[derive(Default)]
pub struct Registry {
    pipelines: Vec<Box<dyn AnyPipeline>>,
    /// The names of the faults that can be planted into operations.
    faults: Vec<&'static str>,
}

impl Registry {
    /// A registry without pipelines.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pipeline.
    ///
    /// # Panics
    /// If the name is taken: two pipelines of one name are a bug of the program.
    #[must_use]
    pub fn with<P: Pipeline>(mut self, pipeline: P) -> Self {
        assert!(self.find(P::NAME).is_none(), "two pipelines are called `{}`", P::NAME);
        self.pipelines.push(Box::new(Erased(Arc::new(pipeline))));
        self
    }

    /// With the names of the faults that can be planted into operations, which a scenario's `must_catch` may name.
    pub fn with_faults(self, faults: Vec<&'static str>) -> Self {
        Self { faults, ..self }
    }

    /// The pipeline of a name.
    pub fn find(&self, name: &str) -> Option<&dyn AnyPipeline> {
        self.pipelines.iter().map(AsRef::as_ref).find(|pipeline| pipeline.name() == name)
    }
}

impl Catalog for Registry {
    fn names(&self) -> Vec<&'static str> {
        self.pipelines.iter().map(|pipeline| pipeline.name()).collect()
    }

    fn get(&self, name: &str) -> Option<&dyn Described> {
        self.find(name).map(AnyPipeline::described)
    }

    fn params_schemas(
        &self,
        generator: &mut SchemaGenerator,
    ) -> Vec<(&'static str, Option<Schema>)> {
        let pipelines = self.pipelines.iter();
        pipelines.map(|pipeline| (pipeline.name(), pipeline.params_schema(generator))).collect()
    }

    fn common_faults(&self) -> Vec<&'static str> {
        let names = |faults: &[(&'static str, &'static str)]| -> Vec<&'static str> {
            faults.iter().map(|(name, _)| *name).collect()
        };
        [self.faults.clone(), names(&CASE_FAULTS)].concat()
    }
}

/// A pipeline whose parameter type is hidden.
pub trait AnyPipeline: Described + Send + Sync {
    /// The pipeline as loading sees it.
    fn described(&self) -> &dyn Described;

    /// Its name.
    fn name(&self) -> &'static str;

    /// The schema of its parameters.
    fn params_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>;

    /// The names of the wrong parameters that it knows, and what each is.
    fn faults(&self) -> Vec<(&'static str, &'static str)>;

    /// Reads the parameters as their type, and checks them.
    ///
    /// # Errors
    /// The first problem, with its place in the text.
    fn prepare(&self, scenario: &Parsed) -> Result<Box<dyn PreparedCase>, ProblemAt>;
}

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

struct Erased<P>(Arc<P>);

struct Prepared<P: Pipeline> {
    pipeline: Arc<P>,
    case: Case<P::Params>,
    notices: Vec<String>,
}

impl<P: Pipeline> AnyPipeline for Erased<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn params_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        P::params_schema(generator)
    }

    fn described(&self) -> &dyn Described {
        self
    }

    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        P::faults().into_iter().map(|fault| (fault.name, fault.what)).collect()
    }

    fn prepare(&self, scenario: &Parsed) -> Result<Box<dyn PreparedCase>, ProblemAt> {
        let Parsed { file, name, keys, .. } = scenario;
        let mut case = Case {
            scenario: name.clone(),
            seed: keys.seed.first(),
            seeds: keys.seed.per_sample().to_vec(),
            steps: keys.steps.0,
            batch_size: keys.batch_size(),
            dtype: keys.dtype,
            folder: file.parent().unwrap_or(Path::new("")).to_path_buf(),
            params: scenario.params()?,
        };
        let invalid = |error: BoxError| scenario.invalid("params", error);
        let notices = self.0.complete(&mut case).map_err(invalid)?;
        self.0.validate(&case).map_err(invalid)?;
        let pipeline = Arc::clone(&self.0);
        Ok(Box::new(Prepared { pipeline, case, notices }))
    }
}

impl<P: Pipeline> Described for Erased<P> {
    fn takes_seed_list(&self) -> bool {
        P::TAKES_SEED_LIST
    }

    fn fault_names(&self) -> Vec<&'static str> {
        self.faults().into_iter().map(|(name, _)| name).collect()
    }

    fn check(&self, scenario: &Parsed) -> Result<Checked, ProblemAt> {
        let case = self.prepare(scenario)?;
        Ok(Checked { requirements: case.requires(), notices: case.notices(), asks: case.asks() })
    }

    fn examine(&self, scenario: &Parsed) -> Result<(), ProblemAt> {
        self.prepare(scenario)?.examine().map_err(|error| scenario.invalid("params", error))
    }
}

impl<P: Pipeline> PreparedCase for Prepared<P> {
    fn requires(&self) -> Requirements {
        self.pipeline.requires(&self.case)
    }

    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }

    fn asks(&self) -> Option<serde_json::Value> {
        self.pipeline.asks(&self.case)
    }

    fn examine(&self) -> Result<(), BoxError> {
        self.pipeline.examine(&self.case)
    }

    fn run(self: Box<Self>, device: &Device, variation: Variation) -> Result<Trace, BoxError> {
        let Self { pipeline, mut case, .. } = *self;
        if let Variation::Copies(samples) = variation {
            case.batch_size = samples;
            // Every sample is to be the first one.
            if !case.seeds.is_empty() {
                case.seeds = vec![case.seed; samples];
            }
        }
        let mut probe = Probe::new(device.clone()).varied(variation, case.dtype);
        pipeline.run(&case, device, &mut probe)?;
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
