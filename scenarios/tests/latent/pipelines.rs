//! The pipelines beside diffusers: the slices that it published, under `expect` in `scenarios/pipelines`, and sums of
//! absolute values that diffusers 0.36.0 on torch 2.3.1 gives for what it has not published.

use std::fs;
use std::path::{Path, PathBuf};

use burn::backend::DispatchDevice;
use burn::tensor::Device;
use burn_repro::torch::Generator;
use burn_repro_core::scenario::{Parsed, Published, load_file};
use burn_repro_core::trace::Trace;
use burn_repro_scenarios::autoencoder::AutoencoderKLConfig;
use burn_repro_scenarios::dit::DiTConfig;
use burn_repro_scenarios::project;
use burn_repro_scenarios::unet::{Architecture, Weights};
use rstest::rstest;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines").join(format!("{name}.yaml"))
}

fn devices() -> [Device; 2] {
    [Device::flex(), Device::new(DispatchDevice::NdArray(Default::default()))]
}

/// Runs the text of a scenario beside the others, or says why it is refused.
fn run(text: &str, device: &Device) -> Result<Trace, String> {
    run_at(&scenario("a-test"), text, device)
}

/// Runs the text of a scenario file.
fn run_at(file: &Path, text: &str, device: &Device) -> Result<Trace, String> {
    let registry = project().registry;
    let parsed = Parsed::new(file, text.to_owned()).map_err(|problem| problem.to_string())?;
    let pipeline = registry.find(&parsed.keys.pipeline).ok_or("no such pipeline")?;
    let prepared = pipeline.prepare(&parsed).map_err(|problem| problem.to_string())?;
    prepared.run(device, Default::default()).map_err(|error| error.to_string())
}

/// The text of a scenario with replacements of what must be there.
fn changed(name: &str, changes: &[(&str, &str)]) -> String {
    let text = fs::read_to_string(scenario(name)).unwrap();
    changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{name} has no {from:?}");
        text.replacen(from, to, 1)
    })
}

fn output<'a>(trace: &'a Trace, name: &str) -> (&'a [usize], &'a [f64]) {
    let named = trace.outputs.iter().find(|named| named.name == name).unwrap();
    (&named.tensor.shape, &named.tensor.values)
}

fn abs_sum(trace: &Trace, name: &str) -> f64 {
    output(trace, name).1.iter().map(|value| value.abs()).sum()
}

#[rstest]
#[case("pndm-fast")]
#[case("unconditional-tiny")]
#[case("score-sde-ve-fast")]
#[case("karras-ve-fast")]
#[case("ldm-uncond-fast")]
#[case("ldm-superresolution-fast")]
#[case("dit-fast")]
#[case("repaint-fast")]
fn what_was_published_comes_out(#[case] name: &str) {
    let scenario = load_file(&scenario(name), &project().registry).unwrap();
    assert!(!scenario.expect.is_empty());
    for device in devices() {
        let trace = run(&scenario.parsed.text, &device).unwrap();
        for expectation in &scenario.expect {
            let got = output(&trace, &expectation.output);
            let (far, tol) = match &expectation.published {
                Published::Values { slice, values, tol } => {
                    let places = slice.resolve(got.0).unwrap();
                    assert_eq!(places.len(), values.len());
                    let far = places.iter().zip(values).map(|(&at, want)| (got.1[at] - want).abs());
                    (far.fold(0.0, f64::max), *tol)
                }
                Published::AbsSum(sum) => {
                    ((abs_sum(&trace, &expectation.output) - sum.value).abs(), sum.tol.0)
                }
                Published::AbsMean(_) => unreachable!("no means are published"),
            };
            println!("{name} on {device:?}: {far:.1e} of {tol:.1e}");
            assert!(far <= tol, "{name} on {device:?}: {far:e}");
        }
    }
}

/// What diffusers has not published of the same pipelines.
#[rstest]
#[case::guidance_of_two(
    "dit-fast",
    &[("steps: 2", "steps: 3\nbatch_size: 2"), ("class_labels: [1]", "class_labels: [1, 7]"),
      ("guidance_scale: 4.0", "guidance_scale: 1.5\n  scheduler: { _class_name: EulerDiscreteScheduler }")],
    61_112.773,
    872.1984,
)]
#[case::no_guidance(
    "dit-fast",
    &[("steps: 2", "steps: 3\nbatch_size: 2"), ("class_labels: [1]", "class_labels: [1, 7]"),
      ("guidance_scale: 4.0", "guidance_scale: 1.0")],
    1530.7348,
    870.4020,
)]
#[case::noise_of_steps(
    "repaint-fast",
    &[("steps: 5", "steps: 6"), ("eta: 0.0", "eta: 0.7"), ("jump_length: 2", "jump_length: 1"),
      ("jump_n_sample: 2", "jump_n_sample: 3"),
      ("  eta:", "  scheduler: { beta_schedule: squaredcos_cap_v2, clip_sample: false }\n  eta:")],
    4011.3879,
    f64::NAN,
)]
#[case::both_scaled(
    "ldm-superresolution-fast",
    &[("steps: 2", "steps: 3"),
      ("inputs:", "  scheduler: { _class_name: EulerDiscreteScheduler }\ninputs:")],
    402_181.41,
    f64::NAN,
)]
#[case::six_steps(
    "karras-ve-fast",
    &[("steps: 2", "steps: 6"), ("expect:", "  scheduler: { sigma_max: 9, sigma_min: 0.3 }\nexpect:")],
    1_127_262.26,
    f64::NAN,
)]
#[case::sigmas_of_a_fourier_embedding(
    "unconditional-tiny",
    &[("EulerAncestralDiscreteScheduler", "ScoreSdeVeScheduler"),
      ("      sample_size: 8\n", "      sample_size: 8\n      time_embedding_type: fourier\n")],
    358_863.403,
    98.98646,
)]
fn a_run_has_the_sums_of_diffusers(
    #[case] name: &str,
    #[case] changes: &[(&str, &str)],
    #[case] latents: f64,
    #[case] image: f64,
) {
    for device in devices() {
        let trace = run(&changed(name, changes), &device).unwrap();
        for (output, want) in [("latents", latents), ("image", image)] {
            let far = (abs_sum(&trace, output) / want - 1.0).abs();
            println!("{name} {output} on {device:?}: {far:.1e}");
            assert!(want.is_nan() || far <= 1e-5, "{name} {output} on {device:?}: {far:e}");
        }
    }
}

/// The pipeline that any sampler takes gives what the sampler's own one gives.
#[test]
fn a_sampler_by_its_class_is_the_sampler_by_its_name() {
    let by_name = changed("score-sde-ve-fast", &[("steps: 2", "steps: 1")]);
    let by_class = changed(
        "score-sde-ve-fast",
        &[
            ("steps: 2", "steps: 1"),
            ("pipeline: score_sde_ve", "pipeline: unconditional"),
            ("expect:", "  scheduler: { _class_name: ScoreSdeVeScheduler }\nexpect:"),
        ],
    );
    let traces = [by_name, by_class].map(|text| run(&text, &Device::flex()).unwrap());
    for name in ["latents", "image"] {
        assert_eq!(output(&traces[0], name), output(&traces[1], name));
    }
}

/// Writes a model as `save_pretrained` does.
fn save<C: Architecture>(config: &C, weights: &Weights, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("config.json"), serde_json::to_vec(config).unwrap()).unwrap();
    let bytes: Vec<(&str, &[usize], Vec<u8>)> = weights
        .iter()
        .map(|(parameter, values)| {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (parameter.name.as_str(), parameter.shape.as_slice(), bytes)
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        (*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap())
    });
    let file = folder.join("diffusion_pytorch_model.safetensors");
    fs::write(file, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// The parts of a folder, and its scheduler, make the same as the seeds of the parts.
#[test]
fn a_folder_of_a_pipeline_gives_what_its_seeds_give() {
    let copy = tempfile::tempdir().unwrap();
    let folder = copy.path().join("m");
    let text = fs::read_to_string(scenario("dit-fast")).unwrap();
    let keys: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let config = &keys["params"]["transformer"]["config"];
    let transformer: DiTConfig = serde_json::from_value(config.clone()).unwrap();
    let vae = AutoencoderKLConfig::default();
    let mut generator = Generator::manual_seed(0);
    let weights = Weights::draw(&transformer, &mut generator).unwrap();
    save(&transformer, &weights, &folder.join("transformer"));
    save(&vae, &Weights::draw(&vae, &mut generator).unwrap(), &folder.join("vae"));
    fs::create_dir(folder.join("scheduler")).unwrap();
    let scheduler = r#"{ "_class_name": "EulerDiscreteScheduler", "beta_end": 0.012 }"#;
    fs::write(folder.join("scheduler/scheduler_config.json"), scheduler).unwrap();

    let of_folder = "version: 1\npipeline: dit\nsteps: 2\nparams: { transformer: { path: m }, vae: { path: m }, class_labels: [1] }\n";
    let of_folder = run_at(&copy.path().join("a.yaml"), of_folder, &Device::flex()).unwrap();
    let scheduler = format!("  scheduler: {scheduler}\n  vae:");
    let seeded = run(&changed("dit-fast", &[("  vae:", &scheduler)]), &Device::flex()).unwrap();
    assert_eq!(of_folder.weights_sha256, seeded.weights_sha256);
    for name in ["latents", "image"] {
        assert_eq!(output(&of_folder, name), output(&seeded, name));
    }
}

#[rstest]
#[case::guidance_without_a_class(
    "dit-fast", &[("  class_labels: [1]\n", "")],
    "`guidance_scale: 4` without `class_labels`, to which it guides; write a class from 0 to 999 for each sample"
)]
#[case::no_class(
    "dit-fast", &[("  class_labels: [1]\n", ""), ("guidance_scale: 4.0", "guidance_scale: 1")],
    "`class_labels` is missing; write a class from 0 to 999 for each sample"
)]
#[case::two_classes(
    "dit-fast", &[("class_labels: [1]", "class_labels: [1, 2]")],
    "`class_labels` has 2 classes; write `batch_size: 2`"
)]
#[case::unknown_class(
    "dit-fast", &[("class_labels: [1]", "class_labels: [1001]")],
    "`class_labels` has 1001; the transformer knows 0 to 999, and 1000 for none"
)]
#[case::no_class_for_none(
    "dit-fast", &[("num_embeds_ada_norm: 1000", "num_embeds_ada_norm: 10")],
    "takes class 1000 for none, as diffusers does, and the transformer has 10 classes"
)]
#[case::infinite_guidance("dit-fast", &[("guidance_scale: 4.0", "guidance_scale: .inf")], "`guidance_scale: inf`")]
#[case::other_latents(
    "dit-fast", &[("vae: { config: {} }", "vae: { config: { latent_channels: 3 } }")],
    "`transformer` makes latents of 4 channels, `vae` decodes 3"
)]
#[case::learned_variance(
    "dit-fast", &[("vae:", "scheduler: { _class_name: DDPMScheduler, variance_type: learned_range }\n  vae:")],
    "write another `variance_type`"
)]
#[case::vqvae_of_other_latents(
    "ldm-uncond-fast", &[("latent_channels: 3", "latent_channels: 2")],
    "`unet` makes latents of 3 channels, `vqvae` decodes 2"
)]
#[case::no_image("repaint-fast", &[("  image: inputs", "  picture: inputs")], "has no `image` among its `inputs`")]
#[case::image_of_another_batch("repaint-fast", &[("steps: 5", "steps: 5\nbatch_size: 2")], "write `batch_size: 1`")]
#[case::no_jump("repaint-fast", &[("jump_length: 2", "jump_length: 0")], "`jump_length: 0` cannot work")]
#[case::eta("repaint-fast", &[("eta: 0.0", "eta: 1.5")], "`eta: 1.5` cannot work")]
#[case::one_step("karras-ve-fast", &[("steps: 2", "steps: 1")], "`steps: 1` cannot work")]
#[case::sigmas_crossed(
    "karras-ve-fast", &[("expect:", "  scheduler: { sigma_min: 101 }\nexpect:")],
    "`sigma_min: 101` cannot work; it is above `sigma_max`"
)]
#[case::image_without_channels(
    "ldm-superresolution-fast", &[("in_channels: 6", "in_channels: 8")],
    "`inputs: image` has 3 channels, the UNet takes 4 beside 4 of the latents"
)]
#[case::another_class(
    "unconditional-tiny", &[("EulerAncestralDiscreteScheduler", "KarrasVeScheduler")], "`_class_name: KarrasVeScheduler` is not supported"
)]
#[case::no_seed("ldm-uncond-fast", &[("    init_seed: 0\n", "")], "`unet` is either `config` with `init_seed`, or `path`")]
fn what_cannot_be_is_refused(
    #[case] name: &str,
    #[case] changes: &[(&str, &str)],
    #[case] words: &str,
) {
    let error = run(&changed(name, changes), &Device::flex()).unwrap_err();
    assert!(error.contains(words), "{error}");
}
