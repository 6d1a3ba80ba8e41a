//! A kernel is wrong: a fault is planted into the target, and the diagnosis names the operation.

use std::fs;

use libtest_mimic::Failed;

use super::folder::{Folder, check, line_of};

fn diagnose<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["diagnose", "small", "--backend", "ndarray"], more].concat()
}

pub fn nothing_is_wrong_where_the_cell_passes() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    check(
        folder.repro(&diagnose(&[])),
        0,
        &[
            "the reference gives its golden",
            "no intermediate tensor is out of tolerance",
            "conclusion: nothing is wrong: the cell passes, and no operation of ndarray is off",
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
            "ndarray computes linear at step.00/inner (",
            &format!("model.rs:{line}) wrongly, given the right inputs"),
            "the first of 6 that are off (6 linear)",
        ],
    )
}

pub fn a_fault_that_strikes_nothing_is_refused() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    check(
        folder.repro(&diagnose(&["--plant", "padding"])),
        2,
        &["the fault `padding` fits no operation of small"],
    )?;
    check(
        folder.repro(&diagnose(&["--plant", "gremlins"])),
        2,
        &["`gremlins` is no fault", "factors-bf16"],
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
        &["--backend cpu means ", "flex", "ndarray", "name one"],
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
        folder.repro(&["power", "small"]),
        0,
        &["| small | flex |", "by `abs().sum()` alone", "by pixels alone", "by all checks"],
    )?;
    folder.ends_with("must_catch: [negated]\n");
    check(folder.repro(&["power", "small"]), 0, &["| small | flex |"])?;
    // The small model draws nothing from its seed.
    folder.ends_with("must_catch: [seed-next]\n");
    let untried = "small must catch seed-next, which fits nothing in it or changes no result";
    check(folder.repro(&["power", "small"]), 100, &[untried])?;
    // The epsilon of this norm is smaller than what rounding does.
    folder.ends_with("must_catch: [all]\n");
    check(folder.repro(&["power", "small"]), 100, &["small must catch epsilon-lost@"])?;
    // A tolerance that lets everything through that is finite.
    folder.ends_with("must_catch: [scaled-percent]\n");
    let file = folder.path().join("scenarios/small.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let wide = "tolerance: { pixel: { abs: 1.0e+3 }, abs_sum: { abs: 1.0e+3 } }";
    fs::write(&file, text.replace("tolerance: { pixel: { abs: 1.0e-5 } }", wide)).unwrap();
    check(
        folder.repro(&["power", "small"]),
        100,
        &["small must catch scaled-percent@", "and does not: its tolerance is too wide"],
    )?;
    folder.ends_with("must_catch: [gremlins]\n");
    check(folder.repro(&["power", "small"]), 2, &["there is no fault `gremlins`", "small.yaml"])
}

pub fn the_operation_that_is_off_is_emitted_whole_or_not_at_all() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let emit = |to: &str| folder.repro(&diagnose(&["--plant", "linear-in-f16", "--emit", to]));
    check(emit("found/repro"), 100, &["project: ", "found/repro has the operation as a project"])?;
    for file in ["Cargo.toml", "src/main.rs", "inputs.safetensors", ".burn-repro-emitted"] {
        assert!(folder.path().join("found/repro").join(file).exists(), "{file}");
    }
    let entries = |of: &str| fs::read_dir(folder.path().join(of)).unwrap().count();
    assert_eq!(entries("found"), 1, "a temporary folder is left");
    let before = entries("");
    fs::write(folder.path().join("mine"), "mine").unwrap();
    check(emit("mine"), 100, &["mine holds ", "name a folder that does not exist yet"])?;
    check(emit("mine/repro"), 100, &["cannot write ", "name a folder that can be written"])?;
    assert_eq!(entries(""), before + 1, "something is left of a project that cannot be written");
    assert_eq!(fs::read(folder.path().join("mine")).unwrap(), b"mine");
    Ok(())
}
