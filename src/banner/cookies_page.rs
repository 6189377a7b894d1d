//! The declaration: everything the site may use, by whom, why and how long (rule R16), as a page and as JSON.

use serde_json::{Value, json};

use super::Banner;
use super::html::{Html, fill};
use super::page::{kept, row, table_foot, table_head};
use super::texts::{Texts, is_own};
use crate::policy::catalog::{Access, Tracker};
use crate::policy::consent::Category;

/// The cookie that holds the answer.
const ANSWER_COOKIE: &str = "consentry";

impl Banner {
    /// The page at `PREFIX/cookies`.
    pub fn cookies_page(&self, language: usize) -> String {
        let texts = self.texts(language);
        let words = &texts.cookies;
        let controller = [("controller", self.settings.controller.name.as_str())];
        self.page(texts, &words.title, "/", |html| {
            html.element("p", &fill(&words.intro, &controller));
            for category in Category::ALL {
                html.element("h2", &texts.category(category).name);
                html.element("p", &texts.category(category).about);
                if category == Category::Necessary {
                    html.element("h3", &words.own_name).element("p", &words.own_purpose);
                    html.raw("<p class=\"soft\">").text(&fill(&words.own_receives, &controller)).raw("</p>");
                    table_head(html, [&words.item, &words.kind, &words.lifetime]);
                    row(html, [ANSWER_COOKIE, &words.kind_cookie, &texts.lifetime(self.settings.days)]);
                    table_foot(html);
                }
                let mut trackers =
                    self.catalog.used().filter(|tracker| tracker.category == category).peekable();
                if trackers.peek().is_none() && category != Category::Necessary {
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
        let controller = &self.settings.controller;
        json!({
            "controller": {
                "name": controller.name,
                "address": controller.address,
                "email": controller.email,
                "privacy": controller.privacy_url,
            },
            "own": [{ "name": ANSWER_COOKIE, "category": "necessary", "days": self.settings.days }],
            "trackers": trackers,
        })
    }
}

fn declare(html: &mut Html, texts: &Texts, tracker: &Tracker, controller: &str) {
    let provider = &tracker.provider;
    html.element("h3", &tracker.name).element("p", texts.purpose(tracker));
    html.raw("<p class=\"soft\">").text(&texts.recipient(tracker, controller));
    if !provider.privacy.is_empty() {
        let text = fill(&texts.cookies.provider_privacy, &[("provider", &provider.name)]);
        html.raw(" ").link(&provider.privacy, &text);
    }
    html.raw("</p>");
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
        "access": match tracker.access {
            Access::Site => "site",
            Access::Provider => "provider",
            Access::Partners => "partners",
        },
        "cookies": cookies.collect::<Vec<_>>(),
        "storage": tracker.storage,
        "hosts": hosts.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use crate::banner::tests::banner;

    #[test]
    fn every_tracker_is_declared_with_purpose_lifetime_and_recipient() {
        for (language, told) in
            [(0, ["Teller besøk.", "13 måneder", "Irland"]), (1, ["Counts visits.", "13 months", "Ireland"])]
        {
            let page = banner().cookies_page(language);
            for text in told.into_iter().chain(["_count", "Counter Ltd", "_answer_*"]) {
                assert!(page.contains(text), "{text} is missing in {page}");
            }
        }
    }

    #[test]
    fn who_else_can_read_it_is_declared() {
        let (nb, en) = (banner().cookies_page(0), banner().cookies_page(1));
        for (page, text) in [
            (&nb, "Counter Ltd kan lese dem og behandler dem for Dekk &amp; Felg"),
            (&nb, "Vid &lt;Inc&gt; kan bruke dem til egne form\u{e5}l og gi dem videre til andre."),
            (&en, "Counter Ltd can read it and handles it for Dekk &amp; Felg"),
            (&en, "Vid &lt;Inc&gt; may use it for its own ends and pass it on to others."),
        ] {
            assert!(page.contains(text), "{text} is missing in {page}");
        }
        let json = banner().cookies_json();
        let access: Vec<_> =
            json["trackers"].as_array().unwrap().iter().map(|one| one["access"].as_str().unwrap()).collect();
        assert_eq!(access, ["provider", "partners", "site"]);
    }

    #[test]
    fn our_own_cookie_is_declared() {
        assert!(banner().cookies_page(1).contains("<td>consentry</td><td>Cookie</td><td>6 months</td>"));
    }

    #[test]
    fn what_stays_with_the_site_is_not_said_to_go_elsewhere() {
        let page = banner().cookies_page(1);
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
