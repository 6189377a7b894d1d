//! Which language a visitor is spoken to in.

use crate::proxy::rewrite::find_language;

/// Most entries of an Accept-Language that are read; browsers send fewer than ten.
const ENTRIES_MAX: usize = 32;

/// The index in `offered` of the language that fits: the page's own (`<html lang>`), then the visitor's
/// (Accept-Language, RFC 9110 section 12.5.4), then the first. What fits a tag is told by [`find_language`].
pub fn choose(offered: &[String], page: Option<&str>, accept_language: Option<&str>) -> usize {
    if let Some(index) = page.and_then(|tag| position(offered, tag)) {
        return index;
    }
    let mut best: Option<(u16, usize)> = None;
    for entry in accept_language.unwrap_or_default().split(',').take(ENTRIES_MAX) {
        let (tag, weight) = weighted(entry);
        if weight == 0 || best.is_some_and(|(heaviest, _)| heaviest >= weight) {
            continue;
        }
        if let Some(index) = position(offered, tag) {
            best = Some((weight, index));
        }
    }
    best.map_or(0, |(_, index)| index)
}

/// A tag and its weight in thousandths; a weight that cannot be read is 0, so the entry is passed over.
fn weighted(entry: &str) -> (&str, u16) {
    let Some((tag, parameter)) = entry.split_once(';') else { return (entry.trim(), 1000) };
    let weight =
        parameter.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
    let thousandths = weight.and_then(|text| {
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let part = format!("{part:0<3}").parse::<u16>().ok()?;
        match whole {
            "0" => Some(part),
            "1" if part == 0 => Some(1000),
            _ => None,
        }
    });
    (tag.trim(), thousandths.unwrap_or(0))
}

fn position(offered: &[String], tag: &str) -> Option<usize> {
    find_language(&offered.iter().map(String::as_str), tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chosen(page: Option<&str>, accept: Option<&str>) -> &'static str {
        let offered = ["nb", "en"];
        offered[choose(&offered.map(String::from), page, accept)]
    }

    #[test]
    fn the_page_wins_over_the_browser() {
        assert_eq!(chosen(Some("en-GB"), Some("nb")), "en");
        assert_eq!(chosen(Some("no"), Some("en")), "nb");
        assert_eq!(chosen(Some("NN-no"), Some("en")), "nb");
        assert_eq!(chosen(Some("se"), Some("en")), "nb");
    }

    #[test]
    fn the_browser_is_asked_when_the_page_is_silent_or_speaks_another_language() {
        assert_eq!(chosen(None, Some("en-US,en;q=0.9,nb;q=0.8")), "en");
        assert_eq!(chosen(Some("de"), Some("de,en;q=0.5,nb;q=0.7")), "nb");
        assert_eq!(chosen(None, Some("en;q=0, no;q=0.1")), "nb");
    }

    #[test]
    fn the_first_language_is_the_last_resort() {
        assert_eq!(chosen(None, None), "nb");
        assert_eq!(chosen(Some("ja"), Some("ja,*;q=0.5")), "nb");
        assert_eq!(chosen(None, Some("en;q=2, en;q=x, en;q=0.1234")), "nb");
    }

    proptest! {
        #[test]
        fn any_header_gives_an_offered_language(page in "\\PC*", accept in "[\\PC,;=q0-9.]*") {
            let offered = ["nb".to_owned(), "en".to_owned()];
            prop_assert!(choose(&offered, Some(&page), Some(&accept)) < offered.len());
        }
    }
}
