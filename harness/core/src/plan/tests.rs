use burn_repro_target::{Locator, Missing};
use rstest::rstest;

use super::*;
use crate::fixtures;

fn scenario(lines: &str) -> Arc<Scenario> {
    Arc::new(fixtures::scenario("tiny", lines))
}

fn discovery() -> Discovery {
    let target = |name: &str, locator| Target { locator, ..fixtures::target(name, Class::Cpu) };
    let missing = |class, reason: &str| Missing {
        name: Class::to_string(&class),
        class,
        reason: reason.into(),
        help: "install one".into(),
    };
    Discovery {
        targets: vec![
            target("ndarray", Locator::Ndarray),
            target("flex", Locator::Flex),
            target("cubecl-cpu", Locator::CubeclCpu),
        ],
        missing: vec![missing(Class::Wgpu, "no adapter"), missing(Class::Cuda, "no driver")],
    }
}

#[rstest]
#[case::all("", "", "ndarray flex", "cubecl-cpu wgpu cuda")]
#[case::one_target("backends: [flex]", "", "flex", "")]
#[case::class_and_target_once("backends: [cpu, flex]", "", "ndarray flex", "cubecl-cpu")]
#[case::on_request("", "cubecl-cpu", "cubecl-cpu", "")]
#[case::on_request_of_the_scenario("backends: [cubecl-cpu]", "", "cubecl-cpu", "")]
#[case::not_by_its_class("", "cpu", "ndarray flex", "cubecl-cpu")]
#[case::chosen("", "flex", "flex", "")]
#[case::chosen_but_absent("", "cuda", "", "cuda")]
#[case::nightly("tags: [nightly]", "", "", "ndarray flex cubecl-cpu wgpu cuda")]
fn cells_and_skips(
    #[case] scenario_says: &str,
    #[case] backend: &str,
    #[case] cells: &str,
    #[case] skips: &str,
) {
    let backends = backend.split_whitespace().map(|name| name.parse().unwrap()).collect();
    let selection = Selection { backends, ..Selection::default() };
    let plan = plan(&[scenario(scenario_says)], &discovery(), &selection);
    let targets: Vec<&str> = plan.cells.iter().map(|cell| cell.target.name.as_str()).collect();
    assert_eq!(targets, cells.split_whitespace().collect::<Vec<_>>());
    let skipped: Vec<&str> = plan.skips.iter().map(|skip| skip.target.as_str()).collect();
    assert_eq!(skipped, skips.split_whitespace().collect::<Vec<_>>());
    for skip in &plan.skips {
        let is_here = discovery().targets.iter().any(|target| target.name == skip.target);
        let why = if is_here { ReasonCode::Nightly } else { ReasonCode::AbsentBackend };
        let codes: Vec<ReasonCode> = skip.reasons.iter().map(|reason| reason.code).collect();
        assert_eq!(codes, [why, ReasonCode::Help]);
    }
}

#[rstest]
#[case::part("in", false, 2)]
#[case::whole("tiny", true, 2)]
#[case::part_as_a_whole("tin", true, 0)]
fn cells_are_named_and_have_the_threads_that_are_asked_for(
    #[case] filter: &str,
    #[case] exact: bool,
    #[case] cells: usize,
) {
    let filters = vec![filter.to_owned()];
    let selection = Selection { filters, exact, threads: Some(4), ..Selection::default() };
    let plan = plan(&[scenario("")], &discovery(), &selection);
    assert_eq!(plan.cells.len(), cells);
    assert!(plan.cells.iter().all(|cell| cell.settings().threads == Some(4)));
}

#[test]
fn an_absent_backend_says_why_and_what_to_do() {
    let plan = plan(&[scenario("backends: [cuda]")], &discovery(), &Selection::default());
    insta::assert_snapshot!(joined(&plan.skips[0].reasons), @"no driver; install one");
    let named: BackendSelector = "cpu".parse().unwrap();
    let absent = absence(&named, &Discovery::default());
    assert_eq!(absent[0].code, ReasonCode::AbsentBackend);
    insta::assert_snapshot!(joined(&absent), @"this machine has no `cpu`; its targets of that class: ");
}
