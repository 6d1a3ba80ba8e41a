//! What goes wrong silently on a GPU, on every WGPU target there is; ignored without one.

use libtest_mimic::{Completion, Failed, Trial};

use crate::folder::{Run, Said};
use crate::pipeline::SCENARIO;

pub fn trials() -> Vec<Trial> {
    let trial = |name: &'static str, fault, verdicts: &'static [&str], code: &'static str| {
        Trial::ignorable_test(format!("gpu::{name}"), move || check(fault, verdicts, code))
    };
    vec![
        trial("healthy_cells_pass", "none", &["pass"], ""),
        trial("unwritten_memory_is_no_result", "unwritten", &["stale_memory"], "stale-memory"),
        // Where the device holds 200 MB in one tensor, nothing is wrong but the number.
        trial("a_tensor_that_is_too_large", "too_large", &["crashed", "hidden_panic"], "panicked"),
        trial("a_loop_that_is_cut_off", "long_sum", &["mismatch"], "known-defect"),
    ]
}

fn check(fault: &str, verdicts: &[&str], code: &str) -> Result<Completion, Failed> {
    let record = Run::new(fault).on("wgpu").record(&["--backend", "wgpu"]);
    if record.cells.values().all(|said| said.verdict == "skipped") {
        return Ok(Completion::ignored_with("no WGPU target here"));
    }
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
    Ok(Completion::Completed)
}
