//! `Scheduler`: `scheduler:` of a scenario, which may stand beside the `scheduler_config.json` of a pipeline's folder.

use std::borrow::Cow;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::fields::{ClassError, ClassName, Fields, FromFields};
use crate::diffusers::{FileError, Keyed, listed, values};

/// Says which class a file was saved from, and is told apart from the keys that have values.
const CLASS: &str = "_class_name";

/// A `scheduler_config.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct SchedulerFile(Keyed<Fields>);

impl SchedulerFile {
    /// Reads it.
    ///
    /// # Errors
    /// A file that cannot be read, or a key of DDIM or DDPM with a value that neither has.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Keyed::read(path).map(Self)
    }
}

/// Why what a scenario and a file say does not go together.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    /// There is no such scheduler.
    #[error(transparent)]
    Class(#[from] ClassError),
    /// A value that a configuration file cannot have, such as NaN.
    #[error("`params.scheduler` cannot replace keys of the folder's scheduler: {0}")]
    Value(#[from] serde_json::Error),
}

/// A scheduler's configuration, and the keys that were written to get it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduler<C> {
    /// The configuration.
    pub config: C,
    /// What the scenario writes; nothing where it leaves `scheduler` out.
    written: Option<Keyed<Fields>>,
    from_file: Map<String, Value>,
}

impl<C: FromFields> Scheduler<C> {
    /// Whether the scenario writes `scheduler`.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written.is_some()
    }

    /// Takes what the scenario does not write from a file, whose path is `shown` in sentences. Gives what people should
    /// know of either.
    ///
    /// # Errors
    /// If the two together are no configuration of the class.
    pub fn complete(
        &mut self,
        file: Option<(&SchedulerFile, &str)>,
    ) -> Result<Vec<String>, SchedulerError> {
        let mut notices = Vec::new();
        if let Some((SchedulerFile(file), shown)) = file {
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

    /// What the file says, the scenario does not, and is not the default.
    #[must_use]
    pub fn from_file(&self) -> &Map<String, Value> {
        &self.from_file
    }

    /// Takes what is not written from a file; gives the keys that are, and say something else.
    fn take(&mut self, file: &Keyed<Fields>) -> Result<Vec<String>, SchedulerError> {
        let written: &[String] = self.written.as_ref().map_or(&[], |keyed| &keyed.written);
        let fields = match &self.written {
            Some(keyed) => file.overridden_by(keyed)?,
            None => file.config.clone(),
        };
        let (there, here) = (values(&file.config)?, values(&fields)?);
        let default = values(&Fields::default())?;
        let replaced = written.iter().filter(|key| *key != CLASS && there[*key] != here[*key]);
        let replaced = replaced.cloned().collect();
        self.config = C::from_fields(fields)?;
        let (written, foreign) = (written.to_vec(), self.config.foreign());
        self.from_file = there
            .into_iter()
            .filter(|(key, value)| *value != default[key] && key != CLASS && key != foreign)
            .filter(|(key, _)| !written.contains(key))
            .collect();
        Ok(replaced)
    }

    /// What people should know of a configuration that was written for whichever class, if anything.
    fn notice(&self, keyed: &Keyed<Fields>, shown: &str) -> Option<String> {
        let mut parts = Vec::new();
        let class = keyed.config.class_name.as_ref().map(ClassName::as_str);
        if let Some(class) = class.filter(|class| *class != self.config.class()) {
            let own = self.config.class();
            parts.push(format!("written for {class}, used for {own} as by `from_config`"));
        }
        if !keyed.defaulted.is_empty() {
            let keys = listed(&keyed.defaulted);
            parts.push(format!("`_use_default_values` leaves {keys} to the default"));
        }
        let foreign = keyed.written.iter().filter(|key| *key == self.config.foreign());
        let ignored = listed(keyed.ignored.iter().chain(foreign));
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
        let written: Keyed<Fields> = Keyed::deserialize(deserializer)?;
        let config = C::from_fields(written.config.clone()).map_err(D::Error::custom)?;
        Ok(Self { config, written: Some(written), from_file: Map::new() })
    }
}

/// The keys of either class, beside those of every other.
impl<C> JsonSchema for Scheduler<C> {
    fn schema_name() -> Cow<'static, str> {
        "Scheduler".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Keyed::<Fields>::json_schema(generator)
    }
}
