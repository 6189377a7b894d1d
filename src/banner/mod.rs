//! What the visitor reads: banner, preference centre, declaration, my data; in the visitor's language, escaped by
//! construction.
//!
//! A [`Banner`] is made once per site. It makes what goes into the shop's pages ([`Banner::head`], [`Banner::localized`])
//! and writes the pages below the reserved prefix. Nothing here decides what is allowed, and nothing needs a script.

pub mod assets;
mod consent_page;
mod cookies_page;
mod error_page;
mod head;
mod html;
mod insert;
mod language;
mod my_data_page;
mod notice;
mod page;
mod receipt;
mod return_path;
mod statistics_page;
mod texts;
mod theme;
mod vouched;
mod way;
mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::tz::TimeZone;

use crate::policy::catalog::Catalog;
use crate::policy::consent::{CategorySet, Consent};
use crate::proxy::rewrite::Localized;

pub use consent_page::Signal;
pub use cookies_page::{OBJECTION_DAYS, WEEKS_DAYS};
pub use error_page::Trouble;
pub use head::{
    Head, Kept, OpenNames, Others, Shown, forget_script, frames_script, now_script, placeholder_script,
};
pub use html::Html;
pub use language::choose;
pub use my_data_page::CookieClass;
pub use receipt::Issue;
pub use return_path::{RETURN_BYTES_MAX, is_no_page, return_from_query, safe_return};
pub use statistics_page::{Counted, Objects};
pub use texts::{LANGUAGES, TextsError, USUAL_LANGUAGES};
pub use theme::{Colour, Colours, Faint, RADIUS_PIXELS_MAX, Theme};
pub use wording::{
    Refused, Wording, built_in as built_in_texts, is_open as is_open_text, is_unseen,
    refused as refused_text, refused_name, refused_purpose, refused_why, unequal as unequal_answers,
};

use head::EmbedStyle;
use notice::Notice;
use page::Look;
use texts::Texts;

/// What the texts of one site name.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The reserved prefix, such as `/_consentry`.
    pub prefix: String,
    /// Languages offered, the first is the fallback; at least one.
    pub languages: Vec<String>,
    /// Who answers for the data.
    pub controller: Controller,
    /// How long an answer stands, in days. Default 182.
    pub days: u32,
    /// What Google's tags are told beside the consent.
    pub signals: Signals,
    /// Texts the operator wrote anew, by language.
    pub wording: BTreeMap<String, Wording>,
    /// What the operator changed of the looks.
    pub theme: Theme,
    /// Who handles data on the controller's behalf.
    pub processors: Vec<Processor>,
    /// Where the days of dates begin.
    pub time_zone: TimeZone,
    /// Does an answer stand on every host below a domain, not on one alone?
    pub spans_hosts: bool,
}

/// How Google Consent Mode is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signals {
    /// Google's tags are loaded before an answer and told that nothing is granted. Else they are held.
    pub is_advanced: bool,
    /// Without storage, ids of clicks on advertisements travel in links. Default: no.
    pub url_passthrough: bool,
    /// Without consent to marketing, ids of clicks are taken out of what is sent. Default: yes.
    pub ads_data_redaction: bool,
    /// Countries in which another default holds until there is an answer.
    pub regions: Vec<Region>,
}

impl Default for Signals {
    fn default() -> Self {
        Self { is_advanced: false, url_passthrough: false, ads_data_redaction: true, regions: Vec::new() }
    }
}

/// A default of some countries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Codes of ISO 3166-2.
    pub countries: Vec<String>,
    /// What is granted there before an answer.
    pub granted: CategorySet,
}

/// A processor in the sense of GDPR art. 4(8): visitors are told of it (art. 13(1)(e)).
#[derive(Clone, Debug, Default)]
pub struct Processor {
    /// Its name.
    pub name: String,
    /// Where it is, ISO 3166-1.
    pub country: String,
    /// What it does.
    pub purpose: String,
    /// Its own page about data; may be empty.
    pub url: String,
}

/// The controller in the sense of GDPR art. 4(7), with what art. 13 says a visitor must be told.
#[derive(Clone, Debug, Default)]
pub struct Controller {
    /// Legal name.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// Address for requests about personal data.
    pub email: String,
    /// The shop's privacy statement: a path on the site or an absolute URL.
    pub privacy_url: String,
    /// The supervisory authority's page for complaints (art. 77).
    pub complaint_url: String,
    /// Whose law holds, as receipts name it: ISO 3166-1, or `EEA`.
    pub jurisdiction: String,
}

/// Everything one site says to its visitors, made ready once and shared read-only.
#[derive(Debug)]
pub struct Banner {
    settings: Settings,
    catalog: Arc<Catalog>,
    look: Look,
    /// The theme as CSS.
    theme: String,
    texts: Vec<Texts>,
    /// Per language, what is shown.
    notices: Vec<Notice>,
    embed_style: Arc<EmbedStyle>,
    undecided: Arc<[Localized]>,
    decided: Arc<[Localized]>,
    /// The same inside a frame.
    framed: Arc<[Localized]>,
    /// The same in what scripts fetch.
    fetched: Arc<[Localized]>,
}

impl Banner {
    /// Makes everything ready. Fails when a language has no texts, or there is no language at all.
    pub fn new(settings: Settings, catalog: Arc<Catalog>) -> Result<Self, TextsError> {
        if settings.languages.is_empty() {
            return Err(TextsError::NoLanguage);
        }
        let none = Wording::new();
        let texts_of = |tag: &String| Texts::with(tag, settings.wording.get(tag).unwrap_or(&none));
        let texts = settings.languages.iter().map(texts_of).collect::<Result<Vec<_>, _>>()?;
        let (look, theme) = (Look::of(&settings.theme), settings.theme.css());
        let site = insert::Site { settings: &settings, catalog: &catalog };
        let notice = |texts| Notice::of(&settings, &catalog, texts, &site.first_layer(texts));
        let notices: Vec<_> = texts.iter().map(notice).collect();
        let undecided = site.asked(&texts, &notices);
        let made = |shown| site.decided(&texts, &notices, shown);
        let (decided, framed) = (made(Shown::AsPage), made(Shown::InFrame));
        let fetched = site.fetched(&texts, &notices);
        let embed_style = Arc::new(EmbedStyle::new(&theme));
        Ok(Self {
            settings,
            catalog,
            look,
            theme,
            texts,
            notices,
            embed_style,
            undecided,
            decided,
            framed,
            fetched,
        })
    }

    /// What stands first in `<head>`. It depends on nothing else, so it may be kept and used again; the answer's day
    /// and receipt make no difference.
    pub fn head(&self, consent: &Consent, shown: Shown, names: OpenNames<'_>, others: Others) -> Head {
        let site = insert::Site { settings: &self.settings, catalog: &self.catalog };
        let embed_style = site.may_hold_an_embed(consent.categories()).then_some(&self.embed_style);
        let (catalog, prefix) = (self.catalog.as_ref(), self.settings.prefix.as_str());
        let (signals, theme) = (&self.settings.signals, self.theme.as_str());
        let spans_hosts = self.settings.spans_hosts;
        head::Making { catalog, prefix, signals, consent, shown, embed_style, spans_hosts, theme }
            .head(names, others)
    }

    /// The placeholders of what a script fetches, one entry a language, and the style of each
    /// ([`crate::proxy::rewrite::Insertions::placeholders`]).
    pub fn fetched(&self) -> (Arc<[Localized]>, Bytes) {
        (Arc::clone(&self.fetched), self.embed_style.in_value(None))
    }

    /// The start tag of a script that may run in a page whose policy has this nonce, or asks for none.
    pub fn script_tag(nonce: Option<&str>) -> Bytes {
        match nonce {
            Some(nonce) => Bytes::from(format!("<script{}>", head::nonce_attribute(nonce))),
            None => Bytes::from_static(b"<script>"),
        }
    }

    /// Banner, foot and placeholders of a consent, one entry a language, in the order of the settings.
    pub fn localized(&self, consent: &Consent, shown: Shown) -> Arc<[Localized]> {
        Arc::clone(match shown {
            Shown::AsPage if consent.is_asked() => &self.undecided,
            Shown::AsPage => &self.decided,
            Shown::InFrame => &self.framed,
        })
    }

    /// A path and query, escaped as [`crate::proxy::rewrite::Insertions::return_path`] wants it; `/` when it is not a path of this site.
    pub fn return_path(&self, path_and_query: &str) -> Bytes {
        return_path::escaped(path_and_query)
    }

    /// How addresses of the site begin for a visitor who asked for it so, as [`crate::proxy::rewrite::Insertions::origin`]
    /// wants it.
    pub fn origin(is_https: bool, authority: &str) -> Bytes {
        return_path::origin(is_https, authority)
    }

    /// The index of the language that fits: the page's own, then the visitor's, then the first of the settings.
    pub fn language(&self, page: Option<&str>, accept_language: Option<&str>) -> usize {
        language::choose(&self.settings.languages, page, accept_language)
    }

    /// How many languages it speaks.
    pub fn languages(&self) -> usize {
        self.texts.len()
    }

    /// The tag of a language.
    pub fn language_tag(&self, language: usize) -> &str {
        &self.texts(language).language
    }

    /// An index that was not chosen here means the first language.
    fn texts(&self, language: usize) -> &Texts {
        self.texts.get(language).unwrap_or(&self.texts[0])
    }
}

#[cfg(test)]
pub(crate) mod tests;
