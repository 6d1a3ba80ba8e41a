//! Configuration files as programs write them and as people paste them, and weights of another type.

use std::fs;

use half::f16;
use rstest::rstest;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde_json::json;

use super::{TINY, WEIGHTS, edit, gives_its_numbers, is_refused, model, scenario, tiny};

#[test]
fn a_folder_without_anything_unusual_says_nothing() {
    assert_eq!(gives_its_numbers(&tiny()), [""; 0]);
}

/// What diffusers' EMA saves; other programs leave other keys, which no list here has to know.
#[test]
fn keys_that_a_program_wrote_are_told_once() {
    let copy = tiny();
    edit(&model(&copy).join("config.json"), |config| {
        for key in ["decay", "inv_gamma", "min_decay", "optimization_step", "power"] {
            config[key] = json!(0.75);
        }
        config["use_ema_warmup"] = json!(true);
        config["a_key_of_nobody"] = json!({ "nested": [1] });
        config["_use_default_values"] = json!(["dropout"]);
    });
    assert_eq!(
        gives_its_numbers(&copy),
        [
            "config.json of the UNet: keys without effect: `_use_default_values`, `a_key_of_nobody`, `decay`, \
          `inv_gamma`, `min_decay`, `optimization_step`, `power`, `use_ema_warmup`"
        ]
    );
}

/// A scheduler file of Stable Diffusion, pasted by a person.
#[rstest]
#[case::ddim("DDIMScheduler", "skip_prk_steps: true", "`skip_prk_steps`")]
#[case::pndm(
    "PNDMScheduler",
    "skip_prk_steps: true",
    "written for PNDMScheduler, used for DDIMScheduler"
)]
#[case::ddpm("DDPMScheduler", "variance_type: fixed_small", "without effect: `variance_type`")]
#[case::dpm("DPMSolverMultistepScheduler", "lambda_min_clipped: -Infinity", "`lambda_min_clipped`")]
#[case::euler(
    "EulerDiscreteScheduler",
    "{sigma_max: null, timestep_type: discrete}",
    "`sigma_max`, `timestep_type`"
)]
fn a_scheduler_s_file_that_a_person_pasted_gives_diffusers_numbers(
    #[case] class: &str,
    #[case] foreign: &str,
    #[case] notice: &str,
) {
    let foreign = foreign.trim_matches(['{', '}']);
    let scheduler = format!(
        "  scheduler: {{_class_name: {class}, _diffusers_version: 0.31.0.dev0, beta_end: 0.012, beta_schedule: \
         scaled_linear, beta_start: 0.00085, clip_sample: false, set_alpha_to_one: false, steps_offset: 1, {foreign}, \
         trained_betas: null}}\n"
    );
    let copy = scenario("ddim", 5, &scheduler, [769.9713, 87.6809]);
    // Without the clipping the sums are larger, and so is their rounding.
    let text = fs::read_to_string(copy.scenario("field")).unwrap();
    fs::write(copy.scenario("field"), text.replace("tol: 2.0e-3", "tol: 7.7e-2")).unwrap();
    let notices = gives_its_numbers(&copy);
    assert!(notices.len() == 1 && notices[0].contains(notice), "{notices:?}");
}

#[test]
fn keys_that_nobody_knows_are_refused_together_with_their_place() {
    let copy = scenario(
        "ddim",
        2,
        "  scheduler: {beta_strat: 0.1, skip_prk_steps: true, clip_sampel: 1}\n",
        TINY,
    );
    let told = "field.yaml:8:14: params.scheduler: unknown field `beta_strat`, did you mean `beta_start`?; unknown field \
                `clip_sampel`, did you mean `clip_sample`?";
    is_refused(&copy, &[told]);
}

#[test]
fn a_half_precision_variant_gives_torchs_numbers() {
    let copy = scenario("ddim", 2, "  scheduler: {}\n", [167.3346, 88.6931]);
    let bytes = fs::read(model(&copy).join(WEIGHTS)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let halves: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, view)| {
            let values = view.data().as_chunks().0.iter().copied().map(f32::from_le_bytes);
            let halves = values.flat_map(|value| f16::from_f32(value).to_le_bytes()).collect();
            (name.to_owned(), view.shape().to_vec(), halves)
        })
        .collect();
    let views = halves.iter().map(|(name, shape, data)| {
        (name, TensorView::new(Dtype::F16, shape.clone(), data).unwrap())
    });
    let variant = "diffusion_pytorch_model.fp16.safetensors";
    fs::write(model(&copy).join(variant), serialize(views, None).unwrap()).unwrap();
    fs::remove_file(model(&copy).join(WEIGHTS)).unwrap();
    let told = format!("the weights are the variant fp16, {variant}: no others are there");
    assert_eq!(gives_its_numbers(&copy), [told]);
}
