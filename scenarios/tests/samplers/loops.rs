//! Whole runs against diffusers: after every step, and at the end element by element.

use burn::tensor::Device;
use burn_repro::Probe;
use burn_repro::torch::Generator;
use burn_repro_scenarios::sampler::{Sampler, SamplerError, Scaled, sample};
use rstest::rstest;
use serde_json::Value;

use crate::oracle::{cases, ddim, ddpm, distance, floats, input, integer, integers, is_ddim};
use crate::support::{Sample, flex, model, ndarray, tensor, torch_noise, values};

const SHAPE: [usize; 4] = [2, 3, 4, 4];
/// Largest difference of an element, relative to values above 1. Measured: 6.6e-7.
const BOUND: f64 = 1.5e-6;

fn run(case: &Value, x: Sample, probe: &mut Probe) -> Result<Sample, SamplerError> {
    if is_ddim(case) {
        let count = integer(&case["num_inference_steps"]);
        return all_steps(&ddim(case).unwrap(), count, case, x, probe);
    }
    let listed = case["custom_timesteps"].as_array().map(|_| integers(&case["custom_timesteps"]));
    let count = listed.as_ref().map_or_else(|| integer(&case["num_inference_steps"]), Vec::len);
    all_steps(&ddpm(case, listed).unwrap(), count, case, x, probe)
}

fn all_steps(
    sampler: &impl Sampler,
    count: usize,
    case: &Value,
    x: Sample,
    probe: &mut Probe,
) -> Result<Sample, SamplerError> {
    // A case without a generator draws nothing; diffusers took a seed of its own where there is one.
    let mut generator = Generator::manual_seed(case["seed"].as_u64().unwrap_or(0));
    let steps = sampler.steps(count).unwrap();
    sample(sampler, &steps, Scaled::None, x, model, torch_noise(&mut generator), probe)
}

#[rstest]
fn every_loop_of_the_oracle(#[values(flex(), ndarray())] device: Device) {
    let mut largest = 0f64;
    for case in cases("loops") {
        let mut probe = Probe::new(device.clone());
        let x = tensor(&device, SHAPE, &input("sample"));
        let result = run(case, x, &mut probe).unwrap();
        probe.output("latents", &result);
        let trace = probe.finish().unwrap();
        let sums = case["abs_sum_after_each_step"].as_array().unwrap();
        assert_eq!(trace.records.len(), sums.len());
        for (record, want) in trace.records.iter().zip(sums) {
            let (got, want) = (record.tensor.abs_sum(), want.as_f64().unwrap());
            assert!((got - want).abs() < 1e-4, "{} {}: {got}, not {want}", case["id"], record.name);
        }
        let apart = distance(&values(&result), &floats(&case["sample"]));
        assert!(apart.largest <= BOUND && apart.nan_mismatches == 0, "{} {apart:?}", case["id"]);
        largest = largest.max(apart.largest);
    }
    println!("{device:?}: largest difference {largest:e}");
}
