//! What this machine can run, of all classes. Never panics, never hangs, needs no GPU: what may crash is asked in
//! child processes, one for each class, at the same time.

use std::io;
use std::process::{Command, Stdio};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use burn_repro_target::child::{Child, Silence, lines};
use burn_repro_target::{Class, Discovery, Missing, panic_text};

use crate::probe;
use crate::probe::{PREFIX, help_with_a_driver};

/// Finds out what this machine can run.
///
/// `probe_command` gives the command that calls [`print_probe`](crate::print_probe) for a class, most simply the
/// running executable with a hidden subcommand. A child that does not answer within `time_limit` is killed.
pub fn discover(
    probe_command: impl Fn(Class) -> Command + Sync,
    time_limit: Duration,
) -> Discovery {
    let ask = |class| probe_child(class, probe_command(class), time_limit);
    let reports = thread::scope(|scope| {
        let start = |class| (class, thread::Builder::new().spawn_scoped(scope, move || ask(class)));
        let asked = [Class::Wgpu, Class::Cuda].map(start);
        let processor = probe(Class::Cpu);
        std::iter::once(processor)
            .chain(asked.map(|(class, thread)| joined(class, thread)))
            .collect::<Vec<_>>()
    });
    let mut discovery = Discovery::default();
    for report in reports {
        discovery.targets.extend(report.targets);
        discovery.missing.extend(report.missing);
    }
    discovery
}

/// The thread's report; a thread that cannot start or panics is no reason for having none.
fn joined(class: Class, thread: io::Result<ScopedJoinHandle<'_, Discovery>>) -> Discovery {
    let trouble = match thread {
        Err(error) => format!("no thread could be started that asks for {class} targets: {error}"),
        Ok(thread) => match thread.join() {
            Ok(report) => return report,
            Err(panic) => format!("asking for {class} targets panicked: {}", panic_text(&*panic)),
        },
    };
    lacking(class, trouble, "report it; the other classes can still be used")
}

/// What a child that calls [`print_probe`](crate::print_probe) reports of a class: of another build of this program, or
/// of this one with other variables. A child that gives no report is why the class is missing.
pub fn probe_child(class: Class, command: Command, time_limit: Duration) -> Discovery {
    let line = match printed_report(command, time_limit) {
        Ok(line) => line,
        Err((how, help)) => {
            let help = help.unwrap_or(help_with_a_driver(class));
            return lacking(class, format!("the probe of {class} {how}"), help);
        }
    };
    match serde_json::from_str::<Discovery>(&line) {
        Ok(report) if is_about(class, &report) => report,
        Ok(_) => lacking(
            class,
            format!("the probe of {class} reported nothing about {class}"),
            PROBE_COMMAND,
        ),
        Err(error) => lacking(
            class,
            format!("the probe of {class} printed a report that cannot be read: {error}"),
            PROBE_COMMAND,
        ),
    }
}

/// What a child printed as its report, or why there is none and what to do about that, where it is not the driver.
fn printed_report(
    mut command: Command,
    time_limit: Duration,
) -> Result<String, (String, Option<&'static str>)> {
    let report = |line: &str| Some(line.split_once(PREFIX)?.1.trim_end().to_owned());
    let mut child = Child::start(command.stdin(Stdio::null()), lines(report))
        .map_err(|error| (format!("could not be started: {error}"), Some(NOT_STARTED)))?;
    match child.next(time_limit.into()) {
        Ok(line) => {
            child.settle();
            Ok(line)
        }
        Err(Silence::Ended(end)) if end.status.is_some_and(|status| status.success()) => {
            Err((format!("gave no report: it {end}"), Some(PROBE_COMMAND)))
        }
        Err(silence) => Err((silence.to_string(), None)),
    }
}

fn is_about(class: Class, report: &Discovery) -> bool {
    let mut classes = report
        .targets
        .iter()
        .map(|target| target.class)
        .chain(report.missing.iter().map(|missing| missing.class))
        .peekable();
    classes.peek().is_some() && classes.all(|found| found == class)
}

fn lacking(class: Class, reason: String, help: &str) -> Discovery {
    Discovery { targets: Vec::new(), missing: vec![Missing::class(class, reason, help)] }
}

const PROBE_COMMAND: &str = "the command that probes must call burn_repro_device::print_probe, in a build of the same version";

const NOT_STARTED: &str =
    "make sure that the running executable is still where it was started from";

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;
