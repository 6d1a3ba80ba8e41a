//! Executes Burn's operations one at a time on a device, as the intermediate representation describes them: what the
//! lockstep of two devices is made of.
//!
//! Each backend is named here because [`Dispatch`](crate::Backend) has no intermediate representation of its own. What
//! is done with the operations is the harness's matter.

mod retype;

use std::fmt::Debug;

use burn::tensor::backend::Backend;
use burn::tensor::{BoolStore, DType, Element, TensorData};
use burn_cuda::Cuda;
use burn_flex::{Flex, FlexDevice};
use burn_ir::{BackendIr, OperationIr, TensorId, TensorIr, TensorStatus};
use burn_ndarray::NdArray;
use burn_router::{Runner, RunnerClient};
use burn_wgpu::Wgpu;

use crate::Device;
use crate::open::float_dtype;
use burn_repro_target::Dtype;
use retype::Types;

/// Tensors on one device, by id, and the operations on them.
#[derive(Debug)]
pub struct Executor {
    runner: Box<dyn Runs>,
    types: Types,
}

/// A runner of whatever backend.
trait Runs: Debug + Send {
    fn execute(&self, operation: OperationIr);
    fn read(&self, tensor: TensorIr) -> Result<TensorData, String>;
    fn put(&self, id: TensorId, data: TensorData);
    fn sync(&self) -> Result<(), String>;
}

impl<B: BackendIr> Runs for Runner<B> {
    fn execute(&self, operation: OperationIr) {
        self.register_op(operation);
    }

    fn read(&self, tensor: TensorIr) -> Result<TensorData, String> {
        pollster::block_on(self.read_tensor_async(tensor)).map_err(|error| format!("{error:?}"))
    }

    fn put(&self, id: TensorId, data: TensorData) {
        self.register_tensor_data_id(id, data);
    }

    fn sync(&self) -> Result<(), String> {
        RunnerClient::sync(self).map_err(|error| format!("{error:?}"))
    }
}

impl Executor {
    /// An executor without tensors, whose floats are of one type whatever the operations say.
    ///
    /// Inlined, so that flex, which every lockstep runs beside its target, is compiled where it is used and as fast as
    /// that: this crate is hardly optimised, because all kernels of all backends are instantiated in it.
    ///
    /// # Panics
    /// If the device is none of flex, ndarray, wgpu and CUDA, which no target is.
    #[inline]
    #[must_use]
    pub fn new(device: &Device, float: Dtype) -> Self {
        match device {
            Device::Flex(device) => Self::on::<Flex>(Runner::new(*device), float),
            other => Self::of_kernels(other, float),
        }
    }

    /// An executor on any device but flex.
    fn of_kernels(device: &Device, float: Dtype) -> Self {
        match device.clone() {
            Device::NdArray(device) => Self::on::<NdArray>(Runner::new(device), float),
            Device::Wgpu(device) => Self::on::<Wgpu>(Runner::new(device), float),
            Device::Cuda(device) => Self::on::<Cuda>(Runner::new(device), float),
            other => panic!("{other:?} is no device of a target"),
        }
    }

    #[inline]
    fn on<B: BackendIr>(runner: Runner<B>, float: Dtype) -> Self {
        let types = Types { float: float_dtype(float), bool: bool_of::<B>() };
        Self { runner: Box::new(runner), types }
    }

    /// The executor of references: flex in `f64`, on every machine the same.
    #[inline]
    #[must_use]
    pub fn reference() -> Self {
        Self::new(&Device::Flex(FlexDevice), Dtype::F64)
    }

    /// Executes an operation; its outputs lie under the ids that it says.
    pub fn execute(&self, mut operation: OperationIr) {
        self.types.retype(&mut operation);
        self.runner.execute(operation);
    }

    /// The elements of a tensor, which stays.
    ///
    /// # Errors
    /// What the backend says.
    pub fn read(&self, tensor: &TensorIr) -> Result<TensorData, String> {
        let tensor = TensorIr { status: TensorStatus::ReadOnly, ..tensor.clone() };
        self.runner.read(tensor)
    }

    /// Puts a tensor under an id, in the executor's own types; replaces what was there.
    pub fn put(&self, id: TensorId, data: TensorData) {
        let data = self.types.convert(data);
        self.runner.put(id, data);
    }

    /// Drops a tensor.
    pub fn drop_tensor(&self, tensor: &TensorIr) {
        let tensor = TensorIr { status: TensorStatus::ReadWrite, ..tensor.clone() };
        self.runner.execute(OperationIr::Drop(tensor));
    }

    /// Waits for everything that was asked.
    ///
    /// # Errors
    /// What the backend says.
    pub fn sync(&self) -> Result<(), String> {
        self.runner.sync()
    }
}

/// How a backend stores booleans: as its own elements for them.
fn bool_of<B: Backend>() -> BoolStore {
    match B::BoolElem::dtype() {
        DType::U8 => BoolStore::U8,
        DType::U32 => BoolStore::U32,
        DType::Bool(store) => store,
        _ => BoolStore::Native,
    }
}
