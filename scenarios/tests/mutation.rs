//! A diagnosis must find what is planted: random faults in random operations of all scenarios.

#[path = "../../backends/device/tests/needed/mod.rs"]
mod needed;
mod project;

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Trial};

/// `N faults injected: H of R that make the cell fail were located`: N, H and R.
fn counts(said: &str) -> [usize; 3] {
    let line = said.lines().find(|line| line.contains("faults injected")).unwrap_or(said);
    let numbers: Vec<usize> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    [numbers[0], numbers[1], numbers[2]]
}

fn mutation(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_repro"))
        .args([&["mutation"], arguments].concat())
        .env_remove("BURN_REPRO_REQUIRE")
        .output()
        .unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    (output.status.code(), said.join("\n"))
}

fn all_are_named(arguments: &[&str], least: usize) {
    let (code, said) = mutation(arguments);
    let [injected, located, red] = counts(&said);
    assert_eq!((code, located), (Some(0), red), "{said}");
    assert!(injected >= least && red * 4 > injected, "{said}");
}

/// Whether more faults are planted than on every change.
fn is_nightly() -> bool {
    std::env::var("BURN_REPRO_NIGHTLY").is_ok_and(|nightly| nightly == "1")
}

/// Scenarios whose operations can be recorded, from one step of a formula to a UNet.
const RECORDED: [&str; 10] = [
    "ddim-full-loop",
    "ddpm-full-loop",
    "ddim-eta",
    "ddim-tiny",
    "ddim-batch",
    "ddim-seed-42",
    "ddim-three-levels",
    "ddim-v-prediction",
    "ddim-zero-snr",
    "ddpm-tiny",
];

fn on_the_processor_every_fault_that_shows_is_named() {
    let flex = ["--backend", "flex", "--locate"];
    let ndarray = ["--backend", "ndarray", "--seed", "1", "--locate"];
    if is_nightly() {
        all_are_named(&[&flex[..], &["4"], &RECORDED].concat(), 50);
        all_are_named(&[&ndarray[..], &["2"], &RECORDED].concat(), 25);
    } else {
        all_are_named(&[&flex[..], &["1"], &RECORDED].concat(), 12);
        all_are_named(&[&ndarray[..], &["8", "ddim-tiny"]].concat(), 8);
    }
}

fn on_wgpu_too() {
    let each = if is_nightly() { "20" } else { "2" };
    let seed = ["--backend", "wgpu", "--seed", "1"];
    all_are_named(&[&["ddim-tiny", "--locate", each], &seed[..]].concat(), each.parse().unwrap());
}

fn scenarios_catch_what_they_declare() {
    let (code, said) = mutation(&["ddim-tiny", "full-loop-noised", "alpha-one"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("| ddim-tiny | flex |") && said.contains("| all |"), "{said}");
}

/// The one figure of the lockstep: below ten times the plain run.
fn a_lockstep_takes_less_than_ten_times_the_plain_run() {
    let copy = project::Copy::of(&["ddim/ddim-tiny"]);
    let file = copy.path().join("diagnosis.json");
    let path = file.display().to_string();
    let ratio = || -> f64 {
        copy.repro(&["diagnose", "ddim-tiny", "--backend", "flex", "--json", &path]).ends_with(0);
        let text = std::fs::read_to_string(&file).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let seconds = |key: &str| json["lockstep"][key].as_f64().unwrap();
        seconds("seconds") / seconds("plain_seconds")
    };
    // The best of five, since others use the processor as well.
    let best = (0..5).map(|_| ratio()).fold(f64::INFINITY, f64::min);
    assert!(best < 10.0, "{best}");
}

fn main() -> ExitCode {
    let test = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = vec![
        test(
            "on_the_processor_every_fault_that_shows_is_named",
            on_the_processor_every_fault_that_shows_is_named,
        ),
        needed::trial("on_wgpu_too", project::no_wgpu, needed::is_required("wgpu"), || {
            on_wgpu_too();
            Ok(())
        }),
        test("scenarios_catch_what_they_declare", scenarios_catch_what_they_declare),
        test(
            "a_lockstep_takes_less_than_ten_times_the_plain_run",
            a_lockstep_takes_less_than_ten_times_the_plain_run,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
