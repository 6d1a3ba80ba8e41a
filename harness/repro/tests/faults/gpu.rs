//! What goes wrong silently on a GPU, on every WGPU target there is; ignored without one.

use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::folder::{Run, Said};
use crate::needed;
use crate::pipeline::SCENARIO;

pub fn trials() -> Vec<Trial> {
    let required = needed::is_required("wgpu");
    let trial = |name: &str, fault, verdicts: &'static [&str], code: &'static str| {
        let check = move || check(fault, verdicts, code);
        needed::trial(&format!("gpu::{name}"), no_wgpu, required, check)
    };
    vec![
        trial("healthy_cells_pass", "none", &["pass"], ""),
        trial("unwritten_memory_is_no_result", "unwritten", &["stale_memory"], "stale-memory"),
        // Where the device holds 200 MB in one tensor, nothing is wrong but the number.
        trial("a_tensor_that_is_too_large", "too_large", &["crashed"], "failed"),
        trial("a_loop_that_is_cut_off", "long_sum", &["mismatch"], "known-defect"),
    ]
}

/// Why there is no WGPU target, if there is none; asked once.
fn no_wgpu() -> Option<String> {
    static IS_HERE: OnceLock<bool> = OnceLock::new();
    let ask = || {
        let listed = Run::new("none").output(&["list", "--targets", "--json"]).stdout;
        let listed: Value = serde_json::from_slice(&listed).unwrap();
        let targets = listed["targets"]["targets"].as_array().unwrap();
        targets.iter().any(|target| target["class"] == "wgpu")
    };
    (!IS_HERE.get_or_init(ask)).then(|| "there is no WGPU target here".to_owned())
}

fn check(fault: &str, verdicts: &[&str], code: &str) -> Result<(), Failed> {
    let record = Run::new(fault).on("wgpu").record(&["--backend", "wgpu"]);
    for (name, Said { verdict, codes, reason }) in &record.cells {
        let is_faulty = name.starts_with(SCENARIO);
        if !is_faulty && verdict != "pass" {
            return Err(format!("{name} was harmed: {verdict}: {reason}\n{}", record.said).into());
        }
        if is_faulty && !verdicts.contains(&verdict.as_str()) {
            return Err(format!("{name}: {verdict} instead of {verdicts:?}: {reason}").into());
        }
        if is_faulty && !code.is_empty() && !codes.iter().any(|known| known == code) {
            return Err(format!("{name}: {code} is not in {codes:?}: {reason}").into());
        }
    }
    Ok(())
}
