//! What a scan found, for a person, for a program, and for the settings.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::seen::{Finding, Seen};
use crate::policy::advice::{Thing, to_paste};
use crate::policy::catalog::Tracker;

/// Widest column of names. Unit: characters.
const NAME_CHARS_MAX: usize = 48;

/// What a scan was.
pub(super) struct Scan<'a> {
    /// The page, after redirects.
    pub address: String,
    /// Was there a browser?
    pub means: &'static str,
    pub seen: &'a Seen,
    pub notes: Vec<String>,
}

impl Scan<'_> {
    /// For a person.
    pub(super) fn text(&self) -> String {
        let findings = self.seen.findings();
        let mut text = format!("{} seen {}, before any choice\n", plain(&self.address), self.means);
        text +=
            "held: would be kept out until it is agreed to; open: would work; by-path: depends on the page\n";
        for (thing, title) in [
            (Thing::Host, "Other hosts"),
            (Thing::Cookie, "Cookies"),
            (Thing::Storage, "Kept in the browser"),
            (Thing::ServiceWorker, "Service workers"),
        ] {
            let of_thing: Vec<&Finding<'_>> = findings.iter().filter(|one| one.thing == thing).collect();
            section(&mut text, title, &of_thing);
        }
        let signs: Vec<String> = self
            .seen
            .signs()
            .iter()
            .map(|(tracker, how)| format!("  {}, {}: known {how}", tracker.name, tracker.category.name()))
            .collect();
        if !signs.is_empty() {
            // writing to a String cannot fail
            let _ =
                write!(text, "\nTrackers known by what they do ({})\n{}\n", signs.len(), signs.join("\n"));
        }
        if !self.notes.is_empty() {
            let notes: Vec<String> = self.notes.iter().map(|note| format!("  {}", plain(note))).collect();
            let _ = write!(text, "\nNotes\n{}\n", notes.join("\n"));
        }
        text
    }

    /// For a program.
    pub(super) fn json(&self) -> String {
        let findings = self.seen.findings();
        let of = |thing: Thing| -> Vec<Value> {
            findings.iter().filter(|one| one.thing == thing).map(json_of).collect()
        };
        let signs = self.seen.signs();
        let signs = signs.iter().map(|(tracker, how)| json!({"tracker": tracker.name_id, "known": how}));
        let whole = json!({
            "url": self.address,
            "means": self.means,
            "hosts": of(Thing::Host),
            "cookies": of(Thing::Cookie),
            "storage": of(Thing::Storage),
            "service_workers": of(Thing::ServiceWorker),
            "trackers": signs.collect::<Vec<_>>(),
            "notes": self.notes,
        });
        format!("{whole:#}")
    }

    /// For the settings.
    pub(super) fn toml(&self) -> String {
        let things = self.seen.things();
        let things = things.iter().map(|(thing, name)| (*thing, name.as_str()));
        let pasted = to_paste(self.seen.policy(), things, &self.seen.told_apart());
        let mut text = format!("# {} seen {}.\n", plain(&self.address), self.means);
        for note in &self.notes {
            let _ = writeln!(text, "# {}", plain(note));
        }
        text + &pasted
    }
}

fn section(text: &mut String, title: &str, findings: &[&Finding<'_>]) {
    if findings.is_empty() {
        return;
    }
    let names: Vec<String> = findings.iter().map(|finding| name(finding)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(NAME_CHARS_MAX);
    let _ = write!(text, "\n{title} ({})\n", findings.len());
    for (finding, name) in findings.iter().zip(&names) {
        let _ = writeln!(text, "  {:7}  {name:width$}  {}", finding.fate.name(), whose(finding));
    }
}

fn name(finding: &Finding<'_>) -> String {
    match finding.domain.as_str() {
        "" => plain(&finding.name),
        domain => format!("{} of {}", plain(&finding.name), plain(domain)),
    }
}

fn whose(finding: &Finding<'_>) -> String {
    let named = |tracker: &&Tracker| format!("{}, {}", tracker.name, tracker.category.name());
    if finding.trackers.is_empty() {
        return finding.class.to_owned();
    }
    finding.trackers.iter().map(named).collect::<Vec<_>>().join("; ")
}

fn json_of(finding: &Finding<'_>) -> Value {
    let trackers = finding.trackers.iter();
    let trackers: Vec<Value> = trackers
        .map(|tracker| json!({"id": tracker.name_id, "name": tracker.name, "category": tracker.category.name()}))
        .collect();
    let mut value = json!({
        "name": finding.name,
        "class": finding.class,
        "trackers": trackers,
        "before_choice": finding.fate.name(),
    });
    if !finding.domain.is_empty() {
        value["domain"] = finding.domain.clone().into();
    }
    value
}

/// Text of another site, fit for a terminal and for one line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { '\u{FFFD}' } else { c }).collect()
}

/// What changes the direction of text, or breaks a line, without being a control character of ASCII.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::commands::scan::policy_for;
    use crate::policy::consent::TrackerSet;

    fn seen() -> Seen {
        let mut seen = Seen::new(Arc::new(policy_for("shop.example").unwrap()), "shop.example");
        seen.request("https://www.google.com/maps/embed?pb=1");
        seen.request("https://js.stripe.com/v3/");
        seen.host("img.unheard.example");
        seen.cookie("shop.example", "PHPSESSID");
        seen.cookie(".shop.example", "_ga");
        seen.cookie("doubleclick.net", "IDE");
        seen.cookie("shop.example", "\u{1b}[31mred\u{202e}");
        seen.storage("mystery");
        seen.text(b"<script>fbq('init','1');</script>");
        seen
    }

    fn scan(seen: &Seen) -> Scan<'_> {
        Scan {
            address: "https://shop.example/".into(),
            means: "without a browser",
            seen,
            notes: vec!["a note".into()],
        }
    }

    #[test]
    fn a_person_reads_what_would_be_held_and_whose_it_is() {
        let seen = seen();
        let text = scan(&seen).text();
        let named = |id: &str| &seen.policy().catalog().named(id).unwrap().name;
        let (maps, stripe, meta) = (named("google-maps"), named("stripe"), named("meta-pixel"));
        for line in [
            "  held     img.unheard.example  unknown",
            &format!("  held     www.google.com       {maps}, preferences"),
            &format!("  open     js.stripe.com        {stripe}, necessary"),
            "  open     PHPSESSID ",
            "  held     IDE of doubleclick.net  ",
            "\u{FFFD}[31mred\u{FFFD}",
            &format!("  {meta}, marketing: known by its snippet in the page"),
            "  a note",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_program_reads_the_same() {
        let seen = seen();
        let json: Value = serde_json::from_str(&scan(&seen).json()).unwrap();
        let hosts = json["hosts"].as_array().unwrap();
        let maps = hosts.iter().find(|host| host["name"] == "www.google.com").unwrap();
        assert_eq!(maps["trackers"][0]["id"], "google-maps");
        assert_eq!(maps["before_choice"], "held");
        assert_eq!(
            json["trackers"][0],
            json!({"tracker": "meta-pixel", "known": "by its snippet in the page"})
        );
        let ide = json["cookies"].as_array().unwrap().iter().find(|cookie| cookie["name"] == "IDE").unwrap();
        assert_eq!(ide["domain"], "doubleclick.net");
    }

    #[test]
    fn the_settings_get_lines_that_are_comments_until_somebody_decides() {
        let seen = seen();
        let text = scan(&seen).toml();
        assert!(
            text.contains("\n#host = \"img.unheard.example\"\n") && text.contains("\"meta-pixel\""),
            "{text}"
        );
        assert!(toml::from_str::<toml::Table>(&text).unwrap().is_empty());
    }

    /// By the path of a request (the map), or by what stands in the page (the container): of both the host is shared.
    #[test]
    fn whose_a_shared_host_is_goes_into_the_line_of_what_is_used() {
        let mut seen = seen();
        seen.host("www.googletagmanager.com");
        let mut trackers = TrackerSet::NONE;
        trackers.insert(seen.policy().catalog().named("google-tag-manager").unwrap().id);
        seen.tags(trackers);
        let text = scan(&seen).toml();
        let uses =
            "\n#uses = [\"google-analytics\", \"google-maps\", \"google-tag-manager\", \"meta-pixel\"]\n";
        assert!(text.contains(uses), "{text}");
        assert!(!text.contains("several trackers share"), "{text}");
    }
}
