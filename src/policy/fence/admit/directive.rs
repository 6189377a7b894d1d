//! A policy taken apart as browsers do it, each piece with its place in the header's value.

use std::ops::Range;

/// One policy: of directives with the same name the first counts (CSP Level 3 section 2.2.1).
#[derive(Debug)]
pub(super) struct Policy<'a>(Vec<Directive<'a>>);

/// A directive's name and what stands behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directive<'a> {
    /// Where `text` begins in the header's value.
    pub(super) start: usize,
    name: &'a [u8],
    text: &'a [u8],
}

/// An address of ours, as a page asks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address<'a> {
    pub(super) is_https: bool,
    pub(super) authority: &'a str,
    pub(super) prefix: &'a str,
    /// The path below the prefix.
    pub(super) below: &'a str,
}

/// The policies of one header value, which commas separate.
pub(super) fn policies(value: &[u8]) -> impl Iterator<Item = Policy<'_>> {
    let mut start = 0;
    value.split(|byte| *byte == b',').map(move |text| {
        let policy = Policy::read(text, start);
        start += text.len() + 1;
        policy
    })
}

impl<'a> Policy<'a> {
    fn read(text: &'a [u8], start: usize) -> Self {
        let mut directives: Vec<Directive<'a>> = Vec::new();
        let mut start = start;
        for part in text.split(|byte| *byte == b';') {
            let named = part.trim_ascii_start();
            let length = named.iter().position(u8::is_ascii_whitespace).unwrap_or(named.len());
            let (name, text) = named.split_at(length);
            let is_first = !directives.iter().any(|known| known.name.eq_ignore_ascii_case(name));
            if !name.is_empty() && is_first {
                directives.push(Directive { start: start + part.len() - text.len(), name, text });
            }
            start += part.len() + 1;
        }
        Self(directives)
    }

    /// The first directive by these names, in the order of the names.
    pub(super) fn effective(&self, names: &[&str]) -> Option<Directive<'a>> {
        let find = |name: &&str| self.0.iter().find(|known| known.name.eq_ignore_ascii_case(name.as_bytes()));
        names.iter().find_map(find).copied()
    }
}

impl<'a> Directive<'a> {
    fn sources(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.text.split(u8::is_ascii_whitespace).filter(|source| !source.is_empty())
    }

    /// Is this keyword, nonce or hash there? Keywords know no case; a hash is compared as it is written.
    pub(super) fn has(&self, source: &str) -> bool {
        self.sources().any(|other| other == source.as_bytes())
    }

    fn has_keyword(&self, keyword: &str) -> bool {
        self.sources().any(|other| other.eq_ignore_ascii_case(keyword.as_bytes()))
    }

    /// The nonces, each as it has to stand in an element.
    pub(super) fn nonces(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.sources().filter_map(nonce)
    }

    pub(super) fn has_nonce(&self, nonce: &str) -> bool {
        self.nonces().any(|other| other == nonce)
    }

    /// Must an inline element have a nonce or a hash of this list? Where 'unsafe-inline' stands with neither, it need
    /// not; with 'strict-dynamic' beside it such a list lets no script through at all, and is left at that.
    pub(super) fn forbids_inline(&self) -> bool {
        self.sources().any(|source| nonce(source).is_some() || is_hash(source))
            || !self.has_keyword("'unsafe-inline'")
    }

    /// Do addresses count for nothing in a list of scripts (section 8.2)?
    pub(super) fn is_dynamic(&self) -> bool {
        self.has_keyword("'strict-dynamic'")
    }

    /// Does a source of this list take the address? A doubt is a no: then it is added, and nothing is wider for it.
    pub(super) fn covers(&self, address: &Address<'_>) -> bool {
        self.sources()
            .any(|source| std::str::from_utf8(source).is_ok_and(|source| address.is_taken_by(source)))
    }

    /// The place in the header's value, and what is to stand there, with these sources beside those that are there. A
    /// lone 'none' would mean nothing beside others, and gives way.
    pub(super) fn with(&self, sources: &[String]) -> (Range<usize>, String) {
        let kept = self.text.trim_ascii();
        let begin = self.text.len() - self.text.trim_ascii_start().len();
        let sources = sources.join(" ");
        if kept.is_empty() {
            return (self.start..self.start, format!(" {sources}"));
        }
        let (from, to) = (self.start + begin, self.start + begin + kept.len());
        if kept.eq_ignore_ascii_case(b"'none'") {
            return (from..to, sources);
        }
        (to..to, format!(" {sources}"))
    }
}

/// What stands in `'nonce-…'`, when it is one: letters, digits and a few signs (section 2.3.1).
fn nonce(source: &[u8]) -> Option<&str> {
    let nonce = after_ignoring_case(source, b"'nonce-")?.strip_suffix(b"'")?;
    std::str::from_utf8(nonce).ok().filter(|_| is_base64(nonce))
}

fn is_hash(source: &[u8]) -> bool {
    let starts: [&[u8]; 3] = [b"'sha256-", b"'sha384-", b"'sha512-"];
    let hash = starts.iter().find_map(|start| after_ignoring_case(source, start));
    hash.and_then(|hash| hash.strip_suffix(b"'")).is_some_and(is_base64)
}

fn after_ignoring_case<'a>(text: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    let (first, rest) = text.split_at_checked(start.len())?;
    first.eq_ignore_ascii_case(start).then_some(rest)
}

fn is_base64(text: &[u8]) -> bool {
    let body = text.strip_suffix(b"=").unwrap_or(text);
    let body = body.strip_suffix(b"=").unwrap_or(body);
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    !body.is_empty() && body.iter().all(is_digit)
}

impl Address<'_> {
    /// The address as a source, with the page's own scheme. An IPv6 address has no form there (section 2.3.1).
    pub(super) fn source(&self) -> Option<String> {
        (!self.authority.starts_with('[')).then(|| [self.authority, self.prefix, self.below].concat())
    }

    /// CSP Level 3 section 6.7.2.8, for an address of the page's own origin that no redirect led to.
    fn is_taken_by(&self, source: &str) -> bool {
        if source == "*" || source.eq_ignore_ascii_case("'self'") {
            return true;
        }
        if let Some(scheme) = source.strip_suffix(':') {
            return self.has_scheme(scheme);
        }
        let rest = match source.split_once("://") {
            Some((scheme, _)) if !self.has_scheme(scheme) => return false,
            Some((_, rest)) => rest,
            None => source,
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        self.has_port(port) && self.has_host(&host.to_ascii_lowercase()) && self.has_path(path)
    }

    /// What is written for plain HTTP takes TLS too.
    fn has_scheme(&self, scheme: &str) -> bool {
        scheme.eq_ignore_ascii_case("http") || (self.is_https && scheme.eq_ignore_ascii_case("https"))
    }

    fn has_port(&self, port: &str) -> bool {
        let usual = if self.is_https { "443" } else { "80" };
        let own = self.authority.rsplit_once(':').map_or(usual, |(_, port)| port);
        port == "*" || port == own || (port.is_empty() && own == usual)
    }

    fn has_host(&self, host: &str) -> bool {
        let own = self.authority.rsplit_once(':').map_or(self.authority, |(host, _)| host);
        match host.strip_prefix('*') {
            Some(domain) => domain.starts_with('.') && own.ends_with(domain) && own.len() > domain.len(),
            None => host == own,
        }
    }

    fn has_path(&self, path: &str) -> bool {
        let own = [self.prefix, self.below].concat();
        path.is_empty() || path == own || (path.ends_with('/') && own.starts_with(path))
    }
}
