//! `repro parity`, `reference:` and the gate over a port with planted mistakes: each is named by its layer, and by what
//! it is. The reference is PyTorch's, in `reference.safetensors`; `reference.py` recorded it.

#[path = "../command/mod.rs"]
mod command;
mod model;
mod trials;

use std::process::ExitCode;

use burn_repro::Registry;

use model::Port;

fn main() -> ExitCode {
    command::main_of(Registry::new().with(Port), trials::all)
}
