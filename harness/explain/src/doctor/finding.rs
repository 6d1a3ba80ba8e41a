//! What is not as it should be, each in a sentence. Pure.

use serde::Serialize;

use super::arithmetic::{Fact, LongestSum};
use super::examine::ProbeResult;
use super::grade::{Deviation, DeviationKind, Grade, Severity};
use super::number::JsonNumber;
use super::outcome::ProbeOutcome;
use super::probe::{Probe, Question};

/// Letters of a driver's own words that are kept.
const WORDS: usize = 300;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    pub target: String,
    pub operation: &'static str,
    /// The inputs of the probe.
    pub input: String,
    /// The input of the worst element, where one can be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// In which way; nothing where there were no values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<DeviationKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub got: Option<JsonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub want: Option<JsonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ulp: Option<JsonNumber>,
    pub sentence: String,
}

/// What one probe found, the worst first.
pub(super) fn findings(target: &str, probe: &Probe, ended: &ProbeResult) -> Vec<Finding> {
    let plain = |severity, words: String| vec![Finding::plain(target, probe, severity, words)];
    match &ended.outcome {
        ProbeOutcome::Measured { judgement, unseen } => {
            measured(target, probe, judgement, unseen.as_deref())
        }
        ProbeOutcome::Fact(Fact::LongestSum(
            LongestSum::Limit(length) | LongestSum::Below(length),
        )) => plain(Severity::Defect, format!("sums of more than {length} ones may be wrong")),
        ProbeOutcome::Fact(_) | ProbeOutcome::Unsupported(_) => Vec::new(),
        // Memory has an end somewhere; saying so is all that can be asked.
        ProbeOutcome::Failed(words) if probe.isolated => {
            plain(Severity::Note, format!("fails with an error: {}", cut(words)))
        }
        ProbeOutcome::Failed(words) => plain(Severity::Defect, format!("failed: {}", cut(words))),
        ProbeOutcome::Crashed(words) => plain(Severity::Defect, cut(words)),
        ProbeOutcome::TimedOut(seconds) => {
            plain(Severity::Defect, format!("no answer after {seconds} s"))
        }
        ProbeOutcome::NotAsked(words) => {
            plain(Severity::Defect, format!("not asked: {}", cut(words)))
        }
    }
}

fn measured(target: &str, probe: &Probe, judgement: &Grade, unseen: Option<&str>) -> Vec<Finding> {
    let mut found: Vec<Finding> = judgement
        .deviations
        .iter()
        .map(|deviation| Finding::of(target, probe, deviation, judgement.elements, unseen))
        .collect();
    if let (Some(words), true) = (unseen, found.is_empty()) {
        let words = format!("the values are right, but the device failed: {}", cut(words));
        found.push(Finding::plain(target, probe, Severity::Defect, words));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

impl Finding {
    fn plain(target: &str, probe: &Probe, severity: Severity, words: String) -> Self {
        Self {
            severity,
            target: target.to_owned(),
            operation: probe.operation,
            input: probe.input.clone(),
            element: None,
            kind: None,
            got: None,
            want: None,
            ulp: None,
            sentence: format!("{}: {words}", subject(target, probe)),
        }
    }

    fn of(
        target: &str,
        probe: &Probe,
        deviation: &Deviation,
        elements: usize,
        unseen: Option<&str>,
    ) -> Self {
        let element = match &probe.question {
            Question::Known(known) => (known.element)(deviation.index),
            Question::Fact(_) => None,
        };
        let at = match &element {
            Some(element) => format!("at {element} "),
            None if elements > 1 => format!("element {} ", deviation.index),
            None => String::new(),
        };
        let mut words = format!("{at}got {}, expected {}", deviation.got, deviation.want);
        if let Some(ulp) = deviation.ulp {
            words.push_str(&format!(", off by {} ULP", ulp_text(ulp.0)));
        }
        if elements > 1 {
            words.push_str(&format!(" ({} of {elements} elements)", deviation.elements));
        }
        words.push_str(remark(deviation.kind));
        if let Some(unseen) = unseen {
            words.push_str(&format!("; the read reported no error, but: {}", cut(unseen)));
        }
        Self {
            element,
            kind: Some(deviation.kind),
            got: Some(deviation.got),
            want: Some(deviation.want),
            ulp: deviation.ulp,
            ..Self::plain(target, probe, deviation.severity, words)
        }
    }
}

fn subject(target: &str, probe: &Probe) -> String {
    let Probe { operation, input, .. } = probe;
    if input.is_empty() {
        return format!("{target}: {operation}");
    }
    format!("{target}: {operation} ({input})")
}

const fn remark(kind: DeviationKind) -> &'static str {
    match kind {
        DeviationKind::Error | DeviationKind::NotFinite => "",
        DeviationKind::Flushed => "; subnormal numbers are not kept",
        DeviationKind::SignOfZero => "; the sign of the zero differs",
    }
}

/// A number of ULP as it is shown; from about 2^24 on no bit is right, and how far it is beyond says nothing more.
pub(super) fn ulp_text(ulp: f64) -> String {
    match ulp {
        ..9.95 => format!("{ulp:.1}"),
        ..99_999.5 => format!("{ulp:.0}"),
        1.6e7.. => ">1.6e7".to_owned(),
        _ => format!("{ulp:.1e}"),
    }
}

fn cut(words: &str) -> String {
    let words = words.replace("No backtrace available", "");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= WORDS {
        return words;
    }
    words.chars().take(WORDS).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::doctor::expected::Expected;
    use crate::doctor::grade::{Rule, grade};

    fn logarithm() -> Probe {
        let input = ("edge values".to_owned(), vec![1.0, 1e-7]);
        let host = |x: f64| Expected::of(x.ln_1p());
        Probe::function("log1p", input, Rule::Function, |x| x.log1p(), host)
    }

    fn found(probe: &Probe, got: &[f32], want: &[f64], unseen: Option<&str>) -> Vec<Finding> {
        let known: Vec<Expected> = want.iter().copied().map(Expected::of).collect();
        let judgement = grade(got, &known, Rule::Function).unwrap();
        let outcome = ProbeOutcome::Measured { judgement, unseen: unseen.map(str::to_owned) };
        findings("a:b", probe, &ProbeResult { probe: 0, seconds: 0.0, outcome })
    }

    #[test]
    fn a_sentence_names_target_operation_input_got_and_wanted() {
        let found = found(&logarithm(), &[0.5, 1.192e-7], &[0.5, 1e-7], None);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].sentence,
            "a:b: log1p (edge values): at x = 1e-7 got 1.192e-7, expected 1e-7, off by 2.7e6 ULP (1 of 2 elements)"
        );
        assert_eq!(found[0].severity, Severity::Defect);
    }

    #[test]
    fn what_reading_does_not_show_is_said_beside_stale_data_and_alone() {
        let stale = found(&logarithm(), &[100.0], &[200.0], Some("a thread panicked: too large"));
        let want = "got 100, expected 200, off by 6.6e6 ULP; the read reported no error, but: a thread panicked: too large";
        assert!(stale[0].sentence.ends_with(want), "{}", stale[0].sentence);
        let right = found(&logarithm(), &[200.0], &[200.0], Some("lost"));
        assert_eq!(right[0].severity, Severity::Defect);
        assert!(right[0].sentence.ends_with("the values are right, but the device failed: lost"));
        assert!(found(&logarithm(), &[200.0], &[200.0], None).is_empty());
    }

    #[rstest]
    #[case(ProbeOutcome::Crashed("the worker was killed by signal 11".into()), false, Some(Severity::Defect))]
    #[case(ProbeOutcome::TimedOut(120), false, Some(Severity::Defect))]
    #[case(ProbeOutcome::NotAsked("no driver".into()), false, Some(Severity::Defect))]
    #[case(ProbeOutcome::Failed("out of memory".into()), false, Some(Severity::Defect))]
    #[case(ProbeOutcome::Failed("out of memory".into()), true, Some(Severity::Note))]
    #[case(ProbeOutcome::Unsupported("not implemented".into()), false, None)]
    fn what_gave_no_values(
        #[case] outcome: ProbeOutcome,
        #[case] isolated: bool,
        #[case] severity: Option<Severity>,
    ) {
        let probe = Probe { isolated, ..logarithm() };
        let found = findings("a", &probe, &ProbeResult { probe: 0, seconds: 0.0, outcome });
        assert_eq!(found.first().map(|finding| finding.severity), severity);
    }

    #[rstest]
    #[case(0.5, "0.5")]
    #[case(9.96, "10")]
    #[case(4337.2, "4337")]
    #[case(4_194_560.0, "4.2e6")]
    #[case(2.1e37, ">1.6e7")]
    fn ulp_are_short(#[case] ulp: f64, #[case] text: &str) {
        assert_eq!(ulp_text(ulp), text);
    }
}
