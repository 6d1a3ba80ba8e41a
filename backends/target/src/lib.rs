//! What burn-repro can run on, in words: a [`Target`] and its [`Class`], the [`Settings`] of a run, the [`Fingerprint`] of
//! what computed a result, the element type ([`Dtype`]), and what is [`Missing`]. Beside these, what every crate above
//! needs of the operating system: the supervisor of child processes ([`child`]) and variables of the environment.
//!
//! Not here: looking for targets and opening them, which need Burn and are in `backends/device`.

pub mod child;
mod class;
mod discovery;
mod dtype;
mod fingerprint;
mod memory;
mod missing;
mod panic;
mod settings;
mod target;
mod variables;

pub use class::{Class, UnknownClass, VULKAN};
pub use discovery::Discovery;
pub use dtype::{Dtype, UnknownDtype};
pub use fingerprint::Fingerprint;
pub use memory::default_memory_limit;
pub use missing::Missing;
pub use panic::{caught, panic_text};
pub use settings::{Determinism, Settings};
pub use target::{Adapter, Locator, Target};
pub use variables::{OPENGL, VariableError, path_variable, switch, variable};
