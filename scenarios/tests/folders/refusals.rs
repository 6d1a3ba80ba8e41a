//! What is refused before a device is opened.

use std::fs;

use rstest::rstest;

use super::project::Copy;
use super::{TINY, WEIGHTS, is_refused, model, pipeline, scenario, tiny};

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 60876\n";

/// Every file of a folder may be a pointer.
#[rstest]
#[case::weights("unet/diffusion_pytorch_model.safetensors")]
#[case::config("unet/config.json")]
#[case::index("model_index.json")]
#[case::scheduler("scheduler/scheduler_config.json")]
fn a_git_lfs_pointer_is_called_one(#[case] file: &str) {
    let copy = scenario("ddim", 2, "", TINY);
    pipeline(&copy, "DDIMScheduler");
    fs::write(model(&copy).join(file), POINTER).unwrap();
    is_refused(&copy, &[file, "is a Git LFS pointer", "run `git lfs pull`"]);
}

#[test]
fn a_pickle_is_refused_before_a_device_is_opened() {
    let copy = tiny();
    let bin = model(&copy).join("diffusion_pytorch_model.bin");
    fs::rename(model(&copy).join(WEIGHTS), bin).unwrap();
    is_refused(
        &copy,
        &["is a pickle, which is a program", "python -c \"from diffusers import UNet2DModel"],
    );
}

/// Infinite and NaN, and only where the scenario would run.
#[rstest]
#[case(f32::INFINITY, "inf")]
#[case(f32::NAN, "NaN")]
fn a_weight_that_is_not_finite_is_named_before_a_device_is_opened(
    #[case] value: f32,
    #[case] word: &str,
) {
    let copy = tiny();
    let file = model(&copy).join(WEIGHTS);
    let mut bytes = fs::read(&file).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&value.to_le_bytes());
    fs::write(&file, bytes).unwrap();
    is_refused(
        &copy,
        &[WEIGHTS, &format!(" is {word} at ["), "every weight has to be a finite number"],
    );
    copy.replace(&copy.scenario("field"), "version: 1", "version: 1\ntags: [nightly]");
    copy.repro(&["run"]).ends_with(4);
}

#[rstest]
#[case::reported("1.05", "diffusers gives NaN in every element")]
#[case::twice("2", "diffusers gives NaN in every element")]
#[case::infinite(".inf", "diffusers gives NaN in every element")]
#[case::no_number(".nan", "diffusers gives NaN in every element")]
#[case::negative("-0.1", "is a share of fresh noise")]
fn eta_outside_of_0_to_1_is_refused(#[case] eta: &str, #[case] words: &str) {
    let copy = scenario("ddim", 2, &format!("  eta: {eta}\n"), TINY);
    is_refused(&copy, &["`eta: ", words, "write a number from 0 to 1"]);
    for class in ["DDIMScheduler", "DDPMScheduler"] {
        let sampler = format!(
            "version: 1\npipeline: sampler\nseed: 0\nsteps: 10\nbatch_size: 4\nparams:\n  scheduler: {{ _class_name: \
             {class} }}\n  sample_shape: [4, 3, 8, 8]\n  eta: {eta}\n"
        );
        fs::write(copy.scenario("field"), sampler).unwrap();
        is_refused(&copy, &["`eta: ", words]);
    }
}

#[test]
fn a_norm_of_one_value_is_refused_before_a_device_is_opened() {
    let copy = Copy::empty();
    let text = "version: 1\npipeline: ddim\nseed: 0\nsteps: 2\nbackends: [flex, ndarray]\nparams:\n  unet:\n    config: {sample_size: 1, \
                layers_per_block: 1, block_out_channels: [4], norm_num_groups: 4, add_attention: false, down_block_types: \
                [DownBlock2D], up_block_types: [UpBlock2D]}\n    init_seed: 0\n";
    fs::write(copy.scenario("field"), text).unwrap();
    is_refused(
        &copy,
        &["Expected more than 1 value per channel when training, got input size [1, 4, 1, 1]"],
    );
    // Two samples are two values.
    fs::write(copy.scenario("field"), text.replace("steps: 2", "steps: 2\nbatch_size: 2")).unwrap();
    copy.repro(&["run"]).ends_with(101);
}
