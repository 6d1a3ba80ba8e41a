//! `Scheduler`: `scheduler:` of a scenario, which may stand beside the `scheduler_config.json` of a pipeline's
//! folder.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::chain::hand_on;
use super::fields::{ClassError, Fields, FromFields};
use crate::diffusers::listed;

/// A scheduler's configuration, and the keys that were written to get it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduler<C> {
    /// The configuration.
    pub config: C,
    /// What the scenario writes; nothing where it leaves `scheduler` out.
    written: Option<Fields>,
    from_file: Map<String, Value>,
}

impl<C: FromFields> Scheduler<C> {
    /// Whether the scenario writes `scheduler`.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written.is_some()
    }

    /// Takes what the scenario does not write from a file, whose path is `shown` in sentences. Gives what people
    /// should know of either.
    ///
    /// # Errors
    /// If the two together are no configuration of the class.
    pub fn complete(&mut self, file: Option<(&Fields, &str)>) -> Result<Vec<String>, ClassError> {
        let mut notices = Vec::new();
        if let Some((file, shown)) = file {
            let replaced = self.take(file)?;
            notices.push(match listed(&replaced) {
                replaced if replaced.is_empty() => format!("the scheduler is that of {shown}"),
                replaced => format!(
                    "the scheduler is that of {shown}, but for {replaced} of params.scheduler"
                ),
            });
            notices.extend(self.notice(file, shown));
        }
        let written = self.written.as_ref();
        notices.extend(written.and_then(|written| self.notice(written, "params.scheduler")));
        Ok(notices)
    }

    /// Hands the keys on from class to class, as a chain of `from_config` does: only what was written goes along, and
    /// each class rewrites what it does not have.
    ///
    /// # Errors
    /// A class that is no sampler here, or the keys are no configuration of one.
    pub fn follow<K: AsRef<str>>(&mut self, chain: &[K]) -> Result<(), ClassError> {
        let fields = self.written.as_ref();
        let mut written = fields.map(|fields| fields.written.clone()).unwrap_or_default();
        if let Some(class) = fields.and_then(|fields| fields.config.name()) {
            hand_on(class, &mut written);
        }
        for class in chain {
            self.config = C::from_fields(Some(class.as_ref()), &written)?;
            hand_on(class.as_ref(), &mut written);
        }
        Ok(())
    }

    /// What the file says, the scenario does not, and is not the default.
    #[must_use]
    pub fn from_file(&self) -> &Map<String, Value> {
        &self.from_file
    }

    /// Takes what is not written from a file; gives the keys that are, and say something else.
    fn take(&mut self, file: &Fields) -> Result<Vec<String>, ClassError> {
        let none = Map::new();
        let written = self.written.as_ref().map_or(&none, |fields| &fields.written);
        let class = self.written.as_ref().and_then(|fields| fields.config.name());
        let mut both = file.written.clone();
        both.extend(written.clone());
        self.config = C::from_fields(class.or(file.config.name()), &both)?;
        let default = self.config.defaults();
        let there = |key| file.written.get(key).or_else(|| default.get(key));
        let replaced = written.iter().filter(|(key, here)| there(key.as_str()) != Some(here));
        let is_asked = |key: &str, there: &Value| {
            !written.contains_key(key) && default.get(key).is_some_and(|default| there != default)
        };
        let asked = file.written.iter().filter(|(key, there)| is_asked(key, there));
        self.from_file = asked.map(|(key, there)| (key.clone(), there.clone())).collect();
        Ok(replaced.map(|(key, _)| key.clone()).collect())
    }

    /// What people should know of a configuration that was written for whichever class, if anything.
    fn notice(&self, fields: &Fields, shown: &str) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(class) = fields.config.name().filter(|class| *class != self.config.class()) {
            let own = self.config.class();
            parts.push(format!("written for {class}, used for {own} as by `from_config`"));
        }
        if !fields.defaulted.is_empty() {
            let keys = listed(&fields.defaulted);
            parts.push(format!("`_use_default_values` leaves {keys} to the default"));
        }
        let own = self.config.defaults();
        let foreign = fields.written.keys().filter(|key| !own.contains_key(*key));
        let ignored = listed(fields.ignored.iter().chain(foreign));
        if !ignored.is_empty() {
            parts.push(format!("keys without effect: {ignored}"));
        }
        (!parts.is_empty()).then(|| format!("{shown}: {}", parts.join("; ")))
    }
}

impl<C: Default> Default for Scheduler<C> {
    fn default() -> Self {
        Self { config: C::default(), written: None, from_file: Map::new() }
    }
}

impl<'de, C: FromFields> Deserialize<'de> for Scheduler<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Fields::deserialize(deserializer)?;
        let config = C::from_fields(written.config.name(), &written.written);
        let config = config.map_err(D::Error::custom)?;
        Ok(Self { config, written: Some(written), from_file: Map::new() })
    }
}

/// The keys of all samplers, beside those of every other scheduler.
impl<C> JsonSchema for Scheduler<C> {
    fn schema_name() -> Cow<'static, str> {
        "Scheduler".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Fields::json_schema(generator)
    }
}
