//! Configurations of solvers that lead to no result: each is refused by its key, as diffusers refuses it or because
//! diffusers gives NaN.

use burn::tensor::Tensor;
use burn_repro_scenarios::pipeline::SamplerAlone;
use burn_repro_scenarios::sampler::dpm_solver_multistep::DpmSolverMultistep;
use burn_repro_scenarios::sampler::{Config, Sampler, VarianceType};
use rstest::rstest;
use serde_json::{Value, json};

use crate::recipes::{params, run};
use crate::support::{dummy_noise, dummy_sample, flex, step, tensor, values};

const MULTISTEP: &str = "DPMSolverMultistepScheduler";
const INVERSE: &str = "DPMSolverMultistepInverseScheduler";
const SINGLESTEP: &str = "DPMSolverSinglestepScheduler";
const DEIS: &str = "DEISMultistepScheduler";
const UNIPC: &str = "UniPCMultistepScheduler";
const SA: &str = "SASolverScheduler";
const EDM: &str = "EDMDPMSolverMultistepScheduler";

fn refusal(class: &str, config: &Value, set_timesteps: &Value) -> String {
    let recipe = json!({ "set_timesteps": set_timesteps });
    let (params, steps) = params(&json!(class), config, &recipe);
    run(&SamplerAlone, params, steps, &flex()).expect_err("refused").to_string()
}

#[rstest]
#[case::order(MULTISTEP, json!({"solver_order": 4}), "solver_order: 4")]
#[case::no_order(DEIS, json!({"solver_order": 0}), "solver_order: 0")]
#[case::order_of_uni_p(UNIPC, json!({"solver_order": 0}), "solver_order: 0")]
#[case::order_of_predictor(SA, json!({"predictor_order": 5}), "predictor_order: 5")]
#[case::order_of_corrector(SA, json!({"corrector_order": 0}), "corrector_order: 0")]
#[case::order_of_sde(EDM, json!({"algorithm_type": "sde-dpmsolver++", "solver_order": 3}), "solver_order: 3")]
#[case::algorithm(SINGLESTEP, json!({"algorithm_type": "sde-dpmsolver"}), "algorithm_type: sde-dpmsolver")]
#[case::algorithm_of_deis(DEIS, json!({"algorithm_type": "sde-dpmsolver++"}), "algorithm_type: sde-dpmsolver++")]
#[case::algorithm_of_sa(SA, json!({"algorithm_type": "dpmsolver++"}), "algorithm_type: dpmsolver++")]
#[case::backwards(INVERSE, json!({"algorithm_type": "sde-dpmsolver++"}), "algorithm_type: sde-dpmsolver++")]
#[case::unknown(MULTISTEP, json!({"algorithm_type": "dpm"}), "dpm")]
#[case::end(MULTISTEP, json!({"algorithm_type": "dpmsolver"}), "final_sigmas_type: zero")]
#[case::end_of_deis(MULTISTEP, json!({"algorithm_type": "deis"}), "final_sigmas_type: zero")]
#[case::end_of_bh1(UNIPC, json!({"solver_type": "bh1"}), "solver_type: bh1")]
#[case::two_lists(DEIS, json!({"use_karras_sigmas": true, "use_beta_sigmas": true}), "use_beta_sigmas")]
#[case::ends(UNIPC, json!({"use_karras_sigmas": true, "sigma_min": 3.0, "sigma_max": 2.0}), "sigma_min")]
#[case::ends_of_edm(EDM, json!({"sigma_min": 3.0, "sigma_max": 2.0}), "sigma_min: 3")]
#[case::list_of_flow(MULTISTEP, json!({"use_karras_sigmas": true, "use_flow_sigmas": true}), "use_flow_sigmas")]
#[case::noise_of_flow(UNIPC, json!({"predict_x0": false, "prediction_type": "flow_prediction"}), "prediction_type")]
#[case::flow(EDM, json!({"prediction_type": "flow_prediction"}), "prediction_type: flow_prediction")]
#[case::bound(SINGLESTEP, json!({"algorithm_type": "dpmsolver", "thresholding": true, "final_sigmas_type": "sigma_min"}), "thresholding")]
#[case::clipped(SA, json!({"lambda_min_clipped": 100.0}), "lambda_min_clipped: 100")]
#[case::shift(MULTISTEP, json!({"flow_shift": 0.0}), "flow_shift: 0")]
#[case::terminal(UNIPC, json!({"shift_terminal": 0.1}), "shift_terminal: 0.1")]
#[case::mu(UNIPC, json!({"use_dynamic_shifting": true, "use_flow_sigmas": true}), "mu")]
#[case::predictor(UNIPC, json!({"solver_p": "DEISMultistepScheduler"}), "null")]
fn a_key_is_refused(#[case] class: &str, #[case] config: Value, #[case] named: &str) {
    let steps = json!({ "num_inference_steps": 4 });
    let refusal = refusal(class, &config, &steps);
    assert!(refusal.contains(named), "{refusal}");
}

#[rstest]
#[case::rising(MULTISTEP, json!({}), json!({"timesteps": [10, 500]}))]
#[case::of_a_list(SINGLESTEP, json!({"use_karras_sigmas": true}), json!({"timesteps": [500, 10]}))]
#[case::none(MULTISTEP, json!({}), json!({"num_inference_steps": 0}))]
#[case::more_than_trained(DEIS, json!({}), json!({"num_inference_steps": 1001}))]
#[case::all_the_same(SA, json!({"timestep_spacing": "leading"}), json!({"num_inference_steps": 1000}))]
#[case::sigmas(UNIPC, json!({}), json!({"sigmas": [0.9, 0.5]}))]
#[case::rising_sigmas(UNIPC, json!({"use_flow_sigmas": true}), json!({"sigmas": [0.5, 0.9]}))]
fn times_are_refused(#[case] class: &str, #[case] config: Value, #[case] set_timesteps: Value) {
    assert!(!refusal(class, &config, &set_timesteps).is_empty());
}

#[test]
fn a_learned_variance_is_not_looked_at() {
    let shape = [2, 3, 4, 4];
    let x = tensor(&flex(), shape, &dummy_sample(shape));
    let mean = tensor(&flex(), shape, &dummy_noise(shape));
    let output = Tensor::cat(vec![mean.clone(), x.clone()], 1);
    let mut config = Config::<DpmSolverMultistep>::default();
    let mut stepped = |output| {
        let sampler = DpmSolverMultistep::new(&config, &Default::default()).unwrap();
        let steps = sampler.steps(4).unwrap();
        let result = step(&sampler, &steps[0], x.clone(), output, |_| panic!("no noise is due"));
        config.keys.variance_type = Some(VarianceType::LearnedRange);
        result.map(|stepped| values(&stepped.sample))
    };
    let without = stepped(mean.clone()).unwrap();
    assert_eq!(stepped(output).unwrap(), without);
    assert!(stepped(mean).is_err());
}
