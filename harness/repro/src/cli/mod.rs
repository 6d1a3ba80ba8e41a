//! The command line, version 1: arguments, and which command they mean. Scripts rely on the names,
//! the options and the exit codes.

mod bisect;
mod calibrate;
mod choose;
mod compare;
mod diagnose;
mod doctor;
mod golden;
mod init;
mod leave;
mod list;
mod mutation;
mod noise;
mod parity;
mod record_script;
mod report;
mod run;
mod schema;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use burn_repro_target::VariableError;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::project::Project;
use burn_repro_core::exit::Exit;
use burn_repro_core::plan::Selection;
use burn_repro_core::say::{say, tell};
use burn_repro_core::scenario::{BackendSelector, Seed};
use burn_repro_core::trace::Dtype;
use burn_repro_core::variables;
use burn_repro_core::variables::{parse_machine, parse_threads};

/// Runs scenarios on every Burn target of this machine and judges the results against goldens.
#[derive(Debug, Parser)]
#[command(name = "repro", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    folders: Folders,
}

/// Where scenarios and goldens lie.
#[derive(Debug, Args)]
struct Folders {
    /// Folder of the scenario files; `list --scenarios` without a folder leaves targets out
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1)]
    scenarios: Option<Option<PathBuf>>,
    /// Folder of the goldens
    #[arg(long, global = true, value_name = "DIR")]
    golden: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios and judge them; the default
    Run(RunArguments),
    /// Show what is here, and for what is not: why, and how to get it
    List(ListArguments),
    /// Make a crate with a model of its own a project: test, scenario, manifest
    Init(init::InitArguments),
    /// Draw the noise of a seed and print its SHA-256
    Noise(NoiseArguments),
    /// Measure how far results are off through rounding alone, and propose tolerances
    Calibrate(calibrate::CalibrateArguments),
    /// Find the smallest set of settings that make a cell fail
    #[command(alias = "blame")]
    Bisect(bisect::BisectArguments),
    /// Run operations with known results on every target and report inaccuracies
    Doctor(doctor::DoctorArguments),
    /// Find the operation that makes a cell differ, and its place in the model
    Diagnose(diagnose::DiagnoseArguments),
    /// Mutation-test the checks: inject faults and report how many each scenario detects
    #[command(alias = "power")]
    Mutation(mutation::MutationArguments),
    /// Find the layers that differ from the model that was ported, and how
    Parity(parity::ParityArguments),
    /// Print the script that records a model's results, for `parity` and `reference:`
    RecordScript {
        /// What runs the model
        #[arg(value_enum)]
        framework: record_script::Framework,
    },
    /// Make reports from the records of one run or of many machines
    Report(report::ReportArguments),
    /// Compare the saved outputs of two runs directly, without a golden
    Compare(compare::CompareArguments),
    /// Print the JSON Schema of a format
    Schema {
        /// The format
        #[arg(value_enum)]
        format: schema::Format,
    },
    /// Look at goldens, accept or prune them
    #[command(subcommand)]
    Golden(golden::GoldenCommand),
}

#[derive(Debug, Default, Args)]
struct RunArguments {
    /// Parts of scenario names; without any, every scenario
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Take the filters as whole names
    #[arg(long)]
    exact: bool,
    /// A class (cpu, wgpu, cuda) or a target; may be given several times [env: BURN_REPRO_BACKEND]
    #[arg(long = "backend", value_name = "NAME")]
    backends: Vec<BackendSelector>,
    /// Fail where this class or target is not here; may be given several times [env: BURN_REPRO_REQUIRE]
    #[arg(long = "require", value_name = "NAME", value_delimiter = ',')]
    required: Vec<BackendSelector>,
    /// Run the scenarios tagged `nightly`, too [env: BURN_REPRO_NIGHTLY]
    #[arg(long)]
    nightly: bool,
    /// Run every cell that many times more in each of several ways, and ask for the same bits
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    repeat: Option<u16>,
    /// Threads of each CPU cell; one where the scenario asks for full determinism [env: BURN_REPRO_THREADS]
    #[arg(long, value_name = "COUNT", value_parser = parse_threads)]
    threads: Option<usize>,
    /// What this machine is called in reports [env: BURN_REPRO_RUN_NAME]
    #[arg(long, value_name = "NAME", value_parser = parse_machine)]
    name: Option<String>,
    /// Leave record, outputs, logs and reports in this folder instead of one below target/repro
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Write the record of the run
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write what happens as JSON lines; `-` is standard output, which then holds nothing else
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Print GitHub annotations, and append the summary to $GITHUB_STEP_SUMMARY
    #[arg(long)]
    github: bool,
    /// Save the outputs as DIR/SCENARIO/TARGET.safetensors
    #[arg(long, value_name = "DIR")]
    save_outputs: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Show targets only
    #[arg(long)]
    targets: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct NoiseArguments {
    /// The seed, as torch.Generator().manual_seed takes it
    #[arg(long, allow_negative_numbers = true)]
    seed: Seed,
    /// The shape, for instance 1,3,32,32
    #[arg(long, value_delimiter = ',', required = true)]
    shape: Vec<usize>,
    /// The float type: f16, bf16, f32 or f64
    #[arg(long, value_name = "TYPE", default_value = "f32")]
    dtype: Dtype,
    /// Save the noise as well
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Whether a word is the name of a command.
pub(crate) fn is_command(word: &str) -> bool {
    Arguments::command().find_subcommand(word).is_some()
}

/// Runs the command line of a project.
pub(crate) fn main(mut project: Project) -> ExitCode {
    // clap ends the process with 2 on wrong usage and 0 on --help, as our exit codes have it.
    let arguments = Arguments::parse();
    let scenarios_alone = matches!(arguments.folders.scenarios, Some(None));
    if let Some(Some(folder)) = arguments.folders.scenarios {
        project.scenarios = folder;
    }
    if let Some(folder) = arguments.folders.golden {
        project.golden = folder;
    }
    let command = arguments.command.unwrap_or(Command::Run(RunArguments::default()));
    let checked = variables::check_for_children().map_err(Failure::usage);
    let checked = checked.and_then(|()| project.check_golden().map_err(Failure::usage));
    match checked.and_then(|()| command.perform(&project, scenarios_alone)) {
        Ok(exit) => exit.into(),
        Err(Failure { exit, message }) => {
            tell(&format!("error: {message}"));
            exit.into()
        }
    }
}

impl Command {
    fn perform(self, project: &Project, scenarios_alone: bool) -> Result<Exit, Failure> {
        match self {
            Self::List(arguments) => list::list(project, &arguments, scenarios_alone),
            _ if scenarios_alone => Err(Failure::usage("--scenarios needs a folder here")),
            Self::Run(arguments) => {
                run::run(project, &arguments.with_variables().map_err(Failure::usage)?)
            }
            Self::Init(arguments) => init::init(&arguments),
            Self::Noise(arguments) => noise::noise(project, &arguments),
            Self::Calibrate(arguments) => calibrate::calibrate(project, &arguments),
            Self::Bisect(arguments) => bisect::bisect_cell(project, &arguments),
            Self::Doctor(arguments) => doctor::doctor(&arguments),
            Self::Diagnose(arguments) => diagnose::diagnose(project, &arguments),
            Self::Mutation(arguments) => mutation::run(project, &arguments),
            Self::Parity(arguments) => parity::parity(project, &arguments),
            Self::RecordScript { framework } => record_script::print(framework),
            Self::Report(arguments) => report::report(&arguments),
            Self::Compare(arguments) => compare::compare(&arguments),
            Self::Schema { format } => schema::schema(project, format),
            Self::Golden(command) => golden::golden(project, command),
        }
    }
}

impl RunArguments {
    /// With what the variables say where the command line says nothing.
    fn with_variables(self) -> Result<Self, VariableError> {
        let or = |given: Vec<BackendSelector>, read: fn() -> Result<_, VariableError>| {
            if given.is_empty() { read() } else { Ok(given) }
        };
        Ok(Self {
            backends: or(self.backends, variables::backends)?,
            required: or(self.required, || {
                variables::required().map(|required| required.backends)
            })?,
            nightly: self.nightly || variables::nightly()?,
            threads: self.threads.map_or_else(variables::threads, |count| Ok(Some(count)))?,
            name: self.name.map_or_else(variables::run_name, |name| Ok(Some(name)))?,
            ..self
        })
    }

    fn selection(&self) -> Selection {
        Selection {
            filters: self.filters.clone(),
            backends: self.backends.clone(),
            nightly: self.nightly,
            exact: self.exact,
            threads: self.threads,
        }
    }
}

/// A command that could not do its work: what to say, and how to exit.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    fn usage(message: impl ToString) -> Self {
        Self { exit: Exit::Usage, message: message.to_string() }
    }

    fn internal(message: impl ToString) -> Self {
        Self { exit: Exit::Internal, message: message.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&["blame", "tiny", "--backend", "flex"], &["bisect", "tiny", "--backend", "flex"])]
    #[case(&["power", "tiny"], &["mutation", "tiny"])]
    #[case(
        &["diagnose", "tiny", "--backend", "flex", "--emit", "folder"],
        &["diagnose", "tiny", "--backend", "flex", "--minimal-repro", "folder"]
    )]
    fn an_old_name_still_works_and_is_hidden(#[case] old: &[&str], #[case] new: &[&str]) {
        let parsed = |words: &[&str]| {
            let words = ["repro"].iter().chain(words);
            format!("{:?}", Arguments::try_parse_from(words).unwrap())
        };
        assert_eq!(parsed(old), parsed(new));
        let mut command = Arguments::command();
        let help = command.render_long_help().to_string();
        let diagnose = command.find_subcommand_mut("diagnose").unwrap().render_long_help();
        for name in ["blame", "power", "--emit"] {
            assert!(!help.contains(name) && !diagnose.to_string().contains(name), "{name}\n{help}");
        }
    }
}
