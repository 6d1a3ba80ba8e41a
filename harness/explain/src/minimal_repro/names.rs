//! What an operation's tensors are called in an emitted project: by the fields of the intermediate representation that
//! they stand in. What is done with them is `call`'s matter. Pure.

use std::collections::BTreeMap;

use burn::tensor::DType;
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};
use serde_json::Value;

/// The names of an operation's tensors, and their element types on the target.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    names: BTreeMap<TensorId, String>,
    /// How many fields a tensor stands in.
    uses: BTreeMap<TensorId, usize>,
    /// Where they differ from those that the operation says.
    dtypes: BTreeMap<TensorId, DType>,
}

impl Names {
    /// Names every tensor of an operation; one that stands in several fields is called after the first.
    pub(super) fn of(operation: &OperationIr) -> Self {
        let value = serde_json::to_value(operation).expect("operations are plain values");
        let mut names = Self::default();
        names.walk(&value, "tensor");
        names
    }

    /// With the element types that tensors really have.
    pub(super) fn with_dtypes(self, dtypes: impl IntoIterator<Item = (TensorId, DType)>) -> Self {
        Self { dtypes: dtypes.into_iter().collect(), ..self }
    }

    fn walk(&mut self, value: &Value, field: &str) {
        match value {
            Value::Object(fields) if is_tensor(value) => {
                let Some(id) = fields["id"]["value"].as_u64().map(TensorId::new) else { return };
                self.names.entry(id).or_insert_with(|| field.to_owned());
                *self.uses.entry(id).or_default() += 1;
            }
            Value::Object(fields) => {
                for (key, inner) in fields {
                    // A variant names an operation, a field names a tensor.
                    let is_field = key.starts_with(|letter: char| letter.is_ascii_lowercase());
                    self.walk(inner, if is_field { key } else { field });
                }
            }
            Value::Array(parts) if parts.iter().all(is_tensor) => {
                for (number, tensor) in parts.iter().enumerate() {
                    self.walk(tensor, &format!("{field}_{number}"));
                }
            }
            Value::Array(parts) => parts.iter().for_each(|part| self.walk(part, field)),
            _ => {}
        }
    }

    /// The name of a tensor.
    pub(super) fn name(&self, tensor: &TensorIr) -> &str {
        self.names.get(&tensor.id).map_or("tensor", String::as_str)
    }

    /// A tensor as an argument that is moved.
    pub(super) fn argument(&self, tensor: &TensorIr) -> String {
        match self.uses.get(&tensor.id) {
            Some(2..) => format!("{}.clone()", self.name(tensor)),
            _ => self.name(tensor).to_owned(),
        }
    }

    /// The element type of a tensor on the target.
    pub(super) fn dtype(&self, tensor: &TensorIr) -> DType {
        self.dtypes.get(&tensor.id).copied().unwrap_or(tensor.dtype)
    }

    /// The operation as JSON, with the element types that tensors really have.
    pub(super) fn json(&self, operation: &OperationIr) -> String {
        let mut value = serde_json::to_value(operation).expect("operations are plain values");
        self.retype(&mut value);
        let mut json = serde_json::to_string_pretty(&value).expect("values can be written");
        json.push('\n');
        json
    }

    fn retype(&self, value: &mut Value) {
        match value {
            Value::Object(fields) if is_tensor_of(fields) => {
                let id = fields["id"]["value"].as_u64().map(TensorId::new);
                if let Some(dtype) = id.and_then(|id| self.dtypes.get(&id)) {
                    let dtype = serde_json::to_value(dtype).expect("types are plain values");
                    fields.insert("dtype".to_owned(), dtype);
                }
            }
            Value::Object(fields) => fields.values_mut().for_each(|inner| self.retype(inner)),
            Value::Array(parts) => parts.iter_mut().for_each(|part| self.retype(part)),
            _ => {}
        }
    }
}

fn is_tensor(value: &Value) -> bool {
    value.as_object().is_some_and(is_tensor_of)
}

/// Nothing else in the representation has a status.
fn is_tensor_of(fields: &serde_json::Map<String, Value>) -> bool {
    fields.contains_key("status") && fields.contains_key("id")
}

#[cfg(test)]
mod tests {
    use burn_repro_device::ir::{BaseOperationIr as Base, NumericOperationIr as Numeric};

    use super::super::examples::{binary, cat, tensor};
    use super::*;

    #[test]
    fn tensors_are_called_after_their_fields() {
        let add =
            OperationIr::NumericFloat(DType::F32, Numeric::Add(binary(&[2, 3], &[2, 3], &[2, 3])));
        let names = Names::of(&add);
        let called: Vec<_> = add.inputs().chain(add.outputs()).map(|t| names.name(t)).collect();
        assert_eq!(called, ["lhs", "rhs", "out"]);
        let names = Names::of(&OperationIr::BaseFloat(Base::Cat(cat())));
        assert_eq!(names.argument(&cat().tensors[1]), "tensors_1");
    }

    #[test]
    fn a_tensor_that_is_given_twice_is_cloned() {
        let mut square = binary(&[2], &[2], &[2]);
        square.rhs = square.lhs.clone();
        let names = Names::of(&OperationIr::NumericFloat(DType::F32, Numeric::Mul(square.clone())));
        assert_eq!(names.argument(&square.rhs), "lhs.clone()");
    }

    #[test]
    fn json_says_the_types_of_the_target() {
        let tensor = tensor(7, &[2], DType::F32);
        let drop = OperationIr::Drop(tensor.clone());
        let names = Names::of(&drop).with_dtypes([(tensor.id, DType::F16)]);
        let back: OperationIr = serde_json::from_str(&names.json(&drop)).unwrap();
        assert_eq!(back, OperationIr::Drop(TensorIr { dtype: DType::F16, ..tensor }));
    }
}
