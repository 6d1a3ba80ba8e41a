//! What goes through a module: one tensor or several.

use burn_tensor::{DType, Device, Tensor, TensorData, kind::Basic};

/// One tensor of a module, of whatever rank and kind.
pub struct Seen<'a> {
    /// Its type.
    pub dtype: DType,
    /// The length of each dimension.
    pub shape: Vec<usize>,
    /// Where it lies.
    pub device: Device,
    read: &'a dyn Fn() -> Result<TensorData, String>,
}

impl Seen<'_> {
    /// Its elements, read back from the device.
    ///
    /// # Errors
    /// What the backend says.
    pub fn read(&self) -> Result<TensorData, String> {
        (self.read)()
    }
}

/// What a module takes or gives: a tensor, or a tuple, an option or a vector of tensors.
pub trait Tensors: Sized {
    /// Shows every tensor, in order, and replaces those for which `see` gives other elements.
    #[must_use]
    fn map(self, see: &mut dyn FnMut(&Seen<'_>) -> Option<TensorData>) -> Self;
}

impl<const D: usize, K: Basic> Tensors for Tensor<D, K> {
    fn map(self, see: &mut dyn FnMut(&Seen<'_>) -> Option<TensorData>) -> Self {
        let read = || self.clone().try_into_data().map_err(|error| format!("{error:?}"));
        let (dtype, device, shape) = (self.dtype(), self.device(), self.dims().to_vec());
        let other = see(&Seen { dtype, shape, device: device.clone(), read: &read });
        match other {
            Some(data) => Self::from_data(data, (&device, dtype)),
            None => self,
        }
    }
}

impl<T: Tensors> Tensors for Option<T> {
    fn map(self, see: &mut dyn FnMut(&Seen<'_>) -> Option<TensorData>) -> Self {
        Option::map(self, |tensors| tensors.map(see))
    }
}

impl<T: Tensors> Tensors for Vec<T> {
    fn map(self, see: &mut dyn FnMut(&Seen<'_>) -> Option<TensorData>) -> Self {
        self.into_iter().map(|tensors| tensors.map(see)).collect()
    }
}

/// For a module without inputs, or without results.
impl Tensors for () {
    fn map(self, _: &mut dyn FnMut(&Seen<'_>) -> Option<TensorData>) -> Self {}
}

/// Declares the tuples of so many members.
macro_rules! tuples {
    ($($type:ident $member:ident),+) => {
        impl<$($type: Tensors),+> Tensors for ($($type,)+) {
            fn map(self, see: &mut dyn FnMut(&Seen<'_>) -> Option<TensorData>) -> Self {
                let ($($member,)+) = self;
                ($($member.map(see),)+)
            }
        }
    };
}

tuples!(A a);
tuples!(A a, B b);
tuples!(A a, B b, C c);
tuples!(A a, B b, C c, D d);
