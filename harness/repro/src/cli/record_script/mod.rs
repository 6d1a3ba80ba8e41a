//! `repro record-script`: prints a Python file that records what a model of another framework computes.

use burn_repro_core::exit::Exit;
use burn_repro_core::say::print_as_it_is;
use clap::ValueEnum;

use super::Failure;

/// What runs the model that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Framework {
    /// PyTorch, module by module
    Torch,
    /// ONNX Runtime, node by node
    Onnx,
}

pub(super) fn print(framework: Framework) -> Result<Exit, Failure> {
    print_as_it_is(match framework {
        Framework::Torch => include_str!("torch.py"),
        Framework::Onnx => include_str!("onnx.py"),
    });
    Ok(Exit::Success)
}
