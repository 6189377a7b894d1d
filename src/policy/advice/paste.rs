//! What was seen, as lines for the settings file. Every line is a comment: an operator takes the `#` away from what is
//! vouched for, and says why.

use std::collections::BTreeSet;

use super::super::Policy;
use super::super::catalog::Tracker;
use super::{Class, Fate, Thing};

/// Shortest beginning of a name that a rule may be about: a shorter one would let strangers through. Unit: bytes.
const BEGINNING_BYTES_MIN: usize = 3;

/// Lines for the `[[site]]` whose things were seen. Each line is empty or begins with `#`, so the text can be put
/// anywhere in a settings file as it is. Lines of explanation begin with `# `, what could be settings with `#` alone:
///
/// - `uses`, the trackers that were seen and need consent, for `[site.consent]`; and by name, as an explanation, those that are
///   necessary: who names some of them has to know all that the shop needs; and those that ask visitors for consent;
/// - a `[[site.allow]]` for each unknown host, cookie, key and service worker that is held, with an empty `why` to be filled in.
///
/// Any text may be given as a name: it is folded first ([`Policy::name`]). `known` are trackers that were seen by something that
/// no name tells, such as the path of a request.
pub fn to_paste<'a>(
    policy: &Policy,
    seen: impl IntoIterator<Item = (Thing, &'a str)>,
    known: &[&Tracker],
) -> String {
    let mut list = List::default();
    for tracker in known {
        list.add_tracker(tracker);
    }
    for (thing, raw) in seen {
        list.add(policy, thing, policy.name(thing, raw.as_bytes()).as_str());
    }
    list.text()
}

#[derive(Default)]
struct List {
    /// Ids of trackers that need consent.
    uses: BTreeSet<String>,
    /// Ids of those that are necessary.
    necessary: BTreeSet<String>,
    /// Ids of those that ask visitors for consent.
    asking: BTreeSet<String>,
    /// Hosts that several trackers share, with their ids.
    shared: BTreeSet<(String, String)>,
    /// Rules that could be written: key and value.
    rules: BTreeSet<(&'static str, String)>,
    /// Things that no rule can be about.
    unruly: BTreeSet<(&'static str, String)>,
}

impl List {
    fn add(&mut self, policy: &Policy, thing: Thing, name: &str) {
        let advice = policy.advice(thing, name);
        match advice.class {
            Class::Tracker(tracker) => self.add_tracker(tracker),
            Class::Shared(trackers) => {
                let asked = trackers.iter().filter(|tracker| Policy::is_asked(tracker));
                let ids: Vec<&str> = asked.map(|tracker| tracker.name_id.as_str()).collect();
                if !ids.is_empty() {
                    self.shared.insert((name.to_owned(), ids.join(", ")));
                }
            }
            Class::Unknown if advice.fate != Fate::Open => match rule(thing, name) {
                Some(rule) => drop(self.rules.insert(rule)),
                None => drop(self.unruly.insert((thing.name(), name.to_owned()))),
            },
            _ => {}
        }
    }

    fn add_tracker(&mut self, tracker: &Tracker) {
        let id = || tracker.name_id.clone();
        if Policy::is_asked(tracker) {
            self.uses.insert(id());
        } else {
            self.necessary.insert(id());
            self.asking.extend(tracker.asks.then(id));
        }
    }

    fn text(&self) -> String {
        let mut lines =
            vec!["# What was seen and is held before a choice, by the rules of today.".to_owned()];
        if !self.uses.is_empty() {
            lines.push(String::new());
            lines.push(
                "# Trackers that were seen and need consent. This line belongs in [site.consent].".to_owned(),
            );
            lines.push(format!("#uses = [{}]", quoted(&self.uses)));
        }
        if !self.necessary.is_empty() {
            lines.push(String::new());
            lines.push("# Necessary services that were seen. Where uses names such ones, too, visitors are told of these alone and not of".to_owned());
            lines.push("# all that are known, and scripts may store only what these do. Walk through the checkout first.".to_owned());
            lines.push(format!("# {}", quoted(&self.necessary)));
        }
        if !self.asking.is_empty() {
            lines.push(String::new());
            lines.push("# These ask visitors, too. Take them out of the pages before mode = \"enforce\" (docs/observe.md).".to_owned());
            lines.push(format!("# {}", quoted(&self.asking)));
        }
        if !self.shared.is_empty() {
            lines.push(String::new());
            lines.push(
                "# Hosts that several trackers share. Which of them the shop uses, only its pages tell."
                    .to_owned(),
            );
            lines.extend(self.shared.iter().map(|(host, ids)| format!("# {host}: {ids}")));
        }
        if !self.rules.is_empty() {
            lines.push(String::new());
            lines.push("# Things nobody knows. Take the # away from what the shop needs, and say why: visitors read it.".to_owned());
            lines.push(
                "# A rule for a cookie holds for keys of the same name in a browser's storage, too."
                    .to_owned(),
            );
            lines.push("# Of a service worker only the file is known: write its whole path.".to_owned());
            lines.push("# What a worker that has a rule answers by itself has no fence.".to_owned());
        }
        for (key, value) in &self.rules {
            lines.extend([
                String::new(),
                "#[[site.allow]]".to_owned(),
                format!("#{key} = \"{value}\""),
                "#category = \"necessary\"".to_owned(),
                "#why = \"\"".to_owned(),
            ]);
        }
        if !self.unruly.is_empty() {
            lines.push(String::new());
            lines.push("# Things whose names say too little for a rule.".to_owned());
            lines.extend(self.unruly.iter().map(|(thing, name)| format!("# {thing} {name}")));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

fn quoted(ids: &BTreeSet<String>) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    ids.join(", ")
}

/// The rule that would be about this name alone, or about what begins like it; `None` when there is none.
fn rule(thing: Thing, name: &str) -> Option<(&'static str, String)> {
    match thing {
        Thing::Host => {
            let domain = name.strip_prefix("*.").unwrap_or(name);
            // A rule for every host below a public suffix would be one for strangers.
            let is_host = !domain.is_empty() && !domain.contains(['*', ':', '$']);
            let is_narrow = domain.len() == name.len() || psl::domain_str(domain).is_some();
            (is_host && is_narrow).then(|| ("host", name.to_owned()))
        }
        Thing::Cookie | Thing::Storage => {
            // A colon may stand in a key and not in the name of a cookie (RFC 6265 section 4.1.1).
            let end = name.find(['*', ':']).unwrap_or(name.len());
            let beginning = &name[..end];
            if end == name.len() {
                return (!name.is_empty()).then(|| ("cookie", name.to_owned()));
            }
            (beginning.len() >= BEGINNING_BYTES_MIN).then(|| ("cookie", format!("{beginning}*")))
        }
        // Workers that serve a whole site stand at its root.
        Thing::ServiceWorker => {
            (!name.is_empty() && !name.contains('*')).then(|| ("service_worker", format!("/{name}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::markup::Hosts;
    use crate::policy::samples::plain;

    #[test]
    fn what_was_seen_becomes_lines_for_the_settings() {
        let seen = [
            (Thing::Cookie, "_ga"),
            (Thing::Cookie, "PHPSESSID"),
            (Thing::Cookie, "cart_9f8e7d6c5b"),
            (Thing::Cookie, "x@y"),
            (Thing::Storage, "utvalg:root"),
            (Thing::Host, "www.google.com"),
            (Thing::Host, "img.example"),
            (Thing::Host, "static.hotjar.com"),
            (Thing::ServiceWorker, "sw.js"),
            (Thing::Host, "consent.cookiebot.com"),
        ];
        let text = to_paste(plain(), seen, &[]);
        assert!(text.contains("\n#uses = [\"google-analytics\", \"hotjar\"]\n"), "{text}");
        assert!(text.contains("\n# \"cookiebot\", \"shop-cart\", \"shop-session\"\n"), "{text}");
        assert!(text.contains("These ask visitors, too.") && text.contains("\n# \"cookiebot\"\n"), "{text}");
        assert!(text.contains("# www.google.com: "), "{text}");
        let stanza =
            |key: &str| format!("\n#[[site.allow]]\n#{key}\n#category = \"necessary\"\n#why = \"\"\n");
        for key in ["host = \"img.example\"", "cookie = \"utvalg*\"", "service_worker = \"/sw.js\""] {
            assert!(text.contains(&stanza(key)), "{key} in {text}");
        }
        assert!(text.contains("# cookie *\n"), "{text}");
        assert!(
            text.contains("\n# What a worker that has a rule answers by itself has no fence.\n"),
            "{text}"
        );
        assert!(!text.contains("PHPSESSID") && !text.contains("9f8e"), "{text}");
    }

    #[test]
    fn nothing_seen_is_nothing_to_write() {
        assert!(!to_paste(plain(), [], &[]).contains("\n#"));
    }

    #[test]
    fn whose_snippet_was_held_is_among_what_is_used() {
        let policy = plain();
        for tracker in policy.catalog().trackers() {
            // One that has no host, or only paths on the host of a payment, is known by its cookies.
            let has_host = !tracker.hosts.is_empty() && tracker.name_id != "paypal-marketing";
            if tracker.inline.is_empty() || !Policy::is_asked(tracker) || !has_host {
                continue;
            }
            let mut hosts = Hosts::noted();
            policy.note_owner(tracker.id, &mut hosts);
            let text = to_paste(policy, hosts.named().iter().map(|named| (Thing::Host, &*named.host)), &[]);
            assert!(text.contains(&tracker.name_id), "{}: {text}", tracker.name_id);
        }
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_its_line(
            names in prop::collection::vec(
                (0..4_usize, "\\PC{0,60}|[\"\\\\\n\r\t#'\\[\\]=a-z.*:$_0-9\u{0}\u{85}\u{2028}-]{0,60}"),
                0..12,
            ),
        ) {
            let seen: Vec<(Thing, &str)> = names.iter().map(|(kind, name)| (Thing::ALL[*kind], &name[..])).collect();
            let text = to_paste(plain(), seen, &[]);
            prop_assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
            prop_assert!(toml::from_str::<toml::Table>(&text).unwrap().is_empty());
            let bare = |line: &str| match line.strip_prefix('#') {
                Some(setting) if !setting.starts_with(' ') => setting.to_owned(),
                _ => line.to_owned(),
            };
            let settings: Vec<String> = text.lines().map(bare).collect();
            let settings: toml::Table = toml::from_str(&settings.join("\n")).unwrap();
            prop_assert!(settings.keys().all(|key| key == "site" || key == "uses"), "{settings}");
            let site = settings.get("site").and_then(toml::Value::as_table);
            prop_assert!(site.is_none_or(|site| site.len() == 1 && site.contains_key("allow")));
            let rules = site.and_then(|site| site["allow"].as_array()).map_or(0, Vec::len);
            prop_assert!(rules <= names.len());
        }
    }
}
