//! Examines targets: every one in a thread of its own, its probes in children that are replaced when a device has
//! failed. Opens no device.

use std::io;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use burn_repro_target::Target;
use burn_repro_target::child::{Child, Silence, lines};

use super::operations::probes;
use super::outcome::{Line, Outcome};

/// What a target may take to open, and for one probe. A driver that compiles on first use is slow; one that hangs is
/// not waited for forever.
const LIMIT: Duration = Duration::from_secs(120);

/// Hangs after which a target is not asked any more.
const HANGS: usize = 3;

/// A line of progress is said after so many probes.
const STEP: usize = 25;

/// How one probe ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its place among all probes.
    pub probe: usize,
    pub seconds: f64,
    pub outcome: Outcome,
}

/// What a probe must be known by here.
struct Plan {
    isolated: Vec<bool>,
    limit: Duration,
}

/// Asks every probe of every target; `command` makes the child of a target.
pub fn examine(
    targets: &[Target],
    command: impl Fn(&Target) -> Command + Sync,
    say: impl Fn(&str) + Sync,
) -> Vec<Vec<Ended>> {
    let isolated = probes().iter().map(|probe| probe.isolated).collect();
    let plan = Plan { isolated, limit: LIMIT };
    thread::scope(|scope| {
        let examined: Vec<_> = targets
            .iter()
            .map(|target| {
                let (plan, command, say) = (&plan, &command, &say);
                let say = move |text: &str| say(&format!("{}: {text}", target.name));
                scope.spawn(move || plan.carry_out(|| command(target), say))
            })
            .collect();
        let lost = |_| plan.not_asked(0, "the thread that asks panicked, which is a bug");
        examined.into_iter().map(|thread| thread.join().unwrap_or_else(lost)).collect()
    })
}

impl Plan {
    fn carry_out(&self, command: impl Fn() -> Command, say: impl Fn(&str)) -> Vec<Ended> {
        let count = self.isolated.len();
        let mut ended: Vec<Ended> = Vec::new();
        let mut hangs = 0;
        while ended.len() < count {
            let batch = self.batch(ended.len());
            let stopped = self.ask(command(), &batch, |one| {
                hangs += usize::from(matches!(one.outcome, Outcome::TimedOut(_)));
                ended.push(one);
                if ended.len().is_multiple_of(STEP) || ended.len() == count {
                    say(&format!("{} of {count} probes", ended.len()));
                }
            });
            let stopped = stopped.err().or((hangs >= HANGS).then(|| "it hung too often".into()));
            if let Some(reason) = stopped {
                say(&format!("not examined any further: {reason}"));
                ended.extend(self.not_asked(ended.len(), &reason));
            }
        }
        ended
    }

    /// What the next child is asked: everything up to the first that needs one for itself.
    fn batch(&self, from: usize) -> Vec<usize> {
        let shared = self.isolated[from..].iter().take_while(|isolated| !**isolated).count();
        (from..from + shared.max(1)).collect()
    }

    /// Asks one child until it is done or its device has failed. An error says that no child can be opened.
    fn ask(
        &self,
        command: Command,
        batch: &[usize],
        mut take: impl FnMut(Ended),
    ) -> Result<(), String> {
        let mut asking = start(command, batch)
            .map_err(|error| format!("the process that opens it could not be started: {error}"))?;
        match asking.next(self.limit.into()) {
            Ok(Line::Opened) => {}
            Ok(Line::NotOpened(reason)) => return Err(reason),
            Ok(Line::Ended { .. }) => return Err("the child answered out of turn".into()),
            Err(silence) => return Err(format!("the process that opens it {silence}")),
        }
        for &probe in batch {
            let (seconds, outcome) = match asking.next(self.limit.into()) {
                Ok(Line::Ended { probe: answered, seconds, outcome }) if answered == probe => {
                    (seconds, outcome)
                }
                Ok(_) => (0.0, Outcome::Crashed("the child answered out of turn".into())),
                Err(silence) => (0.0, died(silence)),
            };
            let whole = outcome.leaves_the_device_whole();
            take(Ended { probe, seconds, outcome });
            if !whole {
                break;
            }
        }
        Ok(())
    }

    fn not_asked(&self, from: usize, reason: &str) -> Vec<Ended> {
        let ended =
            |probe| Ended { probe, seconds: 0.0, outcome: Outcome::NotAsked(reason.into()) };
        (from..self.isolated.len()).map(ended).collect()
    }
}

/// Starts a child and tells it what to ask. It leaves when its standard input ends.
fn start(mut command: Command, probes: &[usize]) -> io::Result<Child<Line>> {
    let mut child = Child::start(command.stdin(Stdio::piped()), lines(Line::decode))?;
    // A child that died before it could read is noticed when its lines are waited for.
    let _ = child.tell(&serde_json::json!(probes).to_string());
    Ok(child)
}

fn died(silence: Silence) -> Outcome {
    match silence {
        Silence::TimedOut(limit) => Outcome::TimedOut(limit.as_secs()),
        Silence::OutOfMemory(_) | Silence::Ended(_) => Outcome::Crashed(silence.to_string()),
    }
}

#[cfg(all(test, unix))]
#[path = "examine_tests.rs"]
mod tests;
