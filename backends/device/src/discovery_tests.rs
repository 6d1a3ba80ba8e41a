//! Children that crash, hang, print rubbish or answer: what `discover` makes of each, and how soon.

use std::time::Instant;

use burn_repro_target::Target;
use rstest::rstest;

use super::*;

/// Long enough for a busy machine to start a shell.
const PATIENT: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// What the discovery says about wgpu when that is how its probe behaves, and how long it took.
fn with_wgpu_probe(script: &str, limit: Duration) -> (Discovery, Duration) {
    let begin = Instant::now();
    let discovery =
        discover(|class| shell(if class == Class::Wgpu { script } else { "exit 0" }), limit);
    (discovery, begin.elapsed())
}

fn names(discovery: &Discovery) -> Vec<&str> {
    discovery.targets.iter().map(|target| target.name.as_str()).collect()
}

fn report(class: Class, wanted: &[&str]) -> String {
    let mut targets = probe(Class::Cpu).targets;
    targets.truncate(1);
    let renamed = |name: &&str| Target { name: (*name).to_owned(), class, ..targets[0].clone() };
    let report = Discovery { targets: wanted.iter().map(renamed).collect(), missing: Vec::new() };
    format!("{PREFIX}{}", serde_json::to_string(&report).unwrap())
}

#[cfg(unix)]
#[rstest]
#[case::crash(
    "kill -SEGV $$",
    "the probe of wgpu was killed by signal 11",
    help_with_a_driver(Class::Wgpu)
)]
#[case::crash_with_words(
    "echo first >&2; echo 'assertion failed: x' >&2; kill -ABRT $$",
    "was killed by signal 6 (SIGABRT); its last output: first / assertion failed: x",
    help_with_a_driver(Class::Wgpu)
)]
#[case::closed_pipe(
    "exec >&- 2>&-; sleep 60",
    "the probe of wgpu closed its pipe",
    help_with_a_driver(Class::Wgpu)
)]
#[case::exit_code(
    "exit 3",
    "the probe of wgpu ended with exit code 3",
    help_with_a_driver(Class::Wgpu)
)]
#[case::silence(
    "exit 0",
    "the probe of wgpu gave no report: it ended with exit code 0",
    PROBE_COMMAND
)]
#[case::rubbish(
    "echo hello; echo '{}'",
    "the probe of wgpu gave no report: it ended with exit code 0",
    PROBE_COMMAND
)]
#[case::bytes(
    r"printf '\377\376\000\n'",
    "the probe of wgpu gave no report: it ended with exit code 0",
    PROBE_COMMAND
)]
#[case::broken_report(
    "echo 'burn-repro-probe: {\"targets\": ['",
    "printed a report that cannot be read: EOF while parsing",
    PROBE_COMMAND
)]
#[case::cut_report(
    "printf 'burn-repro-probe: {'; kill -SEGV $$",
    "printed a report that cannot be read: EOF while parsing",
    PROBE_COMMAND
)]
#[case::empty_report(
    "echo 'burn-repro-probe: {\"targets\":[],\"missing\":[]}'",
    "reported nothing about wgpu",
    PROBE_COMMAND
)]
#[case::huge_output(
    "head -c 50000000 /dev/zero",
    "the probe of wgpu gave no report: it ended with exit code 0",
    PROBE_COMMAND
)]
#[case::huge_lines(
    "yes | head -c 20000000",
    "the probe of wgpu gave no report: it ended with exit code 0",
    PROBE_COMMAND
)]
fn a_child_without_an_answer_is_a_missing_class(
    #[case] script: &str,
    #[case] reason: &str,
    #[case] help: &str,
) {
    let (discovery, took) = with_wgpu_probe(script, PATIENT);
    assert!(took < PATIENT, "took {took:?}");
    assert_eq!(names(&discovery), ["ndarray", "flex", "cubecl-cpu"]);
    let [wgpu, cuda] = discovery.missing.as_slice() else { panic!("{:?}", discovery.missing) };
    assert!(wgpu.reason.contains(reason), "{}", wgpu.reason);
    assert_eq!((wgpu.name.as_str(), wgpu.class, wgpu.help.as_str()), ("wgpu", Class::Wgpu, help));
    assert_eq!(cuda.class, Class::Cuda);
}

#[cfg(unix)]
#[rstest]
#[case::sleeps("exec sleep 60")]
#[case::leaves_a_grandchild_with_the_pipe("sleep 60 & wait")]
#[case::prints_for_ever("exec yes")]
#[case::ignores_polite_signals("trap '' TERM INT HUP; while :; do sleep 1; done")]
fn a_child_that_hangs_is_given_up_in_time(#[case] script: &str) {
    let limit = Duration::from_secs(1);
    let (discovery, took) = with_wgpu_probe(script, limit);
    assert!(took >= limit && took < limit * 4, "took {took:?}");
    assert_eq!(discovery.missing[0].reason, "the probe of wgpu did not answer within 1 s");
}

#[cfg(unix)]
#[test]
fn a_grandchild_that_keeps_the_pipe_open_delays_nothing_when_the_child_ends() {
    let (discovery, took) = with_wgpu_probe("sleep 60 & exit 3", PATIENT);
    assert!(took < Duration::from_secs(5), "took {took:?}");
    assert_eq!(discovery.missing[0].reason, "the probe of wgpu ended with exit code 3");
}

#[cfg(unix)]
#[rstest]
#[case::alone("")]
#[case::after_other_lines("echo 'WARNING: driver'; printf 'not ended';")]
#[case::after_a_lot("head -c 9000000 /dev/zero;")]
fn a_report_is_found_among_what_a_driver_prints(#[case] before: &str) {
    let script = format!("{before} echo '{}'", report(Class::Wgpu, &["wgpu:b", "wgpu:a"]));
    let (discovery, _) = with_wgpu_probe(&script, PATIENT);
    assert_eq!(names(&discovery), ["ndarray", "flex", "cubecl-cpu", "wgpu:b", "wgpu:a"]);
    assert_eq!(discovery.missing.len(), 1);
}

#[cfg(unix)]
#[rstest]
#[case::crashes("kill -SEGV $$")]
#[case::hangs("exec sleep 60")]
fn a_report_counts_even_if_the_driver_fails_afterwards(#[case] after: &str) {
    let script = format!("echo '{}'; {after}", report(Class::Wgpu, &["wgpu:a"]));
    let (discovery, took) = with_wgpu_probe(&script, PATIENT);
    assert!(took < Duration::from_secs(5), "took {took:?}");
    assert_eq!(names(&discovery), ["ndarray", "flex", "cubecl-cpu", "wgpu:a"]);
}

#[cfg(unix)]
#[test]
fn a_report_about_another_class_is_refused() {
    let (discovery, _) =
        with_wgpu_probe(&format!("echo '{}'", report(Class::Cuda, &["cuda:0"])), PATIENT);
    assert_eq!(discovery.missing[0].reason, "the probe of wgpu reported nothing about wgpu");
}

#[cfg(unix)]
#[test]
fn both_classes_are_asked_at_the_same_time_and_listed_in_order() {
    let begin = Instant::now();
    let command = |class: Class| {
        shell(&format!("sleep 1; echo '{}'", report(class, &[&format!("{class}:0")])))
    };
    let discovery = discover(command, PATIENT);
    assert_eq!(names(&discovery), ["ndarray", "flex", "cubecl-cpu", "wgpu:0", "cuda:0"]);
    assert!(begin.elapsed() < Duration::from_millis(1900), "took {:?}", begin.elapsed());
}

#[test]
fn a_command_that_cannot_start_or_panics_is_a_missing_class() {
    let command = |class| {
        if class == Class::Cuda {
            panic!("no such luck")
        } else {
            Command::new("no-such-program-anywhere")
        }
    };
    let discovery = discover(command, PATIENT);
    assert_eq!(names(&discovery), ["ndarray", "flex", "cubecl-cpu"]);
    assert!(
        discovery.missing[0].reason.starts_with("the probe of wgpu could not be started: "),
        "{:?}",
        discovery.missing[0]
    );
    assert_eq!(discovery.missing[1].reason, "asking for cuda targets panicked: no such luck");
}
