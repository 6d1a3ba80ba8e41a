//! The files that hold a model's weights: every layout in which diffusers and transformers write them, and those that are
//! refused in one sentence.

use std::collections::BTreeMap;
use std::fs;

use burn_repro_scenarios::unet::ModelFolder;
use rstest::rstest;
use serde_json::{Value, json};

use crate::common::{Copy, FILE, Tensors, original, tensors, written};

const STEM: &str = "diffusion_pytorch_model";

/// Renames the weights.
fn renamed(name: &str) -> Copy {
    let copy = Copy::new();
    fs::rename(copy.0.join(FILE), copy.0.join("unet").join(name)).unwrap();
    copy
}

/// Splits the weights into shards with an index, as `save_pretrained(max_shard_size=…)` does.
fn sharded(index: &str, shard: impl Fn(usize) -> String) -> Copy {
    let copy = Copy::new();
    let folder = copy.0.join("unet");
    let all = tensors(&fs::read(copy.0.join(FILE)).unwrap());
    fs::remove_file(copy.0.join(FILE)).unwrap();
    let mut shards: BTreeMap<String, Tensors> = BTreeMap::new();
    let mut map = serde_json::Map::new();
    for (place, (name, tensor)) in all.into_iter().enumerate() {
        let file = shard(1 + place / 50);
        map.insert(name.clone(), file.clone().into());
        shards.entry(file).or_default().insert(name, tensor);
    }
    assert_eq!(shards.len(), 3);
    for (file, tensors) in &shards {
        fs::write(folder.join(file), written(tensors)).unwrap();
    }
    let text = json!({ "metadata": { "total_size": 47068 }, "weight_map": map }).to_string();
    fs::write(folder.join(index), text).unwrap();
    copy
}

fn usual_shards() -> Copy {
    sharded(&format!("{STEM}.safetensors.index.json"), shard)
}

fn shard(number: usize) -> String {
    format!("{STEM}-0000{number}-of-00003.safetensors")
}

fn notices(copy: &Copy) -> Vec<String> {
    ModelFolder::open(&copy.0).unwrap().notices().to_vec()
}

fn edit_index(copy: &Copy, edit: impl FnOnce(&mut Value)) {
    copy.edit(&format!("unet/{STEM}.safetensors.index.json"), |bytes| {
        let mut index = serde_json::from_slice(bytes).unwrap();
        edit(&mut index);
        *bytes = serde_json::to_vec(&index).unwrap();
    });
}

#[test]
fn shards_load_without_a_word() {
    let copy = usual_shards();
    assert_eq!(copy.load().unwrap(), original());
    assert!(notices(&copy).is_empty());
}

/// Half the variants that are published are fp16, the rest bf16, ema and non_ema.
#[rstest]
#[case::fp16("diffusion_pytorch_model.fp16.safetensors")]
#[case::non_ema("diffusion_pytorch_model.non_ema.safetensors")]
#[case::transformers("model.safetensors")]
#[case::transformers_variant("model.bf16.safetensors")]
fn another_name_loads_with_a_notice(#[case] name: &str) {
    let copy = renamed(name);
    assert_eq!(copy.load().unwrap(), original());
    assert!(notices(&copy)[0].contains(name), "{:?}", notices(&copy));
}

#[rstest]
#[case::now(
    "diffusion_pytorch_model.safetensors.index.fp16.json",
    "diffusion_pytorch_model.fp16-0000N-of-00003.safetensors"
)]
#[case::before(
    "diffusion_pytorch_model.safetensors.fp16.index.json",
    "diffusion_pytorch_model-0000N-of-00003.fp16.safetensors"
)]
#[case::by_hand("diffusion_pytorch_model.fp16.safetensors.index.json", "shard-N.safetensors")]
#[case::transformers("model.safetensors.index.json", "model-0000N-of-00003.safetensors")]
fn shards_of_another_name_load_with_a_notice(#[case] index: &str, #[case] shard: &str) {
    let copy = sharded(index, |number| shard.replace('N', &number.to_string()));
    assert_eq!(copy.load().unwrap(), original());
    assert!(notices(&copy)[0].contains(index), "{:?}", notices(&copy));
}

#[test]
fn a_variant_beside_the_usual_file_is_not_read() {
    let copy = Copy::new();
    fs::write(copy.0.join(format!("unet/{STEM}.fp16.safetensors")), "nothing").unwrap();
    assert_eq!(copy.load().unwrap(), original());
    assert!(notices(&copy).is_empty());
}

#[test]
fn one_of_two_variants_is_not_chosen() {
    let copy = renamed("diffusion_pytorch_model.fp16.safetensors");
    fs::write(copy.0.join(format!("unet/{STEM}.non_ema.safetensors")), "nothing").unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.contains("holds the variants `fp16`, `non_ema` and no"), "{error}");
}

#[rstest]
#[case::shard_missing(|copy: &Copy| fs::remove_file(copy.0.join("unet").join(shard(2))).unwrap(),
    "the shards `diffusion_pytorch_model-00002-of-00003.safetensors` are not there")]
#[case::outside(|copy: &Copy| edit_index(copy, |index| index["weight_map"]["conv_in.bias"] = json!("../x.safetensors")),
    "the shard `../x.safetensors` lies outside of the folder")]
#[case::absolute(|copy: &Copy| edit_index(copy, |index| index["weight_map"]["conv_in.bias"] = json!("/etc/passwd")),
    "the shard `/etc/passwd` lies outside of the folder")]
#[case::other_shard(|copy: &Copy| edit_index(copy, |index| index["weight_map"]["conv_in.bias"] = json!(shard(3))),
    "the index says that diffusion_pytorch_model-00003-of-00003.safetensors holds `conv_in.bias`, which it does not")]
#[case::not_in_the_index(|copy: &Copy| edit_index(copy, |index| {
        index["weight_map"].as_object_mut().unwrap().remove("conv_in.bias");
    }),
    "holds `conv_in.bias`, which the index does not say")]
#[case::empty(|copy: &Copy| edit_index(copy, |index| index["weight_map"] = json!({})), "its `weight_map` is empty")]
#[case::no_map(|copy: &Copy| edit_index(copy, |index| *index = json!([])), "index.json: invalid")]
#[case::cut(|copy: &Copy| copy.edit(&format!("unet/{STEM}.safetensors.index.json"), |b| b.truncate(100)), "EOF while parsing")]
#[case::index_is_a_pointer(
    |copy: &Copy| copy.edit(&format!("unet/{STEM}.safetensors.index.json"), pointer),
    "index.json is a Git LFS pointer"
)]
#[case::shard_is_a_pointer(
    |copy: &Copy| copy.edit(&format!("unet/{}", shard(3)), pointer),
    "00003-of-00003.safetensors is a Git LFS pointer"
)]
#[case::config_is_a_pointer(|copy: &Copy| copy.edit("unet/config.json", pointer), "config.json is a Git LFS pointer")]
fn a_broken_layout_is_named(#[case] spoil: fn(&Copy), #[case] words: &str) {
    let copy = usual_shards();
    spoil(&copy);
    let error = copy.load().unwrap_err();
    assert!(error.contains(words), "{error}");
}

fn pointer(bytes: &mut Vec<u8>) {
    *bytes = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".to_vec();
}

#[test]
fn a_tensor_in_two_shards_is_refused() {
    let copy = usual_shards();
    let folder = copy.0.join("unet");
    let first = tensors(&fs::read(folder.join(shard(1))).unwrap());
    let (name, tensor) = first.into_iter().next().unwrap();
    let mut second = tensors(&fs::read(folder.join(shard(2))).unwrap());
    second.insert(name.clone(), tensor);
    fs::write(folder.join(shard(2)), written(&second)).unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.contains(&format!("`{name}` is there twice")), "{error}");
}

/// Every kind of pickle that people keep weights in, with the line that converts it.
#[rstest]
#[case::bin("diffusion_pytorch_model.bin", "M.from_pretrained(r'")]
#[case::variant("diffusion_pytorch_model.fp16.bin", ", variant='fp16').save_pretrained(r'")]
#[case::sharded("diffusion_pytorch_model.bin.index.json", "M.from_pretrained(r'")]
#[case::state_dict("unet.pt", "torch.load(r'")]
#[case::pth("model.pth", "torch.load(r'")]
#[case::lightning("last.ckpt", "w.get('state_dict', w)")]
fn a_pickle_is_refused_with_the_line_that_converts_it(#[case] name: &str, #[case] words: &str) {
    let error = renamed(name).load().unwrap_err();
    assert!(
        error.contains(&format!("{name} is a pickle, which is a program and is not read")),
        "{error}"
    );
    assert!(error.contains("python -c \"") && error.contains(words), "{error}");
    assert_eq!(error.lines().count(), 2, "{error}");
}

#[test]
fn a_file_of_another_name_is_named() {
    let error = renamed("weights.safetensors").load().unwrap_err();
    assert!(error.contains("if `weights.safetensors` is what it should be, call it so"), "{error}");
}

#[test]
fn a_cache_is_not_taken_for_a_folder() {
    let copy = Copy::new();
    fs::rename(copy.0.join("unet"), copy.0.join("snapshots")).unwrap();
    assert!(copy.load().unwrap_err().contains("give the folder below `snapshots`"));
}
