//! The process that touches a device: opens one target, asks the probes whose numbers it reads, and prints a line for
//! each. It may crash or hang at any point; its parent is `examine`.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use burn_repro_device::{Device, leave, open};
use burn_repro_target::{Dtype, Target};

use super::judge::judge;
use super::operations::probes;
use super::outcome::{Line, Outcome};
use super::probe::{KnownAnswer, Probe, Question};

/// The messages of panics on any thread since they were last taken.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Serves one list of probes. `target` is the JSON of a [`Target`]; standard input has a line with the JSON of a list
/// of numbers.
pub fn serve(target: &str) -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a panic without a message");
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }));
    match answer_all(target) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever asked is gone when the answer cannot be written.
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn answer_all(target: &str) -> io::Result<()> {
    let target: Target = serde_json::from_str(target)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    // When the rest of the input ends, whoever asked is gone.
    std::thread::spawn(|| {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        leave(0);
    });
    let numbers: Vec<usize> = serde_json::from_str(&line)?;
    // The known answers are those of this type.
    let device = match open(&target, Dtype::F32) {
        Ok(device) => device,
        Err(error) => return print(&Line::NotOpened(error.to_string())),
    };
    print(&Line::Opened)?;
    let probes = probes();
    for number in numbers {
        let probe = probes.get(number).ok_or_else(|| io::Error::other("there is no such probe"))?;
        let begun = Instant::now();
        let outcome = ask(probe, &device);
        print(&Line::Ended { probe: number, seconds: begun.elapsed().as_secs_f64(), outcome })?;
    }
    Ok(())
}

fn print(line: &Line) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.encode().as_bytes())?;
    stdout.flush()
}

fn taken_panics() -> Vec<String> {
    std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn ask(probe: &Probe, device: &Device) -> Outcome {
    taken_panics();
    // Nothing that the probe has touched is used again but the device, and the parent ends this process if that failed.
    let asked = catch_unwind(AssertUnwindSafe(|| match &probe.question {
        Question::Known(known) => measure(known, device),
        Question::Fact(fact) => fact(device).map(Outcome::Fact),
    }));
    let panics = taken_panics();
    let failure = match asked {
        Ok(Ok(outcome)) => return with_unseen(outcome, panics),
        Ok(Err(error)) => error,
        Err(_) => panics.join("; "),
    };
    if is_refusal(&failure) { Outcome::Unsupported(failure) } else { Outcome::Failed(failure) }
}

fn measure(known: &KnownAnswer, device: &Device) -> Result<Outcome, String> {
    let reading = (known.ask)(device)?;
    let judgement = judge(&reading.values, &(known.answers)(), known.rule)
        .map_err(|error| error.to_string())?;
    Ok(Outcome::Measured { judgement, unseen: reading.sync_error })
}

/// Adds what other threads panicked with.
fn with_unseen(outcome: Outcome, panics: Vec<String>) -> Outcome {
    if panics.is_empty() {
        return outcome;
    }
    let panics = panics.join("; ");
    match outcome {
        Outcome::Measured { judgement, unseen } => {
            let words = [Some(format!("a thread panicked: {panics}")), unseen];
            let unseen = Some(words.into_iter().flatten().collect::<Vec<_>>().join("; "));
            Outcome::Measured { judgement, unseen }
        }
        // A property that was measured beside a panic is none.
        _ => Outcome::Failed(panics),
    }
}

/// Whether an error says that the device does not have the operation, and not that the operation failed.
fn is_refusal(failure: &str) -> bool {
    let failure = failure.to_lowercase();
    ["not supported", "unsupported", "not implemented", "unimplemented"]
        .iter()
        .any(|word| failure.contains(word))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::doctor::arithmetic::Fact;
    use crate::doctor::judge::Rule;

    /// Neither a value nor a property is what it seems beside a panic of another thread.
    #[test]
    fn a_panic_of_another_thread_is_seen() {
        let judgement = judge(&[], &[], Rule::Exact).unwrap();
        let measured = Outcome::Measured { judgement, unseen: Some("invalid state".into()) };
        assert_eq!(with_unseen(measured.clone(), Vec::new()), measured);
        let Outcome::Measured { unseen: Some(words), .. } =
            with_unseen(measured, vec!["too large".into()])
        else {
            panic!("the panic was lost")
        };
        assert_eq!(words, "a thread panicked: too large; invalid state");
        let fact = Outcome::Fact(Fact::SubnormalsKept(true));
        assert_eq!(with_unseen(fact, vec!["lost".into()]), Outcome::Failed("lost".into()));
    }

    #[rstest]
    #[case("not implemented: interpolate for this device", true)]
    #[case("Unsupported dtype", true)]
    #[case("buffer size 209715200 exceeds 134217728", false)]
    fn a_refusal_is_told_from_a_failure(#[case] message: &str, #[case] refusal: bool) {
        assert_eq!(is_refusal(message), refusal);
    }
}
