//! What a visitor browses with, as far as the user agent tells: browser, system, kind of device.
//!
//! The words are those that Plausible's answers use, so that its clients read ours.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::robot;

/// The most user agents whose reading is remembered; when there are more, all are forgotten and read anew.
const AGENTS_MAX: usize = 65_536;
/// The part of a user agent that is read, in bytes.
const USER_AGENT_BYTES_MAX: usize = 1024;

/// What a user agent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agent {
    /// The browser.
    pub(super) browser: &'static str,
    /// The operating system.
    pub(super) os: &'static str,
    /// Desktop, Mobile or Tablet.
    pub(super) device: &'static str,
}

impl Agent {
    /// Says nothing we know.
    pub(super) const UNKNOWN: Self = Self { browser: NOT_SET, os: NOT_SET, device: NOT_SET };
}

const NOT_SET: &str = "(not set)";

/// Readings of user agents, remembered under a hash of the text; the text itself is not kept.
pub(super) struct Agents {
    hasher: RandomState,
    known: HashMap<u64, Option<Agent>>,
}

impl Agents {
    /// Nothing remembered.
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), known: HashMap::new() }
    }

    /// What a user agent says; nothing when it is a robot's or empty.
    pub(super) fn agent(&mut self, user_agent: &[u8]) -> Option<Agent> {
        let hash = self.hasher.hash_one(user_agent);
        if let Some(agent) = self.known.get(&hash) {
            return *agent;
        }
        let read = &user_agent[..user_agent.len().min(USER_AGENT_BYTES_MAX)];
        let text = String::from_utf8_lossy(read);
        let agent = (!robot::is_robot(&text)).then(|| read_agent(&text));
        if self.known.len() >= AGENTS_MAX {
            self.known.clear();
        }
        self.known.insert(hash, agent);
        agent
    }
}

fn read_agent(text: &str) -> Agent {
    let os = os(text);
    Agent { browser: browser(text), os, device: device(text, os) }
}

/// The first rule that fits wins: browsers name the ones they descend from, so descendants stand first.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Microsoft Edge"),
    ("EdgA/", "Microsoft Edge"),
    ("EdgiOS/", "Microsoft Edge"),
    ("Edge/", "Microsoft Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("OPiOS/", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Browser"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("Brave/", "Brave"),
    ("DuckDuckGo/", "DuckDuckGo Privacy Browser"),
    ("Ddg/", "DuckDuckGo Privacy Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("MiuiBrowser/", "MIUI Browser"),
    ("UCBrowser/", "UC Browser"),
    ("Silk/", "Mobile Silk"),
    ("FBAN/", "Mobile App"),
    ("FBAV/", "Mobile App"),
    ("Instagram ", "Mobile App"),
    ("Snapchat", "Mobile App"),
    ("Pinterest/", "Mobile App"),
    ("musical_ly", "Mobile App"),
    ("BytedanceWebview", "Mobile App"),
    ("LinkedInApp", "Mobile App"),
    ("GSA/", "Google Search App"),
    ("; wv)", "Mobile App"),
    ("FxiOS/", "Firefox"),
    ("Focus/", "Firefox"),
    ("Seamonkey/", "SeaMonkey"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
];

fn browser(text: &str) -> &'static str {
    if let Some((_, name)) = BROWSERS.iter().find(|(sign, _)| text.contains(sign)) {
        return name;
    }
    if text.contains("Safari/") && text.contains("Version/") && !text.contains("Android") {
        return "Safari";
    }
    if text.contains("Android") && text.contains("AppleWebKit/") {
        return "Android Browser";
    }
    if text.contains("Mobile/") && text.contains("AppleWebKit/") {
        return "Mobile App";
    }
    NOT_SET
}

/// The same for systems.
const SYSTEMS: &[(&str, &str)] = &[
    ("Windows Phone", "Windows Phone"),
    ("Windows", "Windows"),
    ("iPhone", "iOS"),
    ("iPod", "iOS"),
    ("iPad", "iPadOS"),
    ("Macintosh", "Mac"),
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Tizen", "Tizen"),
    ("KAIOS", "KaiOS"),
    ("Android", "Android"),
    ("CrOS", "Chrome OS"),
    ("Ubuntu", "Ubuntu"),
    ("Fedora", "Fedora"),
    ("Linux", "GNU/Linux"),
    ("X11", "GNU/Linux"),
];

fn os(text: &str) -> &'static str {
    SYSTEMS.iter().find(|(sign, _)| text.contains(sign)).map_or(NOT_SET, |(_, name)| name)
}

fn device(text: &str, os: &str) -> &'static str {
    let has = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    if has(&["iPad", "Tablet", "tablet", "Kindle", "Silk/", "PlayBook"]) {
        return "Tablet";
    }
    if os == "Android" {
        return if has(&["Mobile", "Opera Mini"]) { "Mobile" } else { "Tablet" };
    }
    if has(&["iPhone", "iPod", "Mobile", "Windows Phone", "KAIOS", "Opera Mini"]) {
        return "Mobile";
    }
    if os == NOT_SET { NOT_SET } else { "Desktop" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_are_read_as_the_table_says() {
        let table = include_str!("../../tests/data/counting/agents.tsv");
        let mut rows = 0;
        for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
            let columns: Vec<&str> = row.split('\t').collect();
            let [browser, os, device, text] = columns[..] else { panic!("not four columns: {row}") };
            assert_eq!(Agents::new().agent(text.as_bytes()), Some(Agent { browser, os, device }), "{row}");
            rows += 1;
        }
        assert!(rows >= 20, "{rows}");
    }

    #[test]
    fn robots_and_the_nameless_are_nobody() {
        let mut agents = Agents::new();
        assert_eq!(agents.agent(b""), None);
        assert_eq!(agents.agent(b"curl/8.9.1"), None);
        assert_eq!(agents.agent(b"curl/8.9.1"), None, "also when remembered");
        assert_eq!(agents.agent(b"\xff\xfe Firefox/130.0").map(|agent| agent.browser), Some("Firefox"));
    }

    #[test]
    fn remembered_readings_are_bounded() {
        let mut agents = Agents::new();
        for number in 0..=AGENTS_MAX {
            agents.agent(format!("Firefox/{number}").as_bytes());
        }
        assert_eq!(agents.known.len(), 1);
    }
}
