//! Any bytes as the record of a run. What is read and written again reads the same.
#![no_main]

use std::path::Path;

use burn_repro_core::record::RunRecord;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let record = match read(data) {
        Ok(record) => record,
        Err(error) => return assert!(error.starts_with("run.json")),
    };
    let written = write(&record);
    let again = read(&written).expect("what was written is read");
    assert_eq!(String::from_utf8(write(&again)), String::from_utf8(written));
});

fn read(data: &[u8]) -> Result<RunRecord, String> {
    RunRecord::parse(Path::new("run.json"), data).map_err(|error| error.to_string())
}

fn write(record: &RunRecord) -> Vec<u8> {
    serde_json::to_vec(record).expect("a record has only plain values")
}
