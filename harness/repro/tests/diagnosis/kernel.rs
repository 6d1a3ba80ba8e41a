//! A kernel is wrong: a fault is planted into the target, and the diagnosis names the operation.

use std::fs;

use libtest_mimic::Failed;

use super::command::check;
use super::folder::{Folder, line_of};

fn diagnose<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["diagnose", "small", "--backend", "ndarray"], more].concat()
}

pub fn nothing_is_wrong_where_the_cell_passes() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    check(
        folder.repro(&diagnose(&[])),
        0,
        &[
            "the reference matches its golden",
            "no intermediate tensor is out of tolerance",
            "conclusion: nothing is wrong: the cell passes, and no operation of ndarray is wrong",
        ],
    )
}

pub fn a_planted_fault_is_named_with_its_parameter_and_its_line() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let line = line_of("self.inner.forward");
    check(
        folder.repro(&diagnose(&["--plant", "linear-in-f16"])),
        100,
        &[
            "network.inner.weight",
            "ndarray computes matmul at step.00/inner (",
            &format!("model.rs:{line}) wrongly, given the right inputs"),
            "the first of 6 that are wrong (6 matmul)",
        ],
    )
}

pub fn a_fault_that_strikes_nothing_is_refused() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    check(
        folder.repro(&diagnose(&["--plant", "padding"])),
        2,
        &["the fault `padding` does not apply to any operation of small"],
    )?;
    check(
        folder.repro(&diagnose(&["--plant", "gremlins"])),
        2,
        &["unknown fault `gremlins`: expected NAME", "factors-bf16"],
    )
}

pub fn comparing_ends_with_the_first_tensor_out_of_tolerance() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let operations = |more: &[&str]| -> usize {
        let (_, said) = folder.repro(&diagnose(more));
        let line =
            said.lines().find(|line| line.contains("operations compared")).unwrap().to_owned();
        line.split(' ').next().unwrap().parse().unwrap()
    };
    let all = operations(&["--plant", "negated"]);
    let until = operations(&["--plant", "negated", "--until-first"]);
    if until * 2 > all {
        return Err(format!("{until} of {all} operations were compared").into());
    }
    check(
        folder.repro(&diagnose(&["--plant", "negated", "--until-first"])),
        100,
        &["until the first tensor out of tolerance"],
    )
}

pub fn the_json_holds_what_is_said() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let file = folder.path().join("diagnosis.json");
    let path = file.display().to_string();
    check(folder.repro(&diagnose(&["--plant", "nan@12", "--json", &path])), 100, &[])?;
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let first = &json["lockstep"]["first"];
    // JSON has neither NaN nor infinity.
    let as_expected =
        first["number"] == 12 && first["local"]["ulp"].is_null() && json["version"] == 1;
    if as_expected { Ok(()) } else { Err(format!("{json:#}").into()) }
}

pub fn who_is_meant_must_be_clear() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    check(
        folder.repro(&["diagnose", "small", "--backend", "cpu"]),
        2,
        &["--backend cpu names 3 targets: expected one of ", "flex", "ndarray", "cubecl-cpu"],
    )?;
    check(
        folder.repro(&["diagnose", "smal", "--backend", "flex"]),
        2,
        &["no scenario is called `smal`; did you mean `small`?"],
    )?;
    check(folder.repro(&["diagnose", "small", "--backend", "cuda:77"]), 103, &["cuda:77"])
}

pub fn what_a_scenario_must_catch_is_held_against_it() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    check(
        folder.repro(&["mutation", "small"]),
        0,
        &["| small | flex |", "by `abs().sum()` alone", "by pixels alone", "by all checks"],
    )?;
    folder.ends_with("must_catch: [negated]\n");
    check(folder.repro(&["mutation", "small"]), 0, &["| small | flex |"])?;
    // The small model draws nothing from its seed.
    folder.ends_with("must_catch: [seed-next]\n");
    let untried =
        "small: `must_catch` lists seed-next, which applies to no operation or changes no result";
    check(folder.repro(&["mutation", "small"]), 100, &[untried])?;
    // The epsilon of this norm is smaller than what rounding does.
    folder.ends_with("must_catch: [all]\n");
    check(folder.repro(&["mutation", "small"]), 100, &["small: `must_catch` lists epsilon-lost@"])?;
    // A tolerance that lets everything through that is finite.
    folder.ends_with("must_catch: [scaled-percent]\n");
    let file = folder.path().join("scenarios/small.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let wide = "tolerance: { pixel: { abs: 1.0e+3 }, abs_sum: { abs: 1.0e+3 } }";
    fs::write(&file, text.replace("tolerance: { pixel: { abs: 1.0e-5 } }", wide)).unwrap();
    check(
        folder.repro(&["mutation", "small"]),
        100,
        &[
            "small: `must_catch` lists scaled-percent@",
            "the checks do not detect it: the tolerance is too wide",
        ],
    )?;
    folder.ends_with("must_catch: [gremlins]\n");
    check(folder.repro(&["mutation", "small"]), 2, &["unknown fault `gremlins`", "small.yaml"])
}

pub fn the_operation_that_is_off_is_emitted_whole_or_not_at_all() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let project =
        |to: &str| folder.repro(&diagnose(&["--plant", "linear-in-f16", "--minimal-repro", to]));
    check(
        project("found/repro"),
        100,
        &["project: ", "found/repro holds the operation as a cargo project"],
    )?;
    for file in ["Cargo.toml", "src/main.rs", "inputs.safetensors", ".burn-repro-emitted"] {
        assert!(folder.path().join("found/repro").join(file).exists(), "{file}");
    }
    let entries = |of: &str| fs::read_dir(folder.path().join(of)).unwrap().count();
    assert_eq!(entries("found"), 1, "a temporary folder is left");
    let before = entries("");
    fs::write(folder.path().join("mine"), "mine").unwrap();
    check(project("mine"), 100, &["mine holds ", "name a folder that does not exist yet"])?;
    check(project("mine/repro"), 100, &["cannot write ", "name a folder that can be written"])?;
    assert_eq!(entries(""), before + 1, "something is left of a project that cannot be written");
    assert_eq!(fs::read(folder.path().join("mine")).unwrap(), b"mine");
    Ok(())
}
