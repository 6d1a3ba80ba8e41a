//! What is not as it should be, each in a sentence. Pure.

use serde::Serialize;

use super::arithmetic::{Fact, LongestSum};
use super::examine::Ended;
use super::judge::{Deviation, Judgement, Kind, Severity};
use super::number::Number;
use super::outcome::Outcome;
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
    pub kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub got: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub want: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ulp: Option<Number>,
    pub sentence: String,
}

/// What one probe found, the worst first.
pub(super) fn findings(target: &str, probe: &Probe, ended: &Ended) -> Vec<Finding> {
    let plain = |severity, words: String| vec![Finding::plain(target, probe, severity, words)];
    match &ended.outcome {
        Outcome::Measured { judgement, unseen } => {
            measured(target, probe, judgement, unseen.as_deref())
        }
        Outcome::Fact(Fact::LongestSum(LongestSum::Limit(length) | LongestSum::Below(length))) => {
            plain(Severity::Defect, format!("sums of more than {length} ones may be wrong"))
        }
        Outcome::Fact(_) | Outcome::Unsupported(_) => Vec::new(),
        // Memory has an end somewhere; saying so is all that can be asked.
        Outcome::Failed(words) if probe.isolated => {
            plain(Severity::Note, format!("fails, and says so: {}", cut(words)))
        }
        Outcome::Failed(words) => plain(Severity::Defect, format!("failed: {}", cut(words))),
        Outcome::Crashed(words) => plain(Severity::Defect, format!("the process {}", cut(words))),
        Outcome::TimedOut(seconds) => {
            plain(Severity::Defect, format!("no answer after {seconds} s"))
        }
        Outcome::NotAsked(words) => plain(Severity::Defect, format!("not asked: {}", cut(words))),
    }
}

fn measured(
    target: &str,
    probe: &Probe,
    judgement: &Judgement,
    unseen: Option<&str>,
) -> Vec<Finding> {
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
        let mut words = format!("{at}got {}, wanted {}", deviation.got, deviation.want);
        if let Some(ulp) = deviation.ulp {
            words.push_str(&format!(", off by {} ULP", ulp_text(ulp.0)));
        }
        if elements > 1 {
            words.push_str(&format!(" ({} of {elements} elements)", deviation.elements));
        }
        words.push_str(remark(deviation.kind));
        if let Some(unseen) = unseen {
            words.push_str(&format!("; reading it gave no error, but: {}", cut(unseen)));
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

const fn remark(kind: Kind) -> &'static str {
    match kind {
        Kind::Error | Kind::NotFinite => "",
        Kind::NanChoice => {
            "; implementations differ where a NaN is among the numbers, torch's give NaN"
        }
        Kind::Flushed => "; subnormal numbers are not kept",
        Kind::SignOfZero => "; the sign of the zero",
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
    use crate::doctor::judge::{Rule, judge};
    use crate::doctor::known::Known;

    fn logarithm() -> Probe {
        let input = ("edge values".to_owned(), vec![1.0, 1e-7]);
        let host = |x: f64| Known::of(x.ln_1p());
        Probe::function("log1p", input, Rule::Function, |x| x.log1p(), host)
    }

    fn found(probe: &Probe, got: &[f32], want: &[f64], unseen: Option<&str>) -> Vec<Finding> {
        let known: Vec<Known> = want.iter().copied().map(Known::of).collect();
        let judgement = judge(got, &known, Rule::Function).unwrap();
        let outcome = Outcome::Measured { judgement, unseen: unseen.map(str::to_owned) };
        findings("a:b", probe, &Ended { probe: 0, seconds: 0.0, outcome })
    }

    #[test]
    fn a_sentence_names_target_operation_input_got_and_wanted() {
        let found = found(&logarithm(), &[0.5, 1.192e-7], &[0.5, 1e-7], None);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].sentence,
            "a:b: log1p (edge values): at x = 1e-7 got 1.192e-7, wanted 1e-7, off by 2.7e6 ULP (1 of 2 elements)"
        );
        assert_eq!(found[0].severity, Severity::Defect);
    }

    #[test]
    fn what_reading_does_not_show_is_said_beside_stale_data_and_alone() {
        let stale = found(&logarithm(), &[100.0], &[200.0], Some("a thread panicked: too large"));
        let want = "got 100, wanted 200, off by 6.6e6 ULP; reading it gave no error, but: a thread panicked: too large";
        assert!(stale[0].sentence.ends_with(want), "{}", stale[0].sentence);
        let right = found(&logarithm(), &[200.0], &[200.0], Some("lost"));
        assert_eq!(right[0].severity, Severity::Defect);
        assert!(right[0].sentence.ends_with("the values are right, but the device failed: lost"));
        assert!(found(&logarithm(), &[200.0], &[200.0], None).is_empty());
    }

    #[rstest]
    #[case(Outcome::Crashed("was killed by signal 11".into()), false, Some(Severity::Defect))]
    #[case(Outcome::TimedOut(120), false, Some(Severity::Defect))]
    #[case(Outcome::NotAsked("no driver".into()), false, Some(Severity::Defect))]
    #[case(Outcome::Failed("out of memory".into()), false, Some(Severity::Defect))]
    #[case(Outcome::Failed("out of memory".into()), true, Some(Severity::Note))]
    #[case(Outcome::Unsupported("not implemented".into()), false, None)]
    fn what_gave_no_values(
        #[case] outcome: Outcome,
        #[case] isolated: bool,
        #[case] severity: Option<Severity>,
    ) {
        let probe = Probe { isolated, ..logarithm() };
        let found = findings("a", &probe, &Ended { probe: 0, seconds: 0.0, outcome });
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
