//! Which files of a folder hold a model's weights: one file or shards with an index, the usual ones or a variant. What is
//! in them is `checkpoint`'s business.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::diffusers::{FileError, listed, read_json};

/// How the names of weights begin: diffusers' own, then transformers'.
const STEMS: [&str; 2] = ["diffusion_pytorch_model", "model"];
/// Pickles, which are programs and are not read.
const PICKLES: [&str; 4] = ["bin", "ckpt", "pt", "pth"];
/// How many names a message lists.
const LISTED: usize = 8;

/// A file of weights, with the tensors that the index promises of it, where there is one.
type WeightsFile = (PathBuf, Option<BTreeSet<String>>);

/// The files that hold a model's weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// One, or the shards of an index.
    pub(super) files: Vec<WeightsFile>,
    /// What people should know of the choice.
    pub(super) notice: Option<String>,
}

/// Why a folder has no weights that can be read.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// There are none.
    #[error("find weights: {} is not there; {help}", path.display())]
    Missing {
        /// The file that is missing.
        path: PathBuf,
        /// What to do about it.
        help: String,
    },
    /// They are there as a pickle.
    #[error("{} is a pickle, which is a program and is not read; convert it with\n  {command}", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// One line of Python.
        command: String,
    },
    /// There are several variants and nothing says which.
    #[error(
        "{} holds the variants {variants} and no {}; leave one of them there",
        folder.display(),
        STEMS[0].to_owned() + ".safetensors"
    )]
    Variants {
        /// The folder.
        folder: PathBuf,
        /// Their names.
        variants: String,
    },
    /// An index cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// An index is no index of the files beside it.
    #[error("{}: {problem}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
}

/// `*.safetensors.index.json`
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Layout {
    /// Finds the weights as `from_pretrained` does: an index before a single file. A variant only where nothing else is.
    /// `class` is the model's in diffusers.
    pub(super) fn find(folder: &Path, class: &str) -> Result<Self, LayoutError> {
        let names = names(folder)?;
        for stem in STEMS {
            let index = format!("{stem}.safetensors.index.json");
            let single = format!("{stem}.safetensors");
            let found = [&index, &single].into_iter().find(|name| names.contains(*name));
            if let Some(name) = found {
                let usual = stem == STEMS[0];
                let notice = (!usual).then(|| format!("the weights are those of {name}"));
                return Self::of(folder, name, notice);
            }
        }
        let mut variants = BTreeMap::new();
        for name in &names {
            if let Some((variant, is_index)) = variant(name) {
                let known = variants.entry(variant).or_insert(name);
                *known = if is_index { name } else { known };
            }
        }
        match variants.len() {
            0 => Err(missing(folder, &names, class)),
            1 => {
                let (variant, name) = variants.into_iter().next().expect("there is one");
                let there =
                    format!("the weights are the variant {variant}, {name}: no others are there");
                Self::of(folder, name, Some(there))
            }
            _ => {
                let variants = listed(variants.into_keys());
                Err(LayoutError::Variants { folder: folder.into(), variants })
            }
        }
    }

    fn of(folder: &Path, name: &str, notice: Option<String>) -> Result<Self, LayoutError> {
        let path = folder.join(name);
        let files = match name.ends_with(".json") {
            true => shards(folder, &path)?,
            false => vec![(path, None)],
        };
        Ok(Self { files, notice })
    }
}

/// The files of a folder; a link counts as what it leads to.
fn names(folder: &Path) -> Result<BTreeSet<String>, FileError> {
    let entries = fs::read_dir(folder)
        .map_err(|source| FileError::Read { path: folder.into(), source })?
        .flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    Ok(files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// The variant that a name states, and whether it is an index: `STEM.fp16.safetensors`,
/// `STEM.safetensors.index.fp16.json` and the older ways to put the word in.
fn variant(name: &str) -> Option<(&str, bool)> {
    let mut parts: Vec<&str> = name.split('.').collect();
    if !STEMS.contains(&parts.first()?) {
        return None;
    }
    let is_index = parts.last() == Some(&"json") && parts.contains(&"index");
    let last = parts.last() == Some(&"safetensors");
    if !is_index && !last {
        return None;
    }
    let parts_before = parts.len();
    parts.retain(|part| !["safetensors", "index", "json"].contains(part));
    let fixed = if is_index { 3 } else { 1 };
    match parts[..] {
        // A shard is no variant; its index is.
        [_, variant] if parts_before == fixed + 2 && !variant.contains("-of-") => {
            Some((variant, is_index))
        }
        _ => None,
    }
}

/// The shards of an index, each with the tensors that it should hold.
fn shards(folder: &Path, index: &Path) -> Result<Vec<WeightsFile>, LayoutError> {
    let wrong = |problem: String| LayoutError::Index { path: index.into(), problem };
    let Index { weight_map } = read_json(index, |text| serde_json::from_str(text))?;
    let mut shards: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (tensor, shard) in weight_map {
        shards.entry(shard).or_default().insert(tensor);
    }
    if shards.is_empty() {
        return Err(wrong("its `weight_map` is empty; download it again".into()));
    }
    let outside = shards.keys().find(|shard| shard.contains(['/', '\\']) || *shard == "..");
    if let Some(shard) = outside {
        let shard = shard.escape_debug();
        return Err(wrong(format!(
            "the shard `{shard}` lies outside of the folder, and is not read"
        )));
    }
    let absent = listed(shards.keys().filter(|shard| !folder.join(shard).is_file()).take(LISTED));
    if !absent.is_empty() {
        return Err(wrong(format!(
            "the shards {absent} are not there; download them from where the index came from"
        )));
    }
    Ok(shards.into_iter().map(|(shard, tensors)| (folder.join(shard), Some(tensors))).collect())
}

/// What to say of a folder without weights that can be read.
fn missing(folder: &Path, names: &BTreeSet<String>, class: &str) -> LayoutError {
    let is_pickle = |name: &&String| {
        let name = name.strip_suffix(".index.json").unwrap_or(name);
        name.rsplit_once('.').is_some_and(|(_, kind)| PICKLES.contains(&kind))
    };
    if let Some(name) = names.iter().find(is_pickle) {
        return LayoutError::Pickle {
            path: folder.join(name),
            command: conversion(folder, name, class),
        };
    }
    let path = folder.join(format!("{}.safetensors", STEMS[0]));
    let others = listed(names.iter().filter(|name| name.ends_with(".safetensors")).take(LISTED));
    let help = match others.is_empty() {
        true => "download it from where config.json came from".to_owned(),
        false => format!("if {others} is what it should be, call it so"),
    };
    LayoutError::Missing { path, help }
}

/// The line of Python that writes a pickle as safetensors.
fn conversion(folder: &Path, name: &str, class: &str) -> String {
    let (folder, file) = (folder.display(), folder.join(name));
    if !name.contains(".bin") {
        return format!(
            "python -c \"import torch, safetensors.torch as s; w = torch.load(r'{}', map_location='cpu', \
             weights_only=True); w = w.get('state_dict', w); s.save_file({{k: v.contiguous() for k, v in \
             w.items()}}, r'{folder}/{}.safetensors')\"",
            file.display(),
            STEMS[0]
        );
    }
    let stem = name.split('.').next().unwrap_or_default();
    let variant = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(".bin"));
    let variant = variant.and_then(|rest| rest.strip_prefix('.'));
    let variant = variant.map_or(String::new(), |variant| format!(", variant='{variant}'"));
    format!(
        "python -c \"from diffusers import {class} as M; M.from_pretrained(r'{folder}'{variant})\
         .save_pretrained(r'{folder}')\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::single("diffusion_pytorch_model.fp16.safetensors", Some(("fp16", false)))]
    #[case::non_ema("diffusion_pytorch_model.non_ema.safetensors", Some(("non_ema", false)))]
    #[case::transformers("model.bf16.safetensors", Some(("bf16", false)))]
    #[case::index("diffusion_pytorch_model.safetensors.index.fp16.json", Some(("fp16", true)))]
    #[case::older_index("diffusion_pytorch_model.safetensors.fp16.index.json", Some(("fp16", true)))]
    #[case::other_index("diffusion_pytorch_model.fp16.safetensors.index.json", Some(("fp16", true)))]
    #[case::usual("diffusion_pytorch_model.safetensors", None)]
    #[case::usual_index("diffusion_pytorch_model.safetensors.index.json", None)]
    #[case::shard("diffusion_pytorch_model-00001-of-00002.safetensors", None)]
    #[case::shard_of_a_variant("diffusion_pytorch_model.fp16-00001-of-00002.safetensors", None)]
    #[case::pickle("diffusion_pytorch_model.fp16.bin", None)]
    #[case::another_model("text_encoder.fp16.safetensors", None)]
    fn a_variant_is_known_by_its_name(#[case] name: &str, #[case] expected: Option<(&str, bool)>) {
        assert_eq!(variant(name), expected);
    }
}
