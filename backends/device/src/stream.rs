//! A backend that computes nothing itself: it hands every operation of a model, in order, to a [`Stream`].
//!
//! It is burn's router with a channel of our own. The router writes activations out as plain operations, so that a
//! backend's own softmax or sigmoid is never among them. What a stream does with the operations is not decided here.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::tensor::backend::{DTypeUsage, DTypeUsageSet, DeviceId, DeviceOps, ExecutionError};
use burn::tensor::{DType, Shape, Tensor, TensorData, TensorPrimitive};
use burn_ir::{OperationIr, TensorId, TensorIr};
use burn_router::{BackendRouter, MultiBackendBridge, RouterTensor, RunnerChannel, RunnerClient};

/// What is done with the operations of a model.
pub trait Stream: Send {
    /// Host data becomes a tensor.
    fn put(&mut self, id: TensorId, data: TensorData);

    /// An operation is to be executed.
    fn execute(&mut self, operation: OperationIr);

    /// A tensor is no longer needed.
    fn drop_tensor(&mut self, tensor: &TensorIr);

    /// The elements of a tensor are asked for.
    ///
    /// # Errors
    /// What a backend says.
    fn read(&mut self, tensor: &TensorIr) -> Result<TensorData, String>;

    /// Everything that was asked so far is to be done.
    ///
    /// # Errors
    /// What a backend says.
    fn sync(&mut self) -> Result<(), String>;
}

/// The backend of a stream.
pub type Streamed = BackendRouter<Channel>;

/// A stream and the device that leads to it: every tensor on the device belongs to it.
pub struct StreamDevice<S> {
    device: Place,
    stream: Arc<Mutex<S>>,
}

/// The streams that are open, by the number of their device.
static STREAMS: Mutex<BTreeMap<u32, Shared>> = Mutex::new(BTreeMap::new());
/// From 1 on: the default device leads nowhere.
static DEVICES: AtomicU32 = AtomicU32::new(1);
static TENSORS: AtomicU64 = AtomicU64::new(0);

type Shared = Arc<Mutex<dyn Stream>>;

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Stream + 'static> StreamDevice<S> {
    /// Opens a device that leads to the stream.
    #[must_use]
    pub fn open(stream: S) -> Self {
        let device = Place(DEVICES.fetch_add(1, Ordering::Relaxed));
        let stream = Arc::new(Mutex::new(stream));
        lock(&STREAMS).insert(device.0, stream.clone());
        Self { device, stream }
    }

    /// The device, for pipelines.
    #[must_use]
    pub fn device(&self) -> &Place {
        &self.device
    }

    /// Does something with the stream.
    pub fn with<T>(&self, action: impl FnOnce(&mut S) -> T) -> T {
        action(&mut lock(&self.stream))
    }
}

impl<S> Drop for StreamDevice<S> {
    fn drop(&mut self) {
        lock(&STREAMS).remove(&self.device.0);
    }
}

/// The device of a stream, by its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place(u32);

impl burn::prelude::DeviceOps for Place {
    fn from_id(id: DeviceId) -> Self {
        Self(u32::from(id.type_id) << 16 | u32::from(id.index_id))
    }

    fn to_id(&self) -> DeviceId {
        // The number is wider than an index; types of devices do not matter to the router.
        DeviceId::new((self.0 >> 16) as u16, self.0 as u16)
    }
}

impl DeviceOps for Place {}

/// Leads from the router to the streams.
#[derive(Debug, Clone)]
pub struct Channel;

/// One stream as the router sees it.
#[derive(Clone)]
pub struct Client {
    device: Place,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "stream {}", self.device.0)
    }
}

impl Client {
    /// The stream, unless it is closed: tensors that outlive it are dropped into the void.
    fn stream(&self) -> Option<Shared> {
        lock(&STREAMS).get(&self.device.0).cloned()
    }
}

impl RunnerClient for Client {
    type Device = Place;

    fn register_op(&self, operation: OperationIr) {
        let Some(stream) = self.stream() else { return };
        let mut stream = lock(&stream);
        match operation {
            OperationIr::Init(_) => {}
            // A panic drops the tensors it passes, and a second one while it does would end the process.
            OperationIr::Drop(_) if std::thread::panicking() => {}
            OperationIr::Drop(tensor) => stream.drop_tensor(&tensor),
            operation => stream.execute(operation),
        }
    }

    fn read_tensor_async(
        &self,
        tensor: TensorIr,
    ) -> Pin<Box<dyn Future<Output = Result<TensorData, ExecutionError>> + Send>> {
        let read = match self.stream() {
            Some(stream) => lock(&stream).read(&tensor),
            None => Err("the stream of the tensor is closed".to_owned()),
        };
        let read = read.map_err(|reason| ExecutionError::WithContext { reason });
        Box::pin(async move { read })
    }

    fn sync(&self) -> Result<(), ExecutionError> {
        let synced = self.stream().map_or(Ok(()), |stream| lock(&stream).sync());
        synced.map_err(|reason| ExecutionError::WithContext { reason })
    }

    fn create_empty_handle(&self) -> TensorId {
        TensorId::new(TENSORS.fetch_add(1, Ordering::Relaxed))
    }

    fn register_tensor_data(&self, data: TensorData) -> RouterTensor<Self> {
        let id = self.create_empty_handle();
        let tensor = RouterTensor::new(id, data.shape.clone(), data.dtype, self.clone());
        if let Some(stream) = self.stream() {
            lock(&stream).put(id, data);
        }
        tensor
    }

    fn device(&self) -> Place {
        self.device.clone()
    }

    /// Nothing random is drawn on a device.
    fn seed(&self, _seed: u64) {}

    fn dtype_usage(&self, dtype: DType) -> DTypeUsageSet {
        match dtype {
            DType::QFloat(_) => DTypeUsageSet::empty(),
            _ => DTypeUsage::Storage | DTypeUsage::Arithmetic,
        }
    }
}

impl RunnerChannel for Channel {
    type Device = Place;
    type Bridge = NoBridge;
    type Client = Client;
    type FloatElem = f32;
    type IntElem = i32;
    type BoolElem = bool;

    fn name(device: &Place) -> String {
        format!("stream {}", device.0)
    }

    fn init_client(device: &Place) -> Client {
        Client { device: device.clone() }
    }

    fn get_tensor_handle(_tensor: &TensorIr, _client: &Client) {}

    fn register_tensor(
        client: &Client,
        (): (),
        shape: Shape,
        dtype: DType,
    ) -> RouterTensor<Client> {
        RouterTensor::new(client.create_empty_handle(), shape, dtype, client.clone())
    }

    fn change_client_backend(tensor: RouterTensor<Client>, device: &Place) -> RouterTensor<Client> {
        panic!("{tensor:?} cannot move to {device:?}: a stream follows one device")
    }
}

/// Tensors of one stream stay there.
#[derive(Debug)]
pub struct NoBridge;

impl MultiBackendBridge for NoBridge {
    type TensorHandle = ();
    type Device = Place;

    fn change_backend_float((): (), _shape: Shape, _device: &Place) {}

    fn change_backend_int((): (), _shape: Shape, _device: &Place) {}

    fn change_backend_bool((): (), _shape: Shape, _device: &Place) {}
}

/// The id of a tensor, if it is one of a stream.
#[must_use]
pub fn stream_id<B: burn::tensor::backend::Backend, const D: usize>(
    tensor: &Tensor<B, D>,
) -> Option<TensorId> {
    let TensorPrimitive::Float(primitive) = tensor.clone().into_primitive() else { return None };
    let any: Box<dyn std::any::Any> = Box::new(primitive);
    any.downcast::<RouterTensor<Client>>().ok().map(|tensor| tensor.into_ir().id)
}
