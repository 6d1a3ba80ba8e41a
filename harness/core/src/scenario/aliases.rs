//! How much aliases (`*name`) repeat: a short file with a long list could take all memory. What the values mean is not
//! looked at.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// Values of one file at most, those that an alias repeats counted again: more than a file holds without aliases.
/// serde_yaml only limits how often aliases are followed, however much they repeat.
const VALUES_LIMIT: usize = 200_000;

/// Refuses a text whose aliases repeat too much, without keeping what they repeat.
pub(crate) fn check_aliases(text: &str) -> Result<(), serde_yaml::Error> {
    if !text.contains('*') {
        return Ok(());
    }
    let count = Cell::new(0);
    Counter(&count).deserialize(serde_yaml::Deserializer::from_str(text))
}

/// Counts values, each time that they are reached.
struct Counter<'a>(&'a Cell<usize>);

impl Counter<'_> {
    fn count<E: Error>(&self) -> Result<(), E> {
        self.0.set(self.0.get() + 1);
        if self.0.get() <= VALUES_LIMIT {
            return Ok(());
        }
        Err(E::custom(format!(
            "aliases (`*name`) expand to more than {VALUES_LIMIT} values: use fewer of them"
        )))
    }
}

impl<'de> DeserializeSeed<'de> for Counter<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Implements visits of values that hold no others.
macro_rules! counted {
    ($($visit:ident: $type:ty),*) => {$(
        fn $visit<E: Error>(self, _: $type) -> Result<(), E> {
            self.count()
        }
    )*};
}

impl<'de> Visitor<'de> for Counter<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    counted! {
        visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128,
        visit_f64: f64, visit_str: &str
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.count()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.count()?;
        while items.next_element_seed(Counter(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.count()?;
        while map.next_key_seed(Counter(self.0))?.is_some() {
            map.next_value_seed(Counter(self.0))?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let (_, value) = tagged.variant::<IgnoredAny>()?;
        value.newtype_variant_seed(self)
    }
}
