//! What makes a cell differ: operations with known results (`doctor`), the operation (`lockstep`, `emit`), the setting
//! (`blame`), the faults that are noticed (`fault`, `power`), and the tolerance that rounding needs (`calibrate`).

pub mod blame;
pub mod calibrate;
pub mod doctor;
pub mod emit;
pub mod fault;
pub mod lockstep;
mod numeric;
mod operation;
pub mod power;
