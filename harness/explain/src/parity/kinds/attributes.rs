//! Torch's attributes of a layer, read from JSON.
//!
//! Not here: what an attribute means to a layer.

use serde_json::Value;

use super::{Check, Layer};

/// No size of a layer is above this: sums and products of two of them fit.
const LARGEST_SIZE: u64 = 1 << 30;

impl Layer<'_> {
    /// A number; `None` of Python's is absent.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.attributes.get(name)?.as_f64()
    }

    /// A count that is not negative.
    pub(super) fn size(&self, name: &str) -> Option<usize> {
        self.attributes.get(name).and_then(size)
    }

    /// A truth value.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.attributes.get(name)?.as_bool()
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// Sizes of the two spatial axes, from one number or a list; `alone` is the first where there is one axis only.
    pub(super) fn pair(&self, name: &str, alone: Option<usize>) -> Option<[usize; 2]> {
        let value = self.attributes.get(name)?;
        match (value.as_array().map(Vec::as_slice), alone) {
            (None, alone) => size(value).map(|size| [alone.unwrap_or(size), size]),
            (Some([one]), alone) => size(one).map(|size| [alone.unwrap_or(size), size]),
            (Some([first, second]), None) => Some([size(first)?, size(second)?]),
            _ => None,
        }
    }
}

impl Check<'_> {
    /// Whether torch's attribute is in the layer at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.layer.attributes.contains_key(name)
    }
}

/// A size in JSON. Nothing if it is negative, as `-1` is in places, or absurd.
fn size(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64().filter(|&size| size <= LARGEST_SIZE)?).ok()
}
