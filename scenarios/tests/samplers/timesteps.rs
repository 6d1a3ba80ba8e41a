//! Which timesteps a run visits, against diffusers' lists.

use burn_repro_scenarios::sampler::Sampler;
use burn_repro_scenarios::sampler::ddpm::{Ddpm, DdpmArguments, DdpmConfig};
use burn_repro_scenarios::schedule::{TimestepError, TimestepSpacing, spaced};
use rstest::rstest;
use serde_json::Value;

use crate::oracle::{VECTORS, cases, ddim, ddpm, integer, integers, is_ddim, sha256};

/// The case's timesteps, or why there are none; `None` where its config does not parse.
fn visited(case: &Value) -> Option<Vec<usize>> {
    let steps = case["num_inference_steps"].as_u64().map(|steps| steps as usize);
    let custom = case["timesteps"].as_array();
    let custom = match custom {
        Some(custom) => {
            let timesteps = custom.iter().map(|t| t.as_u64().map(|t| t as usize));
            Some(timesteps.collect::<Option<Vec<_>>>()?)
        }
        None => None,
    };
    let transitions = match (is_ddim(case), steps, custom) {
        (true, Some(steps), None) => ddim(case)?.steps(steps),
        (false, Some(steps), None) => ddpm(case, None)?.steps(steps),
        (false, None, Some(custom)) => ddpm(case, Some(custom.clone()))?.steps(custom.len()),
        // Both or neither of steps and timesteps cannot even be said here.
        _ => return None,
    };
    Some(transitions.ok()?.iter().map(|transition| transition.t).collect())
}

/// What diffusers lists and no run can visit: no timestep, a negative one, or one too late.
fn is_unusable(case: &Value) -> bool {
    let train = case["config"]["num_train_timesteps"].as_u64().unwrap_or(1000);
    let list = |key: &str| case[key].as_array().cloned().unwrap_or_default();
    let listed = [list("result"), list("head"), list("tail")].concat();
    listed.is_empty() || listed.iter().any(|t| t.as_u64().is_none_or(|t| t >= train))
}

#[test]
fn every_list_of_the_oracle() {
    let (mut equal, mut refused) = (0, 0);
    for case in cases("timesteps") {
        let got = visited(case);
        if !case["error"].is_null() || is_unusable(case) {
            assert_eq!(got, None, "{case}");
            refused += 1;
            continue;
        }
        let got = got.unwrap_or_else(|| panic!("refused {case}"));
        assert_eq!(got.len(), integer(&case["n"]), "{case}");
        if case["result"].is_null() {
            let bytes = got.iter().flat_map(|&t| (t as i64).to_le_bytes());
            assert_eq!(sha256(bytes), case["sha256"], "{case}");
        } else {
            assert_eq!(got, integers(&case["result"]), "{case}");
        }
        equal += 1;
    }
    assert_eq!((equal, refused), (128, 31));
}

/// Every number of steps from 1 up, negative timesteps included; and exactly those numbers of steps
/// are refused for which diffusers' list is not what was asked for.
#[rstest]
fn every_number_of_steps(#[values("DDIM", "DDPM")] class: &str, #[values(1000, 50)] train: usize) {
    let spacings = [
        ("leading", TimestepSpacing::Leading),
        ("linspace", TimestepSpacing::Linspace),
        ("trailing", TimestepSpacing::Trailing),
    ];
    for (name, spacing) in spacings {
        let want = &VECTORS["timesteps_all_n"]["values"][format!("{class}/{name}/{train}")];
        let all = (1..=train).flat_map(|steps| spaced(spacing, train, steps, 0));
        assert_eq!(sha256(all.flat_map(i64::to_le_bytes)), want["sha256"], "{name}");
        let odd: Vec<usize> =
            want["odd"].as_array().unwrap().iter().map(|odd| integer(&odd[0])).collect();
        let refused: Vec<usize> =
            (1..=train).filter(|&steps| spacing.timesteps(train, steps, 0).is_err()).collect();
        assert_eq!(refused, odd, "{name}");
    }
}

#[rstest]
#[case::rising(&[100, 87, 50, 51, 0], TimestepError::Order { timestep: 50, next: 51 })]
#[case::too_late(&[1000], TimestepError::TooLate { timestep: 1000, train: 1000 })]
#[case::none(&[], TimestepError::Empty)]
fn refuses_custom_timesteps(#[case] timesteps: &[usize], #[case] why: TimestepError) {
    let arguments = DdpmArguments { timesteps: Some(timesteps.to_vec()) };
    let sampler = Ddpm::new(&DdpmConfig::default(), &arguments).unwrap();
    assert_eq!(sampler.steps(timesteps.len()), Err(why.into()));
}
