//! The texts of one language, read from `config/texts/<language>.toml`. Every key is required, none may be added:
//! a key nobody reads would be a warning of the compiler, a key a language lacks is an error.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, fmt::strtime};
use serde::Deserialize;

use super::html::{Html, fill};
use super::vouched::{company, vouched};
use super::wording::Wording;
use crate::policy::catalog::{Access, Catalog, Provider, Tracker};
use crate::policy::consent::{Category, CategorySet, Day};
use crate::proxy::rewrite::find_language;

/// Declares the languages; each has a file of its name in `config/texts`.
macro_rules! languages {
    ($($language:literal),+ $(,)?) => {
        /// The languages this version of the program speaks.
        pub const LANGUAGES: [&str; [$($language),+].len()] = [$($language),+];

        fn file(language: &str) -> Option<&'static str> {
            match language {
                $($language => Some(include_str!(concat!("../../config/texts/", $language, ".toml"))),)+
                _ => None,
            }
        }
    };
}

languages!(
    "nb", "en", "nn", "se", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "it",
    "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
);

/// The languages of a site whose operator names none: those in which the catalogue says what trackers are for.
pub const USUAL_LANGUAGES: [&str; 2] = ["nb", "en"];

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

/// Every text of a language by its name, such as `banner.heading`; nothing for a language there are no texts in.
pub(super) fn flat(language: &str) -> Wording {
    let mut flat = Wording::new();
    let texts = file(language).and_then(|file| toml::from_str::<toml::Table>(file).ok()).unwrap_or_default();
    for (name, value) in texts {
        match value {
            toml::Value::Table(table) => {
                let texts =
                    table.into_iter().filter_map(|(key, text)| Some((key, text.as_str()?.to_owned())));
                flat.extend(texts.map(|(key, text)| (format!("{name}.{key}"), text)));
            }
            text => flat.extend(text.as_str().map(|text| (name, text.to_owned()))),
        }
    }
    flat
}

/// Everything we say in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub(super) language: String,
    /// Only a language that is written from right to left says so.
    #[serde(default)]
    direction: Direction,
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
    pub(super) counting: CountingTexts,
    pub(super) trouble: TroubleTexts,
    countries: BTreeMap<String, String>,
}

/// Which way a language is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Direction {
    #[default]
    Ltr,
    Rtl,
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
table!(BannerTexts: heading, lead, change, who_alone, who_one, who_many, refuse, accept, choose, refuse_all, accept_all,
    details, privacy, refused, standing);
table!(PlaceholderTexts: text, allow);
table!(ConsentTexts: title, intro, unanswered, nothing, by_signal, changed, refused, granted, lasts, always, companies_none,
    companies_one, companies_many, open, single, save, refuse_all, accept_all, back);
table!(CookiesTexts: title, intro, item, lifetime, kind, kind_cookie, kind_storage, receives, access_site,
    access_unsaid, access_provider, access_partners, provider_privacy, nothing_stored, unasked, none, own_name, own_purpose,
    own_receives, objection_name, objection_purpose, weeks_name, weeks_purpose);
table!(MyDataTexts: title, receipt, no_receipt, said_yes, said_no, download, download_about, erase_title,
    erase_about, erase, sent, sent_none, class, class_answer, class_objection, class_unknown, withdraw_title,
    withdraw_about, withdraw, change, contact_title, contact, contact_address, contact_email, complain,
    processors_title, processors, everything);
table!(CountingTexts: title, intro, processed_title, processed, place, beacon, without_visitors, without_views,
    without_off, weeks, kept_title, memory, written, sums, seen_title, root, nobody, object_title, object_about, object,
    objects, object_no_more, objects_by_signal, gpc, gpc_heeded);
table!(TroubleTexts: bad_request_title, bad_request, not_found_title, not_found, not_allowed_title, not_allowed,
    too_large_title, too_large, cookies_full, wrong_type_title, wrong_type, cross_site_title, cross_site, answer_title, answer,
    away_title, away, busy_title, busy, slow_title, slow, broken_title, broken);

/// From this many days on a lifetime is told in months.
const MONTHS_FROM_DAYS: u32 = 60;

impl Texts {
    /// The texts this version of the program came with.
    #[cfg(test)]
    pub(super) fn built_in(language: &str) -> Result<Self, TextsError> {
        Self::with(language, &Wording::new())
    }

    /// The same with what an operator wrote anew.
    pub(super) fn with(language: &str, wording: &Wording) -> Result<Self, TextsError> {
        let Some(file) = file(language) else {
            return Err(TextsError::Unknown { language: language.into() });
        };
        let wrong = |cause| TextsError::Syntax { language: language.into(), cause };
        let mut texts: toml::Table = toml::from_str(file).map_err(wrong)?;
        for (name, text) in wording {
            let (table, key) = match name.split_once('.') {
                Some((table, key)) => (texts.get_mut(table).and_then(toml::Value::as_table_mut), key),
                None => (Some(&mut texts), name.as_str()),
            };
            if let Some(table) = table {
                table.insert(key.to_owned(), text.clone().into());
            }
        }
        let mut texts: Self = texts.try_into().map_err(wrong)?;
        texts.banner.lead = fill(&texts.banner.lead, &[("change", &texts.banner.change)]);
        Ok(texts)
    }

    /// Says in a start tag which language follows, and which way it is written.
    pub(super) fn mark<'a>(&self, html: &'a mut Html) -> &'a mut Html {
        html.attribute("lang", &self.language).raw(match self.direction {
            Direction::Ltr => "",
            Direction::Rtl => " dir=\"rtl\"",
        })
    }

    /// The same within a page of the shop, which may be written the other way.
    pub(super) fn mark_in_page<'a>(&self, html: &'a mut Html) -> &'a mut Html {
        let html = self.mark(html);
        match self.direction {
            Direction::Ltr => html.raw(" dir=ltr"),
            Direction::Rtl => html,
        }
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
    pub(super) fn country<'a>(&'a self, code: &'a str) -> &'a str {
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
            None => &self.cookies.access_unsaid,
            Some(Access::Site) => &self.cookies.access_site,
            Some(Access::Provider) => &self.cookies.access_provider,
            Some(Access::Partners) => &self.cookies.access_partners,
        };
        let values =
            [("provider", name.as_str()), ("country", self.country(country)), ("controller", controller)];
        fill(&format!("{} {access}", self.cookies.receives), &values)
    }

    /// What a tracker is for; when nobody said it in this language, in another that its readers read, or in English.
    pub(super) fn purpose<'a>(&self, tracker: &'a Tracker) -> &'a str {
        self.told_purpose(tracker).1
    }

    /// The same as a paragraph, which names its language when that is another.
    pub(super) fn purpose_paragraph(&self, html: &mut Html, tracker: &Tracker) {
        let (language, purpose) = self.told_purpose(tracker);
        if language == self.language {
            html.element("p", purpose);
        } else {
            html.raw("<p").attribute("lang", language).raw(">").text(purpose).raw("</p>");
        }
    }

    /// The language of a purpose, and the purpose.
    fn told_purpose<'a>(&self, tracker: &'a Tracker) -> (&'a str, &'a str) {
        let told: Vec<(&str, &str)> =
            tracker.purpose.iter().map(|(language, purpose)| (language.as_str(), purpose.as_str())).collect();
        let find = |tag: &str| find_language(&told.iter().map(|(language, _)| *language), tag);
        find(&self.language).or_else(|| find("en")).map_or(("en", ""), |index| told[index])
    }
}

/// Does nobody but the site itself receive what it learns?
pub(super) fn is_own(tracker: &Tracker) -> bool {
    tracker.provider.country.is_empty()
}

/// The names of the other companies behind trackers of these categories, each once, in the catalogue's order; then those
/// behind hosts that the operator vouches for.
pub(super) fn companies<'a>(catalog: &'a Catalog, categories: &[Category], controller: &str) -> Vec<&'a str> {
    let trackers =
        catalog.used().filter(|tracker| !is_own(tracker) && categories.contains(&tracker.category));
    let vouched = categories.iter().flat_map(|category| vouched(catalog, *category));
    let companies = trackers.map(|tracker| tracker.provider.name.as_str());
    let mut names: Vec<&str> = Vec::new();
    for name in companies.chain(vouched.filter_map(|vouched| company(catalog, vouched))) {
        if name != controller && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests;
