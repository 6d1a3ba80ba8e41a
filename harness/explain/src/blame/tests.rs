//! What is said and how it ends, over cells that are made up: nothing is run.

use std::cell::RefCell;

use burn_repro_target::{Class, Determinism, Dtype, Fingerprint, Locator, Settings, Target};
use rstest::rstest;

use super::*;
use burn_repro_core::reason::{Reason, ReasonCode};
use burn_repro_core::worker::WorkerCommand;

const CELL: Cell<'_> = Cell { scenario: "tiny", target: "flex" };

/// A cell with full determinism, `f32` and two threads, on a machine with two cores.
pub(super) fn start() -> Setup {
    let target = Target {
        name: "flex".into(),
        class: Class::Cpu,
        locator: Locator::Flex,
        fingerprint: Fingerprint::default(),
    };
    let settings = Settings { dtype: Dtype::F32, determinism: Determinism::Full, threads: Some(2) };
    Setup { command: WorkerCommand::current().unwrap(), target, settings }
}

fn seen(verdict: Verdict) -> Seen {
    let largest_difference = (verdict != Verdict::Crashed).then_some(0.25);
    Seen {
        verdict,
        reasons: vec![Reason::new(ReasonCode::OutsideTolerance, "why")],
        largest_difference,
        seconds: 0.5,
        bits: Vec::new(),
    }
}

fn judge(red: bool) -> Seen {
    seen(if red { Verdict::Mismatch } else { Verdict::Pass })
}

fn blamed(most: usize, mut run: impl FnMut(&Setup) -> Seen) -> Blame {
    let axes = axes(&start(), &Here { cores: 2, ..Here::default() });
    let limits = Limits { most, time: Duration::MAX };
    blame(&start(), axes, limits, &mut run, &|_| {}).unwrap()
}

fn threads(setup: &Setup) -> bool {
    setup.settings.threads != Some(1)
}

fn narrow(setup: &Setup) -> bool {
    setup.settings.dtype == Dtype::F32
}

fn full(setup: &Setup) -> bool {
    setup.settings.determinism == Determinism::Full
}

#[rstest]
#[case::one(
    2,
    threads,
    "the difference disappears with threads: 1; no other single setting that could be tried removes it"
)]
#[case::each(2, |it: &Setup| threads(it) && narrow(it), "disappears with threads: 1, and with dtype: f64 (then it is rounding, not a wrong kernel); no other")]
#[case::two(2, |it: &Setup| threads(it) || narrow(it), "no single setting removes the difference: it disappears with threads: 1 and dtype: f64 together; no other two that could be tried remove it")]
#[case::three(2, |it: &Setup| threads(it) || narrow(it) || full(it), "up to 2 settings do not remove the difference: it disappears with 3 at once, of which none can be left out: determinism: fast and threads: 1 and dtype: f64")]
#[case::three_of_three(3, |it: &Setup| threads(it) || narrow(it) || full(it), "fewer than 3 settings do not remove the difference: it disappears with determinism: fast and threads: 1")]
#[case::nothing(2, |_: &Setup| true, "no setting that could be tried removes it, up to 2 at a time or all at once: the difference is in the code or in a kernel; `cargo repro diagnose tiny --backend flex` names the operation")]
#[case::nothing_alone(1, |_: &Setup| true, "removes it, one at a time or all at once: the")]
#[case::rounding(
    2,
    narrow,
    "dtype: f64 (then it is rounding, not a wrong kernel); no other single setting that could be tried removes it; `cargo repro diagnose tiny --backend flex` names the operation"
)]
#[case::well(2, |_: &Setup| false, "tiny passes on flex as it is, 3 times of 3: no setting is to blame")]
fn the_conclusion(#[case] most: usize, #[case] red: fn(&Setup) -> bool, #[case] said: &str) {
    let blame = blamed(most, |setup| judge(red(setup)));
    let sentence = super::conclusion::conclusion(CELL, &blame);
    assert!(sentence.contains(said), "{sentence}");
    let exit = if blame.ending == Ending::Passes { Exit::Success } else { Exit::Mismatch };
    assert_eq!(blame.exit(), exit);
}

/// Runs as a schedule says, whatever the setup: `r` is red, `p` passes; its last letter goes on.
fn scheduled(schedule: &str) -> Blame {
    let mut letters = schedule.chars();
    let last = RefCell::new('r');
    blamed(1, |_| {
        if let Some(letter) = letters.next() {
            last.replace(letter);
        }
        judge(*last.borrow() == 'r')
    })
}

#[rstest]
#[case::at_first("rpr", "flaky: 2 of 3 runs differ with nothing changed")]
#[case::afterwards("rrrppppp", "flaky: 3 of 4 runs differ with nothing changed")]
#[case::a_pass_that_does_not_come_again("rrrprrppr", "no setting that could be tried removes it")]
fn what_varies_by_itself_is_not_blamed_on_a_setting(#[case] schedule: &str, #[case] said: &str) {
    let blame = scheduled(schedule);
    let sentence = super::conclusion::conclusion(CELL, &blame);
    assert!(sentence.contains(said), "{sentence}");
    assert_eq!(blame.exit(), Exit::Mismatch);
}

#[test]
fn a_pass_counts_after_three_and_the_red_cell_is_run_once_more() {
    let mut asked = Vec::new();
    blamed(1, |setup| {
        asked.push(setup.settings);
        judge(threads(setup))
    });
    let plain = |settings: &Settings| *settings == start().settings;
    assert!(asked[..3].iter().all(plain) && asked.last().is_some_and(plain));
    assert_eq!(asked.iter().filter(|settings| settings.threads == Some(1)).count(), RUNS);
    assert_eq!(asked.iter().filter(|settings| settings.dtype == Dtype::F64).count(), 1);
}

#[test]
fn a_crash_has_a_row_and_its_reason_and_what_is_unsupported_is_not_tried() {
    let blame = blamed(2, |setup| match (setup.settings.determinism, setup.settings.dtype) {
        (Determinism::Fast, _) => seen(Verdict::Crashed),
        (_, Dtype::F64) => seen(Verdict::Skipped),
        _ => judge(true),
    });
    let text = report(CELL, "as it was", &blame);
    for line in [
        "determinism: fast gives no result: why",
        "not tried: dtype: f64: why",
        "not tried: TF32: only CUDA has it",
        "one at a time: the difference is in the code",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    assert!(text.lines().any(|line| line.contains("determinism") && line.contains("crashed")));
    let rows = text.lines().filter(|line| line.trim_start().starts_with("dtype"));
    assert_eq!(rows.count(), 0, "{text}");
}

#[rstest]
#[case(Verdict::Crashed, Exit::Crashed)]
#[case(Verdict::TimedOut, Exit::Crashed)]
#[case(Verdict::MissingGolden, Exit::Golden)]
#[case(Verdict::Skipped, Exit::NothingRan)]
fn a_cell_without_a_result_cannot_be_blamed(#[case] verdict: Verdict, #[case] exit: Exit) {
    let axes = axes(&start(), &Here { cores: 2, ..Here::default() });
    let limits = Limits { most: 2, time: Duration::MAX };
    let unjudged = blame(&start(), axes, limits, &mut |_| seen(verdict), &|_| {}).unwrap_err();
    assert_eq!(unjudged.exit(), exit);
    assert!(unjudged.to_string().ends_with("so that no setting can be blamed: why"), "{unjudged}");
}

#[test]
fn runs_of_other_bits_are_told() {
    let mut count = 0;
    let blame = blamed(1, |_| {
        count += 1;
        Seen { bits: vec![format!("{count}")], ..judge(true) }
    });
    assert!(
        report(CELL, "as it was", &blame).contains("differ in bits, though all of them are red")
    );
    let steady = report(CELL, "as it was", &blamed(1, |_| judge(true)));
    assert!(!steady.contains("differ in bits"), "{steady}");
}

#[test]
fn when_the_time_is_over_single_settings_are_still_tried() {
    let axes = axes(&start(), &Here { cores: 2, ..Here::default() });
    let single = axes.changes.len();
    let limits = Limits { most: 2, time: Duration::ZERO };
    let blame = blame(&start(), axes, limits, &mut |_| judge(true), &|_| {}).unwrap();
    assert_eq!((blame.trials.len(), blame.left_out), (single, 4));
    let text = report(CELL, "as it was", &blame);
    assert!(text.contains("not tried: 4 more sets of two settings or more, after 0 s"), "{text}");
    assert!(text.contains("removes it, one at a time: the difference"), "{text}");
}
