use super::*;

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
    assert!(refused.contains("no mark of a run") && path.join("golden").exists(), "{refused}");
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
