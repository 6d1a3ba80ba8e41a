//! Recipes of runs as scenarios: the keys of a recipe are those of the pipeline's `params:`.

use std::path::PathBuf;

use burn::tensor::Device;
use burn_repro::{BoxError, Case, Inputs, Pipeline, Probe};
use burn_repro_core::scenario::Seed;
use burn_repro_core::trace::Trace;
use burn_repro_scenarios::sampler::{Scheduler, SchedulerConfig};
use burn_repro_target::Dtype;
use serde_json::{Map, Value, json};

/// Whether a class of diffusers is a sampler here.
pub fn is_sampler(class: &str) -> bool {
    let scheduler = serde_json::from_value(json!({ "_class_name": class }));
    scheduler.is_ok_and(|_: Scheduler<SchedulerConfig>| true)
}

/// `scheduler:` of a class with what is written of its configuration.
pub fn scheduler(class: &Value, config: &Value) -> Value {
    let mut keys = object(config);
    keys.insert("_class_name".to_owned(), class.clone());
    keys.into()
}

/// What `set_timesteps` of a recipe is given, as keys of `params:`, and the number of steps that follows.
pub fn timesteps(recipe: &Value, config: &Value) -> (Map<String, Value>, usize) {
    let mut arguments = object(&recipe["set_timesteps"]);
    let count = arguments.remove("num_inference_steps").or_else(|| recipe.get("steps").cloned());
    let count = count.and_then(|count| count.as_u64());
    let listed = ["timesteps", "sigmas"].iter().find_map(|key| arguments.get(*key)?.as_array());
    let train = config["num_train_timesteps"].as_u64().unwrap_or(1000);
    let steps = count.or(listed.map(|list| list.len() as u64)).unwrap_or(train);
    (arguments, usize::try_from(steps).unwrap())
}

/// `params:` of the pipeline `sampler`, and the number of steps.
pub fn params(class: &Value, config: &Value, recipe: &Value) -> (Value, usize) {
    let (mut params, steps) = timesteps(recipe, config);
    params.insert("scheduler".to_owned(), scheduler(class, config));
    let defaults = [
        ("loop", json!("standard")),
        ("multiply_by_init_noise_sigma", json!(false)),
        ("scale_model_input", json!("none")),
        ("from_config_chain", json!([])),
        ("step_args", json!({})),
        ("sample_shape", json!([2, 1, 4, 4])),
    ];
    for (key, default) in defaults {
        let value = recipe.get(key).filter(|value| !value.is_null()).cloned();
        params.insert(key.to_owned(), value.unwrap_or(default));
    }
    if let Some(first) = recipe["first_timestep_index"].as_u64().filter(|&first| first > 0) {
        params.insert("start_at".to_owned(), first.into());
        let adds_noise = recipe.get("add_noise").is_some_and(|it| !it.is_null());
        params.insert("add_noise".to_owned(), adds_noise.into());
    }
    (params.into(), steps)
}

/// Runs a pipeline as a scenario with those `params:` and the seed 0.
///
/// # Errors
/// Whatever the pipeline refuses, or fails with.
pub fn run<P: Pipeline>(
    pipeline: &P,
    params: Value,
    steps: usize,
    device: &Device,
) -> Result<Trace, BoxError> {
    let batch_size = params["sample_shape"][0].as_u64().unwrap_or(1);
    let mut case = Case {
        inputs: Inputs::default(),
        scenario: String::new(),
        seed: Seed::from(0),
        seeds: Vec::new(),
        steps,
        batch_size: usize::try_from(batch_size)?,
        dtype: Dtype::F32,
        folder: PathBuf::new(),
        params: serde_json::from_value(params)?,
    };
    pipeline.complete(&mut case)?;
    pipeline.validate(&case)?;
    let mut probe = Probe::new(device.clone());
    pipeline.run(&case, device, &mut probe)?;
    Ok(probe.finish()?)
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
