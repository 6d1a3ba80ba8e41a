//! What samplers in sigma space refuse, as diffusers does, in the pipeline `sampler`.

use burn_repro_scenarios::pipeline::SamplerAlone;
use rstest::rstest;
use serde_json::{Value, json};

use crate::recipes::run;
use crate::support::flex;

fn refusal(class: &str, config: Value, steps: usize, others: Value) -> String {
    let mut params = json!({ "scheduler": config, "sample_shape": [1, 1, 2, 2] });
    params["scheduler"]["_class_name"] = json!(class);
    params.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    match run(&SamplerAlone, params, steps, &flex()) {
        Ok(_) => panic!("{class} was not refused"),
        Err(error) => error.to_string(),
    }
}

#[rstest]
#[case("Euler", json!({ "use_karras_sigmas": true, "use_beta_sigmas": true }), "only one of use_beta_sigmas")]
#[case("Euler", json!({ "sigma_min": 5.0, "sigma_max": 1.0 }), "`sigma_min: 5` cannot work")]
#[case("Euler", json!({ "sigma_max": -1.0 }), "write a finite number above 0")]
#[case("Euler", json!({ "sigma_mim": 1.0 }), "did you mean `sigma_min`?")]
#[case("Euler", json!({ "final_sigmas_type": "one" }), "expected `zero` or `sigma_min`")]
#[case("Euler", json!({ "beta_schedule": "sigmoid" }), "linear, scaled_linear and squaredcos_cap_v2")]
#[case("Heun", json!({ "beta_schedule": "laplace" }), "squaredcos_cap_v2 and exp")]
#[case("EulerAncestral", json!({ "prediction_type": "sample" }), "the class has epsilon and v_prediction")]
#[case("KDPM2", json!({ "prediction_type": "sample" }), "the class has epsilon and v_prediction")]
#[case("KDPM2Ancestral", json!({ "timestep_spacing": "leading", "num_train_timesteps": 5 }), "6 steps of 5")]
#[case("FlowMatchEuler", json!({ "use_dynamic_shifting": true }), "write `mu`")]
#[case("FlowMatchEuler", json!({ "shift": -1.0 }), "write a finite number above 0; 1 for no shift")]
#[case("FlowMatchEuler", json!({ "shift_terminal": 1.5 }), "from 0 up and below 1")]
#[case("FlowMatchHeun", json!({ "shift": 0.0 }), "write a finite number above 0; 1 for no shift")]
fn refuses_keys(#[case] class: &str, #[case] config: Value, #[case] why: &str) {
    let refusal = refusal(&format!("{class}DiscreteScheduler"), config, 6, json!({}));
    assert!(refusal.contains(why), "{refusal}");
}

#[rstest]
#[case("EDMEulerScheduler", json!({ "sigma_data": 0.0 }), "`sigma_data: 0` cannot work")]
#[case("EDMEulerScheduler", json!({ "sigma_min": 90.0 }), "must not be above `sigma_max`")]
#[case("CMStochasticIterativeScheduler", json!({ "num_train_timesteps": 1 }), "two timesteps or more")]
#[case("ScoreSdeVeScheduler", json!({ "sampling_eps": 0.0 }), "above 0 and below 1")]
#[case("DPMSolverSDEScheduler", json!({}), "torchsde")]
#[case("CosineDPMSolverMultistepScheduler", json!({}), "torchsde")]
fn refuses_keys_of_others(#[case] class: &str, #[case] config: Value, #[case] why: &str) {
    let refusal = refusal(class, config, 1, json!({}));
    assert!(refusal.contains(why), "{refusal}");
}

#[rstest]
#[case::order("EulerDiscrete", 3, json!({ "timesteps": [100, 200, 0] }), "in falling order, each once")]
#[case::late("EulerDiscrete", 1, json!({ "timesteps": [1000] }), "below `num_train_timesteps`")]
#[case::count("HeunDiscrete", 4, json!({ "timesteps": [300, 200, 0] }), "write `steps: 3`")]
#[case::cm_order("CMStochasticIterative", 5, json!({ "timesteps": [39, 30, 12, 15, 0] }), "15 follows 12")]
#[case::cm_late("CMStochasticIterative", 1, json!({ "timesteps": [40] }), "timestep 40 of 40")]
#[case::fraction("DDPM", 2, json!({ "timesteps": [300.5, 0] }), "expected usize")]
#[case::sigmas("EulerDiscrete", 3, json!({ "sigmas": [3.0, 5.0, 1.0, 0.0] }), "in falling order")]
#[case::zero("EulerDiscrete", 3, json!({ "sigmas": [3.0, 0.0, 0.0, 0.0] }), "above 0, or the last one 0")]
#[case::both("EulerDiscrete", 1, json!({ "sigmas": [3.0, 0.0], "timesteps": [1] }), "either")]
#[case::half("HeunDiscrete", 10, json!({ "start_at": 3 }), "write a multiple of that")]
#[case::nothing("KDPM2AncestralDiscrete", 2, json!({}), "take more steps")]
#[case::none("EulerDiscrete", 0, json!({}), "0 steps of 1000")]
#[case::multistep("LMSDiscrete", 5, json!({ "step_args": { "order": 0 } }), "one slope or more")]
#[case::churn("EulerDiscrete", 5, json!({ "step_args": { "s_churn": -1.0 } }), "from 0 up")]
#[case::argument("EulerDiscrete", 5, json!({ "step_args": { "s_chorn": 1.0 } }), "unknown field `s_chorn`")]
#[case::twice("DDIM", 5, json!({ "eta": 0.5, "step_args": { "eta": 0.0 } }), "two values")]
#[case::prk("EulerDiscrete", 5, json!({ "loop": "prk_then_plms" }), "not one of EulerDiscreteScheduler")]
#[case::batch("EulerDiscrete", 5, json!({ "loop": "batch_step_no_noise" }), "not one of EulerDiscreteScheduler")]
#[case::told("EulerDiscrete", 5, json!({ "loop": "explicit_prev_timestep" }), "not one of EulerDiscreteScheduler")]
#[case::noised("ScoreSdeVe", 5, json!({ "loop": "score_sde_ve", "start_at": 1 }), "has no `add_noise`")]
#[case::chain("EulerDiscrete", 5, json!({ "from_config_chain": ["DPMSolverSDEScheduler"] }), "torchsde")]
fn refuses_params(
    #[case] class: &str,
    #[case] steps: usize,
    #[case] others: Value,
    #[case] why: &str,
) {
    let config = match class {
        // Timesteps 999 and 0, so far apart that no noise is left between them.
        "KDPM2AncestralDiscrete" => json!({ "beta_start": 0.0001, "beta_end": 0.02 }),
        _ => json!({}),
    };
    let refusal = refusal(&format!("{class}Scheduler"), config, steps, others);
    assert!(refusal.contains(why), "{refusal}");
}
