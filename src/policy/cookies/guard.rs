//! What the guard in the page needs to know: which cookie names and storage keys a script may write.
//!
//! The guard is a few lines of script, first in `<head>`, and cannot carry the catalogue. It gets two regular
//! expressions that say the same as [`Policy::cookie_is_open`] and [`Policy::storage_is_open`], but for what no script
//! ever asks: cookies that are set by HTTP alone, and, where the operator named what the site uses, names of necessary
//! trackers that it does not use.

use std::borrow::Cow;
use std::collections::HashSet;

use super::CONSENT_COOKIE;
use crate::policy::catalog::{Tracker, TrackerId};
use crate::policy::consent::{Category, Consent};
use crate::policy::{Allow, Allowed, Page, Policy, bytes_match};

/// What may be written in one consent state, as regular expressions of JavaScript.
///
/// Each stands between slashes as it is (`/…/.test(name)`): anchored at its start, and without `<`, quotes, line
/// ends or a bare `/`, so it is safe in an inline script. It is not meant for a string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardRules {
    /// Matches the cookie names that are open. The consent cookie is not one: scripts never write it.
    pub cookies: String,
    /// Matches the keys of localStorage and sessionStorage that are open.
    pub storage: String,
}

/// All claims to names that bear on a page, in the order in which [`open_names`] reads them. They do not depend
/// on the consent, so they are put together once for all pages on which no rule with paths holds.
#[derive(Debug, Default)]
pub(in crate::policy) struct Claims {
    cookies: Vec<Claim>,
    storage: Vec<Claim>,
}

/// A name or a start of names, and whose it is.
#[derive(Debug)]
struct Claim {
    /// Escaped once; what starts with another text still does so.
    text: Box<str>,
    is_exact: bool,
    owner: Owner,
}

#[derive(Clone, Copy, Debug)]
enum Owner {
    /// The gateway: never a script.
    Gateway,
    /// The operator vouches for it.
    Operator(Category),
    Tracker(TrackerId),
    Nobody,
}

/// A claim under a consent.
#[derive(Clone, Copy, Debug)]
struct NameRule<'a> {
    text: &'a str,
    is_exact: bool,
    is_open: bool,
}

impl Policy {
    /// The guard's rules for a page in a consent state. Made once per state, and anew only for single trackers or
    /// a page on which a rule with paths holds.
    pub fn guard_rules(&self, consent: &Consent, page: Page<'_>) -> Cow<'_, GuardRules> {
        if self.has_bound_rule(page) {
            return Cow::Owned(self.make_guard_rules(consent, &self.claims(page)));
        }
        match self.guards.get(consent.categories().state()) {
            Some(ready) if consent.trackers().is_empty() => Cow::Borrowed(ready),
            _ => Cow::Owned(self.make_guard_rules(consent, &self.claims)),
        }
    }

    /// Names of keys and databases that may be kept under this consent, on one page or another, as an expression of
    /// JavaScript: after an answer what the guard lets a script write, and no more. What nobody is known for stays until then,
    /// as cookies do: it may be the shop's own.
    pub fn kept_storage(&self, consent: &Consent) -> String {
        if consent.is_asked() {
            return "^".into();
        }
        let may_hold = |rule: &&Allow| rule.paths.is_empty() || consent.categories().contains(rule.category);
        let claims = self.sorted_claims(may_hold, None, self.storage_owners());
        open_names(self.under(consent, &claims)).expression()
    }

    pub(in crate::policy) fn guards_of_states(&self) -> Vec<GuardRules> {
        self.states().map(|consent| self.make_guard_rules(&consent, &self.claims)).collect()
    }

    fn make_guard_rules(&self, consent: &Consent, claims: &Claims) -> GuardRules {
        let mut cookies = open_names(self.under(consent, &claims.cookies));
        let mut storage = open_names(self.under(consent, &claims.storage));
        cookies.sort_shared_first(&storage);
        storage.sort_shared_first(&cookies);
        GuardRules { cookies: cookies.expression(), storage: storage.expression() }
    }

    fn under<'a>(&self, consent: &Consent, claims: &'a [Claim]) -> impl Iterator<Item = NameRule<'a>> {
        claims.iter().map(|claim| {
            let is_open = match claim.owner {
                Owner::Gateway => false,
                Owner::Operator(category) => consent.categories().contains(category),
                Owner::Tracker(id) => consent.grants(self.catalog.tracker(id)),
                Owner::Nobody => self.passes_unknown(self.settings.unknown_cookies, consent),
            };
            NameRule { text: &claim.text, is_exact: claim.is_exact, is_open }
        })
    }

    pub(in crate::policy) fn claims(&self, page: Page<'_>) -> Claims {
        let holds = |rule: &&Allow| rule.holds_on(page.path);
        let cookies = self.guarded().flat_map(|tracker| {
            let own = tracker.cookies.iter().filter(|rule| rule.domain.is_empty() && !rule.http);
            own.map(|rule| (rule.name.as_str(), Owner::Tracker(tracker.id)))
        });
        Claims {
            cookies: self.sorted_claims(holds, Some((CONSENT_COOKIE, Owner::Gateway)), cookies),
            storage: self.sorted_claims(holds, None, self.storage_owners()),
        }
    }

    /// Whose names matter to the guard. The later of two equal claims wins, so it comes first here.
    fn guarded(&self) -> impl Iterator<Item = &Tracker> {
        let matters = |tracker: &&Tracker| tracker.is_used || tracker.category != Category::Necessary;
        self.catalog.trackers().rev().filter(matters)
    }

    fn storage_owners(&self) -> impl Iterator<Item = (&str, Owner)> {
        self.guarded()
            .flat_map(|tracker| tracker.storage.iter().map(|key| (key.as_str(), Owner::Tracker(tracker.id))))
    }

    /// All claims to names, so that the exact or longest one that matches decides; of the operator's rules those that hold.
    fn sorted_claims<'a>(
        &'a self,
        holds: impl Fn(&&Allow) -> bool,
        gateways: Option<(&'a str, Owner)>,
        known: impl Iterator<Item = (&'a str, Owner)>,
    ) -> Vec<Claim> {
        // An operator's rule wins over all that it covers; what it does not cover is longer or elsewhere.
        let mut operators: Vec<(&str, Owner)> = Vec::new();
        for allow in self.settings.allow.iter().filter(holds) {
            let Allowed::Cookie(rule) = &allow.what else { continue };
            if !is_covered(&operators, rule) {
                operators.push((rule, Owner::Operator(allow.category)));
            }
        }
        let known = known.filter(|(rule, _)| !is_covered(&operators, rule));
        let all = gateways.into_iter().chain(operators.iter().copied()).chain(known);
        let mut seen = HashSet::new();
        let mut claims: Vec<(&str, bool, Owner)> = all
            .chain([("*", Owner::Nobody)])
            .filter(|(rule, _)| seen.insert(*rule))
            .map(|(rule, owner)| match rule.strip_suffix('*') {
                Some(text) => (text, false, owner),
                None => (rule, true, owner),
            })
            .collect();
        // A start comes before what it encloses, also before the name that is all of it.
        claims.sort_unstable_by_key(|(text, is_exact, _)| (*text, *is_exact));
        let claim = |(text, is_exact, owner)| Claim { text: escaped(text).into(), is_exact, owner };
        claims.into_iter().map(claim).collect()
    }
}

/// Does one of these rules match whatever `rule` matches?
fn is_covered(rules: &[(&str, Owner)], rule: &str) -> bool {
    rules.iter().any(|(wider, _)| match rule.strip_suffix('*') {
        Some(start) => wider.ends_with('*') && bytes_match(wider, start.as_bytes()),
        None => bytes_match(wider, rule.as_bytes()),
    })
}

/// A set of names: starts with exceptions, and whole names.
#[derive(Debug, Default)]
struct Open<'a> {
    names: Vec<&'a str>,
    starts: Vec<(&'a str, Vec<NameRule<'a>>)>,
}

/// The names for which the exact or longest rule is open. Each rule is compared with the one right around it:
/// an open one inside an open one says nothing new, a held one inside an open one is its exception.
fn open_names<'a>(rules: impl Iterator<Item = NameRule<'a>>) -> Open<'a> {
    let mut open = Open::default();
    // The starts around the present rule, each with the open start that speaks for it.
    let mut around: Vec<(&str, Option<usize>)> = Vec::new();
    for rule in rules {
        while around.last().is_some_and(|(start, _)| !rule.text.starts_with(start)) {
            around.pop();
        }
        let mut speaker = around.last().and_then(|(_, speaker)| *speaker);
        match (rule.is_open, speaker) {
            (true, None) if rule.is_exact => open.names.push(rule.text),
            (true, None) => {
                speaker = Some(open.starts.len());
                open.starts.push((rule.text, Vec::new()));
            }
            (false, Some(index)) => {
                open.starts[index].1.push(rule);
                speaker = None;
            }
            _ => {}
        }
        if !rule.is_exact {
            around.push((rule.text, speaker));
        }
    }
    open
}

impl Open<'_> {
    /// What `other` has, too, comes first and in the same order: of two runs that are alike a compressed page has one.
    fn sort_shared_first(&mut self, other: &Self) {
        let names: HashSet<&str> = other.names.iter().copied().collect();
        self.names.sort_by_key(|name| !names.contains(name));
        let starts: HashSet<&str> = other.starts.iter().map(|(start, _)| *start).collect();
        self.starts.sort_by_key(|(start, _)| !starts.contains(start));
    }

    fn expression(&self) -> String {
        let count = self.starts.len() + usize::from(!self.names.is_empty());
        if count == 0 {
            return "^(?!)".into();
        }
        let mut text = String::from(if count == 1 { "^" } else { "^(?:" });
        let mut separator = "";
        for (start, exceptions) in &self.starts {
            text.push_str(separator);
            separator = "|";
            text.push_str(start);
            let mut opening = "(?!";
            for held in exceptions {
                text.push_str(opening);
                opening = "|";
                text.push_str(held.text.strip_prefix(start).unwrap_or(held.text));
                text.push_str(if held.is_exact { "$" } else { "" });
            }
            text.push_str(if exceptions.is_empty() { "" } else { ")" });
        }
        let mut opening = if self.starts.is_empty() { "(?:" } else { "|(?:" };
        for name in &self.names {
            text.push_str(opening);
            text.push_str(name);
            opening = "|";
        }
        text.push_str(if self.names.is_empty() { "" } else { ")$" });
        text.push_str(if count == 1 { "" } else { ")" });
        text
    }
}

/// Every character that means something to an expression or to HTML is escaped; what is not plain ASCII is
/// written in UTF-16, as JavaScript sees it.
fn escaped(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut safe = String::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"_-:~!@%".contains(&byte) => {
                safe.push(char::from(byte));
            }
            Ok(byte) if b".*+?$^|()[]{}".contains(&byte) => safe.extend(['\\', char::from(byte)]),
            _ => {
                let digit = |shift: u16| char::from(DIGITS[usize::from(unit >> shift & 0xf)]);
                safe.extend(['\\', 'u', digit(12), digit(8), digit(4), digit(0)]);
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests;
