use super::*;
use crate::fixtures::run;
use crate::saved_outputs::saved_outputs;
use crate::trace::{Dtype, HostTensor};

fn started() -> Timestamp {
    "2026-11-24T11:45:19.5Z".parse().unwrap()
}

#[test]
fn two_runs_of_one_second_have_folders_of_their_own() {
    let runs = tempfile::tempdir().unwrap();
    let names = [(), ()].map(|()| {
        let folder = RunFolder::below(runs.path(), started()).unwrap();
        folder.path().file_name().unwrap().to_string_lossy().into_owned()
    });
    assert_eq!(names, ["2026-11-24T11-45-19Z", "2026-11-24T11-45-19Z-2"]);
}

fn names(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_older_run_gives_way_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record");
    fs::create_dir_all(path.join("golden")).unwrap();
    let refused = RunFolder::renewed(&path).unwrap_err().to_string();
    assert!(
        refused.contains("files that are not a run's") && path.join("golden").exists(),
        "{refused}"
    );
    fs::remove_dir(path.join("golden")).unwrap();
    RunFolder::renewed(&path).unwrap();
    // An interrupted run has no record, and gives way all the same.
    fs::create_dir_all(path.join("outputs/old")).unwrap();
    RunFolder::renewed(&path).unwrap();
    assert_eq!(names(&path), [MARK]);
    // As in a project's own folder, where somebody once wrote `--json run.json`.
    fs::write(path.join("Cargo.toml"), "").unwrap();
    let refused = RunFolder::renewed(&path).unwrap_err().to_string();
    assert!(refused.contains("holds `Cargo.toml`"), "{refused}");
}

/// A cell of an adapter that put something out.
fn finished() -> (CellReport, Event) {
    let report = run("m", 1, "", &["a wgpu:llvmpipe mismatch 1"]).1.cells.remove(0);
    let tensor = HostTensor { shape: vec![1], dtype: Dtype::F32.into(), values: vec![1.5] };
    let outputs = vec![NamedTensor { name: "image".into(), tensor }];
    let trace = Some(Trace { outputs, ..Trace::default() });
    let log = vec!["it said so".to_owned()];
    (report.clone(), Event::Finished { report: Box::new(report), trace, log })
}

/// Archives, artefacts of GitHub and Windows hold no colon; the same on every system, and read back.
#[test]
fn the_files_of_an_adapter_have_no_colon_on_any_system() {
    let folder = tempfile::tempdir().unwrap();
    let own = RunFolder::new(folder.path());
    let (report, event) = finished();
    own.take(&event).unwrap();
    assert_eq!(names(&folder.path().join("outputs/a")), ["wgpu-llvmpipe.safetensors"]);
    assert_eq!(names(&folder.path().join("logs/a")), ["wgpu-llvmpipe.log"]);
    assert_eq!(own.outputs(&report).unwrap()[0].name, "image");
    assert_eq!(own.log(&report), "it said so\n");
    let saved = saved_outputs(&folder.path().join("outputs")).unwrap();
    assert!(saved.cells.contains_key(&("a".into(), "wgpu:llvmpipe".into())), "{:?}", saved.cells);
}

/// As runs before left them on Linux and macOS.
#[cfg(unix)]
#[test]
fn the_files_of_an_older_run_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let older = RunFolder::new(folder.path());
    let (report, event) = finished();
    older.take(&event).unwrap();
    for (kind, extension) in [("outputs", "safetensors"), ("logs", "log")] {
        let file = |stem: &str| folder.path().join(format!("{kind}/a/{stem}.{extension}"));
        fs::rename(file("wgpu-llvmpipe"), file("wgpu:llvmpipe")).unwrap();
    }
    assert_eq!(older.outputs(&report).unwrap()[0].name, "image");
    assert_eq!(older.log(&report), "it said so\n");
    let saved = saved_outputs(&folder.path().join("outputs")).unwrap();
    assert!(saved.cells.contains_key(&("a".into(), "wgpu:llvmpipe".into())), "{:?}", saved.cells);
}
