//! Plants faults into a worker's target and asks what became of them.

use std::collections::BTreeMap;

use super::judge::seen;
use super::service::{ask_faulted, ask_fitting, ask_wrong_parameter};
use super::{Mutant, MutationScore};
use crate::fault::{At, FAULTS, InjectedFault};
use crate::lockstep::{LockstepOptions, ask_lockstep};
use burn_repro_core::clock::today;
use burn_repro_core::diagnose::OperationReport;
use burn_repro_core::evaluate::evaluate;
use burn_repro_core::golden::Store;
use burn_repro_core::plan::Cell;
use burn_repro_core::reason::joined;
use burn_repro_core::splitmix::splitmix64;
use burn_repro_core::trace::Trace;
use burn_repro_core::worker::{Outcome, Worker};

/// A place where no operation is: the run without a fault, on the same path.
const NOWHERE: At = At::Operation(usize::MAX);

/// Tries every fault at so many places of a cell, and every wrong parameter once.
pub fn mutate(
    cell: &Cell,
    case_faults: &[&str],
    places: usize,
    store: &Store,
    worker: &mut Worker,
) -> MutationScore {
    let mut score = MutationScore {
        scenario: cell.scenario.name.clone(),
        target: cell.target.name.clone(),
        trials: Vec::new(),
        unfit: Vec::new(),
        refused: None,
    };
    let prepared = ask_fitting(worker, &cell.scenario).map_err(|outcome| outcome.reason());
    let prepared =
        prepared.and_then(|fitting| Ok((clean(cell, store, worker, &fitting)?, fitting)));
    let (clean, fitting) = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => return MutationScore { refused: Some(reason), ..score },
    };
    let golden = store.load(&cell.scenario.name);
    let mut take = |fault: &str, operation, outcome: &Outcome, clean: &Trace| {
        let (seen, moved) = seen(cell, outcome, clean, golden.as_ref(), today());
        score.trials.push(Mutant { fault: fault.to_owned(), operation, seen, moved });
    };
    for fault in FAULTS {
        let Some(numbers) = fitting.get(fault.name) else {
            score.unfit.push(fault.name.to_owned());
            continue;
        };
        for number in spread(numbers, places, fault.name) {
            let planted = InjectedFault { fault: fault.name.to_owned(), at: At::Operation(number) };
            let outcome = ask_faulted(worker, &cell.scenario, &planted);
            take(fault.name, Some(number), &outcome, &clean);
        }
    }
    let plain = worker.run(&cell.scenario);
    let green = !evaluate(cell, &plain, golden.as_ref().into(), today()).verdict.is_failure();
    if let (Outcome::Finished(plain), true) = (plain, green) {
        for fault in case_faults {
            // Parameters that are no longer valid are refused, which tells nothing of the checks.
            match ask_wrong_parameter(worker, &cell.scenario, fault) {
                Outcome::Failed(_) => score.unfit.push((*fault).to_owned()),
                outcome => take(fault, None, &outcome, &plain),
            }
        }
    } else {
        score.unfit.extend(case_faults.iter().map(|fault| (*fault).to_owned()));
    }
    score
}

/// The result without a fault, which must be green: a red cell notices everything. As it is run with a fault, if any
/// fits.
fn clean(
    cell: &Cell,
    store: &Store,
    worker: &mut Worker,
    fitting: &BTreeMap<String, Vec<usize>>,
) -> Result<Trace, String> {
    let nothing = InjectedFault { fault: FAULTS[0].name.to_owned(), at: NOWHERE };
    let outcome = match fitting.is_empty() {
        true => worker.run(&cell.scenario),
        false => ask_faulted(worker, &cell.scenario, &nothing),
    };
    let golden = store.load(&cell.scenario.name);
    let report = evaluate(cell, &outcome, golden.as_ref().into(), today());
    match outcome {
        Outcome::Finished(trace) if !report.verdict.is_failure() => Ok(*trace),
        _ => Err(format!("{} without a fault: {}", report.verdict, joined(&report.reasons))),
    }
}

/// One of each of so many equal parts, by chance but always the same: at even distances it might be the same operation
/// in every step.
fn spread(numbers: &[usize], count: usize, salt: &str) -> Vec<usize> {
    let count = count.min(numbers.len());
    let salt = salt.bytes().fold(0, |salt, byte| splitmix64(salt ^ u64::from(byte)));
    let one = |part: usize| {
        let (first, behind) = (part * numbers.len() / count, (part + 1) * numbers.len() / count);
        numbers[first + (splitmix64(salt ^ part as u64) % (behind - first) as u64) as usize]
    };
    (0..count).map(one).collect()
}

/// A fault planted into one operation, and what a lockstep said of it.
#[derive(Debug)]
pub struct Located {
    pub scenario: String,
    pub fault: String,
    pub operation: usize,
    /// Whether the cell is red with it.
    pub red: bool,
    /// The operation that was named, if one was.
    pub named: Option<OperationReport>,
}

impl Located {
    /// Whether the right operation was named.
    pub fn hit(&self) -> bool {
        let named = self.named.as_ref();
        named.is_some_and(|named| named.number == self.operation && !named.whole)
    }
}

/// Plants so many random faults into random operations of a cell, and asks a lockstep each time.
///
/// # Errors
/// Why that is not possible.
pub fn locate(
    cell: &Cell,
    count: usize,
    seed: u64,
    store: &Store,
    worker: &mut Worker,
) -> Result<Vec<Located>, String> {
    let scenario = &cell.scenario;
    let fitting = ask_fitting(worker, scenario).map_err(|outcome| outcome.reason())?;
    let clean = clean(cell, store, worker, &fitting)?;
    let faults: Vec<(&String, &Vec<usize>)> = fitting.iter().collect();
    if faults.is_empty() {
        return Err("no fault applies to any operation of the scenario".into());
    }
    let golden = store.load(&scenario.name);
    let mut numbers = (seed << 20..).map(splitmix64);
    let mut random = |below: usize| (numbers.next().unwrap_or(0) % below.max(1) as u64) as usize;
    let mut all = Vec::new();
    while all.len() < count {
        let (fault, places) = faults[random(faults.len())];
        let operation = places[random(places.len())];
        let planted = InjectedFault { fault: fault.clone(), at: At::Operation(operation) };
        let outcome = ask_faulted(worker, scenario, &planted);
        let (seen, _) = seen(cell, &outcome, &clean, golden.as_ref(), today());
        let options = LockstepOptions { fault: Some(planted), ..LockstepOptions::default() };
        let (report, _) =
            ask_lockstep(worker, scenario, &options).map_err(|outcome| outcome.reason())?;
        all.push(Located {
            scenario: scenario.name.clone(),
            fault: fault.clone(),
            operation,
            red: seen.effect && seen.by_all,
            named: report.first,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn places_are_spread_over_all() {
        let numbers: Vec<usize> = (0..10).collect();
        let [first, second] = spread(&numbers, 2, "nan")[..] else { panic!("not two") };
        assert!(first < 5 && second >= 5, "{first} {second}");
        assert_eq!(spread(&numbers, 2, "nan"), [first, second]);
        assert_eq!(spread(&numbers, 99, "nan"), numbers);
        assert_eq!(spread(&[], 3, "nan"), [0; 0]);
    }
}
