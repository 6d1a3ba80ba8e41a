//! Weights from files: old names and wrapped ones, other dtypes, and every file that is no model's. Other layouts of a
//! folder are `layouts`' matter.

use std::fs;

use burn_repro_scenarios::unet::ModelFolder;
use half::{bf16, f16};
use rstest::rstest;
use safetensors::Dtype;

use crate::common::{Copy, FILE, Tensors, original};

#[test]
fn both_files_may_lie_at_the_root() {
    let copy = Copy::new();
    for file in ["config.json", "diffusion_pytorch_model.safetensors"] {
        fs::rename(copy.0.join("unet").join(file), copy.0.join(file)).unwrap();
    }
    assert_eq!(copy.load().unwrap(), original());
}

/// What puts a model into another one, alone and nested.
#[rstest]
#[case::compiled("_orig_mod.")]
#[case::data_parallel("module.")]
#[case::compiled_and_parallel("module._orig_mod.")]
#[case::a_pipelines_part("unet.")]
#[case::lightning("model.diffusion_model.")]
fn names_that_all_begin_the_same_load(#[case] prefix: &str) {
    let copy = Copy::new();
    copy.edit_tensors(|tensors| {
        let named = std::mem::take(tensors).into_iter();
        *tensors = named.map(|(name, tensor)| (format!("{prefix}{name}"), tensor)).collect();
    });
    assert_eq!(copy.load().unwrap(), original());
    let notices = ModelFolder::open(&copy.0).unwrap().notices().to_vec();
    assert_eq!(notices, [format!("all names of weights begin with `{prefix}`, which is left out")]);
}

#[test]
fn a_compiled_part_of_a_model_loads() {
    let copy = Copy::new();
    copy.edit_tensors(|tensors| {
        let named = std::mem::take(tensors).into_iter();
        let rename = |name: String| name.replace("mid_block.", "mid_block._orig_mod.");
        *tensors = named.map(|(name, tensor)| (rename(name), tensor)).collect();
    });
    assert_eq!(copy.load().unwrap(), original());
}

#[test]
fn a_parameter_under_both_names_is_refused() {
    let copy = Copy::new();
    copy.edit_tensors(|tensors| {
        let tensor = tensors["conv_in.bias"].clone();
        tensors.insert("_orig_mod.conv_in.bias".into(), tensor);
    });
    assert!(copy.load().unwrap_err().contains("`conv_in.bias` is there twice"));
}

#[test]
fn double_weights_are_rounded_and_told() {
    let copy = Copy::new();
    copy.edit_tensors(|tensors| {
        for (dtype, _, data) in tensors.values_mut() {
            let values = data.as_chunks().0.iter().copied().map(f32::from_le_bytes);
            // Less than half a unit more than what f32 holds.
            *data = values.flat_map(|x| (f64::from(x) * (1.0 + 1e-9)).to_le_bytes()).collect();
            *dtype = Dtype::F64;
        }
    });
    assert_eq!(copy.load().unwrap(), original());
    let notices = ModelFolder::open(&copy.0).unwrap().notices().to_vec();
    assert_eq!(notices, ["weights that are stored as F64 are rounded to F32"]);
}

/// Infinite in either direction, NaN of either sign, of every stored type, and an f64 that f32 cannot hold.
#[rstest]
#[case::infinite(Dtype::F32, f32::INFINITY.to_le_bytes().to_vec(), "inf")]
#[case::minus(Dtype::F32, f32::NEG_INFINITY.to_le_bytes().to_vec(), "-inf")]
#[case::nan(Dtype::F32, f32::NAN.to_le_bytes().to_vec(), "NaN")]
#[case::half(Dtype::F16, f16::INFINITY.to_le_bytes().to_vec(), "inf")]
#[case::brain(Dtype::BF16, bf16::NAN.to_le_bytes().to_vec(), "NaN")]
#[case::double(Dtype::F64, f64::NAN.to_le_bytes().to_vec(), "NaN")]
#[case::too_large_a_double(Dtype::F64, 1e300_f64.to_le_bytes().to_vec(), "inf")]
fn a_weight_that_is_not_finite_is_named(
    #[case] dtype: Dtype,
    #[case] bad: Vec<u8>,
    #[case] value: &str,
) {
    let copy = Copy::new();
    copy.edit_tensors(|tensors| {
        // (4, 3, 3, 3), of which the element (1, 2, 0, 1).
        let tensor = tensors.get_mut("conv_in.weight").unwrap();
        let place = 27 + 2 * 9 + 1;
        let mut data = vec![0; 108 * bad.len()];
        data[place * bad.len()..(place + 1) * bad.len()].copy_from_slice(&bad);
        *tensor = (dtype, vec![4, 3, 3, 3], data);
    });
    let error = copy.load().unwrap_err();
    let told = format!("`conv_in.weight` is {value} at [1, 2, 0, 1]; every weight has to be");
    assert!(error.contains(&told), "{error}");
    let folder = ModelFolder::open(&copy.0).unwrap();
    assert_eq!(folder.examine().unwrap_err().to_string(), error);
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
        *tensor = (Dtype::I64, vec![4], vec![0; 32]);
    },
    "`conv_norm_out.bias` is I64; save it as F32, F16, BF16 or F64"
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
#[case::lfs_pointer(
    |bytes: &mut Vec<u8>| *bytes = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".to_vec(),
    "is a Git LFS pointer, not the file itself; run `git lfs pull`"
)]
#[case::zip(|bytes: &mut Vec<u8>| *bytes = b"PK\x03\x04\0\0\0\0\0\0".to_vec(), "is a pickle in a ZIP archive")]
#[case::pickle(|bytes: &mut Vec<u8>| *bytes = b"\x80\x02}q\0(X\x07\0\0\0".to_vec(), "is a pickle, not safetensors")]
#[case::web_page(|bytes: &mut Vec<u8>| *bytes = b"<!DOCTYPE html><html>".to_vec(), "is a web page")]
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
    assert!(error.contains("corrupt, incomplete metadata, file not fully covered"), "{error}");
}

#[test]
fn a_folder_without_a_model_says_what_is_missing() {
    let copy = Copy::new();
    fs::remove_file(copy.0.join(FILE)).unwrap();
    let error = copy.load().unwrap_err();
    assert!(
        error.contains("is not there; download it from where config.json came from"),
        "{error}"
    );
    fs::remove_file(copy.0.join("unet/config.json")).unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.contains("it has neither unet/config.json nor config.json; put"), "{error}");
}
