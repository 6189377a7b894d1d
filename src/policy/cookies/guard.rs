//! What the guard in the page needs to know: which cookie names and storage keys a script may write.
//!
//! The guard is a few lines of script, first in `<head>`, and cannot carry the catalogue. It gets two regular
//! expressions that say the same as [`Policy::cookie_is_open`] and [`Policy::storage_is_open`].

use std::borrow::Cow;
use std::collections::HashSet;

use super::CONSENT_COOKIE;
use crate::policy::catalog::TrackerId;
use crate::policy::consent::{Category, Consent};
use crate::policy::{Allowed, Page, Policy, bytes_match, passes_unknown};

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

    pub(in crate::policy) fn guards_of_states(&self) -> Vec<GuardRules> {
        self.states().map(|consent| self.make_guard_rules(&consent, &self.claims)).collect()
    }

    fn make_guard_rules(&self, consent: &Consent, claims: &Claims) -> GuardRules {
        GuardRules {
            cookies: expression(self.under(consent, &claims.cookies)),
            storage: expression(self.under(consent, &claims.storage)),
        }
    }

    fn under<'a>(&self, consent: &Consent, claims: &'a [Claim]) -> impl Iterator<Item = NameRule<'a>> {
        claims.iter().map(|claim| {
            let is_open = match claim.owner {
                Owner::Gateway => false,
                Owner::Operator(category) => consent.categories().contains(category),
                Owner::Tracker(id) => consent.grants(self.catalog.tracker(id)),
                Owner::Nobody => passes_unknown(self.settings.unknown_cookies, consent),
            };
            NameRule { text: &claim.text, is_exact: claim.is_exact, is_open }
        })
    }

    pub(in crate::policy) fn claims(&self, page: Page<'_>) -> Claims {
        // The later of two equal claims wins, so it comes first here.
        let trackers = || self.catalog.trackers().rev();
        let cookies = trackers().flat_map(|tracker| {
            let own = tracker.cookies.iter().filter(|rule| rule.domain.is_empty());
            own.map(|rule| (rule.name.as_str(), Owner::Tracker(tracker.id)))
        });
        let storage = trackers()
            .flat_map(|tracker| tracker.storage.iter().map(|key| (key.as_str(), Owner::Tracker(tracker.id))));
        Claims {
            cookies: self.sorted_claims(page, Some((CONSENT_COOKIE, Owner::Gateway)), cookies),
            storage: self.sorted_claims(page, None, storage),
        }
    }

    /// All claims to names, so that the exact or longest one that matches decides.
    fn sorted_claims<'a>(
        &'a self,
        page: Page<'_>,
        gateways: Option<(&'a str, Owner)>,
        known: impl Iterator<Item = (&'a str, Owner)>,
    ) -> Vec<Claim> {
        // An operator's rule wins over all that it covers; what it does not cover is longer or elsewhere.
        let mut operators: Vec<(&str, Owner)> = Vec::new();
        for allow in self.settings.allow.iter().filter(|allow| allow.holds_on(page.path)) {
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

fn expression<'a>(rules: impl Iterator<Item = NameRule<'a>>) -> String {
    let open = open_names(rules);
    let count = open.starts.len() + usize::from(!open.names.is_empty());
    if count == 0 {
        return "^(?!)".into();
    }
    let mut text = String::from(if count == 1 { "^" } else { "^(?:" });
    let mut separator = "(?:";
    for name in &open.names {
        text.push_str(separator);
        text.push_str(name);
        separator = "|";
    }
    if !open.names.is_empty() {
        text.push_str(")$");
    }
    separator = if open.names.is_empty() { "" } else { "|" };
    for (start, exceptions) in &open.starts {
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
    text.push_str(if count == 1 { "" } else { ")" });
    text
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
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::policy::catalog::Catalog;
    use crate::policy::consent::Category::{self, Marketing, Necessary, Preferences, Statistics};
    use crate::policy::samples::{FRONT, allow, any_growing_consent, of, plain, policy, settings, single};
    use crate::policy::{Settings, Unknown};

    /// What the expression matches, computed from the parts it is written from.
    fn matches(open: &Open<'_>, name: &str) -> bool {
        let is_excepted =
            |held: &NameRule<'_>| if held.is_exact { held.text == name } else { name.starts_with(held.text) };
        open.names.contains(&name)
            || open
                .starts
                .iter()
                .any(|(start, exceptions)| name.starts_with(start) && !exceptions.iter().any(is_excepted))
    }

    fn rule(text: &str, is_open: bool) -> NameRule<'_> {
        match text.strip_suffix('*') {
            Some(text) => NameRule { text, is_exact: false, is_open },
            None => NameRule { text, is_exact: true, is_open },
        }
    }

    fn escaped_rule(text: &str) -> String {
        match text.strip_suffix('*') {
            Some(start) => escaped(start) + "*",
            None => escaped(text),
        }
    }

    #[test]
    fn expressions_say_what_the_rules_say() {
        let rows: [(&[(&str, bool)], &str); 8] = [
            (&[("*", false)], "^(?!)"),
            (&[("*", true)], "^"),
            (&[("*", false), ("PHPSESSID", true)], "^(?:PHPSESSID)$"),
            (&[("*", false), ("a", true), ("b.c", true), ("cart_*", true)], r"^(?:(?:a|b\.c)$|cart_)"),
            (&[("*", true), ("_ga*", false), ("id", false)], "^(?!_ga|id$)"),
            (&[("*", false), ("a*", true), ("ab*", false), ("abc", true)], "^(?:(?:abc)$|a(?!b))"),
            (&[("*", false), ("a*", true), ("a", false)], "^a(?!$)"),
            (
                &[("*", false), ("</x'\"\u{2028}😀", true)],
                r"^(?:\u003c\u002fx\u0027\u0022\u2028\ud83d\ude00)$",
            ),
        ];
        for (rules, expected) in rows {
            let rules: Vec<_> = rules.iter().map(|(text, is_open)| (escaped_rule(text), is_open)).collect();
            let rules = rules.iter().map(|(text, is_open)| rule(text, **is_open));
            assert_eq!(expression(rules), expected);
        }
    }

    #[test]
    fn only_the_necessary_may_be_written_before_a_choice() {
        let policy = plain();
        let rules = policy.guard_rules(&Consent::none(), FRONT);
        assert!(rules.cookies.starts_with("^(?:(?:") && rules.cookies.contains("|PHPSESSID|"));
        for held in ["_ga", "_fbp", CONSENT_COOKIE] {
            assert!(!rules.cookies.contains(held), "{held}");
        }
        assert!(rules.storage.contains("mage-cache-storage"));
        assert!(policy.guard_rules(&of(&[Statistics]), FRONT).cookies.contains("|_ga"));
        assert_eq!(policy.guard_rules(&of(&Category::ALL), FRONT).cookies, "^(?!consentry$)");
        assert_eq!(policy.guard_rules(&of(&Category::ALL), FRONT).storage, "^");
    }

    #[test]
    fn what_is_written_into_the_page_cannot_leave_its_script() {
        let allow = vec![allow(Allowed::Cookie("</script>/'\"`\n*".into()), Necessary, &[])];
        let policy = policy(Settings { allow, ..settings() });
        for consent in policy.states() {
            let rules = policy.guard_rules(&consent, FRONT);
            for text in [&rules.cookies, &rules.storage] {
                assert!(!text.contains(['<', '>', '/', '\'', '"', '`', '\n', '&']), "{text}");
            }
        }
    }

    #[test]
    fn a_rule_with_paths_and_a_single_tracker_are_heeded() {
        let allow = vec![allow(Allowed::Cookie("sort".into()), Necessary, &["/dekk"])];
        let policy = policy(Settings { allow, ..settings() });
        let none = Consent::none();
        assert!(matches!(policy.guard_rules(&none, FRONT), Cow::Borrowed(_)));
        assert!(!policy.guard_rules(&none, FRONT).storage.contains("|sort"));
        assert!(policy.guard_rules(&none, Page { path: "/dekk", ..FRONT }).storage.contains("|sort"));
        let mut trackers = crate::policy::consent::TrackerSet::NONE;
        trackers.insert(policy.catalog().named("hotjar").unwrap().id);
        assert!(policy.guard_rules(&single(&[], trackers), FRONT).cookies.contains("|_hj"));
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let categories = prop::sample::select(&Category::ALL[..]);
        let rules = prop::collection::vec((r"[ab]{1,3}\*?", categories.clone()), 0..4);
        let trackers = prop::collection::vec((r"[ab]{1,3}\*?", categories), 0..8);
        (rules, trackers, any::<bool>()).prop_map(|(rules, trackers, holds)| {
            let entries = trackers.iter().enumerate().map(|(index, (name, category))| {
                format!(
                    "[[tracker]]\nid = \"t{index}\"\nname = \"T\"\ncategory = \"{}\"\nsource = \"x\"\n\
                     provider = {{ name = \"P\", country = \"\", privacy = \"\" }}\npurpose = {{ en = \"X.\" }}\n\
                     cookies = [{{ name = \"{name}\", days = 1 }}]\nstorage = [\"{name}\"]\n",
                    category.name()
                )
            });
            let text = if trackers.is_empty() { "tracker = []".into() } else { entries.collect::<String>() };
            let allow = rules.into_iter().map(|(rule, category)| allow(Allowed::Cookie(rule), category, &[]));
            let unknown_cookies = if holds { Unknown::Hold } else { Unknown::Pass };
            let settings = Settings { allow: allow.collect(), unknown_cookies, ..settings() };
            Policy::new(settings, Arc::new(Catalog::new(Catalog::parse(&text).unwrap()).unwrap()))
        })
    }

    proptest! {
        #[test]
        fn guard_and_gateway_agree_on_every_name(policy in any_policy(), state in 0..8_usize, name in "[abc]{0,4}") {
            let consent = policy.states().nth(state).unwrap();
            let names = open_names(policy.under(&consent, &policy.claims.storage));
            prop_assert_eq!(matches(&names, &name), policy.storage_is_open(&consent, "/", &name));
            prop_assert_eq!(matches(&names, &name), policy.cookie_is_open(&consent, "/", &name));
        }

        #[test]
        fn more_consent_never_closes_a_name((less, more) in any_growing_consent(), name in "_ga|_hjX|_fbp|cart|x") {
            let policy = plain();
            let can = |consent: &Consent| policy.storage_is_open(consent, "/", &name);
            prop_assert!(!can(&less) || can(&more));
        }
    }

    #[test]
    fn categories_open_their_own_names_only() {
        let policy = plain();
        let cookies = |category| policy.guard_rules(&of(&[category]), FRONT).cookies.clone();
        assert!(cookies(Marketing).contains("_fbp") && !cookies(Marketing).contains("_clck"));
        assert!(cookies(Statistics).contains("_clck") && !cookies(Statistics).contains("_fbp"));
        assert!(!cookies(Preferences).contains("_clck"));
    }
}
