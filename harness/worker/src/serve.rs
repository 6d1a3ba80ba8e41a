//! The worker's side: opens one target with one group of settings, then runs the scenarios it is sent, and answers
//! only what it can stand for.

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use burn_repro_device::{Device, OpenError, burn_version, canary, check_f64, leave, open, poison};
use burn_repro_target::{Dtype, Settings, Target, panic_text};

use burn_repro_core::reason::{Reason, ReasonCode};
use burn_repro_core::scenario::Catalog;
use burn_repro_core::worker::protocol::{Answer, Hello, Notice, PROTOCOL, Request};

use crate::panics;
use crate::pipeline::BoxError;
use crate::read::ProbeError;
use crate::registry::Registry;
use crate::service::{Opened, Service};

/// Serves requests until standard input ends.
///
/// `target` is the JSON of a [`Target`] as discovery described it, `settings` that of [`Settings`]. Without guards the
/// device is not examined, and a service judges by itself what it and [`taken_panics`](crate::taken_panics) say.
pub fn serve(
    target: &str,
    settings: &str,
    registry: &Registry,
    services: &[Service],
    guards: bool,
) -> ExitCode {
    let (target, settings) = match (parsed::<Target>(target), parsed::<Settings>(settings)) {
        (Ok(target), Ok(settings)) => (target, settings),
        (Err(error), _) | (_, Err(error)) => return fail("read what to open", &error),
    };
    let mut pipe = match answers() {
        Ok(pipe) => pipe,
        Err(error) => return fail("keep the pipe of answers", &error.to_string()),
    };
    panics::count();
    let requests = requests();
    let mut answer = |answer: Answer| answer.write(&mut pipe);
    let device = match opened(&target, settings, guards) {
        Ok(device) => device,
        Err(refusal) => {
            let said = answer(Answer::Notice(refusal));
            return said.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
    };
    if answer(Answer::Notice(Notice::Ready(hello(&target, registry, services)))).is_err() {
        return ExitCode::FAILURE;
    }
    let opened = Opened { target: &target, device: &device, settings, registry };
    for line in requests {
        // A thread that panicked after its cell has ended leaves a process that nobody can trust.
        if !panics::take().is_empty() {
            return ExitCode::FAILURE;
        }
        // The run that started this worker is gone when nobody reads.
        let told = answer(Answer::Notice(Notice::Began));
        if told.and_then(|()| answer(respond(&line, &opened, services, guards))).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn parsed<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn fail(what: &str, error: &str) -> ExitCode {
    eprintln!("failed to {what}: {error}");
    ExitCode::FAILURE
}

/// The pipe for answers, which is standard output until now: what drivers and pipelines print goes to standard error
/// from now on.
#[cfg(unix)]
fn answers() -> io::Result<impl Write> {
    use std::os::fd::AsFd;
    let pipe = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    Ok(io::BufWriter::new(std::fs::File::from(pipe)))
}

/// Shared with whatever prints; the hash of an answer tells when that went wrong.
#[cfg(not(unix))]
fn answers() -> io::Result<impl Write> {
    Ok(io::stdout())
}

/// The lines of standard input. When it ends, the program that started this worker is gone, and the worker leaves
/// even in the middle of a computation that hangs.
fn requests() -> Receiver<String> {
    let (sender, requests) = channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
        leave(0);
    });
    requests
}

fn opened(target: &Target, settings: Settings, guards: bool) -> Result<Device, Notice> {
    let device = open(target, settings).map_err(|error| match error {
        OpenError::UnsupportedDtype { .. } => {
            Notice::Unsupported(vec![Reason::new(ReasonCode::Unsupported, error.to_string())])
        }
        _ => Notice::failed(error.to_string()),
    })?;
    if guards {
        canary(&device)
            .map_err(|reason| Notice::broken_device(format!("{}: {reason}", target.name)))?;
        if settings.dtype == Dtype::F64 {
            check_f64(&device).map_err(|reason| inexact(target, &reason))?;
        }
    }
    Ok(device)
}

/// A target that takes `f64` and computes in less.
fn inexact(target: &Target, reason: &str) -> Notice {
    let text = format!(
        "{} does not compute in f64: {reason}; choose another dtype or leave this target out",
        target.name
    );
    Notice::Unsupported(vec![Reason::new(ReasonCode::Unsupported, text)])
}

/// What this worker is.
fn hello(target: &Target, registry: &Registry, services: &[Service]) -> Hello {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    Hello {
        protocol: PROTOCOL,
        burn: burn_version(),
        features: target.fingerprint.features.clone(),
        pipelines: owned(registry.names()),
        services: owned(services.iter().map(|service| service.name).collect()),
    }
}

fn respond(line: &str, opened: &Opened<'_>, services: &[Service], guards: bool) -> Answer {
    let request: Request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return Answer::Notice(Notice::failed(format!("read the request: {error}"))),
    };
    match services.iter().find(|service| service.name == request.service) {
        Some(service) if guards => {
            guarded(opened.device, || (service.answer)(opened, request.question))
        }
        Some(service) => (service.answer)(opened, request.question)
            .unwrap_or_else(|error| Answer::Notice(Notice::failed(chain(error.as_ref())))),
        None => {
            let known: Vec<&str> = services.iter().map(|service| service.name).collect();
            Answer::Notice(Notice::failed(format!(
                "unknown service `{}`: expected one of {}",
                request.service,
                known.join(", ")
            )))
        }
    }
}

/// Runs something on a device that is examined before and after it.
fn guarded(device: &Device, run: impl FnOnce() -> Result<Answer, BoxError>) -> Answer {
    if let Err(reason) = poison(device) {
        return Answer::Notice(Notice::broken_device(reason));
    }
    let outcome = catch_unwind(AssertUnwindSafe(run))
        .map_err(|panic| panics::with_scope(panic_text(panic.as_ref())));
    let health = canary(device);
    judge(outcome, &health, &panics::take())
}

/// What can be said of a run: by its outcome, by the device's health after it, and by the panics of all threads.
fn judge(
    outcome: Result<Result<Answer, BoxError>, String>,
    health: &Result<(), String>,
    panics: &[String],
) -> Answer {
    let panicked = |text: &String| Reason::new(ReasonCode::Panicked, text);
    let also = |code, text: String| {
        let mut reasons = vec![Reason::new(code, text)];
        match (panics, health) {
            ([], Err(broken)) => reasons.push(Reason::new(ReasonCode::BrokenDevice, broken)),
            (panics, _) => reasons.extend(panics.iter().map(panicked)),
        }
        reasons
    };
    Answer::Notice(match (outcome, health) {
        (Err(panic), _) => {
            let own = Reason::new(ReasonCode::Panicked, format!("panicked: {panic}"));
            // The pipeline's own panic is among them.
            let earlier = panics.split_last().map_or(&[][..], |(_, earlier)| earlier);
            let earlier = earlier.iter().map(|text| panicked(&format!("before that, {text}")));
            Notice::Failed(std::iter::once(own).chain(earlier).collect())
        }
        (Ok(Err(error)), _) => match error.downcast_ref::<ProbeError>() {
            Some(ProbeError::Stale { .. }) => {
                Notice::StaleMemory(also(ReasonCode::StaleMemory, error.to_string()))
            }
            _ => Notice::Failed(also(ReasonCode::Failed, chain(error.as_ref()))),
        },
        (Ok(Ok(_)), _) if !panics.is_empty() => {
            Notice::HiddenPanic(panics.iter().map(panicked).collect())
        }
        (Ok(Ok(_)), Err(broken)) => Notice::broken_device(broken),
        (Ok(Ok(answer)), Ok(())) => return answer,
    })
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::ReasonCode::{BrokenDevice, Failed, Panicked, StaleMemory};
    use super::*;
    use burn_repro_core::trace::Trace;
    use burn_repro_core::worker::Outcome;

    fn stale() -> BoxError {
        Box::new(ProbeError::Stale { name: "image".into(), index: 3 })
    }

    #[rstest]
    #[case::broken_device(Ok(Ok(Trace::default())), Err("gave 0"), &[], "BrokenDevice", &[BrokenDevice])]
    #[case::hidden(Ok(Ok(Trace::default())), Ok(()), &["thread DSD"], "HiddenPanic", &[Panicked])]
    #[case::both(Ok(Ok(Trace::default())), Err("gave 0"), &["thread DSD"], "HiddenPanic", &[Panicked])]
    #[case::error(Ok(Err("no".into())), Ok(()), &[], "Failed", &[Failed])]
    #[case::error_and_sick(Ok(Err("no".into())), Err("gave 0"), &[], "Failed", &[Failed, BrokenDevice])]
    #[case::error_and_panic(Ok(Err("no".into())), Ok(()), &["thread DSD"], "Failed", &[Failed, Panicked])]
    #[case::stale(Ok(Err(stale())), Ok(()), &[], "StaleMemory", &[StaleMemory])]
    #[case::panic(Err("oh".into()), Ok(()), &["thread main panicked: oh"], "Failed", &[Panicked])]
    #[case::panic_because(Err("oh".into()), Ok(()), &["thread DSD", "thread main"], "Failed", &[Panicked, Panicked])]
    fn what_is_said_of_a_run(
        #[case] outcome: Result<Result<Trace, BoxError>, String>,
        #[case] health: Result<(), &str>,
        #[case] panics: &[&str],
        #[case] notice: &str,
        #[case] codes: &[ReasonCode],
    ) {
        let Answer::Notice(said) = judged(outcome, health, panics) else { panic!("it finished") };
        assert!(format!("{said:?}").starts_with(notice), "{said:?}");
        let reasons = Outcome::from(Answer::Notice(said)).reasons();
        let found: Vec<ReasonCode> = reasons.iter().map(|reason| reason.code).collect();
        assert_eq!(found, codes, "{reasons:?}");
    }

    #[test]
    fn a_run_without_a_trouble_is_finished() {
        let answer = judged(Ok(Ok(Trace::default())), Ok(()), &[]);
        assert_eq!(answer, Answer::Finished(Trace::default()));
    }

    #[test]
    fn the_panic_of_a_pipeline_comes_before_those_that_led_to_it() {
        let answer =
            judged(Err("oh".into()), Ok(()), &["thread DSD panicked: lost", "thread main"]);
        insta::assert_snapshot!(Outcome::from(answer).reason(), @"panicked: oh; before that, thread DSD panicked: lost");
    }

    fn judged(
        outcome: Result<Result<Trace, BoxError>, String>,
        health: Result<(), &str>,
        panics: &[&str],
    ) -> Answer {
        let panics: Vec<String> = panics.iter().map(ToString::to_string).collect();
        let outcome = outcome.map(|result| result.map(Answer::Finished));
        judge(outcome, &health.map_err(Into::into), &panics)
    }
}
