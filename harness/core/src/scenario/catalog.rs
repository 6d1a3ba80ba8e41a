//! What loading a scenario must know of the pipelines that scenarios can name. Whoever has pipelines implements it; the
//! format itself knows none.

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::{Parsed, ProblemAt, Requirements};

/// The pipelines that scenarios can name.
pub trait Catalog {
    /// The names of all pipelines.
    fn names(&self) -> Vec<&'static str>;

    /// One pipeline, by its name.
    fn get(&self, name: &str) -> Option<&dyn Described>;

    /// Every pipeline's name, and the schema of its parameters where it has one.
    fn params_schemas(
        &self,
        generator: &mut SchemaGenerator,
    ) -> Vec<(&'static str, Option<Schema>)>;

    /// The names of the faults that every pipeline can be tried with.
    fn common_faults(&self) -> Vec<&'static str>;
}

/// A pipeline as far as loading a scenario asks.
pub trait Described {
    /// Whether it takes a seed for each sample.
    fn takes_seed_list(&self) -> bool;

    /// The names of its own faults.
    fn fault_names(&self) -> Vec<&'static str>;

    /// Checks the parameters of a scenario.
    ///
    /// # Errors
    /// The first problem, with its place in the text.
    fn check(&self, scenario: &Parsed) -> Result<Checked, ProblemAt>;

    /// Reads the long files of a scenario, such as weights, and checks what they hold.
    ///
    /// # Errors
    /// The first problem of its files.
    fn examine(&self, scenario: &Parsed) -> Result<(), ProblemAt>;
}

/// What a pipeline says of a scenario whose parameters it has checked.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// What must be on the machine.
    pub requirements: Requirements,
    /// What people should know of its files, each as one sentence.
    pub notices: Vec<String>,
    /// What its files add to the question, as keys of `params:`.
    pub asks: Option<Value>,
}
