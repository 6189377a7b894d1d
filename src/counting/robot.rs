//! Which user agents are robots: programs that fetch pages without anybody reading them.
//!
//! Whether it is one is told by isbot's expressions; which one by the names of crawler-user-agents, a closed list. The
//! names alone make no robot: some of them also stand in the browsers of apps.

use std::sync::LazyLock;

use regex_filtered::{Builder, Options, Regexes};
use serde::Deserialize;

/// The name of a robot that sent no user agent: every browser sends one.
pub(super) const NAMELESS: &str = "No user agent";
/// The name of a robot that no list has.
pub(super) const OTHER: &str = "Other robot";
/// The name of what says it is a browser and does not ask like one.
const UNLIKELY: &str = "Not what it says";
/// Who fetches a page for an assistant's answer; isbot takes them for their user's browser. Lower case.
const FETCHERS: [&str; 3] = ["chatgpt-user", "claude-user", "perplexity-user"];
/// From this version on every Chrome sends `Sec-Fetch-*` (over https) and `Accept-Language`.
const CHROME_WITH_FETCH: u32 = 80;
/// The shortest text the expressions are sorted by.
const ATOM_CHARS_MIN: usize = 3;

/// What the build wrote of isbot and crawler-user-agents.
#[derive(Deserialize)]
struct Expressions {
    /// An expression and the robot's name.
    #[serde(borrow)]
    named: Vec<(String, &'static str)>,
    signs: Vec<Around>,
}

/// An expression, and what may stand neither right before nor right after it.
#[derive(Deserialize)]
struct Around {
    before: Vec<String>,
    core: String,
    after: Vec<String>,
}

struct Rules {
    names: Vec<&'static str>,
    named: Regexes,
    /// Signs without conditions.
    signs: Regexes,
    /// Signs with conditions, in their own order.
    conditional: Regexes,
    conditions: Vec<[Vec<String>; 2]>,
}

/// Compiled at the first user agent, once.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    Rules::compile(include_str!(concat!(env!("OUT_DIR"), "/robots.json"))).unwrap_or_else(|problem| {
        // The text is part of the program, and a test compiles it.
        unreachable!("the expressions of the build cannot be read: {problem}")
    })
});

/// The robot's name, if this user agent is a robot's. An empty one is.
pub(super) fn name(user_agent: &str) -> Option<&'static str> {
    let text = user_agent.trim();
    if text.is_empty() {
        return Some(NAMELESS);
    }
    RULES.has_sign(text).then(|| RULES.name(text))
}

/// Is it a robot that says where its owner can be reached, as crawlers do and tools do not?
pub fn is_declared(user_agent: &str) -> bool {
    user_agent.contains("http") && name(user_agent).is_some()
}

/// The robot's name, if a bare request (see [`Hit::is_bare`](super::Hit::is_bare)) by this user agent comes from one,
/// though the user agent is no robot's.
///
/// Only where it says to be a Chrome of some years: what a browser lacks one field of, filters and apps took out; a view
/// within an app sends what the app likes.
pub(super) fn unlikely(user_agent: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(user_agent).ok().filter(|text| !text.contains("; wv)"))?;
    let (_, version) = text.split_once("Chrome/")?;
    let major = version.split('.').next()?.parse::<u32>().ok()?;
    (major >= CHROME_WITH_FETCH).then_some(UNLIKELY)
}

impl Rules {
    fn compile(text: &'static str) -> Result<Self, String> {
        let known: Expressions = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let (names, expressions): (Vec<_>, Vec<_>) =
            known.named.into_iter().map(|(expression, name)| (name, expression)).unzip();
        let (plain, conditional): (Vec<_>, Vec<_>) =
            known.signs.into_iter().partition(|sign| sign.before.is_empty() && sign.after.is_empty());
        Ok(Self {
            names,
            named: compile(&expressions, false)?,
            signs: compile(&plain.into_iter().map(|sign| sign.core).collect::<Vec<_>>(), true)?,
            conditional: compile(
                &conditional.iter().map(|sign| sign.core.clone()).collect::<Vec<_>>(),
                true,
            )?,
            conditions: conditional.into_iter().map(|sign| [sign.before, sign.after]).collect(),
        })
    }

    fn has_sign(&self, text: &str) -> bool {
        if self.signs.is_match(text) {
            return true;
        }
        let lower = text.to_ascii_lowercase();
        if FETCHERS.iter().any(|name| lower.contains(name)) {
            return true;
        }
        self.conditional.matching(&lower).any(|(at, expression)| {
            let [before, after] = &self.conditions[at];
            expression.find_iter(&lower).any(|found| {
                let (left, right) = (&lower[..found.start()], &lower[found.end()..]);
                !before.iter().any(|text| left.ends_with(text))
                    && !after.iter().any(|text| right.starts_with(text))
            })
        })
    }

    fn name(&self, text: &str) -> &'static str {
        self.named.matching(text).next().map_or(OTHER, |(at, _)| self.names[at])
    }
}

fn compile(expressions: &[String], ignores_case: bool) -> Result<Regexes, String> {
    let mut options = Options::new();
    options.case_insensitive(ignores_case);
    let mut builder = Builder::new_atom_len(ATOM_CHARS_MIN);
    for expression in expressions {
        builder = builder.push_opt(expression, &options).map_err(|error| format!("{expression}: {error}"))?;
    }
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_are_told_from_browsers_as_the_table_says() {
        let table = include_str!("../../tests/data/counting/robots.tsv");
        let rows = table.lines().filter(|row| !row.starts_with('#') && !row.is_empty());
        let is_wrong = |row: &&str| {
            let (kind, text) = row.split_once('\t').unwrap_or((row, ""));
            name(text).is_some() != (kind == "robot")
        };
        let wrong: Vec<&str> = rows.filter(is_wrong).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn robots_have_the_names_of_a_closed_list() {
        assert_eq!(
            name("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
            Some("Googlebot")
        );
        assert_eq!(name("Mozilla/5.0 (compatible; OlaNordmannBot/1.0; +https://ola.example)"), Some(OTHER));
        assert_eq!(name(" \t"), Some(NAMELESS));
    }

    #[test]
    fn what_may_not_stand_beside_a_sign_takes_it_away() {
        assert_eq!(
            name(
                "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
            ),
            None
        );
        assert!(name("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 my bot Chrome/130.0.0.0").is_some());
    }

    #[test]
    fn only_a_chrome_of_some_years_is_unlikely_when_it_asks_barely() {
        let chrome =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
        let is_unlikely = |text: &str| unlikely(text.as_bytes()).is_some();
        assert!(is_unlikely(chrome));
        assert!(!is_unlikely(&chrome.replace("142", "79")));
        assert!(!is_unlikely(&chrome.replace("x64)", "x64; wv)")));
        assert!(!is_unlikely("Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0"));
    }
}
