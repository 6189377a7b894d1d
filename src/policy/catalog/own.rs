//! Finding the tracker whose own rule a request falls under, without allocating.
//!
//! One pass over the path finds every rule whose text is in it; parameters are looked at only where a path, or a
//! parameter's first letter, gives reason to. The order of precedence is told at
//! [`Catalog::own`].

use std::cmp::Reverse;

use aho_corasick::AhoCorasick;

use super::index::Map;
use super::{Catalog, OwnRule, Tracker, TrackerId};
use crate::policy::query::{self, Initials, ROOM_BYTES, matches, parameters};

/// A request as it is sent, whatever its host.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The path, as written.
    pub path: &'a str,
    /// What follows the `?`, as written; empty when nothing does.
    pub query: &'a str,
    /// The answer may be run as a script.
    pub is_script: bool,
}

impl Catalog {
    /// The trackers whose own request this may be: what is sent decides.
    pub fn own_suspects(&self, sent: Sent<'_>) -> impl Iterator<Item = &Tracker> {
        self.own.suspects(sent).map(|rule| self.tracker(rule.tracker))
    }

    /// As [`Catalog::own`], by the rules that ask for the beginning of what is sent, too.
    pub fn own_body(&self, sent: Sent<'_>, body: &[u8]) -> Option<&Tracker> {
        let is_there = |text: &str| memchr::memmem::find(body, text.as_bytes()).is_some();
        let mut rules = self.own.suspects(sent);
        rules.find(|rule| rule.body.iter().all(|text| is_there(text))).map(|rule| self.tracker(rule.tracker))
    }
}

/// Every own rule of a catalogue.
#[derive(Debug)]
pub(super) struct OwnRules {
    /// The one that says most comes first.
    rules: Vec<Rule>,
    /// The texts of paths; `None` when there are none.
    paths: Option<AhoCorasick>,
    /// The rules with each of those texts.
    of_text: Vec<Vec<usize>>,
    /// Rules for any path.
    of_any_path: AnyPath,
    /// Those that ask for what is sent, too; the one that says most comes first. They are few, and asked one by one.
    of_body: Vec<Rule>,
}

/// Rules for any path, by the name that each asks for first.
#[derive(Debug, Default)]
struct AnyPath {
    by_name: Map<Box<[u8]>, Vec<usize>>,
    /// Those that ask for a start of names, and every rule where there is no automaton.
    others: Vec<usize>,
    /// First bytes of those names.
    initials: Initials,
}

#[derive(Debug)]
struct Rule {
    tracker: TrackerId,
    /// The text of the path without wildcards.
    text: Box<str>,
    starts_anywhere: bool,
    ends_anywhere: bool,
    query: Vec<Condition>,
    is_script: bool,
    body: Vec<Box<str>>,
}

/// One parameter that must be there.
#[derive(Debug)]
struct Condition {
    name: Box<str>,
    /// `None`: any value.
    value: Option<Box<str>>,
}

impl OwnRules {
    pub(super) fn new(trackers: &[Tracker]) -> Self {
        let rules = trackers.iter().flat_map(|tracker| tracker.own.iter().map(|rule| (rule, tracker.id)));
        let mut rules: Vec<Rule> = rules.map(|(rule, tracker)| Rule::new(rule, tracker)).collect();
        rules.sort_by_key(|rule| Reverse((rule.bytes_said(), rule.tracker)));
        let (of_body, rules): (Vec<Rule>, Vec<Rule>) =
            rules.into_iter().partition(|rule| !rule.body.is_empty());
        let mut texts: Vec<&str> = Vec::new();
        let (mut of_text, mut of_any_path): (Vec<Vec<usize>>, _) = (Vec::new(), AnyPath::default());
        for (index, rule) in rules.iter().enumerate() {
            if rule.text.is_empty() {
                of_any_path.add(index, rule);
            } else if let Some(known) = texts.iter().position(|text| *text == &*rule.text) {
                of_text[known].push(index);
            } else {
                texts.push(&rule.text);
                of_text.push(vec![index]);
            }
        }
        let paths = AhoCorasick::new(&texts).ok().filter(|_| !texts.is_empty());
        if paths.is_none() {
            // No paths, or more of them than fit an automaton: every rule is asked one by one.
            of_any_path.others = (0..rules.len()).collect();
        }
        Self { rules, paths, of_text, of_any_path, of_body }
    }

    /// The tracker of the first rule that takes the request, and whether that rule is about scripts.
    pub(super) fn find(&self, sent: Sent<'_>) -> Option<(TrackerId, bool)> {
        let mut room = [0; ROOM_BYTES];
        let path = query::decoded(sent.path.as_bytes(), &mut room);
        let mut best: Option<usize> = None;
        let is_better = |best: Option<usize>, index: usize| best.is_none_or(|best| index < best);
        if let Some(paths) = self.paths.as_ref().filter(|paths| paths.is_match(path.as_ref())) {
            for found in paths.find_overlapping_iter(path.as_ref()) {
                for index in self.of_text[found.pattern().as_usize()].iter().copied() {
                    let rule = &self.rules[index];
                    let is_here = (rule.starts_anywhere || found.start() == 0)
                        && (rule.ends_anywhere || found.end() == path.len());
                    if is_here && is_better(best, index) && rule.takes_query(sent) {
                        best = Some(index);
                    }
                }
            }
        }
        self.of_any_path.each(sent.query, |index| {
            let rule = &self.rules[index];
            if is_better(best, index) && rule.takes_path(&path) && rule.takes_query(sent) {
                best = Some(index);
            }
        });
        best.map(|index| &self.rules[index]).map(|rule| (rule.tracker, rule.is_script))
    }

    /// The rules that this request falls under if it sends what they ask for.
    fn suspects(&self, sent: Sent<'_>) -> impl Iterator<Item = &Rule> {
        let mut room = [0; ROOM_BYTES];
        let path = query::decoded(sent.path.as_bytes(), &mut room).to_vec();
        self.of_body.iter().filter(move |rule| rule.takes_path(&path) && rule.takes_query(sent))
    }
}

impl AnyPath {
    fn add(&mut self, index: usize, rule: &Rule) {
        let Some(first) = rule.query.first() else { return };
        self.initials.add(first.name.as_bytes());
        if first.name.ends_with('*') {
            self.others.push(index);
        } else {
            self.by_name.entry(first.name.as_bytes().into()).or_default().push(index);
        }
    }

    /// Every rule that the parameters of `query` may fulfil, maybe more than once.
    fn each(&self, query: &str, mut take: impl FnMut(usize)) {
        self.others.iter().copied().for_each(&mut take);
        if self.by_name.is_empty() {
            return;
        }
        for parameter in parameters(query.as_bytes()).filter(|one| self.initials.may_begin(one.text)) {
            let mut room = [0; ROOM_BYTES];
            let name = query::decoded(parameter.name(), &mut room);
            self.by_name.get(name.as_ref()).into_iter().flatten().copied().for_each(&mut take);
        }
    }
}

impl Rule {
    fn new(rule: &OwnRule, tracker: TrackerId) -> Self {
        let (starts_anywhere, path) = match rule.path.strip_prefix('*') {
            Some(path) => (true, path),
            None => (rule.path.is_empty(), rule.path.as_str()),
        };
        let (ends_anywhere, text) = match path.strip_suffix('*') {
            Some(text) => (true, text),
            None => (path.is_empty(), path),
        };
        let mut query: Vec<Condition> = rule.query.iter().map(|part| Condition::new(part)).collect();
        // The longest name is the rarest: it is asked first.
        query.sort_by_key(|condition| Reverse(condition.name.len()));
        let body = rule.body.iter().map(|text| text.as_str().into()).collect();
        let is_script = rule.script;
        Self { tracker, text: text.into(), starts_anywhere, ends_anywhere, query, is_script, body }
    }

    /// How much the rule says. Unit: bytes.
    fn bytes_said(&self) -> usize {
        let value = |condition: &Condition| condition.value.as_ref().map_or(0, |value| value.len());
        let sent: usize = self.body.iter().map(|text| text.len()).sum();
        sent + self.text.len() + self.query.iter().map(|part| part.name.len() + value(part)).sum::<usize>()
    }

    fn takes_path(&self, path: &[u8]) -> bool {
        let text = self.text.as_bytes();
        match (self.starts_anywhere, self.ends_anywhere) {
            (true, true) => memchr::memmem::find(path, text).is_some(),
            (true, false) => path.ends_with(text),
            (false, true) => path.starts_with(text),
            (false, false) => path == text,
        }
    }

    fn takes_query(&self, sent: Sent<'_>) -> bool {
        if self.is_script && !sent.is_script {
            return false;
        }
        self.query.iter().all(|condition| {
            parameters(sent.query.as_bytes()).any(|parameter| {
                let value = |value: &str| matches(value.as_bytes(), parameter.value());
                matches(condition.name.as_bytes(), parameter.name())
                    && condition.value.as_deref().is_none_or(value)
            })
        })
    }
}

impl Condition {
    fn new(part: &str) -> Self {
        match part.split_once('=') {
            Some((name, value)) => Self { name: name.into(), value: Some(value.into()) },
            None => Self { name: part.into(), value: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Catalog, OwnRule};
    use super::*;

    fn catalog(rules: &[Vec<OwnRule>]) -> Catalog {
        let entry = |(index, own): (usize, &Vec<OwnRule>)| {
            let text = format!(
                "[[tracker]]\nid = \"t{index}\"\nname = \"T\"\ncategory = \"marketing\"\nsource = \"s\"\n\
                 purpose = {{ en = \"P.\" }}\nprovider = {{ name = \"P\", country = \"\", privacy = \"\" }}"
            );
            let mut entry = Catalog::parse(&text).unwrap().remove(0);
            entry.own.clone_from(own);
            entry
        };
        Catalog::new(rules.iter().enumerate().map(entry).collect()).unwrap()
    }

    fn rule(path: &str, query: &[&str], script: bool) -> OwnRule {
        let query = query.iter().map(|&part| part.into()).collect();
        OwnRule { path: path.into(), query, script, body: Vec::new() }
    }

    fn owner(catalog: &Catalog, target: &str, is_script: bool) -> Option<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        catalog.own(Sent { path, query, is_script }).map(|(tracker, _)| tracker.name_id.clone())
    }

    #[test]
    fn each_form_of_a_rule_takes_what_it_says_and_no_more() {
        let rows: &[(OwnRule, &[&str], &[&str])] = &[
            (
                rule("*/g/collect", &["v=2", "tid=G-*"], false),
                &["/g/collect?v=2&tid=G-A", "/metrics/g/collect?x&tid=%47-&v=2", "/g/c%6fllect?tid=G-1;v=2"],
                &[
                    "/g/collect?v=1&tid=G-A",
                    "/g/collect?v=2",
                    "/g/collect/x?v=2&tid=G-A",
                    "/G/collect?v=2&tid=G-A",
                ],
            ),
            (
                rule("/matomo.php", &[], false),
                &["/matomo.php", "/matomo.php?x"],
                &["/a/matomo.php", "/matomo.phpx"],
            ),
            (rule("/stats/*", &[], false), &["/stats/", "/stats/a/b?c"], &["/stats", "/a/stats/"]),
            (rule("*/piwik/*", &[], false), &["/piwik/x", "/a/piwik/"], &["/piwik", "/xpiwik"]),
            (
                rule("", &["gtm_id*", "cx=c"], false),
                &["/any?cx=c&gtm_id2=1", "/?gtm_id&cx=c&cx=d"],
                &["/?gtm=1&cx=c", "/"],
            ),
        ];
        for (own, taken, left) in rows {
            let catalog = catalog(&[vec![own.clone()]]);
            for target in *taken {
                assert!(owner(&catalog, target, false).is_some(), "{own:?} does not take {target}");
            }
            for target in *left {
                assert!(owner(&catalog, target, false).is_none(), "{own:?} takes {target}");
            }
        }
    }

    #[test]
    fn a_rule_for_scripts_takes_nothing_else() {
        let catalog = catalog(&[vec![rule("*/gtag/js", &["id=G-*"], true)]]);
        assert!(owner(&catalog, "/gtag/js?id=G-1", true).is_some());
        assert!(owner(&catalog, "/gtag/js?id=G-1", false).is_none());
    }

    #[test]
    fn the_rule_that_says_most_decides_then_the_later_tracker() {
        let catalog = catalog(&[
            vec![rule("*/g/collect", &["tid=AW-*"], false)],
            vec![rule("*/g/collect", &["tid"], false)],
            vec![rule("*/g/collect", &["gcs"], false)],
        ]);
        assert_eq!(owner(&catalog, "/g/collect?tid=AW-1&gcs", false).as_deref(), Some("t0"));
        assert_eq!(owner(&catalog, "/g/collect?tid=G-1&gcs", false).as_deref(), Some("t2"));
    }

    #[test]
    fn a_rule_about_what_is_sent_takes_nothing_without_it() {
        let mut own = rule("*/event", &["v=3"], false);
        own.body = vec!["{\"n\":\"".into(), "\"u\":\"http".into()];
        let catalog = catalog(&[vec![own]]);
        let sent = |path, query| Sent { path, query, is_script: false };
        let sender = |path, query, body: &str| {
            catalog.own_body(sent(path, query), body.as_bytes()).map(|tracker| tracker.name_id.clone())
        };
        let body = r#"{"n":"pageview","u":"https://shop.example/"}"#;
        assert_eq!(sender("/api/event", "v=3", body).as_deref(), Some("t0"));
        assert_eq!(sender("/api/%65vent", "v=3", body).as_deref(), Some("t0"));
        assert_eq!(sender("/api/event", "", body), None);
        assert_eq!(sender("/api/events", "v=3", body), None);
        assert_eq!(sender("/api/event", "v=3", r#"{"n":"pageview"}"#), None);
        assert_eq!(catalog.own_suspects(sent("/api/event", "v=3")).count(), 1);
        assert_eq!(catalog.own_suspects(sent("/cart/add", "v=3")).count(), 0);
        assert_eq!(owner(&catalog, "/api/event?v=3", false), None);
    }

    fn any_rule() -> impl Strategy<Value = OwnRule> {
        let path = prop::sample::select(vec!["", "/ab/ab", "*/ab/ab", "/ab/ab*", "*ab/ab*", "*/b/a/b"]);
        let query = prop::sample::subsequence(vec!["a", "b=*", "b=a", "a*", "ab=b*"], 1..3);
        (path, query, any::<bool>()).prop_map(|(path, query, script)| rule(path, &query, script))
    }

    /// The rule of precedence, spelled out.
    fn owner_by_scan(catalog: &Catalog, target: &str, is_script: bool) -> Option<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (mut room, sent) = ([0; ROOM_BYTES], Sent { path, query, is_script });
        let path = query::decoded(path.as_bytes(), &mut room);
        let claims = catalog.trackers().flat_map(|tracker| {
            let rules = tracker.own.iter().map(|own| Rule::new(own, tracker.id));
            rules
                .filter(|rule| rule.takes_path(&path) && rule.takes_query(sent))
                .map(|rule| ((rule.bytes_said(), tracker.id), tracker.name_id.clone()))
        });
        claims.max_by_key(|(precedence, _)| *precedence).map(|(_, id)| id)
    }

    proptest! {
        #[test]
        fn looking_a_request_up_equals_asking_every_rule(
            rules in prop::collection::vec(prop::collection::vec(any_rule(), 0..4), 1..5),
            target in "(/(a|b|ab|%61b)){0,4}([?]((a|b|ab|%61)(=[ab%]{0,2})?[&;]){0,4})?",
            is_script in any::<bool>(),
        ) {
            let catalog = catalog(&rules);
            prop_assert_eq!(owner(&catalog, &target, is_script), owner_by_scan(&catalog, &target, is_script));
        }
    }
}
