//! `repro bisect`: which settings make a cell fail.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use burn_repro_device::probe_child;
use burn_repro_target::{Class, Determinism, Discovery, Fingerprint, Settings, Target};
use clap::Args;

use super::write::write_json;
use super::{Failure, choose};
use crate::project::{Project, find_targets};
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::Store;
use burn_repro_core::say;
use burn_repro_core::scenario::{BackendSelector, Scenario};
use burn_repro_core::variables;
use burn_repro_core::variables::parse_threads;
use burn_repro_core::worker::WorkerCommand;
use burn_repro_explain::bisect::{
    Axis, Bisection, BisectionRecord, Build, BuildError, Candidate, CellName, Machine, Runner,
    SearchLimits, Setup, axes, bisect, named, products, report, start_in_words,
};

/// What looking for the adapters of OpenGL may take.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct BisectArguments {
    /// Name of the scenario
    scenario: String,
    /// Target, or a class with one target on this machine
    #[arg(long, value_name = "NAME")]
    backend: BackendSelector,
    /// Start with this determinism instead of the scenario's
    #[arg(long, value_name = "full|fast", value_parser = determinism)]
    determinism: Option<Determinism>,
    /// Start with this many threads on CPU targets [env: BURN_REPRO_THREADS]
    #[arg(long, value_name = "COUNT", value_parser = parse_threads)]
    threads: Option<usize>,
    /// Largest number of settings to change together; beyond it, all are changed, and then fewer
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = most)]
    most: usize,
    /// Start no set of two or more settings after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    limit: u64,
    /// A build with autotune or fusion to try; `cargo tuned list` leaves one below target/debug/deps
    #[arg(long, value_name = "PATH")]
    tuned: Vec<PathBuf>,
    /// A build without them to try, if this binary has them
    #[arg(long, value_name = "PATH")]
    plain: Vec<PathBuf>,
    /// Write everything that was tried as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn determinism(text: &str) -> Result<Determinism, String> {
    match text {
        "full" => Ok(Determinism::Full),
        "fast" => Ok(Determinism::Fast),
        _ => Err("expected `full` or `fast`".into()),
    }
}

fn most(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=5).contains(count));
    count.ok_or_else(|| "expected a number from 1 to 5".into())
}

pub(super) fn bisect_cell(project: &Project, arguments: &BisectArguments) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let threads = arguments.threads.map_or_else(variables::threads, |count| Ok(Some(count)));
    let threads = threads.map_err(Failure::usage)?;
    let scenarios = project.load().map_err(Failure::usage)?;
    let scenario = &choose::scenario(&scenarios, &arguments.scenario)?;
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let target = &choose::target(&arguments.backend, &discovery)?;
    check_asked(scenario, target)?;
    let settings = Settings {
        determinism: arguments.determinism.unwrap_or(scenario.determinism),
        threads,
        ..scenario.settings()
    };
    let start = Setup { command, target: target.clone(), settings };
    let here = Machine {
        cores: thread::available_parallelism().map_or(1, usize::from),
        places: places(&start, &discovery),
        builds: builds(&start, arguments).map_err(Failure::usage)?,
    };

    let store = Store::new(&project.golden);
    let runner = Runner::new(scenario, target, &store);
    let cell = CellName { scenario: &scenario.name, target: &target.name };
    let tell = |what: &str| say::tell(&format!("{} on {}: {what}", cell.scenario, cell.target));
    let axes = axes(&start, &here);
    let limits = SearchLimits { most: arguments.most, time: Duration::from_secs(arguments.limit) };
    let bisection = bisect(&start, axes, limits, &mut |setup| runner.run(setup), &tell)
        .map_err(|unjudged| Failure { exit: unjudged.exit(), message: unjudged.to_string() })?;
    say::say(&report(cell, &start_in_words(&start, here.cores), &bisection));
    if let Some(measured) = measured_products(&start, &bisection) {
        say::say(&format!("{measured}\n"));
    }
    let record = BisectionRecord::new(cell, &start, &bisection, begun.elapsed().as_secs_f64());
    let exit = bisection.exit();
    if let Some(file) = &arguments.json {
        write_json(file, &record, exit)?;
    }
    Ok(exit)
}

/// Refuses a target that the scenario does not ask for.
fn check_asked(scenario: &Scenario, target: &Target) -> Result<(), Failure> {
    if scenario.backends.iter().any(|selector| selector.matches(target)) {
        return Ok(());
    }
    let asks: Vec<String> = scenario.backends.iter().map(ToString::to_string).collect();
    let message = format!(
        "scenario `{}` does not run on {}: its `backends` are {}",
        scenario.name,
        target.name,
        asks.join(", ")
    );
    Err(Failure { exit: Exit::NothingRan, message })
}

/// Every target of the class, those that only OpenGL shows, too.
fn places(start: &Setup, discovery: &Discovery) -> Vec<Candidate> {
    let class = start.target.class;
    let of_class = |target: &&Target| target.class == class;
    let mut places: Vec<Candidate> = discovery
        .targets
        .iter()
        .filter(of_class)
        .map(|target| Candidate { target: target.clone(), opengl: false })
        .collect();
    if class == Class::Wgpu {
        let probe = start.command.clone().with_opengl().probe(class);
        for target in probe_child(class, probe, PROBE_LIMIT).targets {
            // OpenGL renames what was seen without it.
            if !places.iter().any(|place| place.target.locator == target.locator) {
                places.push(Candidate { target, opengl: true });
            }
        }
    }
    places
}

/// The builds that were named.
fn builds(start: &Setup, arguments: &BisectArguments) -> Result<Vec<Build>, BuildError> {
    let own: &Fingerprint = &start.target.fingerprint;
    let tuned = arguments.tuned.iter().map(|path| (path, true));
    let plain = arguments.plain.iter().map(|path| (path, false));
    tuned.chain(plain).map(|(path, tuned)| named(path, tuned, &start.command, own)).collect()
}

/// What a change of determinism did to products, where it removes the difference.
fn measured_products(start: &Setup, bisection: &Bisection) -> Option<String> {
    let change = bisection.removing().find(|change| change.axis == Axis::Determinism)?;
    let [was, now] = products(start, &start.clone().with(change))?;
    Some(format!("measured: burn_repro::matmul keeps {was} bits of f32, and {now} with {change}"))
}
