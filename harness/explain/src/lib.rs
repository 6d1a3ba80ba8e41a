//! What makes a cell differ: operations with known results (`doctor`), the operation (`lockstep`, `minimal_repro`), the setting
//! (`bisect`), the faults that are noticed (`fault`, `mutation`), the tolerance that rounding needs
//! (`calibrate`), and the layer of a port (`parity`).

pub mod bisect;
pub mod calibrate;
pub mod doctor;
pub mod fault;
pub mod lockstep;
pub mod minimal_repro;
pub mod mutation;
mod numeric;
mod operation;
pub mod parity;
