//! `tolerance:` as a file writes it: the same keys for the scenario, for an output and for a
//! backend, read by hand because serde's `flatten` would lose the places of errors.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, de::IgnoredAny};

use super::bounded::{OutputName, Sentence};
use super::selector::BackendSelector;
use super::tolerance::{BackendTolerance, OutputTolerance, Tolerance};
use crate::checked;
use crate::tolerance::Measure;
use crate::tolerance::NonNegative;
use crate::tolerance::{Bound, Overrides};

/// A key below `tolerance:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    AbsSum,
    Pixel,
    Measure(Measure),
    Output,
    Backend,
    Reason,
    Outputs,
    PerBackend,
}

impl Key {
    const BOUNDS: [(&str, Self); 2] = [("abs_sum", Self::AbsSum), ("pixel", Self::Pixel)];

    /// Reads a key; `extra` are those that the mapping has beside the bounds.
    fn parse(text: &str, extra: &[(&'static str, Self)]) -> Result<Self, String> {
        let measures = Measure::ALL.map(|measure| (measure.as_str(), Self::Measure(measure)));
        let known = extra.iter().chain(&Self::BOUNDS).chain(&measures);
        if let Some((_, key)) = known.clone().find(|(name, _)| *name == text) {
            return Ok(*key);
        }
        let names: Vec<String> = known.map(|(name, _)| format!("`{name}`")).collect();
        Err(format!("unknown field `{text}`, expected one of {}", names.join(", ")))
    }
}

/// Everything that a mapping of bounds may hold.
#[derive(Default)]
struct Fields {
    bounds: Overrides,
    output: Option<OutputName>,
    backend: Option<BackendSelector>,
    reason: Option<Sentence>,
    outputs: Vec<OutputTolerance>,
    per_backend: Vec<BackendTolerance>,
}

impl Fields {
    /// Refuses a mapping that changes nothing.
    fn bounds<E: Error>(self) -> Result<Overrides, E> {
        if self.bounds == Overrides::default() {
            return Err(E::custom(
                "has no bound: expected one, for instance `pixel: { abs: 1e-5 }`",
            ));
        }
        Ok(self.bounds)
    }
}

struct FieldsVisitor(&'static [(&'static str, Key)]);

struct KeySeed(&'static [(&'static str, Key)]);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        checked::text(deserializer, "a key of a tolerance", |text| Key::parse(text, self.0))
    }
}

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bounds, for instance `pixel: { abs: 1e-5 }`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        let mut seen = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed(self.0))? {
            if seen.contains(&key) {
                map.next_value::<IgnoredAny>()?;
                return Err(A::Error::custom("duplicate key: delete one of the two"));
            }
            seen.push(key);
            match key {
                Key::AbsSum => fields.bounds.abs_sum = Some(map.next_value::<Bound>()?),
                Key::Pixel => fields.bounds.pixel = Some(map.next_value::<Bound>()?),
                Key::Measure(measure) => {
                    fields.bounds.limits.insert(measure, map.next_value::<NonNegative>()?.0);
                }
                Key::Output => fields.output = Some(map.next_value()?),
                Key::Backend => fields.backend = Some(map.next_value()?),
                Key::Reason => fields.reason = Some(map.next_value()?),
                Key::Outputs => fields.outputs = map.next_value()?,
                Key::PerBackend => fields.per_backend = map.next_value()?,
            }
        }
        Ok(fields)
    }
}

impl<'de> Deserialize<'de> for Tolerance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const KEYS: &[(&str, Key)] = &[("outputs", Key::Outputs), ("per_backend", Key::PerBackend)];
        let fields = deserializer.deserialize_map(FieldsVisitor(KEYS))?;
        let usual = Self::default();
        Ok(Self {
            abs_sum: fields.bounds.abs_sum.unwrap_or(usual.abs_sum),
            pixel: fields.bounds.pixel.unwrap_or(usual.pixel),
            limits: fields.bounds.limits,
            outputs: fields.outputs,
            per_backend: fields.per_backend,
        })
    }
}

impl<'de> Deserialize<'de> for OutputTolerance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const KEYS: &[(&str, Key)] = &[("output", Key::Output)];
        let mut fields = deserializer.deserialize_map(FieldsVisitor(KEYS))?;
        let output = fields.output.take().ok_or_else(|| D::Error::missing_field("output"))?.0;
        Ok(Self { output, bounds: fields.bounds()? })
    }
}

impl<'de> Deserialize<'de> for BackendTolerance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const KEYS: &[(&str, Key)] =
            &[("backend", Key::Backend), ("output", Key::Output), ("reason", Key::Reason)];
        let mut fields = deserializer.deserialize_map(FieldsVisitor(KEYS))?;
        Ok(Self {
            backend: fields.backend.take().ok_or_else(|| D::Error::missing_field("backend"))?,
            output: fields.output.take().map(|name| name.0),
            reason: fields.reason.take().ok_or_else(|| D::Error::missing_field("reason"))?,
            bounds: fields.bounds()?,
        })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers are read as they are written")]
mod tests {
    use burn_repro_target::{Class, Dtype, Fingerprint, Locator, Target};
    use rstest::rstest;

    use super::*;

    fn target(name: &str, class: Class) -> Target {
        Target {
            name: name.into(),
            class,
            locator: Locator::Flex,
            fingerprint: Fingerprint::default(),
        }
    }

    const LAYERS: &str = "
pixel: { abs: 1.0e-5 }
psnr: 60
outputs:
  - { output: image, pixel: { abs: 2.0e-5 }, max_ulp: 8 }
per_backend:
  - { backend: cuda, pixel: { abs: 3.0e-5 }, reason: seen on one GPU }
  - { backend: cuda, output: image, psnr: 50, reason: seen on one GPU }
";

    #[rstest]
    #[case("flex", Class::Cpu, "latents", 1.0e-5, 60.0, None)]
    #[case("flex", Class::Cpu, "image", 2.0e-5, 60.0, Some(8.0))]
    #[case("cuda:0", Class::Cuda, "latents", 3.0e-5, 60.0, None)]
    #[case("cuda:0", Class::Cuda, "image", 3.0e-5, 50.0, Some(8.0))]
    fn an_output_goes_before_the_scenario_and_a_backend_before_an_output(
        #[case] name: &str,
        #[case] class: Class,
        #[case] output: &str,
        #[case] pixel: f64,
        #[case] psnr: f64,
        #[case] ulp: Option<f64>,
    ) {
        let tolerance: Tolerance = serde_yaml::from_str(LAYERS).unwrap();
        let bounds = tolerance.bounds(&target(name, class), output, Dtype::F32.into());
        assert_eq!(bounds.pixel.abs(), pixel);
        assert_eq!(bounds.limits[&Measure::Psnr], psnr);
        assert_eq!(bounds.limits.get(&Measure::MaxUlp).copied(), ulp);
        assert_eq!(bounds.abs_sum, Tolerance::default().abs_sum);
    }

    #[rstest]
    #[case("pixl: { abs: 1 }", "unknown field `pixl`, expected one of `outputs`")]
    #[case("reason: none needed here", "unknown field `reason`")]
    #[case("max_ulp: -1", "invalid bound -1")]
    #[case("max_ulp: .nan", "invalid bound NaN")]
    #[case("pixel: { abs: 1 }\npixel: { abs: 2 }", "duplicate key")]
    #[case("outputs: [{ output: image }]", "has no bound")]
    #[case("outputs: [{ pixel: { abs: 1 } }]", "missing field `output`")]
    #[case("per_backend: [{ backend: cuda, psnr: 1 }]", "missing field `reason`")]
    #[case("per_backend: [{ backend: cuda, reason: it is slow }]", "has no bound")]
    #[case("per_backend: [{ backend: cuda, psnr: 1, reason: '!' }]", "is too short")]
    #[case("outputs: [{ output: '', psnr: 1 }]", "expected the name of an output")]
    fn what_bounds_nothing_or_is_misspelt_is_refused(#[case] text: &str, #[case] message: &str) {
        let error = serde_yaml::from_str::<Tolerance>(text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    /// Also of this kind: a name of one letter, of a digit, of signs, and in another script.
    #[rstest]
    #[case("x0")]
    #[case("z")]
    #[case("0")]
    #[case("_")]
    #[case("图")]
    #[case("step.00/x0")]
    fn an_output_is_called_as_its_pipeline_calls_it(#[case] output: &str) {
        let text = format!(
            "outputs: [{{ output: '{output}', psnr: 1 }}]\n\
             per_backend: [{{ backend: cuda, output: '{output}', psnr: 2, reason: seen on one GPU }}]"
        );
        let tolerance: Tolerance = serde_yaml::from_str(&text).unwrap();
        assert_eq!(tolerance.named_outputs().collect::<Vec<_>>(), [output; 2]);
        let bounds = tolerance.bounds(&target("flex", Class::Cpu), output, Dtype::F32.into());
        assert_eq!(bounds.limits[&Measure::Psnr], 1.0);
    }
}
