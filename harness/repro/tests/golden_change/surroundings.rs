//! What shells, workflows and machines do to the gate and to the goldens: variables, CI, insta's own settings, files that
//! git did not fetch, paths that are not UTF-8, panics.

use std::fs;
use std::path::PathBuf;

use burn_repro_core::golden::GoldenFiles;
use burn_repro_core::record::RunRecord;
use libtest_mimic::Failed;

use super::command::{check, said};
use super::folder::{Folder, ensure};

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:19a6\nsize 25988\n";

type Ended = (Option<i32>, String);

/// The gate's or the command line's end with variables.
fn with(folder: &Folder, role: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    said(folder.command(role, arguments).envs(variables.iter().copied()))
}

pub fn the_gate_reads_the_variables_of_the_command_line() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    fs::remove_dir_all(folder.path().join("runs"))?;
    let scenario = folder.path().join("scenarios/tiny.yaml");
    let nightly = fs::read_to_string(&scenario)? + "tags: [nightly]\n";
    fs::write(&scenario, nightly)?;
    let variables = [
        ("BURN_REPRO_BACKEND", " flex ,"),
        ("BURN_REPRO_REQUIRE", ",cpu"),
        ("BURN_REPRO_NIGHTLY", "True"),
        ("BURN_REPRO_THREADS", " 2"),
        ("BURN_REPRO_RUN_NAME", " night "),
    ];
    check(with(&folder, "gate", &[], &variables), 0, &["tiny::flex", "6 passed; 0 failed"])?;
    let run = fs::read_dir(folder.path().join("runs"))?.next().ok_or("no run")??.path();
    let record = RunRecord::read(&run.join("run.json"))?;
    ensure(record.run.name == "night" && record.run.threads == Some(2), "not as they say")?;
    let empty = variables.map(|(name, _)| (name, ""));
    check(with(&folder, "gate", &[], &empty), 101, &["no cell would run", "tagged nightly"])
}

pub fn a_bad_variable_stops_the_gate() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    for (name, value, expected) in [
        ("BURN_REPRO_BACKEND", "gpu", "unknown backend `gpu`"),
        ("BURN_REPRO_REQUIRE", "cpu,tpu", "unknown backend `tpu`"),
        ("BURN_REPRO_NIGHTLY", "maybe", "expected 1, true or yes"),
        ("BURN_REPRO_THREADS", "many", "expected 1 to 1024"),
        ("BURN_REPRO_OPENGL", "perhaps", "expected 1, true or yes"),
    ] {
        let sentence = format!("the variable {name} is `{value}`: ");
        check(with(&folder, "gate", &[], &[(name, value)]), 2, &[&sentence, expected])?;
    }
    Ok(())
}

/// `TF_BUILD` is what Azure Pipelines sets; `CI=false` goes before it.
pub fn nothing_is_written_where_insta_sees_ci() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    folder.scale(0.25);
    let azure = [("TF_BUILD", "True")];
    check(with(&folder, "gate", &["reference"], &azure), 101, &["nothing was written"])?;
    ensure(!folder.pending(), "the gate wrote in CI")?;
    let at_home = [("TF_BUILD", "True"), ("CI", "false")];
    check(with(&folder, "gate", &["reference"], &at_home), 101, &["waits for review"])?;
    let accept = ["golden", "accept"];
    check(with(&folder, "command-line", &accept, &azure), 2, &["`TF_BUILD` is set"])?;
    let prune = ["golden", "prune"];
    check(with(&folder, "command-line", &prune, &azure), 2, &["`TF_BUILD` is set"])?;
    check(with(&folder, "command-line", &accept, &at_home), 0, &["accepted"])
}

/// By a variable or by a file of insta's, at each place where insta looks for one.
pub fn a_reference_that_differs_is_red_whatever_lets_assertions_pass() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let before = folder.load();
    folder.scale(0.25);
    let changed = ["the reference no longer matches its golden", "waits for review"];
    let force = [("INSTA_FORCE_PASS", "1")];
    check(with(&folder, "gate", &["reference"], &force), 101, &changed)?;
    ensure(folder.pending() && folder.load() == before, "the golden changed")?;
    let quiet = [("INSTA_FORCE_PASS", "1"), ("INSTA_UPDATE", "no")];
    check(with(&folder, "gate", &["reference"], &quiet), 101, &changed[..1])?;
    let root = folder.path().display().to_string();
    for file in [".config/insta.yaml", "insta.yaml", ".insta.yaml"] {
        let file = folder.path().join(file);
        fs::create_dir_all(file.parent().ok_or("no parent")?)?;
        fs::write(&file, "behavior:\n  force_pass: true\n")?;
        let configured = [("INSTA_WORKSPACE_ROOT", root.as_str())];
        check(with(&folder, "gate", &["reference"], &configured), 101, &changed)?;
        fs::remove_file(&file)?;
    }
    ensure(folder.load() == before, "the golden changed")?;
    // What does not differ passes as before.
    folder.scale(0.5);
    check(with(&folder, "gate", &["reference"], &force), 0, &[])?;
    ensure(!folder.pending(), "something still waits")
}

/// A setting for all of a project's snapshots is nobody's word on this golden.
pub fn a_file_of_insta_does_not_update_a_golden() -> Result<(), Failed> {
    for update in ["always", "force"] {
        let folder = Folder::with_golden();
        let before = folder.load();
        fs::write(folder.path().join("insta.yaml"), format!("behavior:\n  update: {update}\n"))?;
        let root = folder.path().display().to_string();
        let gate = |more: &[(&str, &str)]| {
            let configured = [&[("INSTA_WORKSPACE_ROOT", root.as_str())], more].concat();
            with(&folder, "gate", &["reference"], &configured)
        };
        check(gate(&[]), 0, &[])?;
        folder.scale(0.25);
        check(gate(&[("CI", "true")]), 101, &["nothing was written"])?;
        ensure(!folder.pending() && folder.load() == before, "the gate wrote in CI")?;
        check(gate(&[]), 101, &["the reference no longer matches", "waits for review"])?;
        ensure(folder.pending() && folder.load() == before, "the golden changed")?;
        check(folder.repro(&["golden", "accept"]), 0, &["accepted"])?;
    }
    Ok(())
}

pub fn an_explicit_update_is_an_acceptance() -> Result<(), Failed> {
    for variable in [("INSTA_UPDATE", "always"), ("INSTA_UPDATE", "1"), ("INSTA_UPDATE", "force")] {
        let folder = Folder::with_golden();
        let before = folder.load();
        folder.scale(0.25);
        check(with(&folder, "gate", &["reference"], &[variable]), 0, &[])?;
        ensure(folder.load() != before && !folder.pending(), "the golden did not change")?;
        check(folder.gate(&[]), 0, &[])?;
    }
    Ok(())
}

/// Any of its three files, as `.gitattributes` may name any of them; with and without something that waits.
pub fn a_golden_that_git_did_not_fetch_is_left_alone() -> Result<(), Failed> {
    let elsewhere = ["is a Git LFS pointer whose content is not here: run `git lfs pull`"];
    for which in 0..3 {
        let folder = Folder::with_golden();
        fs::remove_dir_all(folder.path().join("runs"))?;
        let files = folder.store().files_of("tiny");
        let file = files.all()[which];
        fs::write(file, POINTER)?;
        let is_untouched = || fs::read_to_string(file).is_ok_and(|text| text == POINTER);
        check(folder.repro(&["run"]), 101, &["2 missing golden", elsewhere[0]])?;
        check(folder.gate(&[]), 101, &elsewhere)?;
        for update in ["always", "force", "new"] {
            let update = [("INSTA_UPDATE", update)];
            check(with(&folder, "gate", &["reference"], &update), 101, &elsewhere)?;
        }
        ensure(!folder.pending() && is_untouched(), "something was written")?;
        // Nor can what the gate left be accepted in its place.
        check(folder.repro(&["golden", "accept", "--from", "runs"]), 4, &["no record holds"])?;
        check(folder.repro(&["golden", "accept", "tiny"]), 101, &elsewhere)?;
        let pending = GoldenFiles::pending(&folder.golden(), "tiny");
        let other = Folder::with_golden();
        let golden = other.load();
        pending.write("", &golden.text.to_yaml(), &golden.bytes)?;
        check(folder.repro(&["golden", "accept"]), 101, &elsewhere)?;
        let because = ["golden", "accept", "tiny", "--because", "it is not here"];
        check(folder.repro(&because), 101, &elsewhere)?;
        ensure(is_untouched(), "a golden that was not fetched was replaced")?;
    }
    Ok(())
}

pub fn a_reference_of_a_record_that_git_did_not_fetch_is_refused() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let before = folder.load();
    folder.scale(0.25);
    let ci = folder.path().join("ci");
    let mut gate = folder.command("gate", &[]);
    gate.env("CI", "true").env("BURN_REPRO_RUN_NAME", "ci").env("BURN_REPRO_RUNS", &ci);
    check(said(&mut gate), 101, &[])?;
    let run: PathBuf = fs::read_dir(&ci)?.next().ok_or("no run")??.path();
    let accept = ["golden", "accept", "--from", "ci"];
    let elsewhere = ["is a Git LFS pointer", "run `git lfs pull`"];
    // A record without its outputs may contradict.
    let outputs = run.join("outputs/tiny/ndarray.safetensors");
    let whole = fs::read(&outputs)?;
    fs::write(&outputs, POINTER)?;
    check(folder.repro(&accept), 100, &["ndarray of ci (", elsewhere[0], elsewhere[1]])?;
    fs::write(&outputs, whole)?;
    let pending = GoldenFiles::pending(&run.join("pending"), "tiny");
    let whole = fs::read(&pending.tensors)?;
    fs::write(&pending.tensors, POINTER)?;
    check(folder.repro(&accept), 101, &elsewhere)?;
    ensure(folder.load() == before, "the golden changed")?;
    fs::write(&pending.tensors, whole)?;
    check(folder.repro(&accept), 0, &["accepted"])
}

/// Nor what a worker's panic is: that is a cell that crashed.
pub fn a_panic_is_no_missing_golden() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    folder.kernel = "bug".into();
    let bug = ["a bug", "are a bug in the harness"];
    check(folder.repro(&["run"]), 1, &bug)?;
    check(folder.repro(&[]), 1, &bug)?;
    check(folder.repro(&["golden", "status"]), 1, &bug)?;
    check(folder.gate(&[]), 1, &bug)?;
    folder.kernel = "panic in a worker".into();
    check(folder.repro(&["run"]), 102, &["2 crashed", "panicked: panic in a worker"])?;
    check(folder.gate(&["tiny::flex"]), 101, &["crashed: ", "panicked: panic in a worker"])
}

/// A worker's words come back on three ways: in an answer, on standard error, and in what insta and the gate print.
pub fn the_words_of_a_panic_are_safe_on_the_terminal() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    let scenario = folder.path().join("scenarios/tiny.yaml");
    let described = fs::read_to_string(&scenario)? + "description: \"\\e[31mred\\a\"\n";
    fs::write(&scenario, described)?;
    folder.kernel = "panic \u{1b}[31mred\u{7} \u{9b}2J \u{202e}won \u{fffe}".into();
    let run = folder.repro(&["run", "--record", "r"]);
    let gate = folder.gate(&[]);
    folder.scale(0.25);
    fs::write(&scenario, fs::read_to_string(&scenario)? + "description: \"\\e[31mred\\a\"\n")?;
    folder.kernel = "all=1".into();
    let mut loud = folder.command("gate", &["reference"]);
    let loud = said(loud.env("INSTA_OUTPUT", "diff"));
    // insta's own links to files are no words from outside.
    let ended = loud.1.replace("\u{1b}]8;;", "").replace("\u{1b}\\", "");
    for ((code, said), wanted) in [(run, 102), (gate, 101), ((loud.0, ended), 101)] {
        let acts = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
        ensure(!said.contains(acts), &format!("{said:?}"))?;
        check((code, said), wanted, &["\\u{1b}[31mred\\u{7}"])?;
    }
    let log = fs::read_to_string(folder.path().join("r/logs/tiny/flex.log"))?;
    ensure(log.contains("\u{1b}[31mred"), "the log has other words than the worker")?;
    let junit = fs::read_to_string(folder.path().join("r/junit.xml"))?;
    ensure(junit.contains("\\u{fffe}") && !junit.contains(['\u{fffe}', '\u{1b}']), &junit)
}

#[cfg(unix)]
pub fn the_gate_works_in_folders_of_any_bytes() -> Result<(), Failed> {
    use std::os::unix::ffi::OsStrExt;

    use super::command::FOLDER;
    let folder = Folder::with_golden();
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9 \xff"));
    fs::create_dir(&odd)?;
    for inner in ["scenarios", "golden"] {
        fs::rename(folder.path().join(inner), odd.join(inner))?;
    }
    let gate = |role: &str, arguments: &[&str]| {
        let mut command = folder.command(role, arguments);
        command.env(FOLDER, &odd).env("BURN_REPRO_RUNS", odd.join("runs")).current_dir(&odd);
        said(&mut command)
    };
    check(gate("gate", &[]), 0, &[])?;
    let scenario = odd.join("scenarios/tiny.yaml");
    fs::write(&scenario, fs::read_to_string(&scenario)?.replace("0.5", "0.25"))?;
    check(gate("gate", &["reference"]), 101, &["waits for review"])?;
    check(gate("command-line", &["golden", "accept"]), 0, &["accepted"])?;
    check(gate("gate", &[]), 0, &[])
}
