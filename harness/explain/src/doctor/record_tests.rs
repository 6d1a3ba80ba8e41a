use burn_repro_target::{Class, Fingerprint, Locator};

use super::*;
use crate::doctor::arithmetic::Fact;
use crate::doctor::expected::Expected;
use crate::doctor::grade::grade;
use crate::doctor::probe::Question;
use crate::doctor::report::report;
use burn_repro_core::precision::Product;

fn target() -> Target {
    let fingerprint = Fingerprint::default();
    Target { name: "t".into(), class: Class::Cpu, locator: Locator::Flex, fingerprint }
}

/// A device that gives every answer rounded, but for what `spoil` does to a probe's.
fn examined(spoil: impl Fn(&Probe, &mut Vec<f32>)) -> TargetReport {
    examined_but(spoil, |_| None)
}

/// As before, but with another end of some probes.
fn examined_but(
    spoil: impl Fn(&Probe, &mut Vec<f32>),
    end: impl Fn(&Probe) -> Option<ProbeOutcome>,
) -> TargetReport {
    let outcome = |probe: &Probe| {
        if let Some(outcome) = end(probe) {
            return outcome;
        }
        let Question::Known(question) = &probe.question else {
            return ProbeOutcome::Fact(Fact::MatmulProduct(Product::Rounded));
        };
        let known: Vec<Expected> = (question.answers)();
        let mut got: Vec<f32> = known.iter().map(|known| known.value as f32).collect();
        spoil(probe, &mut got);
        let judgement = grade(&got, &known, question.rule).unwrap();
        ProbeOutcome::Measured { judgement, unseen: None }
    };
    let ended = |(probe, asked): (usize, &Probe)| ProbeResult {
        probe,
        seconds: 0.0,
        outcome: outcome(asked),
    };
    TargetReport::new(&target(), probes().iter().enumerate().map(ended).collect())
}

#[test]
fn a_right_device_has_no_finding() {
    let examined = examined(|_, _| {});
    assert_eq!(examined.findings, []);
    assert_eq!(examined.arithmetic.largest_allocation_mebibytes, Some(256));
    let text = report(&[examined]);
    assert!(text.contains(">= 256 MiB") && text.contains("rounded"), "{text}");
    assert!(!text.contains("defect:") && !text.contains("note:"), "{text}");
}

#[test]
fn planted_errors_are_found_where_they_are() {
    let examined = examined(|probe, got| match (probe.operation, &probe.input[..]) {
        ("recip", input) if input.contains("numbers") => {
            got.iter_mut().for_each(|got| *got = f32::from_bits(got.to_bits() & !0x1fff));
        }
        ("sum_dim, long", input) if input.contains("row") => got[0] = 262_128.0,
        ("allocate", "192 MiB, filled with 200") => got.fill(100.0),
        ("powf_scalar, whole", "bases of either sign to the power -3") => got[1] = f32::NAN,
        ("tanh", _) => got[7] *= 1.0 + 100.0 * f32::EPSILON,
        _ => {}
    });
    let has = |operation: &str| {
        let of = |finding: &&Finding| finding.operation == operation;
        examined.findings.iter().filter(of).map(|finding| finding.severity).max()
    };
    for operation in ["recip", "sum_dim, long", "allocate", "powf_scalar, whole"] {
        assert_eq!(has(operation), Some(Severity::Defect), "{operation}");
    }
    assert_eq!(has("tanh"), Some(Severity::Inaccurate));
    assert!(examined.findings.is_sorted_by_key(|finding| std::cmp::Reverse(finding.severity)));
    assert_eq!(examined.findings.len(), 6, "{:#?}", examined.findings);
    assert_eq!(examined.arithmetic.largest_allocation_mebibytes, Some(128));
    let text = report(&[examined]);
    for part in [
        "! defect: t: sum_dim, long (a row of 524288 ones): got 262128, expected 524288, off by 4.2e6 ULP",
        "at x = -2.0 got NaN, expected -0.125",
        "got 100, expected 200",
        "128 MiB !",
        "t: 4 defects, 2 inaccurate, 0 notes",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

/// Said once, but recorded for each.
#[test]
fn flushed_subnormals_are_one_sentence() {
    let examined = examined(|probe, got| {
        if ["add", "mul", "exp"].contains(&probe.operation) {
            got.iter_mut().for_each(|got| {
                if got.is_subnormal() {
                    *got = 0.0;
                }
            });
        }
    });
    assert_eq!(examined.findings.len(), 3, "{:#?}", examined.findings);
    let text = report(&[examined]);
    assert_eq!(text.matches("not kept, also in mul, exp\n").count(), 1, "{text}");
}

#[test]
fn the_exit_code_is_about_whether_all_was_examined() {
    let record = |targets: Vec<TargetReport>| {
        DoctorRecord::new(jiff::Timestamp::now(), targets, Vec::new()).exit_code
    };
    assert_eq!(record(Vec::new()), 4);
    assert_eq!(record(vec![examined(|_, got| got.fill(7.0))]), 0);
    let crashed = || ProbeOutcome::Crashed("was killed by signal 11".into());
    let crash = |probe: &Probe| (probe.operation == "conv2d").then(crashed);
    let crashed = examined_but(|_, _| {}, crash);
    assert!(report(std::slice::from_ref(&crashed)).contains("crashed !"));
    assert_eq!(record(vec![crashed]), 102);
    let refused = |probe: &Probe| {
        (probe.operation == "erf").then(|| ProbeOutcome::Unsupported("not implemented".into()))
    };
    let refusing = examined_but(|_, _| {}, refused);
    assert_eq!(refusing.findings, []);
    assert_eq!(record(vec![refusing]), 0);
}

/// Whatever becomes of one allocation, those before it are known and those behind it do not count.
#[test]
fn an_allocation_that_gave_no_values_is_not_whole() {
    for outcome in
        [ProbeOutcome::Crashed("was killed".into()), ProbeOutcome::Failed("too large".into())]
    {
        let end = |probe: &Probe| {
            let one = probe.operation == ALLOCATE && probe.input.starts_with("128 MiB");
            one.then(|| outcome.clone())
        };
        let examined = examined_but(|_, _| {}, end);
        assert_eq!(examined.arithmetic.largest_allocation_mebibytes, Some(64), "{outcome:?}");
    }
}

#[test]
fn what_was_not_asked_is_one_finding() {
    let ended =
        |probe| ProbeResult { probe, seconds: 0.0, outcome: ProbeOutcome::NotAsked("gone".into()) };
    let examined = TargetReport::new(&target(), (0..probes().len()).map(ended).collect());
    assert_eq!(examined.findings.len(), 1);
    assert_eq!(examined.arithmetic, Arithmetic::default());
    assert!(report(&[examined]).contains("not asked !"));
}
