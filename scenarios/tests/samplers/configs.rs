//! Reading and refusing configurations.

use burn_repro_scenarios::sampler::ddim::{Ddim, DdimArguments, DdimConfig};
use burn_repro_scenarios::sampler::ddpm::{Ddpm, DdpmArguments, DdpmConfig};
use burn_repro_scenarios::sampler::{
    Bound, Config, ConfigError, FromFields, NoiseConfig, PredictionType, Sampler, Scheduler,
    SchedulerConfig, VarianceType,
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

fn read<C: FromFields>(text: &str) -> serde_json::Result<C> {
    serde_json::from_str(text).map(|scheduler: Scheduler<C>| scheduler.config)
}

fn sampler_of<S: Sampler>(keys: &Value) -> Result<S, ConfigError> {
    S::new(&read::<Config<S>>(&keys.to_string()).unwrap(), &Default::default())
}

#[test]
fn nothing_written_is_diffusers_default() {
    let [ddim, ddpm] = ["DDIM", "DDPM"].map(|class| &VECTORS["defaults"][class]);
    let nothing = json!({});
    assert_eq!(sampler_of::<Ddim>(ddim).unwrap(), sampler_of(&nothing).unwrap());
    assert_eq!(sampler_of::<Ddpm>(ddpm).unwrap(), sampler_of(&nothing).unwrap());
    assert_eq!(DdimConfig::default(), read("{}").unwrap());
    assert_eq!(DdpmConfig::default(), read("{}").unwrap());
}

#[test]
fn a_ddpm_file_configures_either() {
    let ddpm: DdpmConfig = read(CIFAR10).unwrap();
    assert_eq!(ddpm.keys.variance_type, Some(VarianceType::FixedLarge));
    let ddim: DdimConfig = read(CIFAR10).unwrap();
    assert_eq!(ddim, DdimConfig::default());
    let either: SchedulerConfig = read(CIFAR10).unwrap();
    assert_eq!(either, SchedulerConfig::Ddpm(ddpm));
}

#[test]
fn every_key_is_read() {
    let keys = json!({
        "_class_name": "DDIMScheduler", "num_train_timesteps": 3, "beta_start": 0.1,
        "beta_end": 0.3, "beta_schedule": "squaredcos_cap_v2", "trained_betas": [0.1, 0.2, 0.3],
        "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1,
        "prediction_type": "v_prediction", "thresholding": true,
        "dynamic_thresholding_ratio": 0.9, "clip_sample_range": 2.0, "sample_max_value": 3.0,
        "timestep_spacing": "trailing", "rescale_betas_zero_snr": true,
    });
    let DdimConfig { keys, noise } = read(&keys.to_string()).unwrap();
    assert_eq!(keys.set_alpha_to_one, Some(false));
    assert!(!noise.clip_sample && noise.rescale_betas_zero_snr);
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
        read::<DdimConfig>(text).unwrap_err(),
        read::<DdpmConfig>(text).unwrap_err(),
        read::<SchedulerConfig>(text).unwrap_err(),
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
    let config: DdimConfig = read(&keys.to_string()).unwrap();
    assert_eq!(config.keys.set_alpha_to_one, Some(false));
    assert_eq!(config.noise, NoiseConfig { beta_end: 0.5, ..NoiseConfig::default() });
}

#[rstest]
#[case::without_class(json!({ "set_alpha_to_one": true }))]
#[case::ddim(json!({ "_class_name": "DDIMScheduler" }))]
#[case::lcm(json!({ "_class_name": "LCMScheduler", "original_inference_steps": 50 }))]
fn ddpm_is_made_of_any_scheduler(#[case] mut keys: Value) {
    keys["variance_type"] = json!("fixed_large");
    let DdpmConfig { keys, noise } = read(&keys.to_string()).unwrap();
    assert_eq!(keys.variance_type, Some(VarianceType::FixedLarge));
    assert_eq!(noise, NoiseConfig::default());
}

#[test]
fn the_sampler_pipeline_needs_a_class() {
    let refusal = read::<SchedulerConfig>("{}").unwrap_err().to_string();
    assert!(refusal.contains("write `_class_name: DDIMScheduler`"), "{refusal}");
    let keys = json!({ "_class_name": "VQDiffusionScheduler" });
    let refusal = read::<SchedulerConfig>(&keys.to_string()).unwrap_err().to_string();
    assert!(refusal.contains("`_class_name: VQDiffusionScheduler` is not supported"), "{refusal}");
}

#[rstest]
#[case::no_timesteps(json!({ "num_train_timesteps": 0 }), "num_train_timesteps: 0")]
#[case::one_timestep_too_many(json!({ "num_train_timesteps": 1048577 }), "num_train_timesteps: 1048577")]
#[case::more_than_memory_holds(json!({ "num_train_timesteps": 1_u64 << 60 }), "num_train_timesteps: 11529")]
#[case::more_than_a_list_holds(json!({ "num_train_timesteps": u64::MAX, "beta_schedule": "scaled_linear" }), "num_train_timesteps: 18446")]
#[case::no_noise(json!({ "beta_start": 0.0 }), "beta_start: 0")]
#[case::too_much_noise(json!({ "beta_end": 1.5 }), "beta_end: 1.5")]
#[case::trained(json!({ "num_train_timesteps": 2, "trained_betas": [0.1, -0.1] }), "trained_betas: -0.1")]
#[case::too_few(json!({ "num_train_timesteps": 3, "trained_betas": [0.1] }), "1 `trained_betas`")]
#[case::range(json!({ "clip_sample_range": 0 }), "clip_sample_range: 0")]
#[case::ratio(json!({ "thresholding": true, "dynamic_thresholding_ratio": 1.1 }), "ratio: 1.1")]
#[case::largest(json!({ "thresholding": true, "sample_max_value": -1 }), "sample_max_value: -1")]
#[case::rescaled(json!({ "num_train_timesteps": 1, "rescale_betas_zero_snr": true }), "rescale_betas")]
fn refuses_values_that_cannot_work(#[case] keys: Value, #[case] why: &str) {
    for refusal in [sampler_of::<Ddim>(&keys).unwrap_err(), sampler_of::<Ddpm>(&keys).unwrap_err()]
    {
        assert!(refusal.to_string().contains(why), "{refusal}");
    }
}

#[test]
fn refuses_betas_that_vanish_in_single_precision() {
    let why = ScheduleError::AlphaBar { timestep: 0, alpha_bar: 1.0 };
    let refusal = sampler_of::<Ddpm>(&json!({ "beta_start": 1e-9 }));
    assert_eq!(refusal, Err(ConfigError::Schedule(why)));
}

#[test]
fn unused_bounds_are_not_judged() {
    let keys = json!({ "clip_sample": false, "clip_sample_range": 0, "sample_max_value": 0 });
    assert!(sampler_of::<Ddim>(&keys).is_ok());
}

#[rstest]
#[case("sigmoid")]
#[case("laplace")]
fn ddim_has_no_such_schedule(#[case] name: &str) {
    let keys = json!({ "_class_name": "DDPMScheduler", "beta_schedule": name });
    assert!(sampler_of::<Ddpm>(&keys).is_ok());
    let refusal = sampler_of::<Ddim>(&keys).unwrap_err().to_string();
    assert!(refusal.contains("linear, scaled_linear"), "{refusal}");
}

#[test]
fn refuses_the_variance_that_is_always_nan() {
    let refusal = sampler_of::<Ddpm>(&json!({ "variance_type": "fixed_large_log" })).unwrap_err();
    assert!(refusal.to_string().contains("write `fixed_large`"), "{refusal}");
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
    let arguments = DdimArguments { eta, ..Default::default() };
    let refusal = Ddim::new(&DdimConfig::default(), &arguments).unwrap_err().to_string();
    assert!(refusal.starts_with("`eta: ") && refusal.contains(why), "{refusal}");
    assert!(refusal.contains("from 0 to 1"), "{refusal}");
}

#[rstest]
#[case(0.0)]
#[case(-0.0)]
#[case(1.0)]
fn takes_eta(#[case] eta: f64) {
    let arguments = DdimArguments { eta, ..Default::default() };
    assert!(Ddim::new(&DdimConfig::default(), &arguments).is_ok());
}

#[rstest]
#[case(0)]
#[case(1001)]
fn refuses_numbers_of_steps(#[case] steps: usize) {
    let why = ConfigError::Timesteps(TimestepError::Steps { steps, train: 1000 });
    let nothing = json!({});
    assert_eq!(sampler_of::<Ddim>(&nothing).unwrap().steps(steps), Err(why.clone()));
    assert_eq!(sampler_of::<Ddpm>(&nothing).unwrap().steps(steps), Err(why));
}

#[test]
fn as_many_timesteps_as_steps() {
    let arguments = DdpmArguments { timesteps: Some(vec![5, 3]) };
    let sampler = Ddpm::new(&DdpmConfig::default(), &arguments).unwrap();
    assert_eq!(sampler.steps(2).unwrap().len(), 2);
    let refusal = sampler.steps(3).unwrap_err().to_string();
    assert_eq!(refusal, "2 `timesteps` for 3 steps; write `steps: 2`");
}

/// Without a model, every sampler's arguments can be written; another sampler's are told, unless they say nothing.
#[rstest]
#[case::its_own("DDIMScheduler", "eta: 0.5", "")]
#[case::listed("DDPMScheduler", "timesteps: [900, 3]", "")]
#[case::another_s("DDPMScheduler", "eta: 0.5", "params: `eta` has no effect on DDPMScheduler")]
#[case::another_s_list(
    "DDIMScheduler",
    "timesteps: [900, 3]",
    "params: `timesteps` has no effect on DDIMScheduler"
)]
#[case::the_default("DDPMScheduler", "eta: 0", "")]
fn arguments_of_another_sampler_are_told(
    #[case] class: &str,
    #[case] argument: &str,
    #[case] notice: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loop.yaml");
    let text = format!(
        "version: 1\npipeline: sampler\nseed: 0\nsteps: 2\nparams:\n  scheduler: {{ _class_name: {class} }}\n  \
         sample_shape: [1, 3, 8, 8]\n  {argument}\n"
    );
    std::fs::write(&file, text).unwrap();
    let registry = &burn_repro_scenarios::project().registry;
    let scenario = burn_repro_core::scenario::load_file(&file, registry).unwrap();
    assert_eq!(scenario.notices.join("\n"), notice);
}
