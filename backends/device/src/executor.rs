//! Executes recorded operations one at a time on a device, as the intermediate representation describes them: what a
//! diagnosis is made of.
//!
//! Each backend is named here because Burn's dispatch has no intermediate representation of its own. What is done with
//! the operations is the harness's matter.

use std::fmt::Debug;

#[cfg(feature = "cube")]
use burn::backend::Cube;
use burn::backend::{DispatchDevice, Flex, FlexDevice};
use burn::tensor::{DType, TensorData};
use burn_ir::{BackendIr, IrVisitorMut, OperationIr, ScalarIr, TensorId, TensorIr, TensorStatus};
use burn_router::TensorInterpreter;

use crate::Device;
use crate::cpu::NdArray;

/// Tensors on one device, by id, and the operations on them.
#[derive(Debug)]
pub struct Executor {
    interpreter: Box<dyn Interprets>,
    /// The types that tensors have whatever the operations say; those of the operations where there is none.
    types: Option<Types>,
}

/// An interpreter of whatever backend.
trait Interprets: Debug {
    fn execute(&mut self, operation: OperationIr);
    fn read(&mut self, tensor: TensorIr) -> Result<TensorData, String>;
    fn put(&mut self, id: TensorId, data: TensorData);
    fn sync(&mut self) -> Result<(), String>;
}

impl<B: BackendIr> Interprets for TensorInterpreter<B> {
    fn execute(&mut self, operation: OperationIr) {
        self.register_op(operation);
    }

    fn read(&mut self, tensor: TensorIr) -> Result<TensorData, String> {
        pollster::block_on(self.read_tensor_async(tensor)).map_err(|error| format!("{error:?}"))
    }

    fn put(&mut self, id: TensorId, data: TensorData) {
        self.register_tensor_data_id(id, data);
    }

    fn sync(&mut self) -> Result<(), String> {
        TensorInterpreter::sync(self).map_err(|error| format!("{error:?}"))
    }
}

impl Executor {
    /// An executor without tensors, for operations that were recorded with the device's own element types.
    ///
    /// # Panics
    /// If the device is none of a target's.
    #[must_use]
    pub fn new(device: &Device) -> Self {
        let interpreter: Box<dyn Interprets> = match device.as_dispatch().clone() {
            DispatchDevice::Flex(device) => Box::new(TensorInterpreter::<Flex>::new(device)),
            DispatchDevice::NdArray(device) => Box::new(TensorInterpreter::<NdArray>::new(device)),
            #[cfg(feature = "cube")]
            DispatchDevice::Cube(device) => Box::new(TensorInterpreter::<Cube>::new(device)),
            other => panic!("{other:?} is no device of a target"),
        };
        Self { interpreter, types: None }
    }

    /// The executor of references: flex in `f64`, on every machine the same.
    #[must_use]
    pub fn reference() -> Self {
        let bool = Device::flex().settings().bool_dtype.into();
        let types = Some(Types { float: DType::F64, bool });
        Self { types, ..Self::new(&Device::from(FlexDevice)) }
    }

    /// Executes an operation; its outputs lie under the ids that it says.
    pub fn execute(&mut self, mut operation: OperationIr) {
        if let Some(types) = &mut self.types {
            operation.visit_mut(types);
        }
        self.interpreter.execute(operation);
    }

    /// The elements of a tensor, which stays.
    ///
    /// # Errors
    /// What the backend says.
    pub fn read(&mut self, tensor: &TensorIr) -> Result<TensorData, String> {
        self.read_as(TensorStatus::ReadOnly, tensor)
    }

    /// The elements of a tensor, which is dropped: nothing is copied where the backend has it in the host's memory.
    ///
    /// # Errors
    /// What the backend says.
    pub fn take(&mut self, tensor: &TensorIr) -> Result<TensorData, String> {
        self.read_as(TensorStatus::ReadWrite, tensor)
    }

    fn read_as(&mut self, status: TensorStatus, tensor: &TensorIr) -> Result<TensorData, String> {
        let mut tensor = TensorIr { status, ..tensor.clone() };
        if let Some(types) = &mut self.types {
            types.visit_tensor_mut(&mut tensor);
        }
        self.interpreter.read(tensor)
    }

    /// Puts a tensor under an id, in the executor's own types; replaces what was there.
    pub fn put(&mut self, id: TensorId, data: TensorData) {
        let data = match &self.types {
            Some(types) if types.of(data.dtype()) != data.dtype() => {
                let dtype = types.of(data.dtype());
                data.convert_dtype(dtype)
            }
            _ => data,
        };
        self.interpreter.put(id, data);
    }

    /// Drops a tensor.
    pub fn drop_tensor(&mut self, tensor: &TensorIr) {
        let tensor = TensorIr { status: TensorStatus::ReadWrite, ..tensor.clone() };
        self.interpreter.execute(OperationIr::Drop(tensor));
    }

    /// Waits for everything that was asked.
    ///
    /// # Errors
    /// What the backend says.
    pub fn sync(&mut self) -> Result<(), String> {
        self.interpreter.sync()
    }
}

/// A reference computes in `f64` what the target computes in `f32`, and backends differ in how they store booleans;
/// integers are the same everywhere.
#[derive(Debug, Clone, Copy)]
struct Types {
    float: DType,
    bool: DType,
}

impl Types {
    fn of(&self, dtype: DType) -> DType {
        match dtype {
            DType::Bool(_) => self.bool,
            dtype if dtype.is_float() => self.float,
            dtype => dtype,
        }
    }
}

impl IrVisitorMut for Types {
    fn visit_tensor_mut(&mut self, tensor: &mut TensorIr) {
        tensor.dtype = self.of(tensor.dtype);
    }

    fn visit_scalar_mut(&mut self, _scalar: &mut ScalarIr) {}
}
