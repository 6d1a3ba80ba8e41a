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

#[test]
fn the_newest_runs_are_kept_and_nothing_else_is_touched() {
    let runs = tempfile::tempdir().unwrap();
    let record = |name: &str| {
        fs::create_dir(runs.path().join(name)).unwrap();
        fs::write(runs.path().join(name).join(RECORD), "{}").unwrap();
    };
    (0..KEPT + 3).for_each(|day| record(&format!("2026-11-24T11-45-{day:02}Z")));
    record("mine");
    fs::create_dir(runs.path().join("2020-11-24T11-45-00Z")).unwrap();
    prune(runs.path());
    let mut left: Vec<String> = fs::read_dir(runs.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left.len(), KEPT + 2);
    assert_eq!(left[..2], ["2020-11-24T11-45-00Z", "2026-11-24T11-45-03Z"]);
    assert_eq!(left.last().unwrap(), "mine");
}

#[test]
fn an_older_run_gives_way_and_what_is_no_run_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record");
    fs::create_dir_all(path.join("outputs/old")).unwrap();
    let refused = RunFolder::renewed(&path).unwrap_err().to_string();
    assert!(refused.contains("holds something that is no run"), "{refused}");
    assert!(path.join("outputs/old").exists());
    fs::write(path.join(RECORD), "{}").unwrap();
    let run = RunFolder::renewed(&path).unwrap();
    assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0);
}
