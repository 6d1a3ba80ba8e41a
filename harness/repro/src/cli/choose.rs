//! Which scenarios and which target the words of a command line mean. A word that means nothing is wrong usage, with the
//! nearest spelling; a scenario that is there and cannot run is another matter.

use std::slice;
use std::sync::Arc;

use burn_repro_target::{Discovery, Target};

use super::Failure;
use burn_repro_core::exit::Exit;
use burn_repro_core::nearest::nearest;
use burn_repro_core::plan::{Selection, absent};
use burn_repro_core::scenario::{BackendSelector, Scenario};

/// The scenario of that name, which can run here.
pub(super) fn scenario(all: &[Arc<Scenario>], name: &str) -> Result<Arc<Scenario>, Failure> {
    let found = all.iter().find(|scenario| scenario.name == name).cloned();
    let scenario = found.ok_or_else(|| unknown("is called", name, all))?;
    match scenario.missing_requirement() {
        Some(reason) => {
            let message = format!("scenario `{name}` cannot run on this machine: {reason}");
            Err(Failure { exit: Exit::NothingRan, message })
        }
        None => Ok(scenario),
    }
}

/// The scenarios that a selection names; each of its filters must name one.
pub(super) fn scenarios(
    all: &[Arc<Scenario>],
    selection: &Selection,
) -> Result<Vec<Arc<Scenario>>, Failure> {
    for filter in &selection.filters {
        let alone = Selection { filters: vec![filter.clone()], ..selection.clone() };
        if !all.iter().any(|scenario| alone.names(scenario)) {
            let verb = if selection.exact { "is called" } else { "matches" };
            return Err(unknown(verb, filter, all));
        }
    }
    Ok(all.iter().filter(|scenario| selection.names(scenario)).cloned().collect())
}

/// Says that there is no scenario of a name, and which names are near.
fn unknown(verb: &str, name: &str, all: &[Arc<Scenario>]) -> Failure {
    let names = || all.iter().map(|scenario| scenario.name.as_str());
    let of_part = |known: &&str| known.to_lowercase().contains(&name.to_lowercase());
    let near =
        nearest(name, names()).or_else(|| names().find(of_part).filter(|_| !name.is_empty()));
    let help = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    Failure::usage(format!(
        "no scenario {verb} `{name}`; {help}`cargo repro list` shows their names"
    ))
}

/// The one target that is meant.
pub(super) fn target(selector: &BackendSelector, discovery: &Discovery) -> Result<Target, Failure> {
    match matching(selector, discovery)?.as_slice() {
        [target] => Ok((*target).clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|target| target.name.as_str()).collect();
            Err(Failure::usage(format!(
                "--backend {selector} names {} targets: expected one of {}",
                several.len(),
                names.join(", ")
            )))
        }
    }
}

/// The target that is meant; of a class its first.
pub(super) fn first_target(
    selector: &BackendSelector,
    discovery: &Discovery,
) -> Result<Target, Failure> {
    Ok(matching(selector, discovery)?[0].clone())
}

/// The targets that a selector names, at least one.
fn matching<'a>(
    selector: &BackendSelector,
    discovery: &'a Discovery,
) -> Result<Vec<&'a Target>, Failure> {
    let found: Vec<_> =
        discovery.targets.iter().filter(|target| selector.matches(target)).collect();
    if found.is_empty() {
        let message = absent(slice::from_ref(selector), discovery).join("; ");
        return Err(Failure { exit: Exit::Required, message });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use burn_repro_core::fixtures;
    use rstest::rstest;

    use super::*;

    fn all() -> Vec<Arc<Scenario>> {
        let named = |name| Arc::new(fixtures::scenario(name, ""));
        ["ddim-tiny", "DDPM-tiny", "sampler.v2"].map(named).into()
    }

    fn selection(filters: &[&str], exact: bool) -> Selection {
        let filters = filters.iter().map(ToString::to_string).collect();
        Selection { filters, exact, ..Selection::default() }
    }

    #[rstest]
    #[case::every_one(&[], false, &["ddim-tiny", "DDPM-tiny", "sampler.v2"])]
    #[case::part(&["tiny"], false, &["ddim-tiny", "DDPM-tiny"])]
    #[case::two_parts(&["v2", "DDPM"], false, &["DDPM-tiny", "sampler.v2"])]
    #[case::whole(&["sampler.v2"], true, &["sampler.v2"])]
    fn filters_choose(#[case] filters: &[&str], #[case] exact: bool, #[case] names: &[&str]) {
        let chosen = scenarios(&all(), &selection(filters, exact)).unwrap();
        let chosen: Vec<&str> = chosen.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(chosen, names);
    }

    /// Also of this kind: one unknown name among known ones, and a part where a whole name is asked for.
    #[rstest]
    #[case::part(&["dimd-tiny"], false, "no scenario matches `dimd-tiny`; did you mean `ddim-tiny`? `cargo repro list`")]
    #[case::among_others(&["tiny", "nobody"], false, "no scenario matches `nobody`; `cargo repro list` shows")]
    #[case::part_of_a_name(&["sampler"], true, "no scenario is called `sampler`; did you mean `sampler.v2`?")]
    #[case::case_of_letters(&["ddpm-tiny"], true, "is called `ddpm-tiny`; did you mean `DDPM-tiny`?")]
    fn a_filter_without_scenarios_is_wrong_usage(
        #[case] filters: &[&str],
        #[case] exact: bool,
        #[case] said: &str,
    ) {
        let Failure { exit, message } = scenarios(&all(), &selection(filters, exact)).unwrap_err();
        assert_eq!(exit, Exit::Usage);
        assert!(message.contains(said), "{message}");
    }

    #[test]
    fn a_name_chooses_one_scenario_or_is_wrong_usage() {
        assert_eq!(scenario(&all(), "sampler.v2").unwrap().name, "sampler.v2");
        let Failure { exit, message } = scenario(&all(), "sampler-v2").unwrap_err();
        assert_eq!(exit, Exit::Usage);
        assert!(message.contains("did you mean `sampler.v2`?"), "{message}");
    }
}
