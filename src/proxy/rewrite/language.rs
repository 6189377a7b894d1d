//! Which of the languages at hand a tag asks for.

/// The index of the language that fits a tag (BCP 47) best: the language itself, then another that its readers read.
/// Of the rest of a tag only the region matters, and only where it says which other language that is.
pub fn find_language<'a>(offered: &(impl Iterator<Item = &'a str> + Clone), tag: &str) -> Option<usize> {
    let mut subtags = tag.trim().split(['-', '_']);
    let primary = subtags.next().unwrap_or_default();
    let find = |wanted: &str| offered.clone().position(|language| language.eq_ignore_ascii_case(wanted));
    let is_in = |region: &str| subtags.clone().any(|subtag| subtag.eq_ignore_ascii_case(region));
    find(primary).or_else(|| kin(primary, is_in).iter().find_map(|language| find(language)))
}

/// What else readers of a language read, best first. Northern Sámi is at home in three countries.
fn kin(primary: &str, is_in: impl Fn(&str) -> bool) -> &'static [&'static str] {
    match primary.to_ascii_lowercase().as_str() {
        "nb" => &["nn"],
        "nn" => &["nb"],
        "se" if is_in("FI") => &["fi"],
        "se" if is_in("SE") => &["sv"],
        "no" | "se" => &["nb", "nn"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_finds_its_language_or_one_that_its_readers_read() {
        let few = ["en", "nb", "fi", "sv", "pt"];
        let all = ["nb", "nn", "se", "en"];
        let table = [
            (&few[..], "nb", Some("nb")),
            (&few, "NO", Some("nb")),
            (&few, "nn-NO", Some("nb")),
            (&few, "nb_NO", Some("nb")),
            (&few, "en-GB", Some("en")),
            (&few, "pt-BR", Some("pt")),
            (&few, " sv ", Some("sv")),
            (&few, "se", Some("nb")),
            (&few, "se-NO", Some("nb")),
            (&few, "se-Latn-fi", Some("fi")),
            (&few, "se-SE", Some("sv")),
            (&few, "fr", None),
            (&few, "", None),
            (&few, "-nb", None),
            (&all, "no", Some("nb")),
            (&all, "nn", Some("nn")),
            (&all, "se-SE", Some("se")),
            (&["nn"], "no", Some("nn")),
            (&["nn"], "nb", Some("nn")),
            (&["nn"], "se", Some("nn")),
            (&["en"], "se-FI", None),
            (&[], "nb", None),
        ];
        for (offered, tag, wanted) in table {
            let found = find_language(&offered.iter().copied(), tag).map(|index| offered[index]);
            assert_eq!(found, wanted, "{tag} of {offered:?}");
        }
    }
}
