//! What a visitor is told when they are asked, as one text that a receipt can call by its hash (rule R40).
//!
//! It holds the words of the first layer and of the preference centre, who asks, and everything that can be agreed to
//! with its purpose, recipient and lifetime, so that years later it can be shown what a yes was given to. It holds the
//! offer in substance, too ([`crate::policy::catalog::Offer`]): an answer that names a notice is an answer to that offer.

use std::sync::Arc;

use serde_json::{Value, json};

use super::texts::{Texts, is_own};
use super::{Banner, Settings, vouched};
use crate::counting;
use crate::policy::catalog::{Access, Catalog, Tracker};
use crate::policy::consent::Category;
use crate::store::ledger::Hash;

/// A notice in one language, and what it is called.
#[derive(Debug)]
pub(super) struct Notice {
    /// As JSON.
    pub(super) content: Arc<str>,
    /// What a receipt calls it.
    pub(super) hash: Hash,
    /// What the counter is told of it.
    pub(super) counted: Arc<counting::Notice>,
}

impl Notice {
    /// The notice of a site in the language of `texts`.
    pub(super) fn of(settings: &Settings, catalog: &Catalog, texts: &Texts, first_layer: &str) -> Self {
        let content = content(settings, catalog, texts, first_layer);
        let hash = Hash::of(&content);
        let mut version = hash.to_string();
        version.truncate(VERSION_DIGITS);
        let counted = counting::Notice { language: texts.language.as_str().into(), version: version.into() };
        Self { content, hash, counted: Arc::new(counted) }
    }

    /// What forms and figures call it.
    pub(super) fn version(&self) -> &str {
        &self.counted.version
    }
}

/// The same settings and catalogue give the same bytes.
fn content(settings: &Settings, catalog: &Catalog, texts: &Texts, first_layer: &str) -> Arc<str> {
    let controller = &settings.controller;
    let categories: Vec<Value> =
        catalog.asked().iter().map(|category| told(category, catalog, texts)).collect();
    let notice = json!({
        "form": 1,
        "program": concat!("consentry ", env!("CARGO_PKG_VERSION")),
        "language": texts.language,
        "controller": {
            "name": controller.name,
            "address": controller.address,
            "email": controller.email,
            "privacy": controller.privacy_url,
            "complaints": controller.complaint_url,
        },
        "days": settings.days,
        "offer": catalog.offer().to_string(),
        "first_layer": first_layer,
        "second_layer": [texts.consent.title, texts.consent.intro],
        "categories": categories,
    });
    notice.to_string().into()
}

/// How many hexadecimal digits of a notice's hash forms and figures call it by: enough to tell one text from another.
const VERSION_DIGITS: usize = 12;

fn told(category: Category, catalog: &Catalog, texts: &Texts) -> Value {
    let words = texts.category(category);
    let trackers = catalog.used().filter(|tracker| tracker.category == category);
    let vouched = vouched::vouched(catalog, category).map(|rule| vouched::declared(catalog, rule));
    json!({
        "category": category.name(),
        "name": words.name,
        "about": words.about,
        "trackers": trackers.map(|tracker| declared(tracker, texts)).collect::<Vec<_>>(),
        "vouched": vouched.collect::<Vec<_>>(),
    })
}

fn declared(tracker: &Tracker, texts: &Texts) -> Value {
    let kept = tracker.cookies.iter().map(|cookie| json!({ "name": cookie.name, "days": cookie.days }));
    json!({
        "id": tracker.name_id,
        "name": tracker.name,
        "provider": { "name": tracker.provider.name, "country": tracker.provider.country },
        "purpose": texts.purpose(tracker),
        "third_party": !is_own(tracker),
        "access": tracker.access.map(Access::name),
        "cookies": kept.collect::<Vec<_>>(),
        "storage": tracker.storage,
    })
}

impl Banner {
    /// What is shown in that language, as JSON; a receipt calls it by [`Banner::texts_hash`].
    pub fn notice(&self, language: usize) -> Arc<str> {
        Arc::clone(&self.told(language).content)
    }

    /// The language of the notice that a form or a figure calls by this name; none when it is not one of today's.
    pub fn language_of_notice(&self, version: &str) -> Option<usize> {
        self.notices.iter().position(|notice| notice.version() == version)
    }

    /// What a receipt calls the notice in that language: changes when a word of it changes.
    pub fn texts_hash(&self, language: usize) -> Hash {
        self.told(language).hash
    }

    /// What the counter is told of the notice in that language.
    pub fn counted(&self, language: usize) -> &Arc<counting::Notice> {
        &self.told(language).counted
    }

    /// An index that was not chosen here means the first language.
    pub(super) fn told(&self, language: usize) -> &Notice {
        self.notices.get(language).unwrap_or(&self.notices[0])
    }
}

#[cfg(test)]
mod tests {
    use crate::banner::tests::banner;
    use crate::store::ledger::Hash;

    #[test]
    fn notice_says_who_asks_what_for_and_who_receives_it() {
        let notice: serde_json::Value = serde_json::from_str(&banner().notice(1)).unwrap();
        assert_eq!(notice["controller"]["name"], "Dekk & Felg <AS>");
        let statistics = &notice["categories"][2];
        assert_eq!(statistics["category"], "statistics");
        assert_eq!(statistics["trackers"][0]["provider"]["name"], "Counter Ltd");
        assert_eq!(statistics["trackers"][0]["purpose"], "Counts visits.");
        assert!(notice["first_layer"].as_str().unwrap().contains("data-role=\"reject-all\""), "{notice}");
    }

    #[test]
    fn receipts_call_the_notice_by_the_hash_of_its_bytes() {
        assert_eq!(banner().texts_hash(1), Hash::of(&banner().notice(1)));
        assert_ne!(banner().notice(0), banner().notice(1));
    }

    #[test]
    fn choices_are_counted_by_the_beginning_of_that_hash() {
        let (banner, counted) = (banner(), banner().counted(1).clone());
        assert!(
            counted.version.len() == 12 && banner.texts_hash(1).to_string().starts_with(&*counted.version)
        );
        assert_eq!(&*counted.language, banner.language_tag(1));
        assert_eq!(banner.language_of_notice(&counted.version), Some(1));
        assert_eq!(banner.language_of_notice("0123456789ab"), None);
    }
}
