//! What a shop's own Content-Security-Policy has against the things we put into its page, and the least that lets
//! them through.
//!
//! We put in one inline script, an inline style, another in the documents that stand in for frames and, where the policy lets more of
//! their kind through, inline scripts before held ones. The script may import `PREFIX/choice.js`, and the page may ask for `PREFIX/beacon.js`; the
//! answer goes to `PREFIX/choice` by a form or a script, events go to `PREFIX/event`, and a form leads to
//! `PREFIX/consent`. Each policy is read by itself (CSP Level 3 section 8.1: all of them
//! must agree), those that only report too. Where the page has a nonce, ours get the same and no header changes. Where
//! it has none, the hashes of our script and styles are added; never where inline code is allowed, because a hash takes that
//! back (section 6.7.3.2). An address of ours is added only where no source covers it, with its path. What else stands
//! in the header stays byte for byte, and nothing is let through that is not ours.
//!
//! Never touched: `sandbox`, `trusted-types` and `require-trusted-types-for` (our scripts write no markup and make no
//! code from text), `script-src-attr` and `style-src-attr` (we put in no such attribute that anything hangs on). A policy in a `<meta>` comes
//! too late for our elements, which stand before it; a `form-action` or `connect-src` there stays as it is.

mod directive;

#[cfg(test)]
mod tests;

use directive::{Address, Directive, Policy, policies};

/// Where it stands what inline scripts are allowed: the first directive of these that there is (section 6.8.3).
const SCRIPT: &[&str] = &["script-src-elem", "script-src", "default-src"];
/// The same for inline styles.
const STYLE: &[&str] = &["style-src-elem", "style-src", "default-src"];
/// The same for what scripts ask for.
const CONNECT: &[&str] = &["connect-src", "default-src"];
/// The same for forms.
const FORM: &[&str] = &["form-action"];

/// How our elements of a kind get past all policies of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// No policy is against them.
    Free,
    /// With this nonce, which every policy that is against them has.
    Nonce(String),
    /// By their hashes; the nonce, if any, is for the policies that have it.
    Hash(Option<String>),
}

impl Way {
    /// What the elements are to carry.
    pub fn nonce(&self) -> Option<&str> {
        match self {
            Self::Nonce(nonce) | Self::Hash(Some(nonce)) => Some(nonce),
            Self::Free | Self::Hash(None) => None,
        }
    }
}

/// How scripts and styles of ours get past the policies of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// Inline scripts.
    pub script: Way,
    /// Inline styles.
    pub style: Way,
    /// Can a script that is a file of ours get past every policy? With 'strict-dynamic' it needs a nonce.
    pub allow_files: bool,
}

/// What of ours a policy may have something against.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a> {
    /// Host and port the page was asked for under, lower case.
    pub authority: &'a str,
    /// Does the visitor's browser speak TLS?
    pub is_https: bool,
    /// The reserved prefix.
    pub prefix: &'a str,
    /// `'sha256-…'` of the inline script.
    pub script: &'a str,
    /// The same of the inline style; empty when there is none.
    pub style: &'a str,
    /// The same of the style of placeholders.
    pub embed_style: &'a str,
    /// May the script ask for `PREFIX/choice.js`?
    pub has_file: bool,
    /// Does the page ask for `PREFIX/beacon.js`?
    pub has_beacon: bool,
}

/// Reads the values of every policy header of a page and finds the ways.
pub fn ways<'a>(values: impl Iterator<Item = &'a [u8]>) -> Ways {
    let policies: Vec<Policy<'a>> = values.flat_map(policies).collect();
    let script = way(&policies, SCRIPT);
    let is_stuck = |directive: &Directive<'_>| {
        directive.is_dynamic() && !script.nonce().is_some_and(|nonce| directive.has_nonce(nonce))
    };
    let mut scripts = policies.iter().filter_map(|policy| policy.effective(SCRIPT));
    Ways { allow_files: !scripts.any(|directive| is_stuck(&directive)), script, style: way(&policies, STYLE) }
}

fn way(policies: &[Policy<'_>], names: &[&str]) -> Way {
    let against: Vec<_> = policies
        .iter()
        .filter_map(|policy| policy.effective(names))
        .filter(Directive::forbids_inline)
        .collect();
    let nonce = against.iter().find_map(|directive| directive.nonces().next());
    match nonce {
        None if against.is_empty() => Way::Free,
        None => Way::Hash(None),
        Some(nonce) if against.iter().all(|directive| directive.has_nonce(nonce)) => Way::Nonce(nonce.into()),
        Some(nonce) => Way::Hash(Some(nonce.into())),
    }
}

/// One header's value with what lets ours through; `None` when it can stay as it is.
pub fn admitted(value: &[u8], ways: &Ways, ours: &Ours<'_>) -> Option<Vec<u8>> {
    let mut changes = Vec::new();
    for policy in policies(value) {
        let added = added(&policy, ways, ours);
        changes.extend(added.iter().map(|(directive, sources)| directive.with(sources)));
    }
    if changes.is_empty() {
        return None;
    }
    changes.sort_unstable_by_key(|(range, _)| range.start);
    let mut text = Vec::with_capacity(value.len() + 256);
    let mut done = 0;
    for (range, sources) in changes {
        text.extend_from_slice(&value[done..range.start]);
        text.extend_from_slice(sources.as_bytes());
        done = range.end;
    }
    text.extend_from_slice(&value[done..]);
    Some(text)
}

/// The sources that a policy lacks, by the directive they belong to.
fn added<'a>(policy: &Policy<'a>, ways: &Ways, ours: &Ours<'_>) -> Vec<(Directive<'a>, Vec<String>)> {
    let mut added: Vec<(Directive<'a>, Vec<String>)> = Vec::new();
    let mut add = |directive: Directive<'a>, source: String| {
        let known = added.iter_mut().find(|(known, _)| known.start == directive.start);
        match known {
            Some((_, sources)) if sources.contains(&source) => {}
            Some((_, sources)) => sources.push(source),
            None => added.push((directive, vec![source])),
        }
    };
    let elements = [
        (SCRIPT, &ways.script, ours.script),
        (STYLE, &ways.style, ours.style),
        (STYLE, &ways.style, ours.embed_style),
    ];
    for (names, way, hash) in elements {
        let Some(directive) = policy.effective(names).filter(|_| !hash.is_empty()) else { continue };
        let has_nonce = way.nonce().is_some_and(|nonce| directive.has_nonce(nonce));
        if directive.forbids_inline() && !has_nonce && !directive.has(hash) {
            add(directive, hash.to_owned());
        }
    }
    // A file that a script imports has the nonce of the script; with 'strict-dynamic' an address would not count.
    let needs_no_address = |directive: &Directive<'_>| {
        directive.is_dynamic() || ways.script.nonce().is_some_and(|nonce| directive.has_nonce(nonce))
    };
    let script = policy.effective(SCRIPT).filter(|directive| !needs_no_address(directive));
    let places = [
        (script.filter(|_| ours.has_file), "/choice.js"),
        (script.filter(|_| ours.has_beacon), "/beacon.js"),
        (policy.effective(CONNECT), "/choice"),
        (policy.effective(CONNECT), "/event"),
        (policy.effective(FORM), "/choice"),
        (policy.effective(FORM), "/consent"),
    ];
    for (directive, below) in places {
        let address =
            Address { is_https: ours.is_https, authority: ours.authority, prefix: ours.prefix, below };
        if let Some(directive) = directive
            && !directive.covers(&address)
            && let Some(source) = address.source()
        {
            add(directive, source);
        }
    }
    added
}
