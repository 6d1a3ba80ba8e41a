//! Keys of a `scheduler_config.json` and of `params:` that several solvers have.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diffusers::Keys;
use crate::sampler::NoiseConfig;
use crate::schedule::TimestepSpacing;

/// diffusers' defaults of the shared keys, which are the same in all classes of solvers.
pub(in crate::sampler) fn noise_defaults() -> NoiseConfig {
    NoiseConfig {
        clip_sample: false,
        timestep_spacing: TimestepSpacing::Linspace,
        ..NoiseConfig::default()
    }
}

/// Keys of `params:` of a class whose timesteps can be written down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VisitArguments {
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    pub timesteps: Option<Vec<usize>>,
    /// How far dynamic shifting moves the noise levels of a flow: by `exp(mu)`.
    pub mu: Option<f64>,
}

/// Keys of `params:` of a class with dynamic shifting.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ShiftArguments {
    /// How far dynamic shifting moves the noise levels of a flow: by `exp(mu)`.
    pub mu: Option<f64>,
}

impl Keys for VisitArguments {}
impl Keys for ShiftArguments {}

/// The lowest `lambda` of a run, to keep away from noise without signal: a number, or `-Infinity`, which JSON does not
/// have and which is `null` here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LambdaMin(pub f64);

impl Default for LambdaMin {
    fn default() -> Self {
        Self(f64::NEG_INFINITY)
    }
}

impl Serialize for LambdaMin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Some(self.0).filter(|lambda| lambda.is_finite()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LambdaMin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LambdaMinVisitor)
    }
}

struct LambdaMinVisitor;

impl Visitor<'_> for LambdaMinVisitor {
    type Value = LambdaMin;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number or \"-Infinity\"")
    }

    fn visit_f64<E: de::Error>(self, lambda: f64) -> Result<LambdaMin, E> {
        if lambda.is_nan() || lambda == f64::INFINITY {
            return Err(E::invalid_value(de::Unexpected::Float(lambda), &self));
        }
        Ok(LambdaMin(lambda))
    }

    fn visit_i64<E: de::Error>(self, lambda: i64) -> Result<LambdaMin, E> {
        Ok(LambdaMin(lambda as f64))
    }

    fn visit_u64<E: de::Error>(self, lambda: u64) -> Result<LambdaMin, E> {
        Ok(LambdaMin(lambda as f64))
    }

    fn visit_str<E: de::Error>(self, lambda: &str) -> Result<LambdaMin, E> {
        match lambda {
            "-Infinity" | "-inf" => Ok(LambdaMin::default()),
            _ => Err(E::invalid_value(de::Unexpected::Str(lambda), &self)),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<LambdaMin, E> {
        Ok(LambdaMin::default())
    }
}

impl JsonSchema for LambdaMin {
    fn schema_name() -> Cow<'static, str> {
        "LambdaMin".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": ["number", "null"] }, { "enum": ["-Infinity"] }] })
    }
}

/// A key whose value in diffusers is a piece of a program, and for which a file has `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Absent;

impl<'de> Deserialize<'de> for Absent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AbsentVisitor)
    }
}

struct AbsentVisitor;

impl Visitor<'_> for AbsentVisitor {
    type Value = Absent;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("null, because a file cannot hold a function or another scheduler")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Absent, E> {
        Ok(Absent)
    }
}

impl JsonSchema for Absent {
    fn schema_name() -> Cow<'static, str> {
        "Absent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "null" })
    }
}

/// Makes the keys of a class: the given ones with their defaults, and those that say which sigmas a run visits.
macro_rules! solver_keys {
    ($(#[$doc:meta])* $Keys:ident { $($(#[$of:meta])* $key:ident: $Type:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        pub struct $Keys {
            $($(#[$of])* pub $key: $Type,)*
            /// Whether a run visits the sigmas of Karras et al. (arXiv 2206.00364, eq. 5).
            pub use_karras_sigmas: bool,
            /// Whether a run visits sigmas with one ratio between all neighbours.
            pub use_exponential_sigmas: bool,
            /// Whether a run visits sigmas at quantiles of a beta distribution (arXiv 2407.12173).
            pub use_beta_sigmas: bool,
            /// Whether signal and noise add up to 1, as in flow matching.
            pub use_flow_sigmas: bool,
            /// How far the noise levels of a flow are moved towards 1.
            pub flow_shift: f64,
            /// The lowest sigma of those lists; that of the first training timestep if left out. diffusers looks at it
            /// where `from_config` brings it along.
            pub sigma_min: Option<f64>,
            /// The highest sigma of those lists; that of the last training timestep if left out.
            pub sigma_max: Option<f64>,
        }

        impl Default for $Keys {
            fn default() -> Self {
                Self {
                    $($key: $default,)*
                    use_karras_sigmas: false,
                    use_exponential_sigmas: false,
                    use_beta_sigmas: false,
                    use_flow_sigmas: false,
                    flow_shift: 1.0,
                    sigma_min: None,
                    sigma_max: None,
                }
            }
        }

        impl $crate::diffusers::Keys for $Keys {}

        impl $Keys {
            /// Those keys that say which sigmas a run visits.
            pub(in crate::sampler) fn sigma_keys(&self) -> $crate::sampler::solver::SigmaKeys {
                $crate::sampler::solver::SigmaKeys {
                    karras: self.use_karras_sigmas,
                    exponential: self.use_exponential_sigmas,
                    beta: self.use_beta_sigmas,
                    flow: self.use_flow_sigmas,
                    flow_shift: self.flow_shift,
                    sigma_min: self.sigma_min,
                    sigma_max: self.sigma_max,
                }
            }
        }
    };
}
pub(in crate::sampler) use solver_keys;

/// The keys that say which sigmas a run visits.
#[derive(Debug, Clone, Copy)]
pub(in crate::sampler) struct SigmaKeys {
    pub karras: bool,
    pub exponential: bool,
    pub beta: bool,
    pub flow: bool,
    pub flow_shift: f64,
    pub sigma_min: Option<f64>,
    pub sigma_max: Option<f64>,
}
