//! Executes a plan: as many cells at a time as the cores and the devices allow, each in a worker process, and an
//! event for everything that happens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::precision::Precision;

use crate::clock::today;
use crate::evaluate::{CellReport, evaluate};
use crate::golden::Store;
use crate::plan::{Cell, Plan};
use crate::say::tell;
use crate::trace::{Dtype, Trace};
use crate::worker::{Lane, Outcome, Pool, Worker};

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
        /// What its worker wrote to standard error.
        log: Vec<String>,
    },
}

/// Runs the plan and reports every cell, the skipped ones first, through `on_event`; events of
/// different targets interleave. Gives the reports in the order of the plan.
pub fn execute(
    plan: &Plan,
    store: &Store,
    pool: &Pool,
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
        take(Event::Finished { report, trace: None, log: Vec::new() });
    }
    let lanes: Vec<(Lane, Queue<'_>)> =
        by_lane(&plan.cells).into_iter().map(|(lane, cells)| (lane, Mutex::new(cells))).collect();
    thread::scope(|scope| {
        let (sender, events) = channel();
        for (lane, cells) in &lanes {
            for _ in 0..lane.width().min(lock(cells).len()) {
                let sender = sender.clone();
                scope.spawn(move || run_lane(cells, store, pool, &sender));
            }
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

/// Measures how every target of the plan computes; one that cannot be measured is left out.
pub fn measure(plan: &Plan, pool: &Pool) -> BTreeMap<String, Precision> {
    let mut targets: BTreeMap<&str, &Cell> = BTreeMap::new();
    for cell in plan.cells.iter().filter(|cell| cell.scenario.dtype == Dtype::F32) {
        targets.entry(&cell.target.name).or_insert(cell);
    }
    let measure = |cell: &Cell| {
        let settings = cell.settings();
        pool.with(&cell.target, &settings, Worker::measure)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = targets
            .into_iter()
            .map(|(name, cell)| (name.to_owned(), scope.spawn(move || measure(cell))))
            .collect();
        let joined = threads.into_iter().map(|(name, thread)| (name, thread.join()));
        joined
            .filter_map(|(name, measured)| match measured {
                Ok(Ok(precision)) => Some((name, precision)),
                Ok(Err(reason)) => {
                    tell(&format!("{name} could not be measured: {reason}"));
                    None
                }
                Err(_) => None,
            })
            .collect()
    })
}

/// A cell that was run.
#[derive(Debug)]
pub struct Ran {
    /// What is said of it.
    pub report: CellReport,
    /// What it recorded, if it finished.
    pub trace: Option<Trace>,
    /// What its worker wrote to standard error.
    pub log: Vec<String>,
}

impl From<Ran> for Event {
    fn from(Ran { report, trace, log }: Ran) -> Self {
        Self::Finished { report: Box::new(report), trace, log }
    }
}

/// Runs one cell on a worker and judges it.
pub fn run_cell(cell: &Cell, store: &Store, worker: &mut Worker) -> Ran {
    let golden = store.load(&cell.scenario.name);
    let begun = Instant::now();
    let outcome = worker.run(&cell.scenario);
    let seconds = begun.elapsed().as_secs_f64();
    let mut report = evaluate(cell, &outcome, golden.as_ref(), today());
    report.seconds = seconds;
    let trace = if let Outcome::Finished(trace) = outcome { Some(*trace) } else { None };
    Ran { report, trace, log: worker.take_log() }
}

/// The cells of each lane, in the order of the plan.
fn by_lane(cells: &[Cell]) -> BTreeMap<Lane, VecDeque<&Cell>> {
    let mut lanes: BTreeMap<Lane, VecDeque<&Cell>> = BTreeMap::new();
    for cell in cells {
        lanes.entry(Lane::of(&cell.target)).or_default().push_back(cell);
    }
    // One target after another: a device's worker is ended where another needs the device.
    for cells in lanes.values_mut() {
        cells.make_contiguous().sort_by(|left, right| left.target.name.cmp(&right.target.name));
    }
    lanes
}

/// The cells of a lane that are not run yet.
type Queue<'a> = Mutex<VecDeque<&'a Cell>>;

fn lock<'a, 'b>(cells: &'b Queue<'a>) -> MutexGuard<'b, VecDeque<&'a Cell>> {
    cells.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes cells of a lane until none is left.
fn run_lane(cells: &Queue<'_>, store: &Store, pool: &Pool, events: &Sender<Event>) {
    loop {
        let Some(cell) = lock(cells).pop_front() else { return };
        let (scenario, target) = (cell.scenario.name.clone(), cell.target.name.clone());
        // Nobody listens any more only when the run itself is ending.
        let _ = events.send(Event::Started { scenario, target });
        let settings = cell.settings();
        let event =
            pool.with(&cell.target, &settings, |worker| run_cell(cell, store, worker).into());
        let _ = events.send(event);
    }
}
