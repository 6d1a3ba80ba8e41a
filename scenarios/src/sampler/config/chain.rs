//! What diffusers' classes hand on by `from_config` in place of values that only other classes have.

use serde_json::{Map, Value};

/// Classes, a key, values of it that they do not have, and what they write instead.
type Rewritten = (&'static [&'static str], &'static str, &'static [&'static str], &'static str);

const DPM_SOLVERS: &[&str] = &[
    "DPMSolverMultistepScheduler",
    "DPMSolverMultistepInverseScheduler",
    "DPMSolverSinglestepScheduler",
];
const DEIS: &[&str] = &["DEISMultistepScheduler"];
const REWRITTEN: &[Rewritten] = &[
    (DPM_SOLVERS, "algorithm_type", &["deis"], "dpmsolver++"),
    (DPM_SOLVERS, "solver_type", &["logrho", "bh1", "bh2"], "midpoint"),
    (&["EDMDPMSolverMultistepScheduler"], "solver_type", &["logrho", "bh1", "bh2"], "midpoint"),
    (DEIS, "algorithm_type", &["dpmsolver", "dpmsolver++"], "deis"),
    (DEIS, "solver_type", &["midpoint", "heun", "bh1", "bh2"], "logrho"),
    (&["UniPCMultistepScheduler"], "solver_type", &["midpoint", "heun", "logrho"], "bh2"),
];

/// The written keys, as `class` hands them on.
pub(super) fn hand_on(class: &str, written: &mut Map<String, Value>) {
    for (classes, key, foreign, own) in REWRITTEN {
        let Some(Value::String(value)) = written.get_mut(*key) else { continue };
        if classes.contains(&class) && foreign.contains(&value.as_str()) {
            *value = (*own).to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_class_rewrites_what_it_does_not_have() {
        let mut written = Map::from_iter([
            ("algorithm_type".to_owned(), json!("dpmsolver")),
            ("solver_type".to_owned(), json!("heun")),
        ]);
        hand_on("DPMSolverSinglestepScheduler", &mut written);
        assert_eq!([&written["algorithm_type"], &written["solver_type"]], ["dpmsolver", "heun"]);
        hand_on("DEISMultistepScheduler", &mut written);
        hand_on("DPMSolverMultistepScheduler", &mut written);
        assert_eq!(
            [&written["algorithm_type"], &written["solver_type"]],
            ["dpmsolver++", "midpoint"]
        );
    }
}
