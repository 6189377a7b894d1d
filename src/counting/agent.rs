//! What a visitor browses with, as far as the user agent tells: browser and system with their versions, kind of device.
//!
//! The expressions are uap-core's; the words are those that Plausible's answers use, so that its clients read ours.
//! Every word comes from a closed list and every version is two short numbers, so no user agent can write a text of its
//! own into the statistics.

mod device;
mod words;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use ua_parser::{os, user_agent};

use super::cells::Folding;
use super::robot;

/// The most user agents whose reading is remembered in each of two generations; when the young one is full it becomes
/// the old one, and the old one is forgotten.
const AGENTS_MAX: usize = 32_768;
/// The part of a user agent that is read, in bytes: no expression sees more.
const USER_AGENT_BYTES_MAX: usize = 1024;
/// The longest first and second number of a version, in digits: too few for a telephone's.
const MAJOR_DIGITS_MAX: usize = 3;
const MINOR_DIGITS_MAX: usize = 2;

/// What is not known.
const UNKNOWN: &str = "(unknown)";
/// A version that no browser has.
const OTHER: &str = "(other)";

/// What a user agent says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The browser.
    pub browser: &'static str,
    /// Its version: "142.0".
    pub browser_version: Word,
    /// The operating system.
    pub os: &'static str,
    /// Its version: "17.6".
    pub os_version: Word,
    /// Desktop, Mobile or Tablet.
    pub device: &'static str,
}

/// A short text that is cheap to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(Arc<str>);

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Who sent a user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// A browser.
    Agent(&'a Agent),
    /// A robot of this name.
    Robot(&'static str),
}

/// A user agent as it is remembered: a hash of its text under a key of this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AgentKey(u64);

/// Readings of user agents, remembered under a hash of the text; the text itself is not kept.
pub struct Agents {
    hasher: RandomState,
    young: HashMap<AgentKey, Reading, Folding>,
    old: HashMap<AgentKey, Reading, Folding>,
}

enum Reading {
    Agent(Agent),
    Robot(&'static str),
}

impl Default for Agents {
    fn default() -> Self {
        Self::new()
    }
}

impl Agents {
    /// Nothing remembered.
    pub fn new() -> Self {
        Self { hasher: RandomState::new(), young: HashMap::default(), old: HashMap::default() }
    }

    /// What a user agent says. Costs a hash and a look-up when it was seen before, and no memory.
    pub fn read(&mut self, user_agent: &[u8]) -> Told<'_> {
        self.read_as(self.key(user_agent), user_agent)
    }

    /// The key of a user agent.
    pub(super) fn key(&self, user_agent: &[u8]) -> AgentKey {
        AgentKey(self.hasher.hash_one(user_agent))
    }

    /// What the user agent of this key says.
    pub(super) fn read_as(&mut self, key: AgentKey, user_agent: &[u8]) -> Told<'_> {
        if self.young.len() >= AGENTS_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        let reading = self.young.entry(key);
        match reading.or_insert_with(|| old.remove(&key).unwrap_or_else(|| read(user_agent))) {
            Reading::Agent(agent) => Told::Agent(agent),
            Reading::Robot(name) => Told::Robot(name),
        }
    }
}

fn read(user_agent: &[u8]) -> Reading {
    let text = legible(user_agent);
    match robot::name(&text) {
        Some(name) => Reading::Robot(name),
        None => Reading::Agent(RULES.agent(&text)),
    }
}

/// The beginning of a user agent, as text.
fn legible(user_agent: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&user_agent[..user_agent.len().min(USER_AGENT_BYTES_MAX)])
}

/// Does who sends this user agent say to be a robot, or not say what it is?
pub fn is_robot(user_agent: &[u8]) -> bool {
    robot::name(&legible(user_agent)).is_some()
}

/// Browser and system as uap-core names them, before our own words: what its test vectors are compared with.
pub fn families(user_agent: &[u8]) -> [Option<String>; 2] {
    let text = legible(user_agent);
    let browser = RULES.browser.extract(&text).map(|value| value.family.into_owned());
    let system = RULES.os.extract(&text).map(|value| value.os.into_owned());
    [browser, system]
}

/// What the build wrote of uap-core: expressions, and the names they can give.
#[derive(Deserialize)]
struct Expressions {
    user_agent_parsers: Vec<user_agent::Parser<'static>>,
    os_parsers: Vec<os::Parser<'static>>,
    #[serde(borrow)]
    browsers: HashSet<&'static str>,
    #[serde(borrow)]
    systems: HashSet<&'static str>,
}

/// The expressions, compiled.
struct Rules {
    browser: user_agent::Extractor<'static>,
    os: os::Extractor<'static>,
    browsers: HashSet<&'static str>,
    systems: HashSet<&'static str>,
}

/// Compiled at the first user agent, once: 0.2 s and 11 MB (bench `agents`).
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    Rules::compile(include_str!(concat!(env!("OUT_DIR"), "/browsers.json"))).unwrap_or_else(|problem| {
        // The text is part of the program, and a test compiles it: it cannot fail for a reader of a release.
        unreachable!("the expressions of the build cannot be read: {problem}")
    })
});

impl Rules {
    fn compile(text: &'static str) -> Result<Self, String> {
        let known: Expressions = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let browser = user_agent::Builder::new().push_all(known.user_agent_parsers);
        let browser = browser.map_err(|error| error.to_string())?.build();
        let os = os::Builder::new().push_all(known.os_parsers).map_err(|error| error.to_string())?.build();
        Ok(Self {
            browser: browser.map_err(|error| error.to_string())?,
            os: os.map_err(|error| error.to_string())?,
            browsers: known.browsers,
            systems: known.systems,
        })
    }

    fn agent(&self, text: &str) -> Agent {
        let browser = self.browser.extract(text);
        let os = self.os.extract(text);
        let name = browser.as_ref().and_then(|value| words::browser(&value.family, &self.browsers));
        let system = os.as_ref().and_then(|value| words::system(&value.os, &self.systems));
        let name = name.or_else(|| words::app(text)).unwrap_or(UNKNOWN);
        let system = if text.contains("iPad") { "iPadOS" } else { system.unwrap_or(UNKNOWN) };
        let os_version = os.filter(|_| system != UNKNOWN);
        Agent {
            browser_version: match browser.filter(|_| name != UNKNOWN) {
                Some(value) => version(value.major, value.minor),
                None => version(None, None),
            },
            os_version: match &os_version {
                Some(value) => version(value.major.as_deref(), value.minor.as_deref()),
                None => version(None, None),
            },
            browser: name,
            os: system,
            device: device::device(text, system).unwrap_or(UNKNOWN),
        }
    }
}

/// Two short numbers with a dot between, or one; a word such as Windows "XP" as the expressions give it. A second number that
/// is too long is left out.
fn version(major: Option<&str>, minor: Option<&str>) -> Word {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(major) = major else { return Word(UNKNOWN.into()) };
    if !is_number(major) || major.len() > MAJOR_DIGITS_MAX {
        // A longer one is the number of a build.
        let is_version = is_number(major) && major.len() == MAJOR_DIGITS_MAX + 1;
        let long = if is_version { OTHER } else { UNKNOWN };
        return Word(words::version(major).unwrap_or(long).into());
    }
    let minor = minor.filter(|text| is_number(text) && text.len() <= MINOR_DIGITS_MAX);
    Word(minor.map_or_else(|| major.into(), |minor| format!("{major}.{minor}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_of(text: &str) -> String {
        let mut agents = Agents::new();
        match agents.read(text.as_bytes()) {
            Told::Robot(name) => format!("robot\t{name}"),
            Told::Agent(a) => {
                let (browser, system) = (&*a.browser_version, &*a.os_version);
                [a.browser, browser, a.os, system, a.device].join("\t")
            }
        }
    }

    #[test]
    fn user_agents_are_read_as_the_table_says() {
        let table = include_str!("../../tests/data/counting/agents.tsv");
        let rows = table.lines().filter(|row| !row.starts_with('#') && !row.is_empty());
        let wrong: Vec<String> = rows
            .filter_map(|row| {
                let (expected, text) = row.rsplit_once('\t').unwrap();
                let read = row_of(text);
                (read != expected).then(|| format!("{expected} but is {read}: {text}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn robots_and_the_nameless_are_nobody() {
        let mut agents = Agents::new();
        assert_eq!(agents.read(b""), Told::Robot(robot::NAMELESS));
        assert_eq!(agents.read(b"curl/8.9.1"), Told::Robot("curl"));
        assert_eq!(agents.read(b"curl/8.9.1"), Told::Robot("curl"), "also when remembered");
    }

    #[test]
    fn absurd_user_agents_are_read_quickly_and_name_nothing_of_their_own() {
        let mut agents = Agents::new();
        let long =
            [b"Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0 ".as_slice(), &vec![b'x'; 65_536]].concat();
        let control =
            b"Mozilla/5.0 (X11; \x00\x07\x1b Linux) Gecko/20100101 Firefox/130.0 \xff\xfe".as_slice();
        for text in [&long, control] {
            let Told::Agent(agent) = agents.read(text) else { panic!("a robot") };
            assert_eq!((agent.browser, agent.os), ("Firefox", "GNU/Linux"));
        }
        let own = b"OlaNordmann/12345678901 CFNetwork/978.0.7 Darwin/18.5.0";
        if let Told::Agent(agent) = agents.read(own) {
            assert_eq!((agent.browser, &*agent.browser_version), (UNKNOWN, UNKNOWN));
        }
    }

    #[test]
    fn remembered_readings_are_bounded() {
        let mut agents = Agents::new();
        for number in 0..AGENTS_MAX as u64 {
            agents.young.insert(AgentKey(number), Reading::Robot("a robot"));
        }
        agents.read(b"curl/1");
        assert_eq!((agents.young.len(), agents.old.len()), (1, AGENTS_MAX));
        agents.old.clear();
        assert_eq!(agents.read(b"curl/1"), Told::Robot("curl"), "the young ones stay");
    }
}
