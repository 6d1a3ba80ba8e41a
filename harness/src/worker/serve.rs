//! The worker's side: opens one target with one float type, then runs the scenarios it is sent.

use std::io::{self, BufRead};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use burn_repro_backends::{Device, Float, OpenError, Target, open};

use super::protocol::{Answer, Request};
use crate::registry::Registry;
use crate::scenario::from_yaml;

/// Serves requests until standard input ends.
///
/// `target` is the JSON of a [`Target`] as discovery described it.
pub(crate) fn serve(target: &str, float: Float, registry: &Registry) -> ExitCode {
    let answer = |answer: Answer| answer.write(io::stdout().lock());
    let opened = match serde_json::from_str::<Target>(target) {
        Ok(target) => open(&target, float),
        Err(error) => return fail(&format!("read the target: {error}")),
    };
    let device = match opened {
        Ok(device) => device,
        Err(error) => {
            let reason = error.to_string();
            let unsupported = matches!(error, OpenError::UnsupportedDtype { .. });
            let refusal =
                if unsupported { Answer::Unsupported(reason) } else { Answer::Failed(reason) };
            return answer(refusal).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
    };
    if answer(Answer::Ready).is_err() {
        return ExitCode::FAILURE;
    }
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        // The run that started this worker is gone when nobody reads.
        if answer(run(&line, &device, registry)).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("failed to {reason}");
    ExitCode::FAILURE
}

fn run(line: &str, device: &Device, registry: &Registry) -> Answer {
    let request: Request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return Answer::Failed(format!("read the request: {error}")),
    };
    let run = || {
        let head: Head = from_yaml(&request.file, &request.text)?;
        let pipeline = registry.get(&head.pipeline).ok_or("the worker knows no such pipeline")?;
        let name = head.name.unwrap_or_default();
        pipeline.prepare(&name, &request.file, &request.text)?.run(device, request.moves)
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(trace)) => Answer::Finished(trace),
        Ok(Err(error)) => Answer::Failed(chain(error.as_ref())),
        Err(panic) => Answer::Failed(format!("panicked: {}", panic_text(panic.as_ref()))),
    }
}

/// Enough of a scenario to find its pipeline; the run has checked the rest.
#[derive(serde::Deserialize)]
struct Head {
    pipeline: String,
    name: Option<String>,
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

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
