//! The pipelines against torch's own runs: noise, every step's latents and the image of diffusers'
//! two tiny pipelines, on every CPU and WGPU target of this machine.
//!
//! `tests/data/*/expected.safetensors` was made by diffusers 0.42.1 on torch 2.11.0; see the
//! metadata in the files.

use std::fs;
use std::path::{Path, PathBuf};

use burn_repro::{Case, Inputs, Pipeline, Probe};
use burn_repro_core::scenario::Seed;
use burn_repro_core::trace::{NamedTensor, Trace};
use burn_repro_device::{open, probe};
use burn_repro_scenarios::pipeline::Diffusion;
use burn_repro_scenarios::sampler::{ddim::Ddim, ddpm::Ddpm};
use burn_repro_target::{Class, Dtype, Target};
use rstest::rstest;
use safetensors::SafeTensors;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// Runs a pipeline of two steps from seed 0 with the weights and the scheduler of a diffusers
/// folder.
fn run<P: Pipeline>(pipeline: &P, model: &str, target: &Target) -> Trace {
    let scheduler = data().join(model).join("scheduler/scheduler_config.json");
    let scheduler = fs::read_to_string(scheduler).unwrap();
    let params = format!(r#"{{ "unet": {{ "path": "{model}" }}, "scheduler": {scheduler} }}"#);
    let mut case = Case {
        inputs: Inputs::default(),
        scenario: model.to_owned(),
        seed: Seed::from(0),
        seeds: Vec::new(),
        steps: 2,
        batch_size: 1,
        dtype: Dtype::F32,
        folder: data(),
        params: serde_json::from_str(&params).unwrap(),
    };
    pipeline.complete(&mut case).unwrap();
    pipeline.validate(&case).unwrap();
    let device = open(target, Dtype::F32).unwrap();
    let mut probe = Probe::new(device.clone());
    pipeline.run(&case, &device, &mut probe).unwrap();
    probe.finish().unwrap()
}

/// The largest absolute difference from torch's tensor.
fn difference(got: &NamedTensor, expected: &SafeTensors, name: &str) -> f64 {
    let view = expected.tensor(name).unwrap();
    assert_eq!(got.tensor.shape, view.shape(), "{name}");
    let want = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
    assert_eq!(want.len(), got.tensor.values.len());
    got.tensor
        .values
        .iter()
        .zip(want)
        .map(|(got, want)| (got - f64::from(want)).abs())
        // A NaN is far from everything.
        .fold(0.0, |largest, d| if d.is_nan() { f64::INFINITY } else { largest.max(d) })
}

fn targets() -> Vec<Target> {
    [Class::Cpu, Class::Wgpu].into_iter().flat_map(|class| probe(class).targets).collect()
}

#[rstest]
#[case::ddim(Diffusion::<Ddim>::default(), "ddim_tiny")]
#[case::ddpm(Diffusion::<Ddpm>::default(), "ddpm_tiny")]
fn every_step_is_torchs<P: Pipeline>(#[case] pipeline: P, #[case] model: &str) {
    let bytes = fs::read(data().join(model).join("expected.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&bytes).unwrap();
    let targets = targets();
    assert!(targets.len() >= 2, "both CPU targets are always here");
    for target in &targets {
        // torch itself moves by 8e-7 with the alignment of its weights; llvmpipe's exp is 9 ULP off.
        let bound = if target.class == Class::Cpu { 1.0e-5 } else { 1.0e-4 };
        let trace = run(&pipeline, model, target);
        let image = trace.outputs.iter().find(|named| named.name == "image").unwrap();
        let compared = [
            ("latents/000", &trace.records[0]),
            ("latents/001", &trace.records[1]),
            ("image", image),
        ];
        for (name, got) in compared {
            let difference = difference(got, &expected, name);
            println!("{model} {name} on {}: {difference:.1e}", target.name);
            assert!(difference <= bound, "{name} on {}: {difference:e}", target.name);
        }
    }
}

/// Before any arithmetic: the noise that is moved to the device has torch's very bits.
#[rstest]
#[case::ddim(Diffusion::<Ddim>::default(), "ddim_tiny")]
#[case::ddpm(Diffusion::<Ddpm>::default(), "ddpm_tiny")]
fn the_initial_noise_has_torchs_bits<P: Pipeline>(#[case] pipeline: P, #[case] model: &str) {
    let bytes = fs::read(data().join(model).join("expected.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&bytes).unwrap();
    let want = burn_repro_core::hash::sha256_hex(expected.tensor("initial_noise").unwrap().data());
    let flex = probe(Class::Cpu).targets.into_iter().find(|target| target.name == "flex").unwrap();
    let trace = run(&pipeline, model, &flex);
    assert_eq!(trace.noise.first_sha256, Some(want));
}
