//! The nearest spelling of an unknown word. Pure.

/// The known word that differs least from `word`, if it differs in at most a third of its letters, whatever their case,
/// and not in all of them. The first of several that are equally near.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let letters = word.chars().count();
    let most = (letters.max(3) / 3).min(letters.saturating_sub(1));
    let distance = |known: &str| strsim::damerau_levenshtein(&word, &known.to_lowercase());
    let near = known.into_iter().map(|known| (distance(known), known));
    let near = near.filter(|(distance, _)| *distance <= most);
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::nearest;

    const KNOWN: [&str; 5] = ["ddim-tiny", "ddpm-tiny", "ddim-full-loop", "cifar10-seeded", "x0"];

    #[rstest]
    #[case::letters_swapped("ddim-tniy", Some("ddim-tiny"))]
    #[case::letter_left_out("ddm-tiny", Some("ddim-tiny"))]
    #[case::case_of_letters("DDPM-Tiny", Some("ddpm-tiny"))]
    #[case::signs("ddim_full_loop", Some("ddim-full-loop"))]
    #[case::short("x1", Some("x0"))]
    #[case::one_letter("x", None)]
    #[case::too_far("unet", None)]
    #[case::empty("", None)]
    fn a_spelling_mistake_is_recognised(#[case] word: &str, #[case] known: Option<&str>) {
        assert_eq!(nearest(word, KNOWN), known);
    }
}
