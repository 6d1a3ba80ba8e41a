//! Executes a plan: every target in a thread of its own, its cells one after another in worker
//! processes, and an event for everything that happens.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

use burn_repro_backends::{Float, Target};

use crate::clock::today;
use crate::evaluate::{CellReport, evaluate};
use crate::golden::Store;
use crate::plan::{Cell, Plan};
use crate::trace::{Dtype, Trace};
use crate::worker::{Outcome, Worker, WorkerCommand};

/// What happens during a run.
#[derive(Debug)]
pub enum Event {
    /// A cell begins.
    Started {
        /// The scenario's name.
        scenario: String,
        /// The target's name.
        target: String,
    },
    /// A cell ended, or is skipped.
    Finished {
        /// What is said of it.
        report: Box<CellReport>,
        /// What it recorded, if it finished.
        trace: Option<Trace>,
    },
}

/// Runs the plan and reports every cell, the skipped ones first, through `on_event`; events of
/// different targets interleave. Gives the reports in the order of the plan.
pub fn execute(
    plan: &Plan,
    store: &Store,
    command: &WorkerCommand,
    mut on_event: impl FnMut(&Event),
) -> Vec<CellReport> {
    let mut reports = Vec::new();
    let mut take = |event: Event| {
        on_event(&event);
        if let Event::Finished { report, .. } = event {
            reports.push(*report);
        }
    };
    for skip in &plan.skips {
        let report = Box::new(CellReport::skipped(skip));
        take(Event::Finished { report, trace: None });
    }
    thread::scope(|scope| {
        let (sender, events) = channel();
        for (target, cells) in by_target(&plan.cells) {
            let sender = sender.clone();
            scope.spawn(move || run_target(target, &cells, store, command, &sender));
        }
        drop(sender);
        events.into_iter().for_each(&mut take);
    });
    reports.sort_by(|left, right| {
        let key =
            |report: &CellReport| (report.scenario.clone(), report.class, report.target.clone());
        key(left).cmp(&key(right))
    });
    reports
}

/// Runs one cell on a worker and judges it.
pub fn run_cell(cell: &Cell, store: &Store, worker: &mut Worker) -> (CellReport, Option<Trace>) {
    let golden = store.load(&cell.scenario.name);
    let begun = Instant::now();
    let outcome = worker.run(&cell.scenario);
    let seconds = begun.elapsed().as_secs_f64();
    let mut report = evaluate(cell, &outcome, golden.as_ref(), today());
    report.seconds = seconds;
    let trace = if let Outcome::Finished(trace) = outcome { Some(*trace) } else { None };
    (report, trace)
}

/// The float type a device gets for a scenario's dtype.
#[must_use]
pub fn float(dtype: Dtype) -> Float {
    match dtype {
        Dtype::F16 => Float::F16,
        Dtype::Bf16 => Float::Bf16,
        Dtype::F32 => Float::F32,
        Dtype::F64 => Float::F64,
    }
}

fn by_target(cells: &[Cell]) -> Vec<(&Target, Vec<&Cell>)> {
    let mut groups: Vec<(&Target, Vec<&Cell>)> = Vec::new();
    for cell in cells {
        match groups.iter_mut().find(|(target, _)| target.name == cell.target.name) {
            Some((_, group)) => group.push(cell),
            None => groups.push((&cell.target, vec![cell])),
        }
    }
    groups
}

fn run_target(
    target: &Target,
    cells: &[&Cell],
    store: &Store,
    command: &WorkerCommand,
    events: &Sender<Event>,
) {
    let mut workers: Vec<(Dtype, Worker)> = Vec::new();
    for cell in cells {
        let dtype = cell.scenario.dtype;
        let scenario = cell.scenario.name.clone();
        // Nobody listens any more only when the run itself is ending.
        let _ = events.send(Event::Started { scenario, target: target.name.clone() });
        let index = workers.iter().position(|(other, _)| *other == dtype).unwrap_or_else(|| {
            workers.push((dtype, Worker::new(command.clone(), target.clone(), float(dtype))));
            workers.len() - 1
        });
        let (report, trace) = run_cell(cell, store, &mut workers[index].1);
        let _ = events.send(Event::Finished { report: Box::new(report), trace });
    }
}
