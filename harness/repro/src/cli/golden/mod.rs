//! `repro golden`: what lies in the golden folder, and how it changes.

mod accept;
mod prune;
mod records;
mod show;
mod status;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{Failure, Selection, choose};
use crate::project::Project;
use burn_repro_core::exit::Exit;
use burn_repro_core::scenario::{BackendSelector, Scenario, Sentence};

#[derive(Debug, Subcommand)]
pub(super) enum GoldenCommand {
    /// List goldens that are new, changed, stale, damaged, missing or without a scenario
    Status(StatusArguments),
    /// Accept what waits for review, if every target agrees with it
    Accept(AcceptArguments),
    /// Delete goldens without a scenario
    Prune,
    /// Write goldens, results and their differences as pictures
    Show(ShowArguments),
}

#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    /// Show those that are current, too, with their sizes
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct AcceptArguments {
    /// Parts of scenario names; without any, everything that waits
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Take what waits from run records, of CI for instance, and hear their targets as well; may be given several times
    #[arg(long, value_name = "RUN")]
    from: Vec<PathBuf>,
    /// Why it is right although the targets do not agree; recorded in the golden
    #[arg(long, value_name = "TEXT")]
    because: Option<Sentence>,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// Parts of scenario names
    #[arg(value_name = "FILTER", required = true)]
    filters: Vec<String>,
    /// A class (cpu, wgpu, cuda) or a target to show the results of; every one if left out
    #[arg(long = "backend", value_name = "NAME")]
    backends: Vec<BackendSelector>,
    /// Folder of the pictures
    #[arg(long, value_name = "DIR", default_value = "target/repro/golden")]
    out: PathBuf,
}

pub(super) fn golden(project: &Project, command: GoldenCommand) -> Result<Exit, Failure> {
    match command {
        GoldenCommand::Status(arguments) => status::status(project, &arguments),
        GoldenCommand::Accept(arguments) => accept::accept(project, &arguments),
        GoldenCommand::Prune => prune::prune(project),
        GoldenCommand::Show(arguments) => show::show(project, &arguments),
    }
}

/// The scenarios whose names hold one of the filters; tagged ones too, for goldens are few.
fn selected(project: &Project, filters: &[String]) -> Result<Vec<Arc<Scenario>>, Failure> {
    let selection = Selection { filters: filters.to_vec(), nightly: true, ..Selection::default() };
    choose::scenarios(&project.load().map_err(Failure::usage)?, &selection)
}
