//! What is said and how it ends, over cells that are made up: nothing is run.

use std::cell::RefCell;

use burn_repro_target::{Class, Determinism, Dtype, Fingerprint, Locator, Settings, Target};
use rstest::rstest;

use super::*;
use burn_repro_core::reason::{Reason, ReasonCode};
use burn_repro_core::worker::WorkerCommand;

const CELL: CellName<'_> = CellName { scenario: "tiny", target: "flex" };

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

fn seen(verdict: Verdict) -> JudgedRun {
    let largest_difference = (verdict != Verdict::Crashed).then_some(0.25);
    JudgedRun {
        verdict,
        reasons: vec![Reason::new(ReasonCode::OutsideTolerance, "why")],
        largest_difference,
        seconds: 0.5,
        bits: Vec::new(),
    }
}

fn judge(red: bool) -> JudgedRun {
    seen(if red { Verdict::Mismatch } else { Verdict::Pass })
}

fn bisected(most: usize, mut run: impl FnMut(&Setup) -> JudgedRun) -> Bisection {
    let axes = axes(&start(), &Machine { cores: 2, ..Machine::default() });
    let limits = SearchLimits { most, time: Duration::MAX };
    bisect(&start(), axes, limits, &mut run, &|_| {}).unwrap()
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

fn removed(sets: &[&[usize]], all: bool) -> Ending {
    Ending::Removed { sets: sets.iter().map(|set| set.to_vec()).collect(), all }
}

/// The changes are determinism, threads and dtype, in this order.
#[rstest]
#[case::one(2, threads, removed(&[&[1]], true))]
#[case::each(2, |it: &Setup| threads(it) && narrow(it), removed(&[&[1], &[2]], true))]
#[case::two(2, |it: &Setup| threads(it) || narrow(it), removed(&[&[1, 2]], true))]
#[case::three(2, |it: &Setup| threads(it) || narrow(it) || full(it), removed(&[&[0, 1, 2]], false))]
#[case::three_of_three(3, |it: &Setup| threads(it) || narrow(it) || full(it), removed(&[&[0, 1, 2]], true))]
#[case::nothing(2, |_: &Setup| true, Ending::Stays)]
#[case::nothing_alone(1, |_: &Setup| true, Ending::Stays)]
#[case::rounding(2, narrow, removed(&[&[2]], true))]
#[case::well(2, |_: &Setup| false, Ending::Passes)]
fn the_smallest_sets_are_named(
    #[case] most: usize,
    #[case] red: fn(&Setup) -> bool,
    #[case] ending: Ending,
) {
    let bisection = bisected(most, |setup| judge(red(setup)));
    assert_eq!(bisection.ending, ending);
    let exit = if ending == Ending::Passes { Exit::Success } else { Exit::Mismatch };
    assert_eq!(bisection.exit(), exit);
}

#[test]
fn the_wording_of_conclusions() {
    let causes: [fn(&Setup) -> bool; 7] = [
        threads,
        |it| threads(it) && narrow(it),
        |it| threads(it) || narrow(it),
        |it| threads(it) || narrow(it) || full(it),
        narrow,
        |_| true,
        |_| false,
    ];
    let bisections = causes.map(|red| bisected(2, |setup| judge(red(setup))));
    let all = bisections.into_iter().chain([scheduled("rpr")]);
    let sentences: Vec<String> =
        all.map(|bisection| super::conclusion::conclusion(CELL, &bisection)).collect();
    insta::assert_snapshot!(sentences.join("\n"), @r"
    the difference disappears with threads: 1; no other single setting that was tried removes it
    the difference disappears with threads: 1, or with dtype: f64 (the cause is rounding, not a wrong kernel); no other single setting that was tried removes it
    the difference disappears with threads: 1 and dtype: f64; no other set of up to 2 settings that was tried removes it
    the difference disappears with determinism: fast and threads: 1 and dtype: f64; no set of up to 2 settings that was tried removes it, and none of these 3 can be left out
    the difference disappears with dtype: f64 (the cause is rounding, not a wrong kernel); no other single setting that was tried removes it; `cargo repro diagnose tiny --backend flex` names the operation
    none of the 7 sets of settings that were tried removes the difference: the cause is in the code or in a kernel; `cargo repro diagnose tiny --backend flex` names the operation
    tiny passes on flex in 3 of 3 runs, so no setting is named; if it fails elsewhere, start with the settings of that run: --determinism fast, --threads COUNT, or `cargo tuned bisect`
    tiny is flaky on flex: 2 of 3 runs fail with nothing changed, so no setting is named; `cargo repro run tiny --exact --backend flex --repeat 20` shows where its runs differ
    ");
}

/// Runs as a schedule says, whatever the setup: `r` is red, `p` passes; its last letter goes on.
fn scheduled(schedule: &str) -> Bisection {
    let mut letters = schedule.chars();
    let last = RefCell::new('r');
    bisected(1, |_| {
        if let Some(letter) = letters.next() {
            last.replace(letter);
        }
        judge(*last.borrow() == 'r')
    })
}

#[rstest]
#[case::at_first("rpr", Ending::Flaky)]
#[case::afterwards("rrrppppp", Ending::Flaky)]
#[case::a_pass_that_does_not_come_again("rrrprrppr", Ending::Stays)]
fn what_varies_by_itself_names_no_setting(#[case] schedule: &str, #[case] ending: Ending) {
    let bisection = scheduled(schedule);
    assert_eq!(bisection.ending, ending);
    assert_eq!(bisection.exit(), Exit::Mismatch);
}

#[test]
fn a_pass_counts_after_three_and_the_red_cell_is_run_once_more() {
    let mut asked = Vec::new();
    bisected(1, |setup| {
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
    let bisection = bisected(2, |setup| match (setup.settings.determinism, setup.settings.dtype) {
        (Determinism::Fast, _) => seen(Verdict::Crashed),
        (_, Dtype::F64) => seen(Verdict::Skipped),
        _ => judge(true),
    });
    let text = report(CELL, "the settings", &bisection);
    for line in [
        "determinism: fast gives no result: why",
        "not tried: dtype: f64: why",
        "not tried: TF32: only CUDA targets have TF32",
        "none of the 2 sets of settings that were tried removes",
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
fn a_cell_without_a_result_is_not_bisected(#[case] verdict: Verdict, #[case] exit: Exit) {
    let axes = axes(&start(), &Machine { cores: 2, ..Machine::default() });
    let limits = SearchLimits { most: 2, time: Duration::MAX };
    let unjudged = bisect(&start(), axes, limits, &mut |_| seen(verdict), &|_| {}).unwrap_err();
    assert_eq!(unjudged.exit(), exit);
    assert!(unjudged.to_string().ends_with("so no setting can be named: why"), "{unjudged}");
}

#[test]
fn runs_of_other_bits_are_told() {
    let mut count = 0;
    let bisection = bisected(1, |_| {
        count += 1;
        JudgedRun { bits: vec![format!("{count}")], ..judge(true) }
    });
    assert!(report(CELL, "the settings", &bisection).contains("all fail, with different bits"));
    let steady = report(CELL, "the settings", &bisected(1, |_| judge(true)));
    assert!(!steady.contains("different bits"), "{steady}");
}

#[test]
fn when_the_time_is_over_single_settings_are_still_tried() {
    let axes = axes(&start(), &Machine { cores: 2, ..Machine::default() });
    let single = axes.changes.len();
    let limits = SearchLimits { most: 2, time: Duration::ZERO };
    let bisection = bisect(&start(), axes, limits, &mut |_| judge(true), &|_| {}).unwrap();
    assert_eq!((bisection.trials.len(), bisection.left_out), (single, 4));
    let text = report(CELL, "the settings", &bisection);
    assert!(
        text.contains(
            "not tried: 4 sets of two or more settings, because the limit of 0 s was reached"
        ),
        "{text}"
    );
}
