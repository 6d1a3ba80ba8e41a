use rstest::rstest;

use super::*;
use crate::fixtures::run;

#[rstest]
#[case::nothing("", "is not a run record: EOF")]
#[case::other("[1]", "it has no version")]
#[case::later("{\"version\": 2}", "of version 2: expected version 1")]
#[case::half("{\"version\": 1, \"run\": {}}", "missing field")]
fn what_is_no_record_is_refused(#[case] text: &str, #[case] reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    fs::write(&file, text).unwrap();
    let error = RunRecord::read(&file).unwrap_err().to_string();
    assert!(error.contains(reason) && error.contains("run.json"), "{error}");
    assert!(RunRecord::read(folder.path()).is_err());
}

/// A record made by somebody else leads to no file outside of its folder.
#[rstest]
#[case::scenario("../../secret", "flex", "the scenario name `../../secret` is refused")]
#[case::target("tiny", "../flex", "invalid target name")]
#[case::windows("tiny", "..\\flex", "invalid target name")]
#[case::well("tiny", "wgpu:llvmpipe", "")]
fn names_lead_nowhere_else(#[case] scenario: &str, #[case] target: &str, #[case] refusal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let (_, mut record) = run("m", 1, "", &["a flex pass 1"]);
    record.cells[0].scenario = scenario.into();
    record.cells[0].target = target.into();
    record.write(&file).unwrap();
    match RunRecord::read(&file) {
        Ok(_) => assert_eq!(refusal, ""),
        Err(error) => {
            let said = error.to_string();
            assert!(!refusal.is_empty() && said.contains(refusal), "{said}");
        }
    }
}
