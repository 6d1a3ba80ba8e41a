//! The one way from scenarios to verdicts, for a run and for the gate: cells are run on workers, judged against their
//! goldens, repeated, and held against each other. A session reads each golden once and measures each target once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use burn_repro_target::Discovery;

use crate::attribution::Disagreement;
use crate::clock::today;
use crate::evaluate::{CellReport, Wanted, evaluate, evaluate_repeats};
use crate::golden::{Golden, GoldenError, Store};
use crate::known_limits::{SAFE_REDUCTION, explain};
use crate::outliers::{Traces, find_outliers};
use crate::outside::{OutsideReference, ReadOutside};
use crate::plan::{Cell, Plan};
use crate::precision::Precision;
use crate::repeat::repeat;
use crate::run::{Event, Ran};
use crate::say::tell;
use crate::scenario::Scenario;
use crate::trace::Dtype;
use crate::verdict::Verdict;
use crate::worker::{Lane, Outcome, Pool, Worker, WorkerCommand};

/// What a golden is, or why there is none.
type Read = Arc<Result<Golden, GoldenError>>;

/// One invocation on one machine.
pub struct Session {
    command: WorkerCommand,
    store: Store,
    discovery: Discovery,
    pool: Pool,
    goldens: Mutex<BTreeMap<String, Read>>,
    outside: Mutex<BTreeMap<String, ReadOutside>>,
    /// By target; none where a target could not be measured.
    precision: Mutex<BTreeMap<String, Option<Precision>>>,
    traces: Mutex<Traces>,
}

impl Session {
    /// A session in which nothing was run yet.
    #[must_use]
    pub fn new(command: WorkerCommand, store: Store, discovery: Discovery) -> Self {
        Self {
            pool: Pool::new(command.clone()),
            command,
            store,
            discovery,
            goldens: Mutex::default(),
            outside: Mutex::default(),
            precision: Mutex::default(),
            traces: Mutex::default(),
        }
    }

    /// The same, which keeps intermediate tensors, too: they are compared where cells are repeated.
    #[must_use]
    pub fn keeping_records(self) -> Self {
        Self { traces: Mutex::new(Traces::with_records()), ..self }
    }

    /// The goldens.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The targets of the machine.
    #[must_use]
    pub fn discovery(&self) -> &Discovery {
        &self.discovery
    }

    /// The workers.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What the cells put out that were run.
    pub fn traces(&self) -> MutexGuard<'_, Traces> {
        lock(&self.traces)
    }

    /// Runs one cell, and judges it with all that is known of its target.
    pub fn run_cell(&self, cell: &Cell) -> Ran {
        let ran = self.pool.with(&cell.target, &cell.settings(), |worker| {
            let golden = self.golden(&cell.scenario.name);
            let outside = self.outside(&cell.scenario);
            let outside = (*outside).as_ref().map(Option::as_ref);
            let wanted = Wanted { golden: (*golden).as_ref(), outside };
            let mut ran = run_cell(cell, wanted, worker);
            // Measuring takes a moment on a GPU, so it is done where it can matter.
            let matters = ran.report.verdict == Verdict::Mismatch
                || cell.scenario.requirements.longest_reduction > Some(SAFE_REDUCTION);
            let precision = matters.then(|| self.measured(cell, worker)).flatten();
            explain(&mut ran.report, &cell.scenario, &cell.target, precision.as_ref());
            ran
        });
        self.traces().take(&ran);
        ran
    }

    /// Runs the plan and reports every cell, the skipped ones first, through `on_event`; events of different targets
    /// interleave. Gives the reports in the order of the plan.
    pub fn execute(&self, plan: &Plan, mut on_event: impl FnMut(&Event)) -> Vec<CellReport> {
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
        let lanes: Vec<(Lane, Queue<'_>)> = by_lane(&plan.cells)
            .into_iter()
            .map(|(lane, cells)| (lane, Mutex::new(cells)))
            .collect();
        thread::scope(|scope| {
            let (sender, events) = channel();
            for (lane, cells) in &lanes {
                for _ in 0..lane.width().min(lock(cells).len()) {
                    let sender = sender.clone();
                    scope.spawn(move || self.run_lane(cells, &sender));
                }
            }
            drop(sender);
            events.into_iter().for_each(&mut take);
        });
        reports.sort_by(CellReport::in_order);
        reports
    }

    /// Takes cells of a lane until none is left.
    fn run_lane(&self, cells: &Queue<'_>, events: &Sender<Event>) {
        loop {
            let Some(cell) = lock(cells).pop_front() else { return };
            let (scenario, target) = (cell.scenario.name.clone(), cell.target.name.clone());
            // Nobody listens any more only when the run itself is ending.
            let _ = events.send(Event::Started { scenario, target });
            let _ = events.send(self.run_cell(cell).into());
        }
    }

    /// How every target of the plan computes; one that cannot be measured is left out.
    pub fn measure(&self, plan: &Plan) -> BTreeMap<String, Precision> {
        let mut targets: BTreeMap<&str, &Cell> = BTreeMap::new();
        for cell in plan.cells.iter().filter(|cell| cell.scenario.dtype == Dtype::F32) {
            targets.entry(&cell.target.name).or_insert(cell);
        }
        thread::scope(|scope| {
            for cell in targets.into_values() {
                scope.spawn(|| {
                    let settings = cell.settings();
                    self.pool.with(&cell.target, &settings, |worker| self.measured(cell, worker))
                });
            }
        });
        self.precision()
    }

    /// How the targets compute that were measured so far.
    pub fn precision(&self) -> BTreeMap<String, Precision> {
        let measured = lock(&self.precision);
        measured.iter().filter_map(|(name, found)| Some((name.clone(), found.clone()?))).collect()
    }

    /// Repeats every cell that gave a result, and judges it anew.
    pub fn repeat(&self, plan: &Plan, reports: &mut [CellReport], times: usize) {
        // Idle workers would share a device with those that repeat.
        self.pool.end_idle();
        let mut seen = repeat(plan, &self.traces(), &self.command, times, tell);
        for report in reports {
            let key = (report.scenario.clone(), report.target.clone());
            if let (Some(stability), Some(cell)) =
                (seen.remove(&key), plan.cell(&report.scenario, &report.target))
            {
                let known = cell.scenario.known_failure(&cell.target);
                evaluate_repeats(report, stability, known, today());
            }
        }
    }

    /// Who differs from whom in each scenario with a cell that does not give its golden.
    pub fn outliers(
        &self,
        plan: &Plan,
        reports: &[CellReport],
    ) -> Vec<Result<Disagreement, String>> {
        let (traces, golden_of) = (self.traces(), |scenario: &str| self.golden(scenario));
        let outside_of = |scenario: &Scenario| self.outside(scenario);
        find_outliers(plan, reports, &traces, golden_of, outside_of, &self.discovery, &self.command)
    }

    fn golden(&self, scenario: &str) -> Read {
        if let Some(read) = lock(&self.goldens).get(scenario) {
            return Arc::clone(read);
        }
        let read = Arc::new(self.store.load(scenario));
        lock(&self.goldens).insert(scenario.to_owned(), Arc::clone(&read));
        read
    }

    fn outside(&self, scenario: &Scenario) -> ReadOutside {
        if let Some(read) = lock(&self.outside).get(&scenario.name) {
            return Arc::clone(read);
        }
        let read = Arc::new(OutsideReference::read(scenario));
        lock(&self.outside).insert(scenario.name.clone(), Arc::clone(&read));
        read
    }

    /// Measures a target once, in `f32`.
    fn measured(&self, cell: &Cell, worker: &mut Worker) -> Option<Precision> {
        let name = &cell.target.name;
        if cell.scenario.dtype != Dtype::F32 {
            return None;
        }
        if let Some(known) = lock(&self.precision).get(name) {
            return known.clone();
        }
        let measured = worker.measure().map_err(|reason| {
            tell(&format!("{name} could not be measured: {reason}"));
        });
        lock(&self.precision).entry(name.clone()).or_insert(measured.ok()).clone()
    }
}

/// Runs one cell on a worker and judges it.
pub fn run_cell(cell: &Cell, wanted: Wanted<'_>, worker: &mut Worker) -> Ran {
    let begun = Instant::now();
    let outcome = worker.run(&cell.scenario);
    let seconds = begun.elapsed().as_secs_f64();
    let mut report = evaluate(cell, &outcome, wanted, today());
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

/// What a thread that panicked has left is as good as before.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
