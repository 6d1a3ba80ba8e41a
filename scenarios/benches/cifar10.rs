//! How long the model of `cifar10-seeded` takes: seeding its weights, building it, and a step of its
//! DDIM loop. `ci/peers/cifar10.sh` runs it beside PyTorch.
//!
//!     cargo bench --workspace --profile dev --bench cifar10

use std::time::Instant;

use burn::backend::DispatchDevice;
use burn::tensor::{Device, Tensor};
use burn_repro::Probe;
use burn_repro_scenarios::pipeline::{Denoiser, DiffusionParams};
use burn_repro_scenarios::sampler::ddim::Ddim;
use burn_repro_scenarios::sampler::{Sampler, Scaled, sample};
use burn_repro_scenarios::unet::{UNet2DModel, Weights};

const SCENARIO: &str = include_str!("../cifar10/cifar10-seeded.yaml");
const STEPS: usize = 2;
const RUNS: usize = 5;

fn main() {
    // `cargo test --benches` and `cargo nextest` run it, too; only `cargo bench` measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let scenario: serde_yaml::Value = serde_yaml::from_str(SCENARIO).expect("a scenario");
    let params: DiffusionParams<Ddim> =
        serde_yaml::from_value(scenario["params"].clone()).expect("params");
    let devices = [
        ("flex", Device::flex()),
        ("ndarray", Device::new(DispatchDevice::NdArray(Default::default()))),
    ];
    for (name, device) in devices {
        let mut runs: [Vec<f64>; 3] = Default::default();
        for _ in 0..RUNS {
            for (run, seconds) in runs.iter_mut().zip(measure(&params, &device)) {
                run.push(seconds);
            }
        }
        let [seeded, built, step] = runs.map(median);
        println!("{name}: seeded in {seeded:.3} s, built in {built:.3} s, a step in {step:.3} s");
    }
}

/// Seconds for seeding the weights, for making the model of them, and for a step.
fn measure(params: &DiffusionParams<Ddim>, device: &Device) -> [f64; 3] {
    let Denoiser::Seeded { config, init_seed, .. } = &params.own.unet else {
        panic!("seeded weights")
    };
    let begun = Instant::now();
    let weights = Weights::initialise(config.as_ref(), init_seed.bits()).expect("a configuration");
    let seeded = begun.elapsed().as_secs_f64();
    let model = UNet2DModel::new(config, &weights, device).expect("weights");
    device.sync().expect("a CPU device");
    let built = begun.elapsed().as_secs_f64() - seeded;

    let arguments = params.part().expect("arguments");
    let sampler = Ddim::new(&params.own.scheduler.config, &arguments).expect("a scheduler");
    let steps = sampler.steps(STEPS).expect("a schedule");
    let x = Tensor::<4>::ones([1, 3, 32, 32], device);
    let denoise = |x, t: f64| model.forward(x, &[t]);
    let no_noise = |_, _: &mut Probe| panic!("eta is 0");
    let mut probe = Probe::new(device.clone());
    let begun = Instant::now();
    let latents = sample(&sampler, &steps, Scaled::None, x, denoise, no_noise, &mut probe);
    probe.output("latents", &latents.expect("a step"));
    [seeded, built, begun.elapsed().as_secs_f64() / STEPS as f64]
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
