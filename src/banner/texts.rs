//! The texts of one language, read from `config/texts/<language>.toml`. Every key is required, none may be added:
//! a key nobody reads would be a warning of the compiler, a key a language lacks is an error.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, fmt::strtime};
use serde::Deserialize;

use super::html::fill;
use crate::policy::catalog::{Access, Catalog, Provider, Tracker};
use crate::policy::consent::{Category, CategorySet, Day};

/// The languages this version of the program speaks.
pub const LANGUAGES: [&str; 2] = ["nb", "en"];

/// What can be wrong with the texts.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    /// The site offers no language.
    #[error("a site needs at least one language")]
    NoLanguage,
    /// There are no texts in that language.
    #[error("there are no texts in \"{language}\"; languages are {}", LANGUAGES.join(", "))]
    Unknown {
        /// The tag as written.
        language: String,
    },
    /// The file does not fit the program.
    #[error("the texts in \"{language}\" cannot be read: {cause}")]
    Syntax {
        /// The tag of the file.
        language: String,
        /// What the reader said.
        cause: toml::de::Error,
    },
}

/// Everything we say in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub(super) language: String,
    date: String,
    and: String,
    session: String,
    day: String,
    days: String,
    months: String,
    pub(super) kept: String,
    necessary: CategoryTexts,
    preferences: CategoryTexts,
    statistics: CategoryTexts,
    marketing: CategoryTexts,
    pub(super) banner: BannerTexts,
    pub(super) placeholder: PlaceholderTexts,
    pub(super) consent: ConsentTexts,
    pub(super) cookies: CookiesTexts,
    pub(super) my_data: MyDataTexts,
    pub(super) trouble: TroubleTexts,
    countries: BTreeMap<String, String>,
}

/// Declares a table of texts, every one of them required.
macro_rules! table {
    ($name:ident: $($key:ident),+ $(,)?) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $(pub(super) $key: String,)+
        }
    };
}

table!(CategoryTexts: name, listed, about);
table!(BannerTexts: heading, lead, who_alone, who_one, who_many, refuse, accept, choose, refuse_all, accept_all,
    details, privacy, refused, standing);
table!(PlaceholderTexts: text, allow);
table!(ConsentTexts: title, intro, unanswered, refused, granted, lasts, always, companies_none, companies_one,
    companies_many, open, single, save, refuse_all, accept_all, back);
table!(CookiesTexts: title, intro, item, lifetime, kind, kind_cookie, kind_storage, receives, access_site,
    access_provider, access_partners, provider_privacy, nothing_stored, none, own_name, own_purpose, own_receives);
table!(MyDataTexts: title, receipt, no_receipt, said_yes, said_no, download, download_about, erase_title,
    erase_about, erase, sent, sent_none, class, class_answer, class_unknown, withdraw_title,
    withdraw_about, withdraw, change, contact_title, contact, contact_address, contact_email, complain);
table!(TroubleTexts: bad_request_title, bad_request, not_found_title, not_found, not_allowed_title, not_allowed,
    too_large_title, too_large, wrong_type_title, wrong_type, away_title, away, busy_title, busy, slow_title, slow,
    broken_title, broken);

/// From this many days on a lifetime is told in months.
const MONTHS_FROM_DAYS: u32 = 60;

impl Texts {
    /// The texts this version of the program came with.
    pub(super) fn built_in(language: &str) -> Result<Self, TextsError> {
        let file = match language {
            "nb" => include_str!("../../config/texts/nb.toml"),
            "en" => include_str!("../../config/texts/en.toml"),
            other => return Err(TextsError::Unknown { language: other.into() }),
        };
        toml::from_str(file).map_err(|cause| TextsError::Syntax { language: language.into(), cause })
    }

    /// What is said of a category.
    pub(super) fn category(&self, category: Category) -> &CategoryTexts {
        match category {
            Category::Necessary => &self.necessary,
            Category::Preferences => &self.preferences,
            Category::Statistics => &self.statistics,
            Category::Marketing => &self.marketing,
        }
    }

    /// `a`, `a and b`, `a, b and c`.
    pub(super) fn list(&self, items: &[&str]) -> String {
        match items {
            [] => String::new(),
            [only] => (*only).into(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.and),
        }
    }

    /// Categories as they stand in a sentence; *necessary* is left out.
    pub(super) fn listed(&self, categories: CategorySet) -> Vec<&str> {
        let asked = Category::ASKED.into_iter().filter(|category| categories.contains(*category));
        asked.map(|category| self.category(category).listed.as_str()).collect()
    }

    /// How long a cookie lives; 0 means until the browser closes.
    pub(super) fn lifetime(&self, days: u32) -> String {
        let count = |text: &str, count: u32| fill(text, &[("count", &count.to_string())]);
        match days {
            0 => self.session.clone(),
            1 => self.day.clone(),
            2..MONTHS_FROM_DAYS => count(&self.days, days),
            // A month has 30.4 days on average.
            more => count(&self.months, more.saturating_mul(10).saturating_add(152) / 304),
        }
    }

    /// A day as it is written in this language.
    pub(super) fn date(&self, day: Day) -> String {
        let date = Span::new()
            .try_days(i64::from(day.0))
            .and_then(|span| Date::constant(1970, 1, 1).checked_add(span))
            .and_then(|date| strtime::format(&self.date, date));
        // Only a day beyond the year 9999 comes here; its number is the honest answer.
        date.unwrap_or_else(|_| day.0.to_string())
    }

    /// A country's name, or its code when it has none here.
    fn country<'a>(&'a self, code: &'a str) -> &'a str {
        self.countries.get(code).map_or(code, String::as_str)
    }

    /// Who receives what a tracker learns, and who else can read it: both must be said before a consent (CJEU C-673/17
    /// Planet49).
    pub(super) fn recipient(&self, tracker: &Tracker, controller: &str) -> String {
        if is_own(tracker) {
            return fill(&self.cookies.own_receives, &[("controller", controller)]);
        }
        let Provider { name, country, .. } = &tracker.provider;
        let access = match tracker.access {
            Access::Site => &self.cookies.access_site,
            Access::Provider => &self.cookies.access_provider,
            Access::Partners => &self.cookies.access_partners,
        };
        let values =
            [("provider", name.as_str()), ("country", self.country(country)), ("controller", controller)];
        fill(&format!("{} {access}", self.cookies.receives), &values)
    }

    /// What a tracker is for; in English when nobody said it in this language.
    pub(super) fn purpose<'a>(&self, tracker: &'a Tracker) -> &'a str {
        let own = tracker.purpose.get(&self.language).or_else(|| tracker.purpose.get("en"));
        own.map_or("", String::as_str)
    }
}

/// Does nobody but the site itself receive what it learns?
pub(super) fn is_own(tracker: &Tracker) -> bool {
    tracker.provider.country.is_empty()
}

/// The names of the other companies behind trackers of these categories, each once, in the catalogue's order.
pub(super) fn companies<'a>(catalog: &'a Catalog, categories: &[Category], controller: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for tracker in catalog.used().filter(|tracker| !is_own(tracker) && categories.contains(&tracker.category))
    {
        let name = tracker.provider.name.as_str();
        if name != controller && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_language_has_the_same_keys_and_the_same_holes() {
        let shape = |language: &str| {
            let file = std::fs::read_to_string(format!("config/texts/{language}.toml")).unwrap();
            let mut found = BTreeSet::new();
            holes(&mut found, "", &toml::from_str::<toml::Value>(&file).unwrap());
            found
        };
        for language in LANGUAGES {
            assert_eq!(shape(language), shape("en"), "{language}");
        }
    }

    #[test]
    fn every_file_names_its_own_language() {
        for language in LANGUAGES {
            assert_eq!(Texts::built_in(language).unwrap().language, language);
        }
    }

    #[test]
    fn a_language_without_texts_is_named_in_the_error() {
        let error = Texts::built_in("ja").unwrap_err().to_string();
        assert_eq!(error, "there are no texts in \"ja\"; languages are nb, en");
    }

    #[test]
    fn lifetimes_are_told_in_words() {
        let texts = Texts::built_in("en").unwrap();
        let told = [0, 1, 7, 59, 60, 90, 182, 365, 400, 730].map(|days| texts.lifetime(days));
        assert_eq!(
            told,
            [
                "until you close the browser",
                "1 day",
                "7 days",
                "59 days",
                "2 months",
                "3 months",
                "6 months",
                "12 months",
                "13 months",
                "24 months"
            ]
        );
    }

    #[test]
    fn dates_are_written_as_the_language_does() {
        assert_eq!(Texts::built_in("nb").unwrap().date(Day(20_513)), "1.3.2026");
        assert_eq!(Texts::built_in("en").unwrap().date(Day(20_513)), "1 March 2026");
        assert_eq!(Texts::built_in("en").unwrap().date(Day(u32::MAX)), u32::MAX.to_string());
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        let texts = Texts::built_in("nb").unwrap();
        assert_eq!(texts.list(&["a"]), "a");
        assert_eq!(texts.list(&texts.listed(CategorySet::ALL)), "innstillinger, statistikk og markedsføring");
    }

    fn holes(found: &mut BTreeSet<String>, path: &str, value: &toml::Value) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    holes(found, &format!("{path}.{key}"), value);
                }
            }
            toml::Value::String(text) => {
                let names: BTreeSet<&str> =
                    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
                found.insert(format!("{path} {names:?}"));
            }
            other => panic!("{path} is {other:?}"),
        }
    }
}
