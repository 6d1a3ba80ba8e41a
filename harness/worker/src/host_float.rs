//! The float types of host data that a pipeline hands to a device. Not here: how they are drawn, and
//! what is done with them on a device.

use burn::tensor::Element;
use half::{bf16, f16};

mod sealed {
    pub trait Sealed {}
}

/// An element of host noise or of another host input: `f16`, `bf16`, `f32` or `f64`.
pub trait HostFloat: Element + sealed::Sealed {
    /// Appends the element's bytes, little-endian.
    fn append_le_bytes(self, bytes: &mut Vec<u8>);

    /// The same number, exactly.
    fn widen(self) -> f64;
}

macro_rules! host_float {
    ($($type:ty),*) => {$(
        impl sealed::Sealed for $type {}

        impl HostFloat for $type {
            fn append_le_bytes(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn widen(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

host_float!(f16, bf16, f32, f64);
