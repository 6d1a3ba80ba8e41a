//! The trials that guard the whole: what they find makes every other trial green for nothing.

use std::sync::Arc;

use burn_repro_core::exit::Exit;
use burn_repro_core::plan::{Plan, Skip};
use burn_repro_core::reason::ReasonCode;
use burn_repro_core::record::features;
use burn_repro_core::scenario::{Determinism, Scenario};
use libtest_mimic::{Completion, Trial};

use super::{Gate, failed, trial};

/// Nothing passes by accident: something runs, the build holds still, what is required is here, and every golden belongs
/// to a scenario.
pub(super) fn guards(
    gate: &Arc<Gate>,
    scenarios: &[Arc<Scenario>],
    absent: &[String],
) -> Vec<Trial> {
    let nothing = || "no cell would run; `cargo repro list` says what is not here".to_owned();
    let something_runs = gate.plan.cells.is_empty().then(nothing);
    let required = (!absent.is_empty()).then(|| format!("required {}", absent.join("; ")));
    let owned = match gate.session.store().unowned(scenarios.iter().map(AsRef::as_ref)) {
        Err(error) => Some(format!("the golden folder cannot be read: {error}")),
        Ok(files) if files.is_empty() => None,
        Ok(files) => {
            let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            Some(format!(
                "goldens without a scenario; `cargo repro golden prune` deletes them: {}",
                files.join(", ")
            ))
        }
    };
    let still = not_held(scenarios, features(gate.session.discovery()));
    let guard = |name: &'static str, failure: Option<String>, exit: Exit| {
        trial(gate, name.to_owned(), move |gate| match failure {
            None => Ok(Completion::Completed),
            Some(reason) => {
                gate.record.fail(name, &reason, exit);
                Err(failed(&reason))
            }
        })
    };
    vec![
        guard("gate::something-runs", something_runs, Exit::NothingRan),
        guard("gate::deterministic-build", still, Exit::Usage),
        guard("gate::required-backends", required, Exit::Required),
        guard("gate::goldens-have-owners", owned, Exit::Golden),
    ]
}

/// The scenarios that are ignored because files are not here.
pub(super) fn missing_files(plan: &Plan) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for Skip { scenario, reasons, .. } in &plan.skips {
        let file = reasons.iter().find(|reason| reason.code == ReasonCode::MissingFile);
        let sentence = file.map(|reason| format!("files of {scenario}: {}", reason.text));
        missing.extend(sentence.filter(|sentence| !missing.contains(sentence)));
    }
    missing
}

/// What to say of a build that computes otherwise than a scenario asks.
fn not_held(scenarios: &[Arc<Scenario>], features: &[String]) -> Option<String> {
    let asks = scenarios.iter().find(|scenario| scenario.determinism == Determinism::Full)?;
    (!features.is_empty()).then(|| {
        format!(
            "this program was built with {}, so that `determinism: full`, which {} asks for, cannot be held: depend on \
             Burn with `default-features = false`",
            features.join(" and "),
            asks.name
        )
    })
}

#[cfg(test)]
mod tests {
    use burn_repro_core::fixtures::scenario;

    use super::*;

    #[test]
    fn a_build_that_cannot_hold_what_a_scenario_asks_is_refused() {
        let fast = [Arc::new(scenario("own", "determinism: fast"))];
        let full = [fast[0].clone(), Arc::new(scenario("mine", ""))];
        let features = ["autotune".to_owned(), "simd".to_owned()];
        assert_eq!(not_held(&full, &[]), None);
        assert_eq!(not_held(&fast, &features), None);
        let said = not_held(&full, &features).unwrap();
        assert!(said.contains("autotune and simd") && said.contains("mine asks for"), "{said}");
    }
}
