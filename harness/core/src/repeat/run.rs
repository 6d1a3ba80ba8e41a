//! Repeats the cells that gave a result: every target by itself, devices one at a time.

use std::collections::BTreeMap;
use std::thread;

use burn_repro_target::{Class, Settings, Target};

use crate::outliers::Traces;
use crate::plan::{Cell, Plan};
use crate::splitmix::splitmix64;
use crate::stability::{RepeatMode, Stability, positions_agree};
use crate::trace::Trace;
use crate::worker::{Lane, Outcome, Variation, Worker, WorkerCommand};

/// Numbers of threads beside the one of `determinism: full`, on targets that compute on the processor.
pub(crate) const THREADS: [usize; 2] = [2, 4];
/// Copies of a sample in the batch whose places are compared.
pub const BATCH: usize = 4;

/// What was seen, by scenario and target.
pub type Stabilities = BTreeMap<(String, String), Stability>;

/// Runs every cell that has a trace `times` times in each mode. `say` is called as it goes on.
pub fn repeat(
    plan: &Plan,
    traces: &Traces,
    command: &WorkerCommand,
    times: usize,
    say: impl Fn(&str) + Sync,
) -> Stabilities {
    let mut lanes: BTreeMap<(Lane, Option<&str>), Vec<&Cell>> = BTreeMap::new();
    for cell in plan.cells.iter().filter(|cell| traces.of(cell).is_some()) {
        let lane = Lane::of(&cell.target);
        // Targets of the processor run beside each other, those of a device one after another.
        let beside = (lane == Lane::Processor).then_some(cell.target.name.as_str());
        lanes.entry((lane, beside)).or_default().push(cell);
    }
    let say = &say;
    thread::scope(|scope| {
        let threads: Vec<_> = lanes
            .into_values()
            .map(|cells| {
                scope.spawn(move || {
                    let mut targets: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
                    for cell in cells {
                        targets.entry(&cell.target.name).or_default().push(cell);
                    }
                    let repeated = targets.into_values().map(|cells| {
                        Repeated { cells, traces, command, seen: Stabilities::new() }
                            .run(times, say)
                    });
                    repeated.collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().flatten().collect()
    })
}

/// The cells of one target.
struct Repeated<'a> {
    cells: Vec<&'a Cell>,
    traces: &'a Traces,
    command: &'a WorkerCommand,
    seen: Stabilities,
}

impl Repeated<'_> {
    fn run(mut self, times: usize, say: &impl Fn(&str)) -> Stabilities {
        let Some(target) = self.cells.first().map(|cell| cell.target.clone()) else {
            return self.seen;
        };
        let mut workers = Workers::default();
        for number in 1..=times {
            say(&format!("{}: same process, {number} of {times}", target.name));
            self.pass(RepeatMode::SameProcess, &mut workers, number as u64);
        }
        self.batches(&mut workers);
        drop(workers);
        let mut modes = vec![RepeatMode::NewProcess];
        if target.class == Class::Cpu {
            modes.extend(THREADS.map(RepeatMode::Threads));
        }
        for mode in modes {
            for number in 1..=times {
                say(&format!("{}: {mode}, {number} of {times}", target.name));
                self.pass(mode, &mut Workers::default(), number as u64);
            }
        }
        self.seen
    }

    /// Every cell once, in an order that follows the number.
    fn pass(&mut self, mode: RepeatMode, workers: &mut Workers, number: u64) {
        for cell in shuffled(&self.cells, number) {
            let threads =
                if let RepeatMode::Threads(threads) = mode { Some(threads) } else { None };
            let settings = Settings { threads, ..cell.settings() };
            let worker = workers.of(self.command, &cell.target, settings);
            let run = result(worker.run(&cell.scenario));
            if let Some(first) = self.traces.of(cell) {
                self.stability(cell).tally(mode).count(first, run.as_ref().map_err(Clone::clone));
            }
        }
    }

    /// A batch of copies of one sample. A pipeline that cannot do that is left out.
    fn batches(&mut self, workers: &mut Workers) {
        for cell in self.cells.clone() {
            let worker = workers.of(self.command, &cell.target, cell.settings());
            let run = result(worker.run_varied(&cell.scenario, Variation::Copies(BATCH)));
            let agree = run.ok().and_then(|trace| positions_agree(&trace.outputs, BATCH));
            self.stability(cell).batch_positions = agree;
        }
    }

    fn stability(&mut self, cell: &Cell) -> &mut Stability {
        let key = (cell.scenario.name.clone(), cell.target.name.clone());
        self.seen.entry(key).or_default()
    }
}

/// A worker for each group of settings.
#[derive(Default)]
struct Workers(BTreeMap<Settings, Worker>);

impl Workers {
    fn of(&mut self, command: &WorkerCommand, target: &Target, settings: Settings) -> &mut Worker {
        let new = || Worker::new(command.clone(), target.clone(), settings);
        self.0.entry(settings).or_insert_with(new)
    }
}

fn result(outcome: Outcome) -> Result<Trace, String> {
    match outcome {
        Outcome::Finished(trace) => Ok(*trace),
        outcome => Err(outcome.reason()),
    }
}

/// The cells in an order that follows a number (Fisher and Yates).
fn shuffled<'a>(cells: &[&'a Cell], number: u64) -> Vec<&'a Cell> {
    let mut cells = cells.to_vec();
    for last in (1..cells.len()).rev() {
        let random = splitmix64(number << 32 | last as u64);
        let other = usize::try_from(random % (last as u64 + 1)).unwrap_or(last);
        cells.swap(last, other);
    }
    cells
}
