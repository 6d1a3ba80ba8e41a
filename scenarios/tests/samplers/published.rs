//! The numbers that diffusers' own scheduler tests publish for DDIM and DDPM, with their bounds.

use burn::tensor::Device;
use burn_repro::Probe;
use burn_repro::torch::Generator;
use burn_repro_scenarios::sampler::ddim::{Ddim, DdimConfig};
use burn_repro_scenarios::sampler::ddpm::{Ddpm, DdpmConfig};
use burn_repro_scenarios::sampler::{Sampler, sample};
use rstest::rstest;

use crate::support::{
    Sample, abs_sum, dummy_noise, dummy_sample, flex, model, ndarray, no_noise, tensor, torch_noise,
};

const SHAPE: [usize; 4] = [4, 3, 8, 8];
const SUM_BOUND: f64 = 1e-2;
const MEAN_BOUND: f64 = 1e-3;

fn check(result: &Sample, sum: f64, mean: f64) {
    let got = abs_sum(result);
    let numel = SHAPE.iter().product::<usize>() as f64;
    assert!((got - sum).abs() < SUM_BOUND, "sum {got}, published {sum}");
    assert!((got / numel - mean).abs() < MEAN_BOUND, "mean {}, published {mean}", got / numel);
}

/// diffusers' `tests/schedulers/test_scheduler_ddim.py`: `full_loop_no_noise`,
/// `full_loop_with_set_alpha_to_one` and `full_loop_with_noise`.
#[rstest]
#[case::no_noise(0.0001, 0, 172.0067, 0.223967)]
#[case::set_alpha_to_one(0.01, 0, 149.8295, 0.1951)]
#[case::with_noise(0.0001, 8, 354.5418, 0.4616)]
fn ddim_full_loop(
    #[values(flex(), ndarray())] device: Device,
    #[case] beta_start: f64,
    #[case] first: usize,
    #[case] sum: f64,
    #[case] mean: f64,
) {
    let mut config = DdimConfig::default();
    config.noise.beta_start = beta_start;
    let sampler = Ddim::new(&config, &Default::default()).unwrap();
    let steps = &sampler.steps(10).unwrap()[first..];
    let mut x = tensor(&device, SHAPE, &dummy_sample(SHAPE));
    if first > 0 {
        let noise = tensor(&device, SHAPE, &dummy_noise(SHAPE));
        x = sampler.noised(&steps[0], x, noise).unwrap();
    }
    let mut probe = Probe::new(device);
    let result = sample(&sampler, steps, x, model, no_noise, &mut probe).unwrap();
    check(&result, sum, mean);
}

/// diffusers' `tests/schedulers/test_scheduler_ddpm.py`: `full_loop_no_noise` and
/// `full_loop_with_noise`; both draw from a generator seeded with 0.
#[rstest]
#[case::no_noise(0, 258.9606, 0.3372)]
#[case::with_noise(998, 387.9466, 0.5051)]
fn ddpm_full_loop(
    #[values(flex(), ndarray())] device: Device,
    #[case] first: usize,
    #[case] sum: f64,
    #[case] mean: f64,
) {
    let sampler = Ddpm::new(&DdpmConfig::default(), &Default::default()).unwrap();
    let steps = &sampler.steps(1000).unwrap()[first..];
    let mut x = tensor(&device, SHAPE, &dummy_sample(SHAPE));
    if first > 0 {
        let noise = tensor(&device, SHAPE, &dummy_noise(SHAPE));
        x = sampler.noised(&steps[0], x, noise).unwrap();
    }
    let mut generator = Generator::manual_seed(0);
    let noise = torch_noise(&mut generator);
    let mut probe = Probe::new(device);
    let result = sample(&sampler, steps, x, model, noise, &mut probe).unwrap();
    check(&result, sum, mean);
}

/// The published variances of DDPM's default config, and its rule for increasing timesteps, are in
/// `schedules` and `timesteps`.
#[test]
fn published_steps_offset() {
    let mut config = DdimConfig::default();
    config.noise.steps_offset = 1;
    let steps = Ddim::new(&config, &Default::default()).unwrap().steps(5).unwrap();
    let timesteps: Vec<usize> = steps.iter().map(|transition| transition.t).collect();
    assert_eq!(timesteps, [801, 601, 401, 201, 1]);
}
