//! The declaration: everything the site may use, by whom, why and how long (rule R16), as a page and as JSON.

use serde_json::{Value, json};

use super::html::{Html, fill};
use super::page::{kept, row, table_foot, table_head};
use super::texts::{Texts, is_own};
use super::{Banner, vouched};
use crate::policy::catalog::{Access, ConsentMode, Tracker};
use crate::policy::consent::Category;
use crate::policy::cookies::{CONSENT_COOKIE, OBJECTION_COOKIE, WEEKS_COOKIE};

/// How long an objection stands. Unit: days. It ends within the 13 months of rule A5, as all of ours do.
pub const OBJECTION_DAYS: u32 = 365;
/// How long it is known when a visitor was first here. Unit: days: 56 weeks, below the 13 months that are the limit for
/// measuring an audience (CNIL, guidelines of 17 September 2020, article 5).
pub const WEEKS_DAYS: u32 = 56 * 7;

/// A cookie of our own, as it is declared.
struct Own<'a> {
    cookie: &'static str,
    category: Category,
    days: u32,
    name: &'a str,
    purpose: &'a str,
}

impl Banner {
    fn own<'a>(&self, texts: &'a Texts) -> Vec<Own<'a>> {
        let words = &texts.cookies;
        let own = |cookie, category, days, name: &'a String, purpose: &'a String| Own {
            cookie,
            category,
            days,
            name,
            purpose,
        };
        let answer_days = self.settings.days;
        let mut all = vec![
            own(CONSENT_COOKIE, Category::Necessary, answer_days, &words.own_name, &words.own_purpose),
            own(
                OBJECTION_COOKIE,
                Category::Necessary,
                OBJECTION_DAYS,
                &words.objection_name,
                &words.objection_purpose,
            ),
        ];
        if self.catalog.remembers_returns() {
            let weeks = (&words.weeks_name, &words.weeks_purpose);
            all.push(own(WEEKS_COOKIE, Category::Statistics, WEEKS_DAYS, weeks.0, weeks.1));
        }
        all
    }

    /// The cookies of our own that belong to a category, each with what it is for and how long it lives.
    pub(super) fn declare_own(&self, html: &mut Html, texts: &Texts, category: Category) {
        let controller = [("controller", self.settings.controller.name.as_str())];
        let words = &texts.cookies;
        for own in self.own(texts).iter().filter(|own| own.category == category) {
            html.element("h3", own.name).element("p", own.purpose);
            html.raw("<p class=\"soft\">").text(&fill(&words.own_receives, &controller)).raw("</p>");
            table_head(html, own.name, [&words.item, &words.kind, &words.lifetime]);
            row(html, [own.cookie, &words.kind_cookie, &texts.lifetime(own.days)]);
            table_foot(html);
        }
    }

    /// The page at `PREFIX/cookies`, asked for on the page at `return_path`.
    pub fn cookies_page(&self, language: usize, return_path: Option<&str>) -> String {
        let texts = self.texts(language);
        let words = &texts.cookies;
        let controller = [("controller", self.settings.controller.name.as_str())];
        self.page(texts, &words.title, &self.way(texts, return_path), |html| {
            html.element("p", &fill(&words.intro, &controller));
            for category in self.catalog.asked().iter() {
                html.element("h2", &texts.category(category).name);
                html.element("p", &texts.category(category).about);
                self.declare_own(html, texts, category);
                self.declare_vouched(html, texts, category);
                let mut trackers =
                    self.catalog.used().filter(|tracker| tracker.category == category).peekable();
                let has_own = self.own(texts).iter().any(|own| own.category == category);
                let has_vouched = vouched::vouched(&self.catalog, category).next().is_some();
                if trackers.peek().is_none() && !has_own && !has_vouched {
                    html.element("p", &words.none);
                }
                for tracker in trackers {
                    declare(html, texts, tracker, &self.settings.controller.name);
                }
            }
        })
    }

    /// The same at `PREFIX/cookies.json`, with every language of a purpose.
    pub fn cookies_json(&self) -> Value {
        let trackers: Vec<Value> = self.catalog.used().map(declared).collect();
        let vouched = self.catalog.vouched().iter().map(|rule| vouched::declared(&self.catalog, rule));
        let controller = &self.settings.controller;
        let own: Vec<Value> = self
            .own(self.texts(0))
            .iter()
            .map(|own| json!({ "name": own.cookie, "category": own.category.name(), "days": own.days }))
            .collect();
        json!({
            "controller": {
                "name": controller.name,
                "address": controller.address,
                "email": controller.email,
                "privacy": controller.privacy_url,
            },
            "own": own,
            "trackers": trackers,
            "vouched": vouched.collect::<Vec<_>>(),
        })
    }
}

fn declare(html: &mut Html, texts: &Texts, tracker: &Tracker, controller: &str) {
    let provider = &tracker.provider;
    html.element("h3", &tracker.name);
    texts.purpose_paragraph(html, tracker);
    html.raw("<p class=\"soft\">").text(&texts.recipient(tracker, controller));
    if !provider.privacy.is_empty() {
        let text = fill(&texts.cookies.provider_privacy, &[("provider", &provider.name)]);
        html.raw(" ").link(&provider.privacy, &text);
    }
    html.raw("</p>");
    if tracker.consent_mode == ConsentMode::Unasked {
        let names = [("tracker", tracker.name.as_str()), ("provider", provider.name.as_str())];
        html.element("p", &fill(&texts.cookies.unasked, &names));
    }
    kept(html, texts, tracker);
}

fn declared(tracker: &Tracker) -> Value {
    let cookies = tracker.cookies.iter().map(|cookie| json!({ "name": cookie.name, "days": cookie.days }));
    let hosts = tracker.hosts.iter().map(|rule| json!({ "host": rule.host, "paths": rule.paths }));
    json!({
        "id": tracker.name_id,
        "name": tracker.name,
        "category": tracker.category.name(),
        "provider": {
            "name": tracker.provider.name,
            "country": tracker.provider.country,
            "privacy": tracker.provider.privacy,
        },
        "purpose": tracker.purpose,
        "third_party": !is_own(tracker),
        "runs_before_answer": tracker.consent_mode == ConsentMode::Unasked,
        "access": tracker.access.map(Access::name),
        "cookies": cookies.collect::<Vec<_>>(),
        "storage": tracker.storage,
        "hosts": hosts.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::Access;
    use crate::banner::tests::{banner, declaring};

    #[test]
    fn every_tracker_is_declared_with_purpose_lifetime_and_recipient() {
        for (language, told) in
            [(0, ["Teller besøk.", "13 måneder", "Irland"]), (1, ["Counts visits.", "13 months", "Ireland"])]
        {
            let page = banner().cookies_page(language, None);
            for text in told.into_iter().chain(["_count", "Counter Ltd", "_answer_*"]) {
                assert!(page.contains(text), "{text} is missing in {page}");
            }
        }
    }

    #[test]
    fn who_else_can_read_it_is_declared() {
        let (nb, en) = (banner().cookies_page(0, None), banner().cookies_page(1, None));
        for (page, text) in [
            (&nb, "Counter Ltd kan lese dem. "),
            (&nb, "Vid &lt;Inc&gt; kan bruke dem til egne form\u{e5}l og gi dem videre til andre."),
            (&en, "Counter Ltd can read it. "),
            (&en, "Vid &lt;Inc&gt; may use it for its own ends and pass it on to others."),
        ] {
            assert!(page.contains(text), "{text} is missing in {page}");
        }
        let json = banner().cookies_json();
        let access: Vec<_> =
            json["trackers"].as_array().unwrap().iter().map(|one| one["access"].as_str()).collect();
        assert_eq!(access, [None, Some("partners"), Some("site")]);
    }

    /// Who does is a processor, and that is for the operator and the provider to settle (GDPR art. 28).
    #[test]
    fn r43_nobody_is_said_to_work_for_the_shop_unless_somebody_wrote_so() {
        let written = declaring(|counter| counter.access = Some(Access::Provider));
        for (language, claim) in ["behandler dem for", "handles it for"].into_iter().enumerate() {
            assert!(!banner().cookies_page(language, None).contains(claim));
            let page = written.cookies_page(language, None);
            assert!(page.contains(&format!("{claim} Dekk &amp; Felg")), "{page}");
        }
    }

    #[test]
    fn our_own_cookies_are_declared() {
        let page = banner().cookies_page(1, None);
        for row in [
            "<td>consentry</td><td>Cookie</td><td>6 months</td>",
            "<td>consentry_objection</td><td>Cookie</td><td>12 months</td>",
            "<td>consentry_weeks</td><td>Cookie</td><td>13 months</td>",
        ] {
            assert!(page.contains(row), "{row} is missing in {page}");
        }
        let own = banner().cookies_json()["own"].clone();
        let declared = |at: usize| (own[at]["name"].as_str().unwrap(), own[at]["category"].as_str().unwrap());
        assert_eq!(declared(1), ("consentry_objection", "necessary"));
        assert_eq!(declared(2), ("consentry_weeks", "statistics"));
    }

    #[test]
    fn what_stays_with_the_site_is_not_said_to_go_elsewhere() {
        let page = banner().cookies_page(1, None);
        assert!(page.contains("Remembers the sorting.</p><p class=\"soft\">Only Dekk &amp; Felg"), "{page}");
        assert!(!page.contains("The shop itself"), "{page}");
        assert_eq!(banner().cookies_json()["trackers"][2]["third_party"], false);
    }

    #[test]
    fn the_declaration_can_be_read_by_a_program() {
        let json = banner().cookies_json();
        assert_eq!(json["trackers"][0]["cookies"][0]["name"], "_count");
        assert_eq!(json["own"][0]["days"], 182);
    }
}
