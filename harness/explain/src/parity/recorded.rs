//! A reference file as `repro record-script` has it written: results, what went into each module, weights, and what the
//! modules are. A file of tensors alone is one, too: it knows less.

use std::collections::BTreeMap;

use burn_repro_core::tensor_file::{TensorFileError, decode_comparable, metadata};
use burn_repro_core::trace::HostTensor;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::onnx;

/// The tensors of a reference, and what it says of its modules.
#[derive(Debug, Default)]
pub struct Recorded {
    tensors: BTreeMap<String, HostTensor>,
    modules: BTreeMap<String, Module>,
    /// What goes into each node of ONNX, weights among it, by name.
    node_inputs: BTreeMap<String, Vec<String>>,
}

/// A module of the reference.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Module {
    #[serde(default)]
    pub(super) class: String,
    #[serde(flatten)]
    pub(super) attributes: Map<String, Value>,
}

impl Recorded {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// If it is no file of tensors.
    pub fn read(bytes: &[u8]) -> Result<Self, TensorFileError> {
        let named = decode_comparable(bytes)?.into_iter();
        // Written by others, or by a later version: what cannot be read is not known.
        let words = metadata(bytes)?;
        let modules: Option<BTreeMap<String, Module>> =
            words.get("modules").and_then(|text| serde_json::from_str(text).ok());
        let inputs = words.get("node_inputs").and_then(|text| serde_json::from_str(text).ok());
        Ok(Self {
            node_inputs: inputs.unwrap_or_default(),
            tensors: named.map(|named| (named.name, named.tensor)).collect(),
            modules: modules.unwrap_or_default(),
        })
    }

    /// The names of what modules put out, sorted.
    pub(super) fn results(&self) -> impl Iterator<Item = &str> {
        let other = |name: &str| {
            ["inputs/", "weights/", "f32/"].iter().any(|prefix| name.starts_with(prefix))
                || name.rsplit('/').next().is_some_and(|part| part.starts_with("input"))
        };
        self.tensors.keys().map(String::as_str).filter(move |name| !other(name))
    }

    /// The tensor of that name.
    pub(super) fn tensor(&self, name: &str) -> Option<&HostTensor> {
        self.tensors.get(name)
    }

    /// The module that gave a result: `block.norm1` of `block.norm1#2`.
    pub(super) fn module(&self, result: &str) -> Option<&Module> {
        self.modules.get(module_name(result))
    }

    /// The class and the attributes of the module that gave a result, in torch's words.
    pub(super) fn in_words_of_torch(&self, result: &str) -> (&str, Map<String, Value>) {
        let Some(module) = self.module(result) else { return ("", Map::new()) };
        let is_onnx = self.node_inputs.contains_key(module_name(result));
        match onnx::class(&module.class, &module.attributes).filter(|_| is_onnx) {
            Some(class) => (class, onnx::attributes(&module.class, &module.attributes)),
            None => (&module.class, module.attributes.clone()),
        }
    }

    /// Whether the modules are nodes of ONNX.
    pub(super) fn is_onnx(&self) -> bool {
        !self.node_inputs.is_empty()
    }

    /// What went into the module that gave a result.
    pub(super) fn inputs(&self, result: &str) -> Vec<&HostTensor> {
        let first = self.tensor(&format!("{result}/input"));
        let rest = (1..).map_while(|number| self.tensor(&format!("{result}/input.{number}")));
        first.into_iter().chain(rest).collect()
    }

    /// The weights of the module that gave a result, by their names in it.
    pub(super) fn weights(&self, result: &str) -> BTreeMap<String, &HostTensor> {
        let module = module_name(result);
        if let Some(inputs) = self.node_inputs.get(module) {
            let operator = self.modules.get(module).map_or("", |module| &module.class);
            let named = inputs.iter().enumerate().filter_map(|(place, name)| {
                let tensor = self.tensor(&format!("weights/{name}"))?;
                Some((onnx::weight(operator, place)?.to_owned(), tensor))
            });
            return named.collect();
        }
        let prefix = format!("weights/{module}.");
        let own = self.tensors.range(prefix.clone()..);
        let own = own.take_while(|(name, _)| name.starts_with(&prefix));
        own.map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect()
    }
}

/// The module of a result: without the number of the call and of the output.
pub(super) fn module_name(result: &str) -> &str {
    let result = result.split_once("/output.").map_or(result, |(module, _)| module);
    result.split_once('#').map_or(result, |(module, _)| module)
}
