//! One worker process: started, asked, and what its end says of the request.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use burn_repro_target::child::{Child, End, Limits, Silence};
use burn_repro_target::{Settings, Target};

use super::WorkerCommand;
use super::outcome::Outcome;
use super::protocol::{Answer, Hello, Notice, PROTOCOL, Request};
use crate::reason::{Reason, ReasonCode};

/// What a target may take to open; a driver that compiles on first use is slow, a hung one is not waited for forever.
const OPEN_LIMIT: Duration = Duration::from_secs(120);

/// A request that got no answer.
pub(super) enum Refusal {
    /// The process had died before it read the request, which did not cause that.
    DiedIdle(Outcome),
    /// The request ended it.
    Ended(Outcome),
}

/// A running worker process.
pub(super) struct Process(Child<io::Result<Answer>>);

impl Process {
    pub(super) fn start(
        command: &WorkerCommand,
        target: &Target,
        settings: &Settings,
    ) -> Result<Self, Outcome> {
        let mut command = command.command(target, settings);
        let mut damaged = false;
        let child = Child::start(command.stdin(Stdio::piped()), move |pipe| {
            // What follows damage means nothing.
            let answer = if damaged { None } else { Answer::read(pipe).transpose() };
            damaged = matches!(answer, Some(Err(_)));
            answer
        });
        let mut process =
            Self(child.map_err(|error| Outcome::crashed(format!("start a worker: {error}")))?);
        match process.wait(OPEN_LIMIT.into())? {
            Answer::Notice(Notice::Ready(hello)) => understood(&hello, target).map(|()| process),
            answer => Err(Outcome::from(answer)),
        }
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, request: &Request, limits: Limits) -> Result<Answer, Refusal> {
        let line = serde_json::to_string(request).expect("a request has only plain values");
        if self.0.tell(&line).is_err() {
            return Err(Refusal::DiedIdle(crashed(&self.0.end(), None)));
        }
        match self.wait(limits) {
            Ok(Answer::Notice(Notice::Began)) => self.wait(limits).map_err(Refusal::Ended),
            Ok(answer) => Ok(answer),
            Err(outcome @ Outcome::Crashed(_)) => Err(Refusal::DiedIdle(outcome)),
            Err(outcome) => Err(Refusal::Ended(outcome)),
        }
    }

    /// Ends it, and waits for what it has yet to say.
    pub(super) fn finish(&mut self) {
        self.0.finish();
    }

    /// What it wrote to standard error since this was asked last.
    pub(super) fn take_said(&self) -> Vec<String> {
        self.0.take_said()
    }

    fn wait(&mut self, limits: Limits) -> Result<Answer, Outcome> {
        match self.0.next(limits) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(damage)) => Err(crashed(&self.0.end(), Some(&damage))),
            Err(Silence::TimedOut(limit)) => Err(Outcome::TimedOut(limit.as_secs())),
            Err(Silence::OutOfMemory(limit)) => Err(Outcome::OutOfMemory { limit }),
            Err(Silence::Ended(end)) => Err(crashed(&end, None)),
        }
    }
}

/// Whether a worker speaks this protocol, and is of the Burn that found its target.
fn understood(hello: &Hello, target: &Target) -> Result<(), Outcome> {
    let (Hello { protocol, burn, .. }, found) = (hello, &target.fingerprint.burn);
    if *protocol != PROTOCOL {
        return Err(Outcome::crashed(format!(
            "the worker, built with Burn {burn}, speaks protocol {protocol}: expected {PROTOCOL}; build \
             both programs from one release of burn-repro"
        )));
    }
    if burn != found {
        return Err(Outcome::crashed(format!(
            "the worker is built with Burn {burn}: expected {found}, which found {}; build both programs \
             with one release of Burn",
            target.name
        )));
    }
    Ok(())
}

/// The reasons of a worker that ended, or whose answer arrived damaged.
fn crashed(end: &End, damage: Option<&io::Error>) -> Outcome {
    let crashed = |text| Reason::new(ReasonCode::Crashed, text);
    let mut reasons = vec![crashed(format!("the worker {}", end.how()))];
    reasons.extend(damage.map(|damage| crashed(damage.to_string())));
    if !end.last_output.is_empty() {
        let text = format!("its last output: {}", end.last_output.join(" / "));
        reasons.push(Reason::new(ReasonCode::LastOutput, text));
    }
    Outcome::Crashed(reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a worker of the release before says it, and of one to come.
    #[test]
    fn a_worker_of_another_protocol_or_burn_is_refused_by_name() {
        let mut target = crate::fixtures::target("flex", burn_repro_target::Class::Cpu);
        target.fingerprint.burn = "0.20.1".into();
        let asked = |protocol, burn: &str| {
            let hello = Hello {
                protocol,
                burn: burn.into(),
                features: Vec::new(),
                pipelines: Vec::new(),
                services: Vec::new(),
            };
            understood(&hello, &target).map_err(|refused| refused.reason())
        };
        assert_eq!(asked(PROTOCOL, "0.20.1"), Ok(()));
        for other in [PROTOCOL - 1, PROTOCOL + 1] {
            let refused = asked(other, "0.20.1").unwrap_err();
            assert!(refused.contains("Burn 0.20.1, speaks protocol"), "{refused}");
        }
        let refused = asked(PROTOCOL, "0.21.0").unwrap_err();
        assert!(refused.contains("Burn 0.21.0: expected 0.20.1, which found flex"), "{refused}");
    }
}
