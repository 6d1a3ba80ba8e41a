//! The pipelines a binary knows, by name, and the erasure of their types.

use std::path::Path;
use std::sync::Arc;

use burn_repro_device::Device;
use schemars::{Schema, SchemaGenerator};

use crate::inputs::{Input, Inputs};
use crate::pipeline::{BoxError, Case, Pipeline};
use crate::prepared::{CASE_FAULTS, Prepared, PreparedCase};
use crate::probe::Probe;
use burn_repro_core::scenario::{Catalog, Checked, Described, InputSource, Parsed, ProblemAt};

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
    pub fn with<P: Pipeline>(self, pipeline: P) -> Self {
        self.named(P::NAME, pipeline)
    }

    /// Adds a computation without parameters, under the name that `pipeline:` gives.
    ///
    /// # Panics
    /// If the name is taken.
    #[must_use]
    pub fn with_model<F>(self, name: &'static str, run: F) -> Self
    where
        F: Fn(&Case<()>, &Device, &mut Probe) -> Result<(), BoxError> + Send + Sync + 'static,
    {
        self.named(name, Model(run))
    }

    fn named<P: Pipeline>(mut self, name: &'static str, pipeline: P) -> Self {
        assert!(self.find(name).is_none(), "two pipelines are called `{name}`");
        self.pipelines.push(Box::new(Erased { name, pipeline: Arc::new(pipeline) }));
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

/// A computation that needs nothing of a pipeline but to be run.
struct Model<F>(F);

impl<F> Pipeline for Model<F>
where
    F: Fn(&Case<()>, &Device, &mut Probe) -> Result<(), BoxError> + Send + Sync + 'static,
{
    /// The registry has its name.
    const NAME: &'static str = "";
    type Params = ();

    fn run(&self, case: &Case<()>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        (self.0)(case, device, probe)
    }
}

struct Erased<P> {
    name: &'static str,
    pipeline: Arc<P>,
}

impl<P: Pipeline> AnyPipeline for Erased<P> {
    fn name(&self) -> &'static str {
        self.name
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
        let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
        let inputs = keys.inputs.iter().map(|(name, input)| {
            let input = match input {
                InputSource::File { file, tensor } => {
                    Input::File { file: folder.join(file.as_path()), tensor: tensor.clone() }
                }
                InputSource::Draw(draw) => Input::Draw(draw.clone(), keys.seed.first()),
            };
            (name.clone(), input)
        });
        let mut case = Case {
            scenario: name.clone(),
            seed: keys.seed.first(),
            seeds: keys.seed.per_sample().to_vec(),
            steps: keys.steps.0,
            batch_size: keys.batch_size(),
            dtype: keys.dtype,
            inputs: Inputs(inputs.collect()),
            folder,
            params: scenario.params()?,
        };
        let invalid = |error: BoxError| scenario.invalid("params", error);
        let notices = self.pipeline.complete(&mut case).map_err(invalid)?;
        self.pipeline.validate(&case).map_err(invalid)?;
        let pipeline = Arc::clone(&self.pipeline);
        let reference = keys.reference.as_ref().map(|reference| case.resolve(&reference.file));
        Ok(Box::new(Prepared { pipeline, case, notices, reference }))
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
