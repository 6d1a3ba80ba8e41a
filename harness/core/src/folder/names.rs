//! What files are called: by names that any system can hold and any archive can carry, Windows and the artefacts of
//! GitHub among them. Older runs have a target's name as it is, which is still found.

use std::path::{Path, PathBuf};

use burn_repro_target::Class;

/// The stem of a target's files: `wgpu-llvmpipe` of `wgpu:llvmpipe`.
///
/// No two targets share one: the name of a class has no hyphen, so that the first one of a stem stands for the colon,
/// and targets without a colon (`flex`) have no hyphen either.
pub fn file_stem(target: &str) -> String {
    portable(&target.replacen(':', "-", 1))
}

/// The target that a stem is of, also one of an older run.
pub(crate) fn target_of(stem: &str) -> String {
    match stem.split_once('-') {
        Some((class, name)) if class.parse::<Class>().is_ok() => format!("{class}:{name}"),
        _ => stem.to_owned(),
    }
}

/// A name as one that every system can hold: what one of them cannot is written as a URL writes it, `%3A` for a colon, so
/// that two names stay two.
pub fn portable(name: &str) -> String {
    let held = name.trim_end_matches(['.', ' ']).len();
    let mut portable = String::with_capacity(name.len());
    for (place, letter) in name.char_indices() {
        let foreign = matches!(letter, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' | '%');
        if foreign || letter.is_control() || place >= held || (place == 0 && is_device(name)) {
            let mut bytes = [0; 4];
            let bytes = letter.encode_utf8(&mut bytes).bytes();
            bytes.for_each(|byte| portable.push_str(&format!("%{byte:02X}")));
        } else {
            portable.push(letter);
        }
    }
    portable
}

/// Whether Windows takes a name for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |kind: &str| {
        let number = stem.strip_prefix(kind).and_then(|rest| rest.chars().next());
        let alone = stem.chars().count() == kind.len() + 1;
        alone && number.is_some_and(|number| matches!(number, '0'..='9' | '¹' | '²' | '³'))
    };
    let device = matches!(&*stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$");
    device || numbered("com") || numbered("lpt")
}

/// The file of a target, whichever version wrote it on whichever system.
pub(super) fn named_file(folder: &Path, target: &str, kind: &str) -> Option<PathBuf> {
    let names = [file_stem(target), target.to_owned()];
    let files = names.into_iter().map(|name| folder.join(format!("{name}.{kind}")));
    files.into_iter().find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("flex", "flex")]
    #[case("cuda:0", "cuda-0")]
    #[case("wgpu:llvmpipe", "wgpu-llvmpipe")]
    #[case("wgpu:nvidia-geforce-rtx-4090-vulkan-2", "wgpu-nvidia-geforce-rtx-4090-vulkan-2")]
    fn a_target_is_known_by_its_files(#[case] target: &str, #[case] stem: &str) {
        assert_eq!(file_stem(target), stem);
        assert_eq!(target_of(stem), target);
        assert_eq!(target_of(target), target, "as older runs call them");
    }

    #[rstest]
    #[case::reserved("a<b>c:d\"e/f\\g|h?i*j", "a%3Cb%3Ec%3Ad%22e%2Ff%5Cg%7Ch%3Fi%2Aj")]
    #[case::control("a\nb\u{7f}", "a%0Ab%7F")]
    #[case::trailing("image. .", "image%2E%20%2E")]
    #[case::upwards("..", "%2E%2E")]
    #[case::device("nul", "%6Eul")]
    #[case::device_with_extension("Con.image", "%43on.image")]
    #[case::numbered_device("com1", "%63om1")]
    #[case::itself("100%", "100%25")]
    #[case::held("image-2_b.c é", "image-2_b.c é")]
    #[case::no_device("console", "console")]
    fn any_system_can_hold_a_name(#[case] name: &str, #[case] file: &str) {
        assert_eq!(portable(name), file);
    }

    /// Names as the backends make them: a class, and a slug of what a driver says.
    fn target() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("flex".to_owned()),
            Just("ndarray".to_owned()),
            "(wgpu|cuda):[a-z0-9]{1,3}(-[a-z0-9]{1,3}){0,3}",
        ]
    }

    proptest! {
        #[test]
        fn a_stem_leads_back_to_its_target(target in target()) {
            prop_assert_eq!(target_of(&file_stem(&target)), target);
        }

        #[test]
        fn two_names_stay_two(left in ".{0,6}", right in ".{0,6}") {
            prop_assert_eq!(portable(&left) == portable(&right), left == right);
        }

        #[test]
        fn no_name_holds_what_some_system_cannot(name in ".{1,8}") {
            let file = portable(&name);
            prop_assert!(!file.contains(['<', '>', ':', '"', '/', '\\', '|', '?', '*']), "{file}");
            prop_assert!(!file.ends_with(['.', ' ']) && !is_device(&file), "{file}");
            prop_assert!(!file.chars().any(char::is_control), "{file:?}");
        }
    }
}
