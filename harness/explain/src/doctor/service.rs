//! What a worker of the doctor answers: it asks its device one probe and judges what comes back. The worker has no guards,
//! because what a broken device gives is what the doctor wants to know; it may crash or hang at any point, and its parent
//! is `examine`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use burn_repro_device::Device;
use serde_json::Value;

use super::grade::grade;
use super::operations::probes;
use super::outcome::ProbeOutcome;
use super::probe::{KnownResult, Probe, Question};
use burn_repro_core::worker::Answer;
use burn_repro_worker::{BoxError, Opened, Service, question, taken_panics};

thread_local! {
    /// Made once: some hold many numbers.
    static PROBES: Vec<Probe> = probes();
}

/// Asks the probe of a number; of no number, whether the device is open.
pub const EXAMINE: Service = Service { name: "examine", answer };

fn answer(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let Some(number) = question::<Option<usize>>(asked)? else {
        return Ok(Answer::value(&())?);
    };
    PROBES.with(|probes| {
        let probe = probes.get(number).ok_or("unknown probe")?;
        let begun = Instant::now();
        let outcome = ask(probe, opened.device);
        Ok(Answer::value(&(begun.elapsed().as_secs_f64(), outcome))?)
    })
}

fn ask(probe: &Probe, device: &Device) -> ProbeOutcome {
    // Nothing that the probe has touched is used again but the device, and the parent ends this process if that failed.
    let asked = catch_unwind(AssertUnwindSafe(|| match &probe.question {
        Question::Known(known) => measure(known, device),
        Question::Fact(fact) => fact(device).map(ProbeOutcome::Fact),
    }));
    let panics = taken_panics().join("; ");
    let failure = match asked {
        Ok(Ok(outcome)) => return with_unseen(outcome, panics),
        Ok(Err(error)) => error,
        Err(_) => panics,
    };
    if is_refusal(&failure) {
        ProbeOutcome::Unsupported(failure)
    } else {
        ProbeOutcome::Failed(failure)
    }
}

fn measure(known: &KnownResult, device: &Device) -> Result<ProbeOutcome, String> {
    let reading = (known.ask)(device)?;
    let judgement = grade(&reading.values, &(known.answers)(), known.rule)
        .map_err(|error| error.to_string())?;
    Ok(ProbeOutcome::Measured { judgement, unseen: reading.sync_error })
}

/// Adds what other threads panicked with.
fn with_unseen(outcome: ProbeOutcome, panics: String) -> ProbeOutcome {
    match outcome {
        outcome if panics.is_empty() => outcome,
        ProbeOutcome::Measured { judgement, unseen } => {
            let unseen = unseen.map_or(panics.clone(), |unseen| format!("{panics}; {unseen}"));
            ProbeOutcome::Measured { judgement, unseen: Some(unseen) }
        }
        // A property that was measured beside a panic is none.
        _ => ProbeOutcome::Failed(panics),
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
    use crate::doctor::grade::Rule;

    /// Neither a value nor a property is what it seems beside a panic of another thread.
    #[test]
    fn a_panic_of_another_thread_is_seen() {
        let judgement = grade(&[], &[], Rule::Exact).unwrap();
        let measured = ProbeOutcome::Measured { judgement, unseen: Some("invalid state".into()) };
        assert_eq!(with_unseen(measured.clone(), String::new()), measured);
        let ProbeOutcome::Measured { unseen: Some(words), .. } =
            with_unseen(measured, "thread DSD panicked: too large".into())
        else {
            panic!("the panic was lost")
        };
        assert_eq!(words, "thread DSD panicked: too large; invalid state");
        let fact = ProbeOutcome::Fact(Fact::SubnormalsKept(true));
        assert_eq!(with_unseen(fact, "lost".into()), ProbeOutcome::Failed("lost".into()));
    }

    #[rstest]
    #[case("not implemented: interpolate for this device", true)]
    #[case("Unsupported dtype", true)]
    #[case("buffer size 209715200 exceeds 134217728", false)]
    fn a_refusal_is_told_from_a_failure(#[case] message: &str, #[case] refusal: bool) {
        assert_eq!(is_refusal(message), refusal);
    }
}
