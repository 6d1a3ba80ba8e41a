//! Examines targets: every one in a thread of its own, its probes in workers that are replaced when a device has failed.
//! Opens no device.

use std::ops::Range;
use std::thread;
use std::time::Duration;

use burn_repro_target::{Dtype, Target};

use super::operations::probes;
use super::outcome::ProbeOutcome;
use super::service::EXAMINE;
use burn_repro_core::worker::{self, Worker, WorkerCommand};

/// What a target may take to open, and for one probe. A driver that compiles on first use is slow; one that hangs is
/// not waited for forever.
const LIMIT: Duration = Duration::from_secs(120);

/// Hangs after which a target is not asked any more.
const HANGS: usize = 3;

/// A line of progress is said after so many probes.
const STEP: usize = 25;

/// How one probe ended.
#[derive(Debug, Clone)]
pub struct ProbeResult {
    /// Its place among all probes.
    pub probe: usize,
    pub seconds: f64,
    pub outcome: ProbeOutcome,
}

/// Asks every probe of every target, in workers that `command` starts.
pub fn examine(
    targets: &[Target],
    command: &WorkerCommand,
    say: impl Fn(&str) + Sync,
) -> Vec<Vec<ProbeResult>> {
    let isolated: Vec<bool> = probes().iter().map(|probe| probe.isolated).collect();
    let (isolated, say) = (&isolated, &say);
    thread::scope(|scope| {
        let examined: Vec<_> = targets
            .iter()
            .map(|target| {
                let say = move |text: &str| say(&format!("{}: {text}", target.name));
                scope.spawn(move || ask_all(isolated, || open(command, target), say))
            })
            .collect();
        let lost = |_| {
            not_asked(
                0..isolated.len(),
                "the thread that asks the probes panicked, which is a bug in the harness",
            )
            .collect()
        };
        examined.into_iter().map(|thread| thread.join().unwrap_or_else(lost)).collect()
    })
}

/// Asks one probe after another: `open` opens the device in a new process, or says why it cannot. A probe that needs the
/// process for itself, and each after a failure, gets a new one.
fn ask_all<Ask: FnMut(usize) -> ProbeResult>(
    isolated: &[bool],
    open: impl Fn() -> Result<Ask, String>,
    say: impl Fn(&str),
) -> Vec<ProbeResult> {
    let count = isolated.len();
    let (mut ended, mut hangs, mut shared) = (Vec::new(), 0, None);
    for (probe, &isolated) in isolated.iter().enumerate() {
        let opened = match shared.take().filter(|_| !isolated) {
            _ if hangs >= HANGS => Err(format!("{HANGS} probes timed out")),
            Some(ask) => Ok(ask),
            None => open(),
        };
        let mut ask = match opened {
            Ok(ask) => ask,
            Err(reason) => {
                say(&format!("the remaining probes are not asked: {reason}"));
                ended.extend(not_asked(probe..count, &reason));
                break;
            }
        };
        let one = ask(probe);
        hangs += usize::from(matches!(one.outcome, ProbeOutcome::TimedOut(_)));
        shared = (one.outcome.leaves_the_device_whole() && !isolated).then_some(ask);
        ended.push(one);
        if ended.len().is_multiple_of(STEP) || ended.len() == count {
            say(&format!("{} of {count} probes", ended.len()));
        }
    }
    ended
}

fn not_asked(probes: Range<usize>, reason: &str) -> impl Iterator<Item = ProbeResult> {
    probes.map(move |probe| {
        let outcome = ProbeOutcome::NotAsked(reason.into());
        ProbeResult { probe, seconds: 0.0, outcome }
    })
}

/// Opens a target in a worker, and asks it.
fn open(
    command: &WorkerCommand,
    target: &Target,
) -> Result<impl FnMut(usize) -> ProbeResult, String> {
    // The known answers are those of this type.
    let mut worker = Worker::new(command.clone(), target.clone(), Dtype::F32.into());
    let opened = worker.call::<()>(EXAMINE.name, &None::<usize>, LIMIT.into());
    opened.map_err(|outcome| match outcome {
        worker::Outcome::TimedOut(seconds) => format!("the device did not open within {seconds} s"),
        outcome => outcome.reason(),
    })?;
    Ok(move |probe| {
        let answer = worker.call(EXAMINE.name, &Some(probe), LIMIT.into());
        let (seconds, outcome) = answer.unwrap_or_else(|outcome| (0.0, died(&outcome)));
        ProbeResult { probe, seconds, outcome }
    })
}

fn died(outcome: &worker::Outcome) -> ProbeOutcome {
    match outcome {
        worker::Outcome::TimedOut(seconds) => ProbeOutcome::TimedOut(*seconds),
        outcome => ProbeOutcome::Crashed(outcome.reason()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use burn_repro_target::{Class, Fingerprint, Locator};

    use super::*;
    use crate::doctor::arithmetic::Fact;

    const FACT: ProbeOutcome = ProbeOutcome::Fact(Fact::SubnormalsKept(true));

    /// How many processes were opened, and how the probes ended.
    fn asked(
        isolated: &[bool],
        answer: impl Fn(usize) -> ProbeOutcome,
    ) -> (usize, Vec<ProbeOutcome>) {
        let opened = Cell::new(0);
        let open = || {
            opened.set(opened.get() + 1);
            Ok(|probe| ProbeResult { probe, seconds: 0.0, outcome: answer(probe) })
        };
        let ended = ask_all(isolated, open, |_| {});
        assert!(ended.iter().map(|ended| ended.probe).eq(0..isolated.len()));
        (opened.get(), ended.into_iter().map(|ended| ended.outcome).collect())
    }

    #[test]
    fn one_process_asks_what_may_share_it() {
        let (opened, outcomes) = asked(&[false, false, false, true, true, false], |_| FACT);
        assert_eq!((opened, outcomes), (4, vec![FACT; 6]));
    }

    #[test]
    fn after_a_failure_a_fresh_process_goes_on_with_the_rest() {
        for failure in
            [ProbeOutcome::Failed("lost".into()), ProbeOutcome::Crashed("was killed".into())]
        {
            let answer = |probe| if probe == 1 { failure.clone() } else { FACT };
            let (opened, outcomes) = asked(&[false; 4], answer);
            assert_eq!((opened, outcomes), (2, vec![FACT, failure.clone(), FACT, FACT]));
        }
    }

    #[test]
    fn a_target_that_hangs_is_given_up() {
        let (opened, outcomes) = asked(&[false; 6], |_| ProbeOutcome::TimedOut(120));
        assert_eq!(opened, 3);
        let left = ProbeOutcome::NotAsked("3 probes timed out".into());
        assert_eq!(outcomes[2..4], [ProbeOutcome::TimedOut(120), left]);
    }

    #[test]
    fn a_target_that_cannot_be_opened_is_asked_nothing() {
        let open = || Err::<fn(usize) -> ProbeResult, _>("no driver".to_owned());
        let ended = ask_all(&[false; 2], open, |_| {});
        let outcomes: Vec<ProbeOutcome> = ended.into_iter().map(|ended| ended.outcome).collect();
        assert_eq!(outcomes, vec![ProbeOutcome::NotAsked("no driver".into()); 2]);
    }

    #[test]
    fn a_program_that_does_not_start_opens_nothing() {
        let command = WorkerCommand::current().unwrap().with_program("/none/such".into());
        let target = Target {
            name: "flex".into(),
            class: Class::Cpu,
            locator: Locator::Flex,
            fingerprint: Fingerprint::default(),
        };
        assert!(open(&command, &target).err().is_some_and(|reason| reason.contains("start")));
    }
}
