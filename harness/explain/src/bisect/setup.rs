//! How a cell is run, and one change of it. What can be changed on a machine is `axes`; nothing is run here.

use std::fmt;
use std::path::PathBuf;

use burn_repro_target::{Determinism, Dtype, Settings, Target};
use serde::Serialize;

use burn_repro_core::worker::WorkerCommand;

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Full or fast.
    Determinism,
    /// Whether CUDA rounds the inputs of `f32` products; never set by itself.
    Tf32,
    /// Threads of what computes on the processor.
    Threads,
    /// The float type.
    Dtype,
    /// How a kernel reaches the same device: Vulkan, OpenGL, Metal, DX12.
    ShaderPath,
    /// Another target of the class.
    Adapter,
    /// Whether kernels are chosen by their time.
    Autotune,
    /// Whether operations are fused.
    Fusion,
    /// Both, where one build differs in both.
    AutotuneAndFusion,
}

impl Axis {
    /// Changes of one slot exclude each other.
    pub fn slot(self) -> usize {
        match self {
            Self::Determinism | Self::Tf32 => 0,
            Self::Threads => 1,
            Self::Dtype => 2,
            Self::ShaderPath | Self::Adapter => 3,
            Self::Autotune | Self::Fusion | Self::AutotuneAndFusion => 4,
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Determinism => "determinism",
            Self::Tf32 => "TF32",
            Self::Threads => "threads",
            Self::Dtype => "dtype",
            Self::ShaderPath => "shader path",
            Self::Adapter => "adapter",
            Self::Autotune => "autotune",
            Self::Fusion => "fusion",
            Self::AutotuneAndFusion => "autotune and fusion",
        })
    }
}

/// How a cell is run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The build of this program, and what it sees.
    pub command: WorkerCommand,
    /// The target.
    pub target: Target,
    /// Float type, determinism, threads.
    pub settings: Settings,
}

/// One setting that is another one than in the red cell.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// What is set.
    pub axis: Axis,
    /// What it was in the red cell.
    pub was: String,
    /// What it is instead.
    pub tried: String,
    /// What it amounts to, or what it means if the difference is gone with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
    #[serde(skip)]
    pub effect: Effect,
}

/// What a change does to a setup.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Holds Burn still, or does not.
    Determinism(Determinism),
    /// Sets a number of threads.
    Threads(usize),
    /// Computes in another type.
    Float(Dtype),
    /// Computes elsewhere.
    Target {
        /// Where.
        target: Box<Target>,
        /// Whether only OpenGL shows it.
        opengl: bool,
    },
    /// Another build of this program computes.
    Build(PathBuf),
}

impl Setup {
    /// With one change more.
    pub fn with(self, change: &Change) -> Self {
        let Self { command, target, settings } = self;
        match &change.effect {
            Effect::Determinism(determinism) => {
                let settings = Settings { determinism: *determinism, ..settings };
                Self { command, target, settings }
            }
            Effect::Threads(threads) => {
                let settings = Settings { threads: Some(*threads), ..settings };
                Self { command, target, settings }
            }
            Effect::Float(float) => {
                Self { command, target, settings: Settings { dtype: *float, ..settings } }
            }
            Effect::Target { target, opengl } => {
                let command = if *opengl { command.with_opengl() } else { command };
                Self { command, target: (**target).clone(), settings }
            }
            Effect::Build(program) => {
                Self { command: command.with_program(program.clone()), target, settings }
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.axis, self.tried)
    }
}

/// What could not be tried here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NotTried {
    /// What would have been set.
    pub axis: Axis,
    /// Why not, and how to get it.
    pub reason: String,
}

impl NotTried {
    /// From its parts.
    pub fn new(axis: Axis, reason: impl Into<String>) -> Self {
        Self { axis, reason: reason.into() }
    }
}
