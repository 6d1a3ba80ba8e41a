//! A changed sampler, from the red gate to a green one by the printed words alone, with the real
//! `cargo insta` on a copy of the repository. Where it is not installed, the trials are ignored with
//! that reason; `ci/check.sh` asks for it beforehand.

#[path = "../../backends/device/tests/needed/mod.rs"]
mod needed;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed};
use tempfile::TempDir;

const SCENARIO: &str = "scenarios/ddim/ddim-tiny.yaml";

/// The repository without what is built, downloaded or git's.
struct Repository(TempDir);

impl Repository {
    fn copy() -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        copy_folder(&original(), copy.path());
        copy
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// `clip_sample_range: 0.99` in the scheduler, and no published numbers: they answer another question.
    fn change_the_sampler(&self) {
        let file = self.path().join(SCENARIO);
        let text = fs::read_to_string(&file).unwrap();
        let (question, _) = text.split_once("expect:").unwrap();
        let change = "    init_seed: 0\n  scheduler: { clip_sample_range: 0.99 }\n";
        let changed = question.replacen("    init_seed: 0\n", change, 1);
        assert_ne!(question, changed);
        fs::write(file, changed).unwrap();
    }

    fn golden(&self, file: &str) -> PathBuf {
        self.path().join("golden").join(file)
    }

    /// `cargo test` as a person types it, over the copy's scenarios and goldens.
    fn cargo_test(&self) -> (bool, String) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["test", "--workspace", "--locked", "--test", "gate", "--", "ddim-tiny"]);
        self.run(cargo.current_dir(original()))
    }

    fn cargo_insta(&self, command: &str) -> (bool, String) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["insta", command, "--workspace-root"]).arg(self.path());
        self.run(cargo.current_dir(self.path()))
    }

    fn repro(&self, arguments: &[&str]) -> (bool, String) {
        let mut repro = Command::new(env!("CARGO_BIN_EXE_repro"));
        self.run(repro.args(arguments).current_dir(self.path()))
    }

    fn run(&self, command: &mut Command) -> (bool, String) {
        command
            .env("BURN_REPRO_SCENARIOS", self.path().join("scenarios"))
            .env("BURN_REPRO_RUNS", self.path().join("runs"))
            .env("BURN_REPRO_GOLDEN", self.path().join("golden"))
            .env("BURN_REPRO_BACKEND", "cpu");
        for variable in
            ["BURN_REPRO_REQUIRE", "CI", "TF_BUILD", "NEXTEST", "INSTA_UPDATE", "INSTA_FORCE_PASS"]
        {
            command.env_remove(variable);
        }
        // What cargo tells a test: a build script that asks for it would be run again, and Burn be built anew.
        for (variable, _) in std::env::vars() {
            let is_told =
                variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_");
            if is_told {
                command.env_remove(variable);
            }
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr];
        let said = said.map(|part| String::from_utf8_lossy(&part).into_owned()).join("\n");
        (output.status.success(), said)
    }
}

fn original() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let built = name == "target" && from == original();
        if built || name == ".git" || name == "models" {
            continue;
        }
        // A pending snapshot of the original is not part of this.
        if name.to_string_lossy().contains(".snap.new") {
            continue;
        }
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy_folder(&entry.path(), &to.join(name)),
            kind if kind.is_file() => drop(fs::copy(entry.path(), to.join(name)).unwrap()),
            _ => {}
        }
    }
}

fn ensure((succeeded, said): (bool, String), want: bool, parts: &[&str]) -> Result<String, Failed> {
    for part in parts {
        if !said.contains(part) {
            return Err(format!("{part:?} is not in\n{said}").into());
        }
    }
    if succeeded == want { Ok(said) } else { Err(format!("success: {succeeded}\n{said}").into()) }
}

/// The changed copy with what waits for review, left by `cargo test`.
fn changed() -> Result<Repository, Failed> {
    let copy = Repository::copy();
    ensure(copy.cargo_test(), true, &["ddim-tiny::reference", "ok"])?;
    copy.change_the_sampler();
    let red = [
        "params.scheduler.clip_sample_range is 0.99, the golden's not stated",
        "image moved by at most",
        "waits for review: look with `cargo repro golden show ddim-tiny`, then \
         `cargo repro golden accept ddim-tiny` or `cargo insta review`",
        "stale golden: the golden was made from another version of the scenario",
    ];
    ensure(copy.cargo_test(), false, &red)?;
    ensure(
        copy.cargo_insta("pending-snapshots"),
        true,
        &["golden/ddim-tiny.snap", "golden/ddim-tiny@tensors.snap"],
    )?;
    ensure(copy.repro(&["golden", "status"]), false, &["changed  ddim-tiny", "1 changed"])?;
    Ok(copy)
}

fn cargo_insta_accept_finishes_the_change() -> Result<(), Failed> {
    let copy = changed()?;
    let before = fs::read(copy.golden("ddim-tiny@tensors.snap.safetensors")).unwrap();
    ensure(copy.cargo_insta("accept"), true, &[])?;
    let after = fs::read(copy.golden("ddim-tiny@tensors.snap.safetensors")).unwrap();
    if before == after {
        return Err("the elements did not change".into());
    }
    ensure(copy.cargo_test(), true, &[])?;
    // But for the model that is not in the repository.
    ensure(copy.repro(&["golden", "status"]), true, &["current, 1 unmade"])?;
    Ok(())
}

fn cargo_insta_reject_leaves_the_golden() -> Result<(), Failed> {
    let copy = changed()?;
    let golden = |file: &str| fs::read(copy.golden(file)).unwrap();
    let before = golden("ddim-tiny.snap");
    ensure(copy.cargo_insta("reject"), true, &[])?;
    if golden("ddim-tiny.snap") != before || copy.golden("ddim-tiny.snap.new").exists() {
        return Err("a rejected change left something".into());
    }
    ensure(copy.repro(&["golden", "status"]), false, &["stale   ddim-tiny"])?;
    Ok(())
}

/// The same files, accepted by our own command, give what insta would have written.
fn repro_golden_accept_goes_through_the_same_files() -> Result<(), Failed> {
    let copy = changed()?;
    // With diffusers' numbers in the scenario, the changed result contradicts them.
    let scenario = copy.path().join(SCENARIO);
    let without = fs::read_to_string(&scenario).unwrap();
    let (_, published) = fs::read_to_string(original().join(SCENARIO))
        .unwrap()
        .split_once("expect:")
        .map(|(head, tail)| (head.to_owned(), tail.to_owned()))
        .unwrap();
    fs::write(&scenario, format!("{without}expect:{published}")).unwrap();
    ensure(
        copy.repro(&["golden", "accept"]),
        false,
        &[
            "ddim-tiny is not accepted: what others computed is not met",
            "DDIMPipelineFastTests.test_inference: off by 5.0",
        ],
    )?;
    fs::write(&scenario, without).unwrap();
    let pending = fs::read_to_string(copy.golden("ddim-tiny.snap.new")).unwrap();
    ensure(copy.repro(&["golden", "accept"]), true, &["ddim-tiny: accepted; ", "ndarray off by"])?;
    let (_, new) = pending.split_once("\n---\n").unwrap();
    let accepted = fs::read_to_string(copy.golden("ddim-tiny.snap")).unwrap();
    if accepted.split_once("\n---\n").map(|(_, text)| text) != Some(new) {
        return Err(format!("accepted another text:\n{accepted}\n{pending}").into());
    }
    ensure(copy.cargo_test(), true, &[])?;
    ensure(copy.cargo_insta("pending-snapshots"), true, &[])?;
    Ok(())
}

fn no_cargo_insta() -> Option<String> {
    let asked = Command::new(env!("CARGO"))
        .args(["insta", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let here = asked.is_ok_and(|status| status.success());
    (!here).then(|| "there is no cargo-insta: `cargo install cargo-insta`".to_owned())
}

fn main() -> ExitCode {
    let trial = |name: &str, test: fn() -> Result<(), Failed>| {
        needed::trial(name, no_cargo_insta, false, test)
    };
    let trials = vec![
        trial("cargo_insta_accept_finishes_the_change", cargo_insta_accept_finishes_the_change),
        trial("cargo_insta_reject_leaves_the_golden", cargo_insta_reject_leaves_the_golden),
        trial(
            "repro_golden_accept_goes_through_the_same_files",
            repro_golden_accept_goes_through_the_same_files,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
