//! Where a page below the prefix leads on to: in the language that it speaks, and with the way back to the shop.
//!
//! Both stand in the address, because there is no other place that a page without scripts could keep them in: `?nb=/dekk`,
//! or `?nb` alone. It is that short because each page of the shop has it ([`return_from_query`]). A form that is sent with
//! GET loses the query of its address; it has its notice, which is in one language, too.

use http::uri::PathAndQuery;

use super::return_path::{RETURN, return_from_query, safe_return};
use super::texts::Texts;
use super::{Banner, Settings};

/// The ways on from one page.
#[derive(Debug)]
pub(super) struct Way<'a> {
    prefix: &'a str,
    language: Option<&'a str>,
    back: Option<&'a str>,
    /// The page of the shop that the visitor came from.
    shop: Option<String>,
}

impl Way<'_> {
    /// The page that the visitor came from, of the shop or of ours.
    pub(super) const fn back(&self) -> Option<&str> {
        self.back
    }

    /// An address below the prefix, in this language.
    pub(super) fn address(&self, below: &str) -> String {
        match self.language {
            Some(language) => format!("{}{below}?{language}", self.prefix),
            None => format!("{}{below}", self.prefix),
        }
    }

    /// A page below the prefix, from which the way leads back to the shop.
    pub(super) fn page(&self, below: &str) -> String {
        let Some(shop) = &self.shop else { return self.address(below) };
        format!("{}{below}?{}={shop}", self.prefix, self.language.unwrap_or(RETURN))
    }

    /// The same as a path that a form can come back to: where it is too long for that, it does not lead to the shop.
    pub(super) fn here(&self, below: &str) -> String {
        let page = self.page(below);
        if safe_return(&page).is_some() { page } else { self.address(below) }
    }
}

impl Settings {
    /// What addresses say of a language: nothing where there is no other.
    pub(super) fn told<'a>(&self, texts: &'a Texts) -> Option<&'a str> {
        (self.languages.len() > 1).then_some(&*texts.language)
    }
}

impl Banner {
    /// The ways on from a page in this language, whose visitor came from `back`.
    pub(super) fn way<'a>(&'a self, texts: &'a Texts, back: Option<&'a str>) -> Way<'a> {
        let back = back.and_then(safe_return);
        let mut shop = back.map(str::to_owned);
        // One of ours names the page before it; each is shorter than the last.
        while let Some(path) = shop.as_deref().filter(|path| self.is_ours(path)) {
            shop = return_from_query(path.split_once('?').map(|(_, query)| query));
        }
        Way { prefix: &self.settings.prefix, language: self.settings.told(texts), back, shop }
    }

    /// The preference centre in this language, on the way back to a path.
    pub fn preferences(&self, language: usize, back: &str) -> String {
        self.way(self.texts(language), Some(back)).page("/consent")
    }

    /// The index of the language for what does not say its own: below the prefix that of the page which led there, then the
    /// visitor's, then the first of the settings.
    pub fn language_for(&self, target: &PathAndQuery, accept_language: Option<&str>) -> usize {
        let led = self.is_ours(target.path()).then(|| self.language_in(target.query().unwrap_or_default()));
        led.flatten().unwrap_or_else(|| self.language(None, accept_language))
    }

    /// The language that a query names, as far as it is not the path of another page.
    fn language_in(&self, query: &str) -> Option<usize> {
        let named = |name: &str| self.settings.languages.iter().position(|language| language == name);
        for field in query.split('&') {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let language = if name == "notice" { self.language_of_notice(value) } else { named(name) };
            // What follows a path is the path's own.
            if language.is_some() || value.starts_with('/') {
                return language;
            }
        }
        None
    }

    /// Is a path one below the prefix?
    pub fn is_ours(&self, path: &str) -> bool {
        path.strip_prefix(&*self.settings.prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::RETURN_BYTES_MAX;
    use crate::banner::tests::{banner, catalog, settings};

    fn language(target: &str, accepted: &str) -> &'static str {
        ["nb", "en"][banner().language_for(&PathAndQuery::try_from(target).unwrap(), Some(accepted))]
    }

    #[test]
    fn r19_our_pages_speak_the_language_of_the_page_that_led_there() {
        assert_eq!(language("/_consentry/cookies?nb", "en"), "nb");
        assert_eq!(language("/_consentry/consent?en=/dekk?nb&nb", "nb"), "en");
        assert_eq!(language("/_consentry?nb=/", "en"), "nb");
        let notice = banner().counted(0).version.clone();
        assert_eq!(
            language(&format!("/_consentry/consent?layer=banner&notice={notice}&return=%2F"), "en"),
            "nb"
        );
    }

    #[test]
    fn a_language_that_the_site_has_not_and_one_of_the_shops_own_address_are_no_wish() {
        for target in [
            "/_consentry/cookies?de",
            "/_consentry/cookies?de=/&nb",
            "/_consentry/cookies?NB",
            "/_consentry/cookies?",
            "/_consentry/consent?notice=0123456789ab",
            "/_consentry/consent?return=/dekk&nb",
            "/_consentryx?nb",
            "/dekk?nb",
        ] {
            assert_eq!(language(target, "en"), "en", "{target}");
        }
    }

    fn page(back: Option<&str>) -> String {
        let banner = banner();
        let texts = banner.texts(1);
        banner.way(texts, back).page("/my-data")
    }

    #[test]
    fn the_way_back_leads_to_the_shop_however_many_pages_of_ours_lie_between() {
        let there = "/_consentry/my-data?en=/kasse?step=3";
        assert_eq!(page(Some("/kasse?step=3")), there);
        assert_eq!(page(Some(there)), there);
        assert_eq!(page(Some(&format!("/_consentry/consent?return={there}"))), there);
        for none in
            [None, Some("//evil.example"), Some("/_consentry/my-data"), Some("/_consentry/consent?nb")]
        {
            assert_eq!(page(none), "/_consentry/my-data?en", "{none:?}");
        }
        assert_eq!(page(Some("/_consentry-shop")), "/_consentry/my-data?en=/_consentry-shop");
    }

    #[test]
    fn what_is_too_long_to_be_come_back_to_is_left_out() {
        let long = format!("/{}", "a".repeat(RETURN_BYTES_MAX - 1));
        let banner = banner();
        let way = banner.way(banner.texts(1), Some(&long));
        assert_eq!((way.back(), &*way.here("/my-data")), (Some(&*long), "/_consentry/my-data?en"));
    }

    #[test]
    fn a_site_of_one_language_says_nothing_of_it() {
        let settings = Settings { languages: vec!["en".into()], ..settings() };
        let banner = Banner::new(settings, catalog()).unwrap();
        let texts = banner.texts(0);
        assert_eq!(banner.way(texts, Some("/a")).page("/cookies"), "/_consentry/cookies?return=/a");
        assert_eq!(banner.way(texts, None).page("/cookies"), "/_consentry/cookies");
    }
}
