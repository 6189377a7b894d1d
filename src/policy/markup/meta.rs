//! What a `<meta>` asks for: another page, client hints for other hosts, the addresses of linked hosts.

use super::carrier;
use super::reading::{Finding, Reading};
use super::{Category, Tag};

/// A `http-equiv` that makes a browser act (HTML 4.2.5.3, and what browsers add to it).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pragma {
    Refresh,
    /// `accept-ch`: the browser is to tell more of itself. `delegate-ch`: other hosts are to hear it too.
    ClientHints,
    /// Hosts of links are to be looked up before anybody follows them.
    DnsPrefetch,
    ContentType,
}

impl<'a> Reading<'a, '_> {
    /// The indices of what must be disarmed in a `<meta>`, and the answer that says so.
    pub(super) fn meta(&mut self, tag: &Tag<'_>) -> (Finding<'a>, Vec<usize>) {
        let (mut answer, mut indices) = (Finding::Open, Vec::new());
        for (index, attribute) in tag.attributes().enumerate() {
            let finding = if attribute.is("http-equiv") {
                pragma(&attribute.text()).map_or(Finding::Open, |pragma| self.pragma(pragma, tag))
            } else if attribute.is("charset") && is_shifting(&attribute.text()) {
                self.unless_all_is_open()
            } else {
                match carrier::anywhere(attribute.name) {
                    Some(role) => self.attribute(attribute, role),
                    None => Finding::Open,
                }
            };
            if finding.is_held() {
                answer = answer.or(finding);
                indices.push(index);
            }
        }
        (answer, indices)
    }

    /// Of several `content`s any may be the one that counts.
    fn pragma(&mut self, pragma: Pragma, tag: &Tag<'_>) -> Finding<'a> {
        let mut answer = Finding::Open;
        for content in tag.attributes().filter(|attribute| attribute.is("content")) {
            let text = content.text();
            let finding = match pragma {
                Pragma::Refresh => refresh_addresses(&text)
                    .fold(Finding::Open, |answer, address| answer.or(self.address(address))),
                Pragma::ClientHints => self.candidates(&text).or(self.unless(Category::Marketing)),
                Pragma::DnsPrefetch if text.trim_ascii().eq_ignore_ascii_case(b"on") => {
                    self.unless_all_is_open()
                }
                Pragma::ContentType if is_shifting(&text) => self.unless_all_is_open(),
                Pragma::DnsPrefetch | Pragma::ContentType => Finding::Open,
            };
            answer = answer.or(finding);
        }
        answer
    }

    /// Held until that category is granted.
    pub(super) fn unless(&self, category: Category) -> Finding<'a> {
        let is_granted = self.consent.categories().contains(category);
        if is_granted { Finding::Open } else { Finding::Held(None) }
    }

    /// Held while anything is.
    fn unless_all_is_open(&self) -> Finding<'a> {
        let is_open = self.policy.holds_nothing(self.consent);
        if is_open { Finding::Open } else { Finding::Held(None) }
    }
}

fn pragma(text: &[u8]) -> Option<Pragma> {
    const PRAGMAS: [(&str, Pragma); 5] = [
        ("refresh", Pragma::Refresh),
        ("accept-ch", Pragma::ClientHints),
        ("delegate-ch", Pragma::ClientHints),
        ("x-dns-prefetch-control", Pragma::DnsPrefetch),
        ("content-type", Pragma::ContentType),
    ];
    let text = text.trim_ascii();
    let known = PRAGMAS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()));
    known.map(|(_, pragma)| *pragma)
}

/// Does this name ISO-2022-JP? In it bytes that look like ASCII need not be, so a browser that believed it only here
/// would read another page than the one that was rewritten. A page that says so where browsers look first was turned
/// into UTF-8 before, and no browser heeds this any more.
fn is_shifting(label: &[u8]) -> bool {
    let has = |name: &str| label.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()));
    has("iso-2022-jp") || has("csiso2022jp")
}

/// The address in `content="5; url='/there'"`, read as leniently as HTML 4.2.5.3 (shared declarative refresh). One in quotes
/// ends at the first that follows by the standard, and at the last in Chromium.
pub(in crate::policy) fn refresh_addresses(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    refresh_rest(content).into_iter().flat_map(unquoted).filter(|address| !address.is_empty())
}

fn unquoted(text: &[u8]) -> [&[u8]; 2] {
    let Some((quote @ (b'"' | b'\''), inner)) = text.split_first() else { return [text, b""] };
    let ends = [memchr::memchr(*quote, inner), memchr::memrchr(*quote, inner)];
    ends.map(|end| &inner[..end.unwrap_or(inner.len())])
}

/// What follows the time, and the word `url` with its sign where they stand there.
fn refresh_rest(content: &[u8]) -> Option<&[u8]> {
    let content = content.trim_ascii_start();
    let is_delimiter = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b';' | b',');
    let time_end = content.iter().position(is_delimiter)?;
    let mut rest = content[time_end..].trim_ascii_start();
    rest = rest.strip_prefix(b";").or_else(|| rest.strip_prefix(b",")).unwrap_or(rest).trim_ascii_start();
    if rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"url")) {
        let after = rest[3..].trim_ascii_start();
        if let Some(value) = after.strip_prefix(b"=") {
            rest = value.trim_ascii_start();
        }
    }
    Some(rest)
}
