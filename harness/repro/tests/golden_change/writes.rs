//! What may go wrong while a golden is written: several at once, a full disk, a read-only folder.

use std::fs;
#[cfg(unix)]
use std::io::Read;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::process::{Child, Stdio};

#[cfg(unix)]
use burn_repro_core::golden::GoldenFiles;
use libtest_mimic::Failed;

use super::command::check;
#[cfg(unix)]
use super::command::said;
use super::folder::{Folder, ensure};

/// Four gates at once on one changed reference: what waits is whole, and nothing else is left.
pub fn test_runs_at_once_do_not_corrupt_each_other() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    for scale in [0.25, 0.75, 0.125] {
        folder.scale(scale);
        let mut gate = folder.command("gate", &["reference"]);
        let gate = gate.stdout(Stdio::null()).stderr(Stdio::null());
        let mut running: Vec<Child> = (0..4).map(|_| gate.spawn().unwrap()).collect();
        // Whoever looks meanwhile sees nothing or a whole golden: its text is sealed.
        while running.iter_mut().any(|gate| gate.try_wait().unwrap().is_none()) {
            folder.load();
        }
        let pending = folder.store().load_pending("tiny");
        ensure(pending.is_ok_and(|pending| pending.is_some()), "what waits is damaged")?;
        let mut files: Vec<String> = fs::read_dir(folder.golden())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        ensure(files.len() == 6, &format!("{files:?}"))?;
        check(folder.repro(&["golden", "accept"]), 0, &["accepted"])?;
    }
    Ok(())
}

/// Somebody who reads what waits, or the golden, while it is replaced reads all of the old one.
#[cfg(unix)]
pub fn nothing_is_written_in_place() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    folder.scale(0.25);
    folder.gate(&["reference"]);
    let store = folder.store();
    let pending = GoldenFiles::pending(store.folder(), "tiny");
    let reviewed = store.files_of("tiny");
    let files = [&pending.text, &pending.tensors, &reviewed.text, &reviewed.tensors];
    let before = files.map(|file| (fs::File::open(file).unwrap(), fs::read(file).unwrap()));
    folder.scale(0.75);
    folder.gate(&["reference"]);
    check(folder.repro(&["golden", "accept"]), 0, &["accepted"])?;
    for (mut reader, content) in before {
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        ensure(read == content, "a file was written in place")?;
    }
    Ok(())
}

/// Files may have 1 KiB at most: every larger write fails half-way, as on a full disk.
#[cfg(unix)]
pub fn a_full_disk_leaves_the_old_golden() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let before = folder.load();
    folder.scale(0.25);
    let full = |role: &str, arguments: &[&str]| {
        let own = folder.command(role, arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]).arg(own.get_program());
        shell.args(arguments).current_dir(folder.path());
        for (name, value) in own.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        said(&mut shell)
    };
    check(full("gate", &["reference"]), 101, &["cannot write into", "the golden is as it was"])?;
    ensure(!folder.pending() && folder.load() == before, "a half-written golden")?;
    folder.gate(&["reference"]);
    check(
        full("command-line", &["golden", "accept"]),
        2,
        &["cannot write into", "the golden is as it was"],
    )?;
    ensure(folder.load() == before, "the golden changed")?;
    ensure(fs::read_dir(folder.golden()).unwrap().count() == 6, "a temporary file was left")?;
    check(folder.repro(&["golden", "accept"]), 0, &["accepted"])
}

/// The first golden on a full disk: insta writes half of it, and none of it waits.
#[cfg(unix)]
pub fn a_full_disk_leaves_no_half_of_a_first_golden() -> Result<(), Failed> {
    let folder = Folder::new();
    let own = folder.command("gate", &["reference"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" reference"]).arg(own.get_program());
    shell.current_dir(folder.path()).env_remove("CI").env_remove("NEXTEST");
    shell.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    check(said(&mut shell), 101, &["cannot write into", "the written file is incomplete"])?;
    ensure(!folder.pending(), "half of a golden waits")?;
    check(folder.gate(&["reference"]), 101, &["tiny.snap.new waits for review"])?;
    check(folder.repro(&["golden", "accept"]), 0, &["accepted"])
}

/// As a user who may not write there; root, who may everything, becomes one.
#[cfg(unix)]
pub fn a_read_only_golden_folder_leaves_the_old_golden() -> Result<(), Failed> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let folder = Folder::with_golden();
    let before = folder.load();
    folder.scale(0.25);
    folder.gate(&["reference"]);
    let mode =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let root = fs::metadata(folder.path()).unwrap().uid() == 0;
    // Nobody may look into the folder of the build either.
    let program = folder.path().join("program");
    let own = std::env::current_exe().unwrap();
    fs::hard_link(&own, &program).or_else(|_| fs::copy(&own, &program).map(drop)).unwrap();
    mode(folder.path(), 0o755);
    mode(&folder.golden(), 0o555);
    let read_only = |role: &str, arguments: &[&str]| {
        let own = folder.command(role, arguments);
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(folder.path());
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env_remove("CI").env_remove("NEXTEST");
        if root {
            command.uid(65534).gid(65534);
        }
        said(&mut command)
    };
    let accepted = read_only("command-line", &["golden", "accept"]);
    folder.scale(0.75);
    let asserted = read_only("gate", &["reference"]);
    mode(&folder.golden(), 0o755);
    check(accepted, 2, &["cannot write into", "Permission denied", "the golden is as it was"])?;
    check(asserted, 101, &["cannot write into", "the golden is as it was"])?;
    ensure(folder.load() == before, "the golden changed")
}
