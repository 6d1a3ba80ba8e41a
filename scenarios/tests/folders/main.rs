//! Folders and configuration files as people have them, run through the built binary: what diffusers takes gives diffusers'
//! numbers and a notice, anything else one clear sentence and exit code 2 before a device is opened.
//!
//! The numbers are torch 2.15.0's and diffusers 0.42.1's sums of absolute values.

mod configurations;
mod pipelines;
#[path = "../project/mod.rs"]
mod project;
mod refusals;

use std::fs;
use std::path::{Path, PathBuf};

use project::Copy;
use serde_json::{Value, json};

const WEIGHTS: &str = "diffusion_pytorch_model.safetensors";

/// The tiny model alone gives these.
const TINY: [f64; 2] = [167.3299, 88.6936];

/// A scenario `field` beside `models/m`, which holds the tiny model.
fn scenario(pipeline: &str, steps: usize, scheduler: &str, [latents, image]: [f64; 2]) -> Copy {
    let copy = Copy::empty();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ddim_tiny/unet");
    fs::create_dir_all(model(&copy)).unwrap();
    for file in ["config.json", WEIGHTS] {
        fs::copy(data.join(file), model(&copy).join(file)).unwrap();
    }
    let expected = |output: &str, value: f64| {
        format!(
            "  - {{ source: diffusers, output: {output}, abs_sum: {{ value: {value}, tol: 2.0e-3 }} }}\n"
        )
    };
    let text = format!(
        "version: 1\npipeline: {pipeline}\nseed: 0\nsteps: {steps}\nbackends: [flex, ndarray]\nparams:\n  unet: {{ path: models/m }}\n\
         {scheduler}expect:\n{}{}",
        expected("latents", latents),
        expected("image", image)
    );
    fs::write(copy.scenario("field"), text).unwrap();
    copy
}

fn tiny() -> Copy {
    scenario("ddim", 2, "  scheduler: {}\n", TINY)
}

fn model(copy: &Copy) -> PathBuf {
    copy.path().join("scenarios/models/m")
}

/// Changes a JSON file of the model's folder.
fn edit(file: &Path, edit: impl FnOnce(&mut Value)) {
    let mut json = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    edit(&mut json);
    fs::write(file, serde_json::to_vec_pretty(&json).unwrap()).unwrap();
}

/// Runs what has no golden, and whose published numbers count. Gives its notices, which are said once each, in the terminal
/// and in every report.
#[track_caller]
fn gives_its_numbers(copy: &Copy) -> Vec<String> {
    let run = copy.repro(&["run", "--record", "left"]);
    run.ends_with(101);
    let left = copy.path().join("left");
    let record: Value = serde_json::from_slice(&fs::read(left.join("run.json")).unwrap()).unwrap();
    for cell in record["cells"].as_array().unwrap() {
        let expect = cell["expect"].as_array().unwrap();
        assert!(!expect.is_empty() && expect.iter().all(|one| one["pass"] == true), "{expect:#?}");
    }
    let notices = record["scenarios"][0]["notices"].as_array().cloned().unwrap_or_default();
    let notices: Vec<String> = notices.iter().map(|n| n.as_str().unwrap().to_owned()).collect();
    let [page, summary] =
        ["report.html", "summary.md"].map(|file| fs::read_to_string(left.join(file)).unwrap());
    for notice in &notices {
        let said = format!("note field: {notice}\n");
        assert_eq!(run.stdout.matches(&said).count(), 1, "{said:?} in\n{}", run.stdout);
        let word = notice.split(' ').next().unwrap();
        assert!(page.contains("\"notices\"") && page.contains(word), "{word}");
        assert!(summary.contains("- field: "), "{summary}");
    }
    assert_eq!(run.stdout.matches("note field: ").count(), notices.len(), "{}", run.stdout);
    notices
}

/// Refused with code 2, before anything was looked for or run.
#[track_caller]
fn is_refused(copy: &Copy, words: &[&str]) {
    let run = copy.repro(&["run"]);
    run.ends_with(2).says(words).says(&["field.yaml:"]);
    assert_eq!(run.stdout, "");
    assert!(!copy.path().join("runs").exists());
}

/// The scheduler that the pipeline was saved with.
fn pipeline(copy: &Copy, class: &str) -> PathBuf {
    let folder = model(copy);
    fs::create_dir_all(folder.join("unet")).unwrap();
    for file in ["config.json", WEIGHTS] {
        fs::rename(folder.join(file), folder.join("unet").join(file)).unwrap();
    }
    let index = json!({
        "_class_name": "DDPMPipeline", "_diffusers_version": "0.42.1",
        "scheduler": ["diffusers", class], "unet": ["diffusers", "UNet2DModel"],
    });
    fs::write(folder.join("model_index.json"), index.to_string()).unwrap();
    let file = folder.join("scheduler/scheduler_config.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let config = json!({
        "_class_name": class, "_diffusers_version": "0.42.1", "beta_end": 0.02, "beta_schedule": "squaredcos_cap_v2",
        "beta_start": 0.0001, "clip_sample": true, "clip_sample_range": 0.8, "num_train_timesteps": 1000,
        "prediction_type": "sample", "steps_offset": 0, "thresholding": false, "timestep_spacing": "leading",
        "trained_betas": null, "variance_type": "fixed_large",
    });
    fs::write(&file, config.to_string()).unwrap();
    file
}
