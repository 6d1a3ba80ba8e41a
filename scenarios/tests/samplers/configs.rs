//! Reading and refusing configurations.

use burn_repro_scenarios::sampler::{
    Bound, ConfigError, DdimConfig, DdpmConfig, NoiseConfig, PredictionType, SchedulerConfig,
    VarianceType,
};
use burn_repro_scenarios::schedule::{BetaSchedule, ScheduleError, TimestepError, TimestepSpacing};
use rstest::rstest;
use serde_json::{Value, json};

use crate::oracle::VECTORS;

/// The `scheduler_config.json` of google/ddpm-cifar10-32.
const CIFAR10: &str = r#"{
  "_class_name": "DDPMScheduler",
  "_diffusers_version": "0.1.1",
  "beta_end": 0.02,
  "beta_schedule": "linear",
  "beta_start": 0.0001,
  "clip_sample": true,
  "num_train_timesteps": 1000,
  "trained_betas": null,
  "variance_type": "fixed_large"
}"#;

#[test]
fn nothing_written_is_diffusers_default() {
    let ddim: DdimConfig = serde_json::from_value(VECTORS["defaults"]["DDIM"].clone()).unwrap();
    let ddpm: DdpmConfig = serde_json::from_value(VECTORS["defaults"]["DDPM"].clone()).unwrap();
    assert_eq!(serde_json::from_str::<DdimConfig>("{}").unwrap(), ddim);
    assert_eq!(serde_json::from_str::<DdpmConfig>("{}").unwrap(), ddpm);
    assert_eq!((DdimConfig::default(), DdpmConfig::default()), (ddim, ddpm));
}

#[test]
fn a_ddpm_file_configures_either() {
    let ddpm: DdpmConfig = serde_json::from_str(CIFAR10).unwrap();
    assert_eq!(ddpm.variance_type, VarianceType::FixedLarge);
    let ddim: DdimConfig = serde_json::from_str(CIFAR10).unwrap();
    assert_eq!(ddim, DdimConfig::default());
    let either: SchedulerConfig = serde_json::from_str(CIFAR10).unwrap();
    assert_eq!(either, SchedulerConfig::Ddpm(ddpm));
}

#[test]
fn every_key_is_read() {
    let config: DdimConfig = serde_json::from_value(json!({
        "_class_name": "DDIMScheduler", "num_train_timesteps": 3, "beta_start": 0.1,
        "beta_end": 0.3, "beta_schedule": "squaredcos_cap_v2", "trained_betas": [0.1, 0.2, 0.3],
        "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1,
        "prediction_type": "v_prediction", "thresholding": true,
        "dynamic_thresholding_ratio": 0.9, "clip_sample_range": 2.0, "sample_max_value": 3.0,
        "timestep_spacing": "trailing", "rescale_betas_zero_snr": true,
    }))
    .unwrap();
    let noise = config.noise;
    assert!(!config.set_alpha_to_one && !noise.clip_sample && noise.rescale_betas_zero_snr);
    assert_eq!((noise.num_train_timesteps, noise.steps_offset), (3, 1));
    assert_eq!((noise.beta_start, noise.beta_end, noise.clip_sample_range), (0.1, 0.3, 2.0));
    assert_eq!(noise.trained_betas.as_deref(), Some(&[0.1, 0.2, 0.3][..]));
    assert_eq!(noise.beta_schedule, BetaSchedule::SquaredCosine);
    assert_eq!(noise.prediction_type, PredictionType::Velocity);
    assert_eq!(noise.timestep_spacing, TimestepSpacing::Trailing);
    assert_eq!(noise.bound(), Bound::Dynamic { ratio: 0.9, largest: 3.0 });
}

#[rstest]
#[case::misspelt("{\n  \"clip_sample\": true,\n  \"beta_strat\": 0.1\n}", "line 4")]
#[case::no_such_schedule("{\n  \"beta_schedule\": \"cosine\"\n}", "line 2")]
#[case::no_such_class("{\n  \"_class_name\": \"PNDMSchedular\"\n}", "line 2")]
#[case::negative("{\n\n  \"steps_offset\": -1\n}", "line 3")]
fn refuses_with_a_line_number(#[case] text: &str, #[case] line: &str) {
    for refusal in [
        serde_json::from_str::<DdimConfig>(text).unwrap_err(),
        serde_json::from_str::<DdpmConfig>(text).unwrap_err(),
        serde_json::from_str::<SchedulerConfig>(text).unwrap_err(),
    ] {
        assert!(refusal.to_string().contains(line), "{refusal}");
    }
}

/// As diffusers' `from_config`: what both have is taken, the rest has no effect. Every other scheduler belongs here, too.
#[rstest]
#[case::ddpm(json!({ "_class_name": "DDPMScheduler", "variance_type": "fixed_small" }))]
#[case::without_class(json!({ "variance_type": "fixed_large" }))]
#[case::pndm(json!({ "_class_name": "PNDMScheduler", "skip_prk_steps": true }))]
#[case::euler(json!({ "_class_name": "EulerDiscreteScheduler", "sigma_max": null, "timestep_type": "discrete" }))]
#[case::dpm(json!({ "_class_name": "DPMSolverMultistepScheduler", "solver_order": 2 }))]
#[case::flow(json!({ "_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0 }))]
fn ddim_is_made_of_any_scheduler(#[case] mut keys: Value) {
    keys["beta_end"] = json!(0.5);
    keys["set_alpha_to_one"] = json!(false);
    let config: DdimConfig = serde_json::from_value(keys).unwrap();
    assert!(!config.set_alpha_to_one);
    assert_eq!(config.noise, NoiseConfig { beta_end: 0.5, ..NoiseConfig::default() });
}

#[rstest]
#[case::without_class(json!({ "set_alpha_to_one": true }))]
#[case::ddim(json!({ "_class_name": "DDIMScheduler" }))]
#[case::lcm(json!({ "_class_name": "LCMScheduler", "original_inference_steps": 50 }))]
fn ddpm_is_made_of_any_scheduler(#[case] mut keys: Value) {
    keys["variance_type"] = json!("fixed_large");
    let config: DdpmConfig = serde_json::from_value(keys).unwrap();
    assert_eq!(
        config,
        DdpmConfig { variance_type: VarianceType::FixedLarge, ..Default::default() }
    );
}

#[test]
fn the_sampler_pipeline_needs_a_class() {
    let refusal = serde_json::from_str::<SchedulerConfig>("{}").unwrap_err().to_string();
    assert!(refusal.contains("write `_class_name: DDIMScheduler`"), "{refusal}");
    let keys = json!({ "_class_name": "PNDMScheduler" });
    let refusal = serde_json::from_value::<SchedulerConfig>(keys).unwrap_err().to_string();
    assert!(refusal.contains("`_class_name: PNDMScheduler` is not supported"), "{refusal}");
}

#[rstest]
#[case::no_timesteps(json!({ "num_train_timesteps": 0 }), "num_train_timesteps: 0")]
#[case::no_noise(json!({ "beta_start": 0.0 }), "beta_start: 0")]
#[case::too_much_noise(json!({ "beta_end": 1.5 }), "beta_end: 1.5")]
#[case::trained(json!({ "num_train_timesteps": 2, "trained_betas": [0.1, -0.1] }), "trained_betas: -0.1")]
#[case::too_few(json!({ "num_train_timesteps": 3, "trained_betas": [0.1] }), "1 `trained_betas`")]
#[case::range(json!({ "clip_sample_range": 0 }), "clip_sample_range: 0")]
#[case::ratio(json!({ "thresholding": true, "dynamic_thresholding_ratio": 1.1 }), "ratio: 1.1")]
#[case::largest(json!({ "thresholding": true, "sample_max_value": -1 }), "sample_max_value: -1")]
#[case::rescaled(json!({ "num_train_timesteps": 1, "rescale_betas_zero_snr": true }), "rescale_betas")]
fn refuses_values_that_cannot_work(#[case] keys: Value, #[case] why: &str) {
    let ddim: DdimConfig = serde_json::from_value(keys.clone()).unwrap();
    let ddpm: DdpmConfig = serde_json::from_value(keys).unwrap();
    for refusal in [
        ddim.validate().unwrap_err().to_string(),
        ddim.sampler(0.0, false).unwrap_err().to_string(),
        ddpm.validate().unwrap_err().to_string(),
        ddpm.sampler().unwrap_err().to_string(),
    ] {
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn refuses_betas_that_vanish_in_single_precision() {
    let mut config = DdpmConfig::default();
    config.noise.beta_start = 1e-9;
    let why = ScheduleError::AlphaBar { timestep: 0, alpha_bar: 1.0 };
    assert_eq!(config.validate(), Err(ConfigError::Schedule(why)));
}

#[test]
fn unused_bounds_are_not_judged() {
    let keys = json!({ "clip_sample": false, "clip_sample_range": 0, "sample_max_value": 0 });
    assert_eq!(serde_json::from_value::<DdimConfig>(keys).unwrap().validate(), Ok(()));
}

#[rstest]
#[case("sigmoid")]
#[case("laplace")]
fn ddim_has_no_such_schedule(#[case] name: &str) {
    let keys = json!({ "_class_name": "DDPMScheduler", "beta_schedule": name });
    assert_eq!(serde_json::from_value::<DdpmConfig>(keys.clone()).unwrap().validate(), Ok(()));
    let config: DdimConfig = serde_json::from_value(keys).unwrap();
    assert!(config.validate().unwrap_err().to_string().contains("linear, scaled_linear"));
}

#[test]
fn refuses_the_variance_that_is_always_nan() {
    let config: DdpmConfig =
        serde_json::from_value(json!({ "variance_type": "fixed_large_log" })).unwrap();
    assert!(config.validate().unwrap_err().to_string().contains("write `fixed_large`"));
}

#[rstest]
#[case::negative(-0.5, "is a share")]
#[case::endless(f64::NEG_INFINITY, "is a share")]
#[case::a_little_more(1.0000001, "NaN in every element")]
#[case::reported(1.05, "NaN in every element")]
#[case::twice(2.0, "NaN in every element")]
#[case::no_number(f64::NAN, "NaN in every element")]
#[case::infinite(f64::INFINITY, "NaN in every element")]
fn refuses_eta(#[case] eta: f64, #[case] why: &str) {
    let refusal = DdimConfig::default().sampler(eta, false).unwrap_err().to_string();
    assert!(refusal.starts_with("`eta: ") && refusal.contains(why), "{refusal}");
    assert!(refusal.contains("from 0 to 1"), "{refusal}");
}

#[rstest]
#[case(0.0)]
#[case(-0.0)]
#[case(1.0)]
fn takes_eta(#[case] eta: f64) {
    assert!(DdimConfig::default().sampler(eta, false).is_ok());
}

#[rstest]
#[case(0)]
#[case(1001)]
fn refuses_numbers_of_steps(#[case] steps: usize) {
    let why = ConfigError::Timesteps(TimestepError::Steps { steps, train: 1000 });
    assert_eq!(DdimConfig::default().transitions(steps), Err(why.clone()));
    assert_eq!(DdpmConfig::default().transitions(steps), Err(why));
}
