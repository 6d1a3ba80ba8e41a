//! What follows from the rows of [`samplers!`](super::samplers): the names of each sampler, and one type for all of
//! them where a file says at run time which is meant.

use serde_json::{Map, Value};

use super::config::{ClassError, Config, FromFields, NoiseConfig, TimedArguments};
use super::{Named, Sampler};
use crate::diffusers::values;

/// `A, B` as `(A, (B, ()))`.
macro_rules! pairs {
    () => { () };
    ($first:ty, $($rest:ty,)*) => { ($first, pairs!($($rest,)*)) };
}

macro_rules! follow {
    ($dollar:tt $($module:ident::$Sampler:ident = $name:literal, $class:literal;)+) => {
        $(impl Named for super::$module::$Sampler {
            const NAME: &'static str = $name;
            const CLASS: &'static str = $class;
        })+

        /// Does the same with whichever sampler a [`SchedulerConfig`] is: `with_sampler!(&scheduler, config =>
        /// f(config))`, where `f` takes the [`Config`] of any sampler.
        macro_rules! with_sampler {
            ($dollar scheduler:expr, $dollar config:ident => $dollar done:expr) => {
                match $dollar scheduler {
                    $($crate::sampler::SchedulerConfig::$Sampler($dollar config) => $dollar done,)+
                }
            };
        }

        /// The classes that are samplers here.
        pub(super) const CLASSES: &[&str] = &[$($class),+];

        /// The keys of all samplers.
        pub type AllKeys = pairs!($(<super::$module::$Sampler as Sampler>::Keys,)+);

        /// The arguments of all samplers.
        pub type AllArguments =
            (TimedArguments, pairs!($(<super::$module::$Sampler as Sampler>::Arguments,)+));

        /// The configuration of whichever sampler `_class_name` says; the key has to be there.
        #[derive(Debug, Clone, PartialEq)]
        pub enum SchedulerConfig {
            $(#[doc = concat!("`_class_name: ", $class, "`")]
            $Sampler(Config<super::$module::$Sampler>),)+
        }

        impl SchedulerConfig {
            /// The keys that all samplers share.
            pub fn noise_mut(&mut self) -> &mut NoiseConfig {
                with_sampler!(self, config => &mut config.noise)
            }

            /// The same with another value of a key; none where the class does not have the key, or not the value.
            #[must_use]
            pub fn with_key(&self, key: &str, other: impl Fn(&Value) -> Value) -> Option<Self> {
                let mut written: Map<String, Value> = with_sampler!(self, config => {
                    values(&config.noise).into_iter().chain(values(&config.keys)).collect()
                });
                let value = written.get_mut(key)?;
                *value = other(value);
                Self::from_fields(Some(self.class()), &written).ok()
            }
        }

        impl FromFields for SchedulerConfig {
            fn from_fields(
                class: Option<&str>,
                written: &Map<String, Value>,
            ) -> Result<Self, ClassError> {
                match class {
                    $(Some($class) => Config::from_fields(class, written).map(Self::$Sampler),)+
                    Some(other) => Err(ClassError::unsupported(other)),
                    None => Err(ClassError::Missing),
                }
            }

            fn class(&self) -> &'static str {
                with_sampler!(self, config => config.class())
            }

            fn defaults(&self) -> Map<String, Value> {
                with_sampler!(self, config => config.defaults())
            }
        }
    };
}

/// Where nothing says which sampler is meant, it is DDIM, as in diffusers' pipelines that come with one.
impl Default for SchedulerConfig {
    fn default() -> Self {
        Self::Ddim(Config::default())
    }
}

// A macro that makes a macro needs a dollar sign from outside.
super::samplers!(follow $);
pub(crate) use with_sampler;
