use rstest::rstest;

use super::*;

/// The circumstances of a run that began at a minute.
pub(crate) fn facts_of(name: &str, minute: u32) -> RunFacts {
    RunFacts {
        name: name.into(),
        started: format!("2026-11-24T03:{minute:02}:00Z"),
        seconds: 1.0,
        burn_repro: "0".into(),
        commit: None,
        exit_code: 0,
        targets: Vec::new(),
        missing: Vec::new(),
        build: "deterministic".into(),
        threads: None,
        precision: BTreeMap::new(),
    }
}

#[rstest]
#[case::nothing("", "is no run record: EOF")]
#[case::other("[1]", "it states no version")]
#[case::later("{\"version\": 2}", "of version 2, this program reads version 1")]
#[case::half("{\"version\": 1, \"run\": {}}", "missing field")]
fn what_is_no_record_is_refused(#[case] text: &str, #[case] reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    fs::write(&file, text).unwrap();
    let error = RunRecord::read(&file).unwrap_err().to_string();
    assert!(error.contains(reason) && error.contains("run.json"), "{error}");
    assert!(RunRecord::read(folder.path()).is_err());
}
