//! What samplers without sigmas refuse, as diffusers does, by the key that says it.

use burn_repro_scenarios::pipeline::SamplerAlone;
use rstest::rstest;
use serde_json::{Value, json};

use crate::recipes::{params, run};
use crate::support::flex;

/// Why a run of a class is refused.
fn refusal(class: &str, config: Value, recipe: Value) -> String {
    let (params, steps) = params(&class.into(), &config, &recipe);
    match run(&SamplerAlone, params, steps, &flex()) {
        Ok(_) => panic!("{class} was not refused"),
        Err(error) => error.to_string(),
    }
}

#[rstest]
#[case::inverse_of_linspace("DDIMInverseScheduler", json!({ "timestep_spacing": "linspace" }), "timestep_spacing: linspace")]
#[case::pndm_of_a_sample("PNDMScheduler", json!({ "prediction_type": "sample" }), "prediction_type: sample")]
#[case::pndm_of_a_flow("PNDMScheduler", json!({ "prediction_type": "flow_prediction" }), "prediction_type: flow_prediction")]
#[case::pndm_of_sigmoid("PNDMScheduler", json!({ "beta_schedule": "sigmoid" }), "beta_schedule: sigmoid")]
#[case::ipndm_of_wrong_betas("IPNDMScheduler", json!({ "trained_betas": [0.9, 0.5] }), "trained_betas: [2 betas]")]
#[case::ipndm_of_no_rate("IPNDMScheduler", json!({ "trained_betas": [1.5, 0.5] }), "trained_betas: 1.5")]
#[case::lcm_without_distillation("LCMScheduler", json!({ "original_inference_steps": 0 }), "original_inference_steps: 0")]
#[case::lcm_of_more_than_trained("LCMScheduler", json!({ "original_inference_steps": 1001 }), "original_inference_steps: 1001")]
#[case::lcm_of_fewer_than_steps("LCMScheduler", json!({ "original_inference_steps": 9 }), "original_inference_steps: 9")]
#[case::tcd_of_fewer_than_steps("TCDScheduler", json!({ "original_inference_steps": 9 }), "original_inference_steps: 9")]
#[case::unclip_of_a_velocity("UnCLIPScheduler", json!({ "prediction_type": "v_prediction" }), "prediction_type: v_prediction")]
#[case::unclip_of_linear("UnCLIPScheduler", json!({ "beta_schedule": "linear" }), "beta_schedule: linear")]
#[case::unclip_of_another_variance("UnCLIPScheduler", json!({ "variance_type": "fixed_large" }), "variance_type: fixed_large")]
fn a_configuration(#[case] class: &str, #[case] config: Value, #[case] said: &str) {
    let recipe = json!({ "set_timesteps": { "num_inference_steps": 10 } });
    let refusal = refusal(class, config, recipe);
    assert!(refusal.contains(&format!("`{said}` cannot work; ")), "{refusal}");
}

#[rstest]
#[case::pndm_of_three_steps("PNDMScheduler", json!({ "num_inference_steps": 3 }), "write `skip_prk_steps: true`")]
#[case::unclip_of_one_step("UnCLIPScheduler", json!({ "num_inference_steps": 1 }), "1 steps of 1000")]
#[case::lcm_of_no_strength("LCMScheduler", json!({ "num_inference_steps": 4, "strength": 0.0 }), "`strength: 0`")]
#[case::lcm_of_too_much_strength("LCMScheduler", json!({ "num_inference_steps": 4, "strength": 1.5 }), "`strength: 1.5`")]
#[case::lcm_cut_too_short("LCMScheduler", json!({ "num_inference_steps": 4, "strength": 0.05 }), "original_inference_steps")]
#[case::lcm_of_nothing_left("LCMScheduler", json!({ "timesteps": [999, 499], "strength": 0.1 }), "no timestep is left")]
#[case::lcm_of_rising_timesteps("LCMScheduler", json!({ "timesteps": [499, 999] }), "falling order")]
#[case::tcd_of_late_timesteps("TCDScheduler", json!({ "timesteps": [1000, 499] }), "timestep 1000 of 1000")]
fn timesteps(#[case] class: &str, #[case] set_timesteps: Value, #[case] said: &str) {
    let refusal = refusal(class, json!({}), json!({ "set_timesteps": set_timesteps }));
    assert!(refusal.contains(said), "{refusal}");
}

#[rstest]
#[case::batch("DDIMScheduler", json!({ "loop": "batch_step_no_noise" }), "batch_step_no_noise")]
#[case::told("DDPMScheduler", json!({ "loop": "explicit_prev_timestep" }), "explicit_prev_timestep")]
#[case::runge_kutta("DDIMScheduler", json!({ "loop": "prk_then_plms" }), "prk_then_plms")]
#[case::noised("IPNDMScheduler", json!({ "first_timestep_index": 5, "add_noise": {} }), "has no `add_noise`")]
#[case::noised_inverse("DDIMInverseScheduler", json!({ "first_timestep_index": 5, "add_noise": {} }), "has no `add_noise`")]
#[case::fresh_noise_in_a_batch("DDIMParallelScheduler", json!({ "loop": "batch_step_no_noise", "step_args": { "eta": 0.5 } }), "`eta`")]
fn a_loop(#[case] class: &str, #[case] mut recipe: Value, #[case] said: &str) {
    recipe["set_timesteps"] = json!({ "num_inference_steps": 10 });
    let refusal = refusal(class, json!({}), recipe);
    assert!(refusal.contains(said), "{refusal}");
}
