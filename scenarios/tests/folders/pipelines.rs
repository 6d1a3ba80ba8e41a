//! Folders of whole pipelines, with a scheduler of their own.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::json;

use super::{TINY, WEIGHTS, edit, gives_its_numbers, is_refused, model, pipeline, scenario, tiny};

/// Where a pipeline keeps its scheduler, and who says that it has one.
#[rstest]
#[case::saved(|_: &Path| ())]
#[case::without_an_index(|folder: &Path| fs::remove_file(folder.join("model_index.json")).unwrap())]
#[case::at_the_root(|folder: &Path| {
    fs::rename(folder.join("scheduler/scheduler_config.json"), folder.join("scheduler_config.json")).unwrap();
    fs::remove_dir(folder.join("scheduler")).unwrap();
})]
#[case::model_at_the_root_too(|folder: &Path| {
    fs::rename(folder.join("scheduler/scheduler_config.json"), folder.join("scheduler_config.json")).unwrap();
    fs::remove_dir(folder.join("scheduler")).unwrap();
    for file in ["config.json", WEIGHTS] {
        fs::rename(folder.join("unet").join(file), folder.join(file)).unwrap();
    }
    fs::remove_dir(folder.join("unet")).unwrap();
})]
fn a_pipeline_s_own_scheduler_is_used(#[case] lay: fn(&Path)) {
    let copy = scenario("ddpm", 5, "", [44.1136, 99.7419]);
    pipeline(&copy, "DDPMScheduler");
    lay(&model(&copy));
    let notices = gives_its_numbers(&copy);
    assert!(
        notices.len() == 1 && notices[0].starts_with("the scheduler is that of models/m/"),
        "{notices:?}"
    );
}

#[test]
fn keys_of_the_scenario_replace_keys_of_the_folder_and_the_notice_says_which() {
    // The file holds what the published numbers were not made with, and the scenario what they were.
    let scheduler =
        "  scheduler: {clip_sample_range: 0.8, prediction_type: sample, steps_offset: 0}\n";
    let copy = scenario("ddpm", 5, scheduler, [44.1136, 99.7419]);
    edit(&pipeline(&copy, "DDPMScheduler"), |config| {
        config["clip_sample_range"] = json!(0.1);
        config["prediction_type"] = json!("epsilon");
    });
    let told = "the scheduler is that of models/m/scheduler/scheduler_config.json, but for `clip_sample_range`, \
                `prediction_type` of params.scheduler";
    assert_eq!(gives_its_numbers(&copy), [told]);
}

/// The class of the pipeline goes before that of the file: any scheduler's file makes any pipeline.
#[rstest]
#[case::ddim("DDIMScheduler")]
#[case::pndm("PNDMScheduler")]
#[case::dpm("DPMSolverMultistepScheduler")]
fn a_scheduler_of_another_class_makes_the_pipeline_s(#[case] class: &str) {
    let copy = scenario("ddpm", 5, "", [44.1136, 99.7419]);
    let file = pipeline(&copy, class);
    // As Python writes it.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("\"steps_offset\"", "\"lambda_min_clipped\": -Infinity, \"steps_offset\""),
    )
    .unwrap();
    let notices = gives_its_numbers(&copy).join("\n");
    assert!(notices.contains(&format!("written for {class}, used for DDPMScheduler")), "{notices}");
    assert!(notices.contains("keys without effect: `lambda_min_clipped`"), "{notices}");
}

#[test]
fn the_model_s_own_subfolder_has_no_scheduler() {
    let copy = scenario("ddim", 2, "", TINY);
    pipeline(&copy, "DDPMScheduler");
    copy.replace(&copy.scenario("field"), "path: models/m", "path: models/m/unet");
    assert_eq!(gives_its_numbers(&copy), [""; 0]);
}

#[test]
fn a_pipeline_that_lacks_its_scheduler_is_refused_unless_the_scenario_has_one() {
    let copy = scenario("ddim", 2, "", TINY);
    fs::remove_file(pipeline(&copy, "DDIMScheduler")).unwrap();
    is_refused(
        &copy,
        &[
            "scheduler_config.json is not there; download it",
            "or write `scheduler:` beside `unet:`",
        ],
    );
    copy.replace(&copy.scenario("field"), "expect:", "  scheduler: {}\nexpect:");
    assert_eq!(gives_its_numbers(&copy), [""; 0]);
}

#[test]
fn parts_of_a_pipeline_that_are_not_used_are_told() {
    let copy = tiny();
    let index = json!({ "_class_name": "LDMPipeline", "vqvae": ["diffusers", "VQModel"], "unet": ["diffusers", "UNet2DModel"],
        "scheduler": [null, null] });
    fs::write(model(&copy).join("model_index.json"), index.to_string()).unwrap();
    assert_eq!(gives_its_numbers(&copy), ["parts of model_index.json that are not used: `vqvae`"]);
}

/// A golden answers what the folder's scheduler asks, too.
#[test]
fn another_scheduler_in_the_folder_asks_another_question() {
    let copy = scenario("ddpm", 5, "", [44.1136, 99.7419]);
    let file = pipeline(&copy, "DDPMScheduler");
    let registry = &burn_repro_scenarios::project().registry;
    let question = || {
        burn_repro_core::scenario::load_file(&copy.scenario("field"), registry).unwrap().question
    };
    let before = question();
    assert_eq!(question().differences(&before), [""; 0]);
    edit(&file, |config| config["clip_sample_range"] = json!(0.5));
    let told = "params.scheduler.clip_sample_range is 0.5, the golden's 0.8";
    assert_eq!(question().differences(&before), [told]);
    // What is the default anyway asks nothing, so that goldens from before stay.
    let before = question();
    edit(&file, |config| config["beta_start"] = json!(0.0001));
    assert_eq!(question().sha256(), before.sha256());
}
