//! What stands first in `<head>`: one script (the guard, then what page scripts are told) and one style.
//!
//! Both stand before any `<meta>` with a policy of the shop's, and nothing else of ours is inline: a policy that is
//! strict about code in the page has to let through these two, by its nonce or by their hashes ([`Head`]).

mod elements;
mod forget;
mod made;
mod signals;

pub use elements::Head;
pub(super) use elements::{EmbedStyle, hash_source, nonce_attribute};
pub use forget::{Kept, forget_script, now_script};
pub use made::{frames_script, placeholder_script};

use std::sync::Arc;

use super::Signals;
use super::assets::{
    BANNER_CSS, CHOICE_API, EMBED, EMBEDS, EVENT, GUARD, GUARD_ALONE, GUARD_FREE, GUARD_FREE_ALONE,
    GUARD_GRANTED, IDLE, IDLE_GOOGLE, LANDING, LANDING_ALONE, LINK_CSS, MADE, MADE_ASKS, OPEN, OPEN_FREE,
    OPEN_HOSTS, PRINT_CSS, QUESTION, QUESTION_ALONE,
};
use super::html::ScriptValue;
use crate::policy::catalog::{Catalog, Tracker};
use crate::policy::consent::Consent;
use elements::More;

/// Where the guard gets the rule for cookies.
const COOKIES_TOKEN: &str = "$C";
/// Where the guard gets the rule for everything else; it stands behind the other.
const STORAGE_TOKEN: &str = "$S";
/// What Google's tags talk through; the signals define both.
const GOOGLES: [&str; 2] = ["dataLayer", "gtag"];
/// Which names page scripts may store under: regular expressions of JavaScript, anchored by whoever made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenNames<'a> {
    /// Matches the cookies that may be written.
    pub cookies: &'a str,
    /// Matches the keys, databases and caches that may be written.
    pub storage: &'a str,
}

impl OpenNames<'_> {
    /// An expression that matches every name: nothing has to be wrapped when storage is as free as that.
    pub const EVERY: &'static str = "^";
}

/// How a document is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In a tab of its own: the visitor can be asked.
    AsPage,
    /// Inside another one: the page around it asks.
    InFrame,
}

/// What the head may leave to other scripts of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Stand-ins for held trackers stand before each held script, as far as they are needed. What a choice needs comes
    /// as a file when it is needed.
    MayRun,
    /// Nothing: no other may run, so all of it is here.
    MayNot,
}

/// What a head is made from.
pub(super) struct Making<'a> {
    pub(super) catalog: &'a Catalog,
    /// The reserved prefix.
    pub(super) prefix: &'a str,
    pub(super) signals: &'a Signals,
    pub(super) consent: &'a Consent,
    pub(super) shown: Shown,
    /// The style of placeholders, where a held embed may be in the page.
    pub(super) embed_style: Option<&'a Arc<EmbedStyle>>,
    /// Does an answer stand on several hosts?
    pub(super) spans_hosts: bool,
    /// What the operator changed of the looks, as CSS.
    pub(super) theme: &'a str,
}

impl Making<'_> {
    pub(super) fn head(&self, names: OpenNames<'_>, others: Others) -> Head {
        let mut pieces = vec![self.guard(names, others)];
        pieces.push(self.signals());
        pieces.extend(self.landing(others).map(str::to_owned));
        pieces.extend(self.commands());
        let idle = self.idle();
        if others == Others::MayNot && !idle.is_empty() {
            let names = ScriptValue::texts(self.held_globals().into_iter());
            pieces.extend([idle.to_owned(), format!("consentry.idle(...{})", names.as_str())]);
        }
        let is_page = self.shown == Shown::AsPage;
        let may_run = others == Others::MayRun;
        let listens = is_page && self.is_asked() && self.embed_style.is_some();
        if is_page {
            pieces.extend(self.choosing(others).iter().map(|piece| (*piece).to_owned()));
            pieces.extend((listens && !may_run).then(|| EMBED.to_owned()));
            pieces.push(EVENT.to_owned());
        }
        let more = More {
            // A frame asks nobody, and is told of other tabs' answers as a page is.
            asks_for_file: may_run,
            idle: if may_run { idle } else { "" },
            embed: if may_run && listens { EMBED } else { "" },
            embeds: if listens { EMBEDS } else { "" },
            made: match self.embed_style {
                Some(_) if may_run && listens => MADE_ASKS,
                Some(_) if may_run => MADE,
                _ => "",
            },
            guards_stores: !self.is_free(names),
            embed_style: self.embed_style.cloned(),
        };
        Head::new(&pieces.join(";"), &self.style(), more)
    }

    /// What follows up the reload after a grant; a page inside another one has none.
    fn landing(&self, others: Others) -> Option<&'static str> {
        let is_grant = self.shown == Shown::AsPage && self.consent.is_grant();
        is_grant.then_some(match others {
            Others::MayRun => LANDING,
            Others::MayNot => LANDING_ALONE,
        })
    }

    /// What makes stand-ins for held trackers.
    fn idle(&self) -> &'static str {
        match self.catalog.trackers().any(|tracker| !self.consent.lets_run(tracker)) {
            true if self.is_google_held() => IDLE_GOOGLE,
            true => IDLE,
            false => "",
        }
    }

    /// What lets the visitor, and the shop's scripts, choose and change the choice.
    fn choosing(&self, others: Others) -> &'static [&'static str] {
        match (others, self.is_asked()) {
            (Others::MayRun, true) => &[QUESTION],
            (Others::MayRun, false) if self.consent.covers(self.catalog) => &[OPEN_FREE],
            (Others::MayRun, false) if self.spans_hosts => &[OPEN_HOSTS],
            (Others::MayRun, false) => &[OPEN],
            (Others::MayNot, true) => &[CHOICE_API, QUESTION_ALONE],
            (Others::MayNot, false) => &[CHOICE_API],
        }
    }

    fn is_asked(&self) -> bool {
        self.consent.is_asked()
    }

    fn guard(&self, names: OpenNames<'_>, others: Others) -> String {
        let guard = match (self.is_free(names), others) {
            (true, Others::MayRun) => return GUARD_FREE.to_owned(),
            (true, Others::MayNot) => return GUARD_FREE_ALONE.to_owned(),
            (false, Others::MayRun) if !self.consent.is_grant() => GUARD,
            (false, Others::MayRun) => GUARD_GRANTED,
            (false, Others::MayNot) => GUARD_ALONE,
        };
        // The second is filled first: then nothing in a rule can be taken for a token.
        let (before, after) = guard.split_once(STORAGE_TOKEN).unwrap_or((guard, ""));
        let before = before.replacen(COOKIES_TOKEN, ScriptValue::regex(names.cookies).as_str(), 1);
        [&before, ScriptValue::regex(names.storage).as_str(), after].concat()
    }

    /// Is nothing kept from storing?
    fn is_free(&self, names: OpenNames<'_>) -> bool {
        self.consent.covers(self.catalog) && names.storage == OpenNames::EVERY
    }

    fn style(&self) -> String {
        let is_page = self.shown == Shown::AsPage;
        let is_asked = is_page && self.is_asked();
        let has_room = is_page && !self.consent.covers(self.catalog);
        let pieces =
            [(is_asked, self.theme), (is_page, LINK_CSS), (has_room, PRINT_CSS), (is_asked, BANNER_CSS)];
        pieces.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, css)| css).collect()
    }

    fn running(&self) -> impl Iterator<Item = &Tracker> {
        self.catalog.trackers().filter(|tracker| self.consent.lets_run(tracker))
    }

    /// The names that held trackers are called by, each once. A tracker that may work defines its names itself.
    fn held_globals(&self) -> Vec<&str> {
        let mut names: Vec<&str> = GOOGLES.to_vec();
        names.extend(self.running().flat_map(|tracker| &tracker.globals).map(String::as_str));
        let known = names.len();
        for name in self.catalog.trackers().flat_map(|tracker| &tracker.globals) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names.split_off(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::tests::{answered, catalog};
    use crate::policy::consent::{Category, CategorySet, Choice, TrackerSet};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    pub(super) const HELD: OpenNames<'_> = OpenNames { cookies: "^cart$", storage: "^sort$" };
    pub(super) const FREE: OpenNames<'_> = OpenNames { cookies: "^(?!consentry$)", storage: "^" };

    static EMBED_STYLE: LazyLock<Arc<EmbedStyle>> = LazyLock::new(|| Arc::new(EmbedStyle::new("")));

    pub(super) fn making<'a>(catalog: &'a Catalog, consent: &'a Consent) -> Making<'a> {
        static SIGNALS: Signals = Signals {
            is_advanced: false,
            url_passthrough: false,
            ads_data_redaction: true,
            regions: Vec::new(),
        };
        Making {
            catalog,
            prefix: "/_consentry",
            signals: &SIGNALS,
            consent,
            shown: Shown::AsPage,
            embed_style: Some(&EMBED_STYLE),
            spans_hosts: false,
            theme: "",
        }
    }

    pub(super) fn of(categories: CategorySet) -> Consent {
        answered(&Choice::Some { categories, trackers: TrackerSet::NONE })
    }

    pub(super) fn text(consent: &Consent, names: OpenNames<'_>) -> String {
        let catalog = catalog();
        let head = making(&catalog, consent).head(names, Others::MayRun);
        String::from_utf8(head.html().to_vec()).unwrap()
    }

    #[test]
    fn the_guard_stays_under_one_kibibyte() {
        for guard in [GUARD, GUARD_GRANTED, GUARD_ALONE, GUARD_FREE, GUARD_FREE_ALONE] {
            assert!(guard.len() < 1024, "{} bytes", guard.len());
        }
    }

    #[test]
    fn each_rule_stands_in_its_place() {
        for guard in [GUARD, GUARD_GRANTED, GUARD_ALONE] {
            assert_eq!(guard.matches(COOKIES_TOKEN).count(), 1);
            assert_eq!(guard.matches(STORAGE_TOKEN).count(), 1);
        }
        let head = text(&Consent::none(), OpenNames { cookies: "^$S$", storage: "^$C$" });
        assert!(head.contains("=/^$S$/,") && head.contains("=/^$C$/,"), "{head}");
    }

    #[test]
    fn no_token_is_left() {
        for names in [HELD, FREE] {
            for state in CategorySet::every() {
                let head = text(&of(state), names);
                for token in [
                    "$C",
                    "$S",
                    "__CONSENT__",
                    "__AT__",
                    "__A__",
                    "__B__",
                    "__C__",
                    "__MORE__",
                    "__HOW__",
                    "__FREE__",
                ] {
                    assert!(!head.contains(token), "{head}");
                }
            }
        }
    }

    #[test]
    fn only_a_visitor_who_agreed_to_everything_has_nothing_wrapped() {
        assert!(!text(&of(CategorySet::ALL), FREE).contains("setItem"));
        assert!(text(&of(CategorySet::ALL), HELD).contains("setItem"));
        assert!(text(&of(CategorySet::NECESSARY), FREE).contains("setItem"));
    }

    #[test]
    fn stand_ins_are_ready_while_something_is_held() {
        let catalog = catalog();
        let idle = |consent: &Consent| {
            let head = making(&catalog, consent).head(HELD, Others::MayRun);
            assert!(!String::from_utf8(head.html().to_vec()).unwrap().contains("consentry.idle"));
            String::from_utf8(head.idle(Some("n")).to_vec()).unwrap()
        };
        let statistics = idle(&of(CategorySet::NECESSARY.with(Category::Statistics)));
        assert!(statistics.contains("consentry.idle=") && !statistics.contains("dataLayer.push="));
        let none = idle(&Consent::none());
        assert!(none.starts_with("<script nonce=\"n\">") && none.contains("dataLayer.push="), "{none}");
        assert_eq!(idle(&of(CategorySet::ALL)), "");
    }

    #[test]
    fn a_head_that_stands_alone_names_what_is_held_and_nothing_else() {
        let catalog = catalog();
        let told = |consent: &Consent| {
            let head = making(&catalog, consent).head(HELD, Others::MayNot);
            let html = String::from_utf8(head.html().to_vec()).unwrap();
            html.split("consentry.idle(...").nth(1).map(|rest| rest.split(')').next().unwrap().to_owned())
        };
        assert_eq!(told(&Consent::none()).as_deref(), Some("[\"counter\",\"shared\",\"vid\"]"));
        let statistics = of(CategorySet::NECESSARY.with(Category::Statistics));
        assert_eq!(told(&statistics).as_deref(), Some("[\"vid\"]"));
        assert_eq!(told(&of(CategorySet::ALL)), None);
    }

    #[test]
    fn only_a_head_that_may_fetch_files_asks_for_one() {
        let catalog = catalog();
        for (consent, others, asks) in [
            (Consent::none(), Others::MayRun, true),
            (Consent::none(), Others::MayNot, false),
            (of(CategorySet::NECESSARY), Others::MayRun, true),
            (of(CategorySet::NECESSARY), Others::MayNot, false),
            (of(CategorySet::ALL), Others::MayNot, false),
        ] {
            let head = making(&catalog, &consent).head(HELD, others);
            let html = String::from_utf8(head.html().to_vec()).unwrap();
            assert_eq!((head.asks_for_file(), html.contains("import(")), (asks, asks));
            assert!(html.contains("choose"));
        }
    }

    #[test]
    fn a_page_can_be_loaded_anew_for_another_tabs_answer_once_its_tags_were_told() {
        let catalog = catalog();
        for (consent, shown, file) in [
            (Consent::none(), Shown::InFrame, "choice.js?new"),
            (of(CategorySet::NECESSARY), Shown::AsPage, "choice.js?new"),
            (of(CategorySet::ALL), Shown::AsPage, "choice.js?now"),
            (of(CategorySet::NECESSARY.with(Category::Statistics)), Shown::InFrame, "choice.js?now"),
        ] {
            let making = Making { shown, ..making(&catalog, &consent) };
            let told = |others| {
                let head = making.head(FREE, others);
                let html = String::from_utf8(head.html().to_vec()).unwrap();
                ([file, "consentry.stands?."].map(|call| html.contains(call)), head.asks_for_file())
            };
            assert_eq!(told(Others::MayRun), ([true, false], true), "{consent:?}");
            assert_eq!(told(Others::MayNot), ([false, true], false), "{consent:?}");
        }
    }

    #[test]
    fn what_another_host_took_back_is_looked_for_where_an_answer_stands_on_several() {
        let catalog = catalog();
        for (spans_hosts, consent, looks) in [
            (true, of(CategorySet::NECESSARY), true),
            (true, of(CategorySet::NECESSARY.with(Category::Statistics)), true),
            (true, of(CategorySet::ALL), false),
            (true, Consent::none(), false),
            (false, of(CategorySet::NECESSARY), false),
        ] {
            let making = Making { spans_hosts, ..making(&catalog, &consent) };
            let html = making.head(FREE, Others::MayRun).html().to_vec();
            let html = String::from_utf8(html).unwrap();
            assert_eq!(html.contains("location.host"), looks, "{spans_hosts} {consent:?}");
        }
    }

    #[test]
    fn a_frame_is_guarded_and_not_asked() {
        let catalog = catalog();
        let consent = Consent::none();
        let making = Making { shown: Shown::InFrame, ..making(&catalog, &consent) };
        let frame = String::from_utf8(making.head(HELD, Others::MayRun).html().to_vec()).unwrap();
        assert!(frame.contains("setItem") && !frame.contains("<style>"));
        assert!(!frame.contains("#consentry-banner") && !frame.contains("choose"));
    }

    proptest! {
        #[test]
        fn no_rule_ends_the_script(cookies in "\\PC*(</script>|<!--)?\\PC*", storage in "\\PC*") {
            let catalog = catalog();
            let making = making(&catalog, const { &Consent::none() });
            let head = making.head(OpenNames { cookies: &cookies, storage: &storage }, Others::MayNot);
            let html = head.html();
            let inside = html.strip_prefix(b"<script>").unwrap();
            let inside = &inside[..memchr::memmem::find(inside, b"</script><style>").unwrap()];
            prop_assert!(inside.is_ascii());
            prop_assert!(memchr::memmem::find(inside, b"</").is_none() && memchr::memmem::find(inside, b"<!").is_none());
        }
    }
}
