//! `VQModel`, `AutoencoderKL` and `DiTTransformer2DModel` in configurations that were run in diffusers 0.36.0.

use std::fs;
use std::path::Path;

use burn::backend::DispatchDevice;
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro::torch::Generator;
use burn_repro_scenarios::autoencoder::{AutoencoderKLConfig, VQModelConfig};
use burn_repro_scenarios::dit::DiTConfig;
use burn_repro_scenarios::unet::{Architecture, Weights};
use rstest::rstest;
use serde_json::{Value, json};

/// The largest difference, of outputs around 1. Observed: at most 6.0e-6, behind a codebook whose vectors lie 0.004 apart.
const BOUND: f64 = 1e-5;

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/latent_vectors.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The cases of a class, each with its weights; a case without a seed goes on with the generator of the one before.
fn cases<C: Architecture>(vectors: &Value) -> Vec<(C, Weights, &Value)> {
    let mut generator = Generator::manual_seed(0);
    let mut cases = Vec::new();
    for case in vectors["cases"].as_array().unwrap() {
        if let Some(seed) = case["init_seed"].as_u64() {
            generator = Generator::manual_seed(seed);
        }
        let config = case["config"].clone();
        match config["_class_name"].as_str().unwrap() {
            class if class == C::CLASS => {
                let config: C = serde_json::from_value(config).unwrap();
                let weights = Weights::draw(&config, &mut generator).unwrap();
                cases.push((config, weights, case));
            }
            "VQModel" => skip::<VQModelConfig>(config, &mut generator),
            "AutoencoderKL" => skip::<AutoencoderKLConfig>(config, &mut generator),
            _ => skip::<DiTConfig>(config, &mut generator),
        }
    }
    cases
}

fn skip<C: Architecture>(config: Value, generator: &mut Generator) {
    let config: C = serde_json::from_value(config).unwrap();
    Weights::draw(&config, generator).unwrap();
}

fn devices() -> [Device; 2] {
    [Device::flex(), Device::new(DispatchDevice::NdArray(Default::default()))]
}

fn shape(shape: &Value) -> [usize; 4] {
    serde_json::from_value(shape.clone()).unwrap()
}

/// Compares the output `name` of a case with that of `run` on its input.
fn compare(case: &Value, name: &str, device: &Device, run: impl Fn(Tensor<4>) -> Tensor<4>) {
    let published = &case["outputs"][name];
    let input = shape(&published["input"]);
    let values: Vec<f32> = Generator::manual_seed(1).randn(input.iter().product());
    let output = run(Tensor::from_data(TensorData::new(values, input), device));
    assert_eq!(output.dims(), shape(&published["shape"]));
    let got: Vec<f32> = output.into_data().try_to_vec().unwrap();
    let digits = published["f32"].as_str().unwrap().as_bytes().as_chunks::<8>().0;
    let bits = digits.iter().map(|word| u32::from_str_radix(str::from_utf8(word).unwrap(), 16));
    let want = bits.map(|bits| f32::from_bits(bits.unwrap()));
    let far = got.iter().zip(want).map(|(got, want)| f64::from(got - want).abs());
    let far = far.fold(0.0, |most, next| if next <= most { most } else { next });
    println!("{} {name}: {far:.1e}", case["name"]);
    assert!(far <= BOUND, "{} {name} on {device:?}: {far:e}", case["name"]);
}

fn check_weights<C: Architecture>(count: usize) {
    let vectors = vectors();
    let cases = cases::<C>(&vectors);
    assert_eq!(cases.len(), count);
    for (_, weights, case) in cases {
        let name = &case["name"];
        assert_eq!(weights.iter().count() as u64, case["num_tensors"].as_u64().unwrap(), "{name}");
        assert_eq!(weights.numel() as u64, case["num_parameters"].as_u64().unwrap(), "{name}");
        assert_eq!(weights.sha256(), case["params_sha256"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn a_seed_gives_the_weights_of_diffusers() {
    check_weights::<VQModelConfig>(2);
    check_weights::<AutoencoderKLConfig>(3);
    check_weights::<DiTConfig>(2);
}

fn check_defaults<C: Architecture>() {
    let vectors = vectors();
    let defaults: C = serde_json::from_value(vectors["defaults"][C::CLASS].clone()).unwrap();
    assert_eq!(defaults, C::default());
    defaults.validate().unwrap();
}

#[test]
fn the_defaults_are_those_of_diffusers() {
    check_defaults::<VQModelConfig>();
    check_defaults::<AutoencoderKLConfig>();
    check_defaults::<DiTConfig>();
}

#[test]
fn a_vq_model_decodes_and_encodes_as_diffusers_does() {
    let vectors = vectors();
    for (config, weights, case) in cases::<VQModelConfig>(&vectors) {
        for device in devices() {
            let model = config.build(&weights, &device).unwrap();
            compare(case, "decoded", &device, |latents| model.decode(latents));
            compare(case, "encoded", &device, |image| model.encode(image));
        }
    }
}

#[test]
fn an_autoencoder_kl_decodes_and_encodes_as_diffusers_does() {
    let vectors = vectors();
    for (config, weights, case) in cases::<AutoencoderKLConfig>(&vectors) {
        for device in devices() {
            let model = config.build(&weights, &device).unwrap();
            compare(case, "decoded", &device, |latents| model.decode(latents));
            compare(case, "encoded", &device, |image| model.encode(image));
        }
    }
}

#[test]
fn a_transformer_denoises_as_diffusers_does() {
    let vectors = vectors();
    let timestep = vectors["meta"]["timestep"].as_f64().unwrap();
    let labels: Vec<usize> = serde_json::from_value(vectors["meta"]["labels"].clone()).unwrap();
    for (config, weights, case) in cases::<DiTConfig>(&vectors) {
        for device in devices() {
            let model = config.build(&weights, &device).unwrap();
            compare(case, "denoised", &device, |x| model.forward(x, timestep, &labels));
        }
    }
}

fn refusal<C: Architecture>(config: Value) -> String {
    let config = serde_json::from_value::<C>(config).map_err(|error| error.to_string());
    config.and_then(|config| config.validate().map_err(|error| error.to_string())).unwrap_err()
}

#[rstest]
#[case(json!({ "block_out_channels": [] }), "`block_out_channels`: gives 0 levels")]
#[case(json!({ "block_out_channels": [32, 32] }), "`down_block_types`: has 1 entries, but block_out_channels has 2")]
#[case(json!({ "norm_num_groups": 5 }), "`norm_num_groups`: is 5, which does not divide 64 channels")]
#[case(json!({ "scaling_factor": 0.0 }), "`scaling_factor`: is 0; write a number other than 0")]
#[case(json!({ "latent_channels": 0 }), "`latent_channels`: gives 0 channels")]
#[case(json!({ "down_block_types": ["AttnDownEncoderBlock2D"] }), "unknown variant `AttnDownEncoderBlock2D`")]
fn an_autoencoder_that_cannot_be_is_refused(#[case] config: Value, #[case] words: &str) {
    for error in [refusal::<VQModelConfig>(config.clone()), refusal::<AutoencoderKLConfig>(config)]
    {
        assert!(error.contains(words), "{error}");
    }
}

#[rstest]
#[case(json!({ "num_vq_embeddings": 0 }), "`num_vq_embeddings`: gives 0 vectors; write 1 to")]
#[case(json!({ "norm_type": "spatial" }), "unknown variant `spatial`")]
fn a_vq_model_that_cannot_be_is_refused(#[case] config: Value, #[case] words: &str) {
    let error = refusal::<VQModelConfig>(config);
    assert!(error.contains(words), "{error}");
}

#[rstest]
#[case(json!({ "num_embeds_ada_norm": null }), "`num_embeds_ada_norm`: is null")]
#[case(json!({ "norm_type": "layer_norm" }), "unknown variant `layer_norm`, expected `ada_norm_zero`")]
#[case(json!({ "activation_fn": "geglu" }), "unknown variant `geglu`")]
#[case(json!({ "attention_head_dim": 3, "num_attention_heads": 2 }), "`attention_head_dim`: gives 6 channels to a token")]
#[case(json!({ "patch_size": 3 }), "`patch_size`: is 3, which does not divide the `sample_size` 32")]
#[case(json!({ "num_layers": 0 }), "`num_layers`: gives 0 blocks")]
fn a_transformer_that_cannot_be_is_refused(#[case] config: Value, #[case] words: &str) {
    let error = refusal::<DiTConfig>(config);
    assert!(error.contains(words), "{error}");
}
