//! Names of adapters that people can type. Which adapters there are is asked in `adapters`.

use std::collections::{BTreeMap, BTreeSet};

/// The name as people type it: `llvmpipe (LLVM 15.0.6, 256 bits)` is `llvmpipe`, today and after an update.
pub(crate) fn slug(name: &str) -> String {
    let mut depth = 0_usize;
    let mut words = String::new();
    for letter in name.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => continue,
            _ => {}
        }
        words.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' });
    }
    let slug = words.split_whitespace().collect::<Vec<_>>().join("-");
    if slug.is_empty() { "adapter".to_owned() } else { slug }
}

/// A unique slug for each of the adapters, given as name and API in the order of enumeration.
///
/// One adapter under two APIs gets the API as suffix; what is still the same gets a number.
pub(crate) fn unique_slugs(adapters: &[(String, String)]) -> Vec<String> {
    let mut apis: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (name, api) in adapters {
        apis.entry(slug(name)).or_default().insert(api);
    }
    let mut taken = BTreeSet::new();
    adapters
        .iter()
        .map(|(name, api)| {
            let slug = slug(name);
            let base = if apis[&slug].len() > 1 { format!("{slug}-{api}") } else { slug };
            let mut free = base.clone();
            let mut number = 1;
            while taken.contains(&free) {
                number += 1;
                free = format!("{base}-{number}");
            }
            taken.insert(free.clone());
            free
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("llvmpipe (LLVM 15.0.6, 256 bits)", "llvmpipe")]
    #[case("SwiftShader Device (Subzero)", "swiftshader-device")]
    #[case("NVIDIA GeForce RTX 4090", "nvidia-geforce-rtx-4090")]
    #[case("AMD Radeon(TM) Graphics", "amd-radeon-graphics")]
    #[case("AMD Radeon RX 6800 XT (RADV NAVI21)", "amd-radeon-rx-6800-xt")]
    #[case("Intel(R) Arc(tm) A770 Graphics (DG2)", "intel-arc-a770-graphics")]
    #[case("Apple M2 Max", "apple-m2-max")]
    #[case("Mali-G78 MP14", "mali-g78-mp14")]
    #[case("a (b (c) d) e", "a-e")]
    #[case("open (never closed", "open")]
    #[case("closed) only", "closed-only")]
    #[case("(only this)", "adapter")]
    #[case("", "adapter")]
    fn a_name_is_shortened_to_what_people_type(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(slug(name), expected);
    }

    #[rstest]
    #[case::alone(&["A/vulkan"], &["a"])]
    #[case::two_of_a_kind(&["A (x)/vulkan", "B/vulkan", "A (y)/vulkan", "A/vulkan"], &["a", "b", "a-2", "a-3"])]
    #[case::two_apis(&["A/vulkan", "A/dx12", "B/dx12"], &["a-vulkan", "a-dx12", "b"])]
    #[case::two_of_a_kind_and_two_apis(&["A/vulkan", "A/vulkan", "A/dx12", "A/dx12"], &["a-vulkan", "a-vulkan-2", "a-dx12", "a-dx12-2"])]
    #[case::a_number_that_is_a_name(&["A 2/vulkan", "A/vulkan", "A/vulkan"], &["a-2", "a", "a-3"])]
    fn equal_names_are_told_apart(#[case] adapters: &[&str], #[case] expected: &[&str]) {
        let adapters: Vec<_> = adapters
            .iter()
            .map(|text| text.split_once('/').unwrap())
            .map(|(name, api)| (name.to_owned(), api.to_owned()))
            .collect();
        assert_eq!(unique_slugs(&adapters), expected);
    }

    proptest! {
        #[test]
        fn a_slug_can_be_typed_and_is_its_own_slug(name in ".{0,40}") {
            let once = slug(&name);
            prop_assert!(!once.is_empty() && !once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
            prop_assert!(once.chars().all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '-')));
            prop_assert_eq!(slug(&once), once);
        }

        #[test]
        fn no_two_adapters_share_a_name(adapters in prop::collection::vec(("[ab]( 2| vulkan|)", "vulkan|dx12"), 0..8)) {
            let names = unique_slugs(&adapters);
            prop_assert_eq!(names.len(), adapters.len());
            prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        }
    }
}
