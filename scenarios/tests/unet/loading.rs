//! Weights from files: both layouts, old names, narrow dtypes, and every file that is no model's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn_repro_scenarios::unet::{ModelFolder, Weights};
use half::{bf16, f16};
use rstest::rstest;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

use crate::common::data;

const FILE: &str = "unet/diffusion_pytorch_model.safetensors";

/// Tensors of a file that a test changes before it writes them.
type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// A copy of the tiny model that is removed at the end of the test.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("unet_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(folder.join("unet")).unwrap();
        for file in ["unet/config.json", FILE] {
            fs::copy(data("ddim_tiny").join(file), folder.join(file)).unwrap();
        }
        Self(folder)
    }

    fn edit(&self, file: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.0.join(file)).unwrap();
        edit(&mut bytes);
        fs::write(self.0.join(file), bytes).unwrap();
    }

    fn edit_tensors(&self, edit: impl FnOnce(&mut Tensors)) {
        self.edit(FILE, |bytes| {
            let mut tensors = SafeTensors::deserialize(bytes)
                .unwrap()
                .iter()
                .map(|(name, view)| {
                    (name.into(), (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
                })
                .collect();
            edit(&mut tensors);
            let views = tensors.iter().map(|(name, (dtype, shape, data))| {
                (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
            });
            *bytes = serialize(views, None).unwrap();
        });
    }

    fn load(&self) -> Result<Weights, String> {
        let folder = ModelFolder::open(&self.0).map_err(|error| error.to_string())?;
        folder.weights().map_err(|error| error.to_string())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn original() -> Weights {
    ModelFolder::open(&data("ddim_tiny")).unwrap().weights().unwrap()
}

#[test]
fn both_files_may_lie_at_the_root() {
    let copy = Copy::new();
    for file in ["config.json", "diffusion_pytorch_model.safetensors"] {
        fs::rename(copy.0.join("unet").join(file), copy.0.join(file)).unwrap();
    }
    assert_eq!(copy.load().unwrap(), original());
}

#[test]
fn old_attention_names_load() {
    let copy = Copy::new();
    let renames =
        [("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")];
    copy.edit_tensors(|tensors| {
        let renamed = std::mem::take(tensors).into_iter().map(|(name, tensor)| {
            let rename = |name: String, (new, old)| name.replace(new, old);
            (renames.into_iter().fold(name, rename), tensor)
        });
        *tensors = renamed.collect();
        assert!(tensors.contains_key("up_blocks.0.attentions.1.proj_attn.bias"));
        assert!(!tensors.contains_key("up_blocks.0.attentions.1.to_out.0.bias"));
    });
    assert_eq!(copy.load().unwrap(), original());
}

#[rstest]
#[case::f16(Dtype::F16, 2e-4)]
#[case::bf16(Dtype::BF16, 2e-3)]
fn narrow_weights_are_widened(#[case] dtype: Dtype, #[case] bound: f32) {
    let copy = Copy::new();
    copy.edit_tensors(|tensors| {
        for (found, _, data) in tensors.values_mut() {
            let values = data.as_chunks().0.iter().copied().map(f32::from_le_bytes);
            *data = match dtype {
                Dtype::F16 => values.flat_map(|x| f16::from_f32(x).to_le_bytes()).collect(),
                _ => values.flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect(),
            };
            *found = dtype;
        }
    });
    let (narrow, original) = (copy.load().unwrap(), original());
    let pairs = narrow.iter().zip(original.iter()).flat_map(|((_, a), (_, b))| a.iter().zip(b));
    let differences: Vec<f32> = pairs.map(|(a, b)| (a - b).abs()).collect();
    assert!(differences.iter().all(|difference| *difference <= bound));
    assert!(differences.iter().any(|difference| *difference > 0.0));
}

#[rstest]
#[case::missing(
    |tensors: &mut Tensors| { tensors.remove("conv_in.bias"); },
    "does not fit its config.json: `conv_in.bias` is missing"
)]
#[case::extra(
    |tensors: &mut Tensors| { tensors.insert("ema.decay".into(), (Dtype::F32, vec![1], vec![0; 4])); },
    "`ema.decay` is not part of the model"
)]
#[case::misshapen(
    |tensors: &mut Tensors| { tensors.get_mut("conv_out.weight").unwrap().1 = vec![3, 3, 4, 3]; },
    "`conv_out.weight` has shape [3, 3, 4, 3], not [3, 4, 3, 3]"
)]
#[case::transposed(
    |tensors: &mut Tensors| {
        tensors.get_mut("time_embedding.linear_1.weight").unwrap().1 = vec![4, 16];
    },
    "`time_embedding.linear_1.weight` has shape [4, 16], not [16, 4]"
)]
#[case::wrong_dtype(
    |tensors: &mut Tensors| {
        let tensor = tensors.get_mut("conv_norm_out.bias").unwrap();
        *tensor = (Dtype::F64, vec![4], vec![0; 32]);
    },
    "`conv_norm_out.bias` is F64; save it as F32, F16 or BF16"
)]
#[case::both_names(
    |tensors: &mut Tensors| {
        let tensor = tensors["mid_block.attentions.0.to_q.bias"].clone();
        tensors.insert("mid_block.attentions.0.query.bias".into(), tensor);
    },
    "`mid_block.attentions.0.query.bias` is not part of the model"
)]
#[case::everything_at_once(
    |tensors: &mut Tensors| {
        tensors.remove("conv_in.weight");
        tensors.get_mut("conv_out.bias").unwrap().1 = vec![3, 1];
        tensors.insert("extra".into(), (Dtype::F32, vec![1], vec![0; 4]));
    },
    "`conv_in.weight` is missing; `conv_out.bias` has shape [3, 1], not [3]; `extra` is not part"
)]
#[case::nothing_fits(
    |tensors: &mut Tensors| tensors.clear(),
    "`down_blocks.0.resnets.0.norm1.weight` is missing; \
     `down_blocks.0.resnets.0.norm1.bias` is missing; and 136 more"
)]
fn a_wrong_tensor_is_named(#[case] edit: fn(&mut Tensors), #[case] words: &str) {
    let copy = Copy::new();
    copy.edit_tensors(edit);
    let error = copy.load().unwrap_err();
    assert!(error.contains(words), "{error}");
    assert!(error.contains("diffusion_pytorch_model.safetensors"), "{error}");
}

#[rstest]
#[case::no_tensors(|bytes: &mut Vec<u8>| bytes.clear(), "header too small")]
#[case::cut_in_the_length(|bytes: &mut Vec<u8>| bytes.truncate(5), "header too small")]
#[case::cut_in_the_header(|bytes: &mut Vec<u8>| bytes.truncate(100), "invalid header length")]
#[case::cut_in_the_data(
    |bytes: &mut Vec<u8>| { bytes.pop(); },
    "incomplete metadata, file not fully covered"
)]
#[case::too_long(|bytes: &mut Vec<u8>| bytes.push(0), "incomplete metadata")]
#[case::huge_header(|bytes: &mut Vec<u8>| bytes[7] ^= 0x40, "header too large")]
#[case::flipped_brace(|bytes: &mut Vec<u8>| bytes[8] ^= 1, "invalid JSON in header")]
#[case::flipped_name(|bytes: &mut Vec<u8>| flip(bytes, b"conv_in.bias", 0), "`bonv_in.bias` is not part")]
#[case::flipped_dtype(|bytes: &mut Vec<u8>| flip(bytes, b"\"F32\"", 1), "invalid JSON in header")]
#[case::flipped_offset(|bytes: &mut Vec<u8>| flip(bytes, b"[0,16]", 3), "invalid")]
#[case::not_utf8(|bytes: &mut Vec<u8>| flip_high(bytes, b"conv_in.bias"), "invalid UTF-8 in header")]
fn a_broken_file_is_named(#[case] edit: fn(&mut Vec<u8>), #[case] words: &str) {
    let copy = Copy::new();
    copy.edit(FILE, edit);
    let error = copy.load().unwrap_err();
    assert!(error.contains(words), "{error}");
    assert!(error.contains("diffusion_pytorch_model.safetensors"), "{error}");
}

/// Flips the lowest bit of the byte `offset` bytes into the first occurrence of `text`.
fn flip(bytes: &mut [u8], text: &[u8], offset: usize) {
    let start = bytes.windows(text.len()).position(|window| window == text).unwrap();
    bytes[start + offset] ^= 1;
}

fn flip_high(bytes: &mut [u8], text: &[u8]) {
    let start = bytes.windows(text.len()).position(|window| window == text).unwrap();
    bytes[start] ^= 0x80;
}

#[test]
fn a_file_far_too_large_is_not_read() {
    let copy = Copy::new();
    let file = fs::File::options().write(true).open(copy.0.join(FILE)).unwrap();
    file.set_len(200_000_000).unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.contains("has 200000000 bytes, but weights for its config.json"), "{error}");
}

#[test]
fn a_folder_without_a_model_says_what_is_missing() {
    let copy = Copy::new();
    let weights = copy.0.join(FILE);
    fs::rename(&weights, weights.with_extension("bin")).unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.contains("diffusion_pytorch_model.safetensors is not there; load the model in"));
    fs::remove_file(weights.with_extension("bin")).unwrap();
    let error = copy.load().unwrap_err();
    assert!(
        error.contains("is not there; download it from where config.json came from"),
        "{error}"
    );
    fs::remove_file(copy.0.join("unet/config.json")).unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.contains("it has neither unet/config.json nor config.json; put"), "{error}");
}
