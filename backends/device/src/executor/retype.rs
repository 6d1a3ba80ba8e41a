//! The element types of an operation as one executor has them: a reference computes in `f64` what the target computes
//! in `f32`, and backends differ in how they store booleans.
//!
//! Only what an operation makes out of nothing, or out of tensors of another kind, has a type of its own; everything
//! else follows its inputs.

use burn::tensor::{BoolStore, DType, FloatDType, TensorData};
use burn_ir::{
    BaseOperationIr, BoolOperationIr, FloatOperationIr, IntOperationIr, NumericOperationIr,
    OperationIr, TensorIr,
};

/// The types of an executor's tensors; integers are the same everywhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Types {
    pub(super) float: FloatDType,
    pub(super) bool: BoolStore,
}

impl Types {
    pub(super) fn convert(&self, data: TensorData) -> TensorData {
        let dtype = self.of(data.dtype);
        if data.dtype == dtype { data } else { data.convert_dtype(dtype) }
    }

    fn of(&self, dtype: DType) -> DType {
        match dtype {
            DType::Bool(_) => DType::Bool(self.bool),
            dtype if dtype.is_float() => self.float.into(),
            dtype => dtype,
        }
    }

    fn set(&self, tensor: &mut TensorIr) {
        tensor.dtype = self.of(tensor.dtype);
    }

    pub(super) fn retype(&self, operation: &mut OperationIr) {
        match operation {
            OperationIr::BaseFloat(base)
            | OperationIr::BaseInt(base)
            | OperationIr::BaseBool(base) => {
                self.base(base);
            }
            OperationIr::NumericFloat(_, numeric) | OperationIr::NumericInt(_, numeric) => {
                self.numeric(numeric);
            }
            OperationIr::Float(_, FloatOperationIr::Random(made)) => self.set(&mut made.out),
            OperationIr::Float(
                _,
                FloatOperationIr::IsNan(made) | FloatOperationIr::IsInf(made),
            ) => {
                self.set(&mut made.out);
            }
            OperationIr::Int(IntOperationIr::IntoFloat(made))
            | OperationIr::Bool(
                BoolOperationIr::IntoFloat(made) | BoolOperationIr::IntoInt(made),
            ) => {
                self.set(&mut made.out);
            }
            _ => {}
        }
    }

    fn base(&self, operation: &mut BaseOperationIr) {
        use BaseOperationIr as Base;
        match operation {
            Base::Cast(made) => self.set(&mut made.out),
            Base::Empty(made) | Base::Ones(made) | Base::Zeros(made) => self.set(&mut made.out),
            Base::Equal(made) => self.set(&mut made.out),
            Base::EqualElem(made) => self.set(&mut made.out),
            _ => {}
        }
    }

    fn numeric(&self, operation: &mut NumericOperationIr) {
        use NumericOperationIr as Numeric;
        match operation {
            Numeric::Full(made) => self.set(&mut made.out),
            Numeric::Greater(made)
            | Numeric::GreaterEqual(made)
            | Numeric::Lower(made)
            | Numeric::LowerEqual(made) => self.set(&mut made.out),
            Numeric::GreaterElem(made)
            | Numeric::GreaterEqualElem(made)
            | Numeric::LowerElem(made)
            | Numeric::LowerEqualElem(made) => self.set(&mut made.out),
            _ => {}
        }
    }
}
