//! Receivers of reports: groups of the first Reporting API (W3C note of 25 September 2018, section 3.1), endpoints of
//! the second (section 3.2), and `report-uri` (CSP Level 3 section 6.5.1). A report tells its receiver who looked at
//! which page.

use serde::Deserialize;

use super::super::cookies::Kept;
use super::{dictionary, kept_of_list};

/// What of `Reporting-Endpoints` is left: a dictionary of addresses.
pub(super) fn judge_endpoints(value: &[u8], is_open: impl Fn(&[u8]) -> bool) -> Kept {
    let Some(members) = dictionary::read(value) else { return Kept::None };
    let stays = |member: &dictionary::Member<'_>| {
        member.items.iter().all(|item| match item {
            dictionary::Item::Text(address) => is_open(address),
            _ => true,
        })
    };
    let members: Vec<(&[u8], bool)> = members.iter().map(|member| (member.text, stays(member))).collect();
    kept_of_list(members.iter().copied())
}

/// One group of `Report-To`, as far as it matters.
#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    url: String,
}

/// What of `Report-To` is left: JSON objects with commas between them. A group with one held receiver goes.
pub(super) fn judge_groups(value: &[u8], is_open: impl Fn(&[u8]) -> bool) -> Kept {
    let mut members = Vec::new();
    for text in objects(value) {
        let Ok(group) = serde_json::from_slice::<Group>(text) else { return Kept::None };
        members.push((text, group.endpoints.iter().all(|endpoint| is_open(endpoint.url.as_bytes()))));
    }
    kept_of_list(members.iter().copied())
}

/// Parts between the commas that are in no object, list or string.
fn objects(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    let parts = value.split(move |byte| {
        if in_string {
            let ends = !is_escaped && *byte == b'"';
            is_escaped = !is_escaped && *byte == b'\\';
            in_string = !ends;
            return false;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *byte == b',' && depth == 0
    });
    parts.map(<[u8]>::trim_ascii)
}

/// What of a Content-Security-Policy is left when its held `report-uri` are taken out. Nothing else is touched: the
/// policy stays as tight as it was. No value can hold a `;` or `,` there (CSP Level 3 section 2.2), so directives are
/// what stands between them.
pub(super) fn judge_policy(value: &[u8], is_open: impl Fn(&[u8]) -> bool) -> Kept {
    let mut left = Vec::new();
    let mut has_lost = false;
    for piece in value.split_inclusive(|byte| matches!(byte, b';' | b',')) {
        let end = piece.len() - usize::from(piece.ends_with(b";") || piece.ends_with(b","));
        let (directive, delimiter) = piece.split_at(end);
        let mut words = directive.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
        let reports = words.peek().is_some_and(|name| name.eq_ignore_ascii_case(b"report-uri"));
        if reports && words.clone().skip(1).any(|address| !is_open(address)) {
            has_lost = true;
            let open: Vec<&[u8]> = words.clone().skip(1).filter(|address| is_open(address)).collect();
            if !open.is_empty() {
                left.extend_from_slice(b" report-uri ");
                left.extend_from_slice(&open.join(&b" "[..]));
            }
        } else {
            left.extend_from_slice(directive);
        }
        left.extend_from_slice(delimiter);
    }
    match (has_lost, left.trim_ascii()) {
        (false, _) => Kept::All,
        (true, b"" | b";") => Kept::None,
        (true, rest) => Kept::Some(rest.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open(address: &[u8]) -> bool {
        address.starts_with(b"/") || memchr::memmem::find(address, b"open").is_some()
    }

    fn text(value: &str, kept: Kept) -> Option<String> {
        match kept {
            Kept::All => Some(value.to_owned()),
            Kept::Some(bytes) => Some(String::from_utf8(bytes).expect("text")),
            Kept::None => None,
        }
    }

    #[test]
    fn held_endpoints_go_and_own_ones_stay() {
        for (value, expected) in [
            ("a=\"/reports\"", Some("a=\"/reports\"")),
            ("a=\"https://held/r\", b=\"https://open/r\"", Some("b=\"https://open/r\"")),
            ("a=\"https://held/r\"", None),
            ("a='https://open'", None),
            ("a=\"https:\\\\held\"", None),
        ] {
            assert_eq!(
                text(value, judge_endpoints(value.as_bytes(), is_open)).as_deref(),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn held_groups_go_and_own_ones_stay() {
        let own = r#"{"group":"own, \"{","max_age":1,"endpoints":[{"url":"/r"},{"url":"https://open/r"}]}"#;
        let held = r#"{ "max_age":1, "endpoints":[{"url":"https://open/r"},{"url":"https:\/\/held/r"}] }"#;
        for (value, expected) in [
            (own.to_owned(), Some(own.to_owned())),
            (format!("{held} , {own}"), Some(own.to_owned())),
            (held.to_owned(), None),
            (format!("{own},"), None),
            (format!("{own}, x"), None),
            (r#"{"endpoints":[],"endpoints":[{"url":"https://held"}]}"#.to_owned(), None),
            (r#"{"endpoints":[{"url":1}]}"#.to_owned(), None),
            ("[".repeat(100_000), None),
        ] {
            assert_eq!(text(&value, judge_groups(value.as_bytes(), is_open)), expected, "{value:.200}");
        }
    }

    #[test]
    fn a_policy_loses_its_held_receivers_and_nothing_else() {
        for (value, expected) in [
            ("default-src 'self' https://held", Some("default-src 'self' https://held")),
            ("report-uri /csp; img-src *", Some("report-uri /csp; img-src *")),
            (
                "img-src *; report-uri https://held/r; object-src 'none'",
                Some("img-src *;; object-src 'none'"),
            ),
            (
                "img-src *;\tREPORT-URI  https://held/r /own, frame-src 'none'",
                Some("img-src *; report-uri /own, frame-src 'none'"),
            ),
            ("report-uri https://held/r;", None),
            ("report-uri https://held/r", None),
        ] {
            assert_eq!(text(value, judge_policy(value.as_bytes(), is_open)).as_deref(), expected, "{value}");
        }
    }
}
