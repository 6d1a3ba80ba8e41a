//! The other commands about goldens: prune, show and calibrate.

use std::fs;

use libtest_mimic::Failed;

use super::command::check;
use super::folder::{Folder, ensure};

pub fn prune_deletes_what_no_scenario_owns_and_says_which() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let gone = folder.golden().join("gone@tensors.snap.safetensors");
    let notes = folder.golden().join("notes.txt");
    for file in [&gone, &notes] {
        fs::write(file, "x").unwrap();
    }
    let unowned = ["unowned: ", "gone@tensors.snap.safetensors", "1 current, 1 unowned"];
    check(folder.repro(&["golden", "status"]), 101, &unowned)?;
    check(folder.gate(&["owners"]), 101, &["`cargo repro golden prune` deletes them"])?;
    check(folder.repro(&["golden", "prune"]), 0, &["deleted ", "1 file without a scenario"])?;
    ensure(!gone.exists() && notes.exists(), "the wrong file was deleted")?;
    check(folder.repro(&["golden", "prune"]), 0, &["0 files without a scenario"])?;
    // The folder of other scenarios is left alone.
    let other = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(folder.path().join("scenarios/tiny.yaml")).unwrap();
    fs::write(other.path().join("other.yaml"), text).unwrap();
    let elsewhere = other.path().display().to_string();
    check(
        folder.repro(&["golden", "prune", "--scenarios", &elsewhere]),
        2,
        &["looks like the folder of others"],
    )?;
    folder.load();
    // A scenario that cannot be read must not make its golden look like nobody's.
    fs::write(folder.path().join("scenarios/tiny.yaml"), "version: 1\n").unwrap();
    check(folder.repro(&["golden", "prune"]), 2, &["missing field"])?;
    folder.load();
    Ok(())
}

pub fn pictures_are_written_where_it_says() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    folder.kernel = "ndarray=1.5".into();
    check(
        folder.repro(&["golden", "show", "tiny", "--out", "seen"]),
        0,
        &[
            "seen/tiny/image.golden.png",
            "seen/tiny/image.flex.png",
            "seen/tiny/image.ndarray.difference.png (times 4.0",
            "tiny: 5 pictures in seen/tiny",
        ],
    )?;
    let bytes = fs::read(folder.path().join("seen/tiny/image.ndarray.difference.png")).unwrap();
    ensure(bytes.starts_with(b"\x89PNG"), "no PNG")?;
    check(folder.repro(&["golden", "show", "nobody"]), 2, &["no scenario matches `nobody`"])
}

pub fn calibration_shows_the_spread_beside_the_file() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    folder.kernel = "ndarray=1.5".into();
    check(
        folder.repro(&["calibrate", "tiny", "--runs", "3", "--factor", "2"]),
        0,
        &[
            "image   ndarray     2.5e-1",
            "pixel: observed 2.5e-1 on image of ndarray, times 2: { abs: 5.0e-1 }; the file's { abs: 1.0e-4 } is \
         narrower",
            "abs_sum: observed 5.0e-1 on image of ndarray, times 2: { rel: 2.0e0 }",
        ],
    )?;
    folder.kernel = "all=1".into();
    check(
        folder.repro(&["calibrate", "tiny"]),
        0,
        &["at least 1e-6: { abs: 1.0e-6 }", "covers it"],
    )?;
    check(
        folder.repro(&["calibrate", "tiny", "--factor", "0.5"]),
        2,
        &["expected a number of at least 1"],
    )
}
