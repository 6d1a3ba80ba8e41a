//! The three kinds of target. Which targets there are of a kind is found out in `probe`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the names of targets begin with whose kernels reach Vulkan as SPIR-V.
pub const VULKAN: &str = "vulkan:";

/// The kind of a target; a scenario may name a class instead of targets one by one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The implementations for the processor: `ndarray`, `flex` and `cubecl-cpu`.
    Cpu,
    /// Every adapter that wgpu finds, a software one too.
    Wgpu,
    /// Every NVIDIA GPU that the CUDA driver finds.
    Cuda,
}

impl Class {
    /// All classes, in the order in which targets are listed.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Wgpu, Self::Cuda];

    /// The targets that have a name of their own, on every machine the same.
    const PROCESSORS: [&str; 3] = ["ndarray", "flex", "cubecl-cpu"];

    /// What the names of the other targets begin with.
    const PREFIXES: [(&str, Self); 3] =
        [("wgpu:", Self::Wgpu), (VULKAN, Self::Wgpu), ("cuda:", Self::Cuda)];

    /// The class of a target, by its name alone: whether the machine has it is not asked.
    #[must_use]
    pub fn of_target(name: &str) -> Option<Self> {
        if Self::PROCESSORS.contains(&name) {
            return Some(Self::Cpu);
        }
        let (prefix, class) =
            Self::PREFIXES.into_iter().find(|(start, _)| name.starts_with(start))?;
        let rest = &name[prefix.len()..];
        let fits = match class {
            Self::Cuda => rest.parse::<u32>().is_ok(),
            _ => !rest.is_empty(),
        };
        fits.then_some(class)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A word that is no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a class of targets; write cpu, wgpu or cuda")]
pub struct UnknownClass(pub String);

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|class| class.name() == word)
            .ok_or_else(|| UnknownClass(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_written_and_read_the_same_everywhere() {
        for class in Class::ALL {
            let json = serde_json::to_string(&class).unwrap();
            assert_eq!(json, format!("\"{class}\""));
            assert_eq!(serde_json::from_str::<Class>(&json).unwrap(), class);
            assert_eq!(class.to_string().parse(), Ok(class));
        }
    }

    #[test]
    fn another_word_is_refused_with_the_words_that_are_not() {
        let refusal = "gpu".parse::<Class>().unwrap_err().to_string();
        assert_eq!(refusal, "`gpu` is not a class of targets; write cpu, wgpu or cuda");
    }
}
