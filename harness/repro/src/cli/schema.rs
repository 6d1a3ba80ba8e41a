//! `repro schema`: the JSON Schemas of the formats.

use clap::ValueEnum;

use super::Failure;
use super::write::print_json;
use crate::project::Project;
use burn_repro_core::exit::Exit;
use burn_repro_core::record::record_schema;
use burn_repro_core::scenario::scenario_schema;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// Scenario files, with the parameters of this project's pipelines
    Scenario,
    /// Run records: run.json, and what --json writes
    Run,
}

pub(super) fn schema(project: &Project, format: Format) -> Result<Exit, Failure> {
    let schema = match format {
        Format::Scenario => scenario_schema(&project.registry),
        Format::Run => record_schema(),
    };
    print_json(&schema)?;
    Ok(Exit::Success)
}
