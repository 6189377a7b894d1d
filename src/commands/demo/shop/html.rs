//! Filling the templates.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Puts each value where its name stands in double braces; a name without a value leaves nothing.
///
/// Values go in as they are: text from outside must have gone through [`escape`].
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let extra: usize = values.iter().map(|(_, value)| value.len()).sum();
    let mut page = String::with_capacity(template.len() + extra);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        page.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            page.push_str("{{");
            rest = after;
            continue;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            page.push_str(value);
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Makes text safe between tags and inside quoted attributes.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    Cow::Owned(safe)
}

/// A price as Norwegians write it: `12 345 kr`, with a space that does not break.
pub(super) fn kroner(amount: u32) -> String {
    let mut text = String::new();
    if amount >= 1000 {
        let _ = write!(text, "{}\u{a0}{:03}\u{a0}kr", amount / 1000, amount % 1000);
    } else {
        let _ = write!(text, "{amount}\u{a0}kr");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_values_and_unknown_ones_vanish() {
        assert_eq!(fill("a{{x}}b{{y}}c{{", &[("x", "1")]), "a1bc{{");
    }

    #[test]
    fn a_value_is_not_filled_again() {
        assert_eq!(fill("{{x}}", &[("x", "{{y}}"), ("y", "no")]), "{{y}}");
    }

    #[test]
    fn text_from_outside_cannot_open_a_tag_or_close_a_quote() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert!(matches!(escape("æøå"), Cow::Borrowed(_)));
    }

    #[test]
    fn prices_have_their_thousands_apart() {
        assert_eq!(kroner(890), "890\u{a0}kr");
        assert_eq!(kroner(12_005), "12\u{a0}005\u{a0}kr");
    }
}
