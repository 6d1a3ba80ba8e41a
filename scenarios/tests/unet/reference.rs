//! The two reference pipelines: their weights, and the denoiser at every step.

use std::fs;

use burn_repro_scenarios::unet::{ModelFolder, UNet2DConfig, Weights};
use rstest::rstest;
use safetensors::SafeTensors;

use crate::common::{data, devices, distance, float32, forward};

/// Observed: 8.9e-7 on flex and 1.2e-6 on ndarray. Other CPUs may fuse other multiplications.
const BOUND: f64 = 5e-6;

#[rstest]
fn a_seed_gives_the_weights_that_diffusers_saved(
    #[values("ddim_tiny", "ddpm_tiny")] pipeline: &str,
) {
    let folder = ModelFolder::open(&data(pipeline)).unwrap();
    let weights = Weights::initialise(folder.config(), 0).unwrap();
    let path = data(pipeline).join("unet/diffusion_pytorch_model.safetensors");
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(weights.iter().count(), file.len());
    for (parameter, values) in weights.iter() {
        let (shape, saved) = float32(&file, &parameter.name);
        assert_eq!(parameter.shape, shape, "{}", parameter.name);
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(values), bits(&saved), "{}", parameter.name);
    }
    assert_eq!(weights, folder.weights().unwrap(), "the file as this crate reads it");
}

#[test]
fn another_seed_gives_other_weights() {
    let config = UNet2DConfig { block_out_channels: vec![32; 4], ..UNet2DConfig::default() };
    let weights = |seed| Weights::initialise(&config, seed).unwrap();
    assert_eq!(weights(7).sha256(), weights(7).sha256());
    assert_ne!(weights(7).sha256(), weights(8).sha256());
}

#[rstest]
fn the_denoiser_gives_what_diffusers_gave(
    #[values("ddim_tiny", "ddpm_tiny")] pipeline: &str,
    #[values(0, 1)] device: usize,
) {
    let (name, device) = devices()[device].clone();
    let folder = ModelFolder::open(&data(pipeline)).unwrap();
    let weights = folder.weights().unwrap();
    let bytes = fs::read(data(pipeline).join("expected.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&bytes).unwrap();
    for step in ["000", "001"] {
        let (shape, input) = float32(&expected, &format!("denoiser_in/{step}"));
        let (_, output) = float32(&expected, &format!("denoiser_out/{step}"));
        let timestep = expected.tensor(&format!("denoiser_t/{step}")).unwrap();
        let timestep = i64::from_le_bytes(timestep.data().try_into().unwrap());
        let sample = (shape.as_slice(), input.as_slice());
        let got = forward(folder.config(), &weights, &device, sample, &[timestep as f64]);
        let want: Vec<f64> = output.iter().copied().map(f64::from).collect();
        let distance = distance(&got, &want);
        println!("{pipeline} step {step} on {name}: {distance:e}");
        assert!(distance <= BOUND, "{pipeline}, step {step}, {name}: {distance:e}");
    }
}
