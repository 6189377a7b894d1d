//! What this browser sent, what we hold, and what the visitor can do about it (GDPR art. 12 to 22).

use serde_json::{Value, json};

use super::html::{Html, fill};
use super::page::{choice_button, hidden, row, table_foot, table_head};
use super::statistics_page::{Counted, Here, Objects, objection};
use super::texts::{MyDataTexts, Texts};
use super::way::Way;
use super::{Banner, Processor};
use crate::policy::catalog::Tracker;
use crate::policy::consent::{Category, Consent, Day};
use crate::store::ledger::Receipt;

/// What one cookie of the request belongs to.
#[derive(Clone, Copy, Debug)]
pub enum CookieClass<'a> {
    /// It holds the visitor's answer.
    Answer,
    /// It says that the visitor objects to being counted.
    Objection,
    /// It holds the weeks of the first and of the latest visit.
    Weeks,
    /// The operator vouched for it.
    Vouched(Category),
    /// A tracker of the catalogue sets it.
    Tracker(&'a Tracker),
    /// Nobody knows it.
    Unknown,
}

impl CookieClass<'_> {
    /// What a file calls it: a category, or that it is ours, or that nobody knows it.
    fn name(&self) -> &str {
        match self {
            Self::Answer => "answer",
            Self::Objection => "objection",
            Self::Weeks => Category::Statistics.name(),
            Self::Vouched(category) => category.name(),
            Self::Tracker(tracker) => tracker.category.name(),
            Self::Unknown => "unknown",
        }
    }

    /// The stable name of the tracker that sets it.
    fn tracker(&self) -> Option<&str> {
        match self {
            Self::Tracker(tracker) => Some(&tracker.name_id),
            _ => None,
        }
    }
}

impl Banner {
    /// The page at `PREFIX/my-data`. `receipts` are the records of the visitor's number, oldest first: none where another gateway
    /// gave it, where they were erased, or where they cannot be read. `cookies` are the names that came with the request;
    /// values are never shown.
    pub fn my_data_page(
        &self,
        language: usize,
        consent: &Consent,
        receipts: &[Receipt],
        cookies: &[(&str, CookieClass<'_>)],
        counted: Counted,
        return_path: Option<&str>,
    ) -> String {
        let texts = self.texts(language);
        let words = &texts.my_data;
        let way = self.way(texts, return_path);
        let here = Here { way: &way, below: "/my-data" };
        self.page(texts, &words.title, &way, |html| {
            match consent.receipt() {
                Some(number) => {
                    let is_kept = !receipts.is_empty();
                    let text = if is_kept { &words.receipt } else { &words.class_answer };
                    html.raw("<p>").text(text).raw(" <code>").text(&number.to_string()).raw("</code></p>");
                    if is_kept {
                        self.says(html, texts, receipts, &way);
                    }
                }
                None => _ = html.element("p", &words.no_receipt),
            }
            html.raw("<p class=\"said\">").text(&self.standing(texts, consent)).raw("</p>");
            html.element("h2", &words.sent);
            sent(html, texts, cookies);
            if self.catalog.asks() || consent.answered().is_some() {
                self.withdraw(html, words, language, &way);
            }
            if !receipts.is_empty() {
                self.erase(html, words, language, &way);
            }
            objection(html, texts, counted, &here);
            html.raw("<p>").link(&way.page("/statistics"), &texts.counting.title).raw("</p>");
            self.processors(html, texts);
            html.element("h2", &words.contact_title);
            self.contact(html, texts);
            html.raw("<p>").link(&way.address("/my-data.json"), &words.everything).raw("</p>");
        })
    }

    /// The same for a machine: what the browser sent, what stands, and the signed receipt where there is one.
    pub fn my_data_json(
        &self,
        consent: &Consent,
        cookies: &[(&str, CookieClass<'_>)],
        counted: Counted,
        receipt: Option<&Value>,
    ) -> Value {
        let sent = cookies
            .iter()
            .map(|(name, class)| json!({ "name": name, "class": class.name(), "tracker": class.tracker() }));
        let processors = self.settings.processors.iter().map(|Processor { name, country, purpose, url }| {
            json!({ "name": name, "country": country, "purpose": purpose, "url": url })
        });
        let trackers = consent.trackers().iter().map(|id| &self.catalog.tracker(id).name_id);
        json!({
            "controller": {
                "name": self.settings.controller.name,
                "address": self.settings.controller.address,
                "email": self.settings.controller.email,
                "complaints": self.settings.controller.complaint_url,
            },
            "processors": processors.collect::<Vec<_>>(),
            "answer": {
                "day": consent.answered().map(|day| day.0),
                "number": consent.receipt().map(|number| number.to_string()),
                "categories": consent.categories().iter().map(Category::name).collect::<Vec<_>>(),
                "trackers": trackers.collect::<Vec<_>>(),
            },
            "objects_to_statistics": counted.objection != Objects::No,
            "cookies_sent": sent.collect::<Vec<_>>(),
            "receipt": receipt,
        })
    }

    /// Who handles data for the controller; nothing where nobody does.
    fn processors(&self, html: &mut Html, texts: &Texts) {
        let words = &texts.my_data;
        if self.settings.processors.is_empty() {
            return;
        }
        html.element("h2", &words.processors_title);
        let controller = [("controller", self.settings.controller.name.as_str())];
        html.element("p", &fill(&words.processors, &controller)).raw("<ul>");
        for Processor { name, country, purpose, url } in &self.settings.processors {
            html.raw("<li>");
            if url.is_empty() {
                html.text(name)
            } else {
                html.link(url, name)
            };
            html.text(&format!(" ({}): {purpose}", texts.country(country))).raw("</li>");
        }
        html.raw("</ul>");
    }

    /// What the receipt says, and the way to take it along.
    fn says(&self, html: &mut Html, texts: &Texts, receipts: &[Receipt], way: &Way<'_>) {
        let words = &texts.my_data;
        html.raw("<ul>");
        for receipt in receipts {
            let day = Day::of(receipt.time, &self.settings.time_zone);
            let granted: Vec<&str> = receipt.granted.iter().map(|name| self.shown(texts, name)).collect();
            let text = if granted.is_empty() { &words.said_no } else { &words.said_yes };
            let values = [("date", &*texts.date(day)), ("list", &texts.list(&granted))];
            html.element("li", &fill(text, &values));
        }
        html.raw("</ul><p>").link(&way.address("/receipt.json"), &words.download);
        html.raw("</p>").element("p", &words.download_about);
    }

    /// A category or tracker of a receipt as people call it; its stable name where it is no longer known.
    fn shown<'a>(&'a self, texts: &'a Texts, name: &'a str) -> &'a str {
        match Category::from_name(name) {
            Some(category) => &texts.category(category).listed,
            None => self.catalog.named(name).map_or(name, |tracker| &tracker.name),
        }
    }

    /// Taking everything back, and the way to the switches where there are some.
    fn withdraw(&self, html: &mut Html, words: &MyDataTexts, language: usize, way: &Way<'_>) {
        html.element("h2", &words.withdraw_title).element("p", &words.withdraw_about);
        html.raw("<form method=\"post\"").attribute("action", &way.address("/choice")).raw(">");
        hidden(html, "return", &way.here("/my-data"));
        hidden(html, "layer", "page");
        hidden(html, "notice", self.told(language).version());
        html.raw("<div class=\"buttons\">");
        choice_button(html, "none", "withdraw", &words.withdraw);
        if self.catalog.asks() {
            html.raw("<button data-role=\"preferences\" formmethod=\"get\"");
            html.attribute("formaction", &self.address("/consent")).raw(">").text(&words.change);
            html.raw("</button>");
        }
        html.raw("</div></form>");
    }

    fn erase(&self, html: &mut Html, words: &MyDataTexts, language: usize, way: &Way<'_>) {
        html.element("h2", &words.erase_title).element("p", &words.erase_about);
        html.raw("<form method=\"post\"").attribute("action", &way.address("/erase")).raw(">");
        hidden(html, "return", &way.here("/my-data"));
        hidden(html, "layer", "page");
        hidden(html, "notice", self.told(language).version());
        html.raw("<div class=\"buttons\">");
        choice_button(html, "none", "erase", &words.erase);
        html.raw("</div></form>");
    }

    /// Who answers for the data, and where to complain; what the operator left empty is left out.
    fn contact(&self, html: &mut Html, texts: &Texts) {
        let (words, controller) = (&texts.my_data, &self.settings.controller);
        let lines = [
            (&words.contact, "controller", &controller.name),
            (&words.contact_address, "address", &controller.address),
            (&words.contact_email, "email", &controller.email),
        ];
        for (text, name, value) in lines.into_iter().filter(|(_, _, value)| !value.is_empty()) {
            html.element("p", &fill(text, &[(name, value)]));
        }
        if !controller.complaint_url.is_empty() {
            html.raw("<p>").link(&controller.complaint_url, &words.complain).raw("</p>");
        }
    }
}

fn sent(html: &mut Html, texts: &Texts, cookies: &[(&str, CookieClass<'_>)]) {
    let words = &texts.my_data;
    if cookies.is_empty() {
        html.element("p", &words.sent_none);
        return;
    }
    table_head(html, &words.sent, [&texts.cookies.item, &words.class]);
    for (name, class) in cookies {
        let class = match class {
            CookieClass::Answer => words.class_answer.clone(),
            CookieClass::Objection => words.class_objection.clone(),
            CookieClass::Weeks => {
                format!("{} · {}", texts.category(Category::Statistics).name, texts.cookies.weeks_name)
            }
            CookieClass::Vouched(category) => texts.category(*category).name.clone(),
            CookieClass::Tracker(tracker) => {
                format!("{} · {}", texts.category(tracker.category).name, tracker.name)
            }
            CookieClass::Unknown => words.class_unknown.clone(),
        };
        row(html, [name, &class]);
    }
    table_foot(html);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::tests::{COUNTED, banner, catalog};
    use crate::policy::consent::{Choice, ReceiptNumber};

    #[test]
    fn each_cookie_is_named_with_what_it_belongs_to() {
        let catalog = catalog();
        let counter = catalog.named("counter").unwrap();
        let cookies = [
            ("<script>", CookieClass::Unknown),
            ("_count", CookieClass::Tracker(counter)),
            ("consentry", CookieClass::Answer),
            ("consentry_objection", CookieClass::Objection),
            ("consentry_weeks", CookieClass::Weeks),
            ("cart", CookieClass::Vouched(Category::Necessary)),
        ];
        let page = banner().my_data_page(1, &Consent::none(), &[], &cookies, COUNTED, None);
        assert!(page.contains("<td>&lt;script&gt;</td><td>Unknown</td>"), "{page}");
        assert!(page.contains("<td>_count</td><td>Statistics · Counter</td>"), "{page}");
        assert!(page.contains("<td>consentry</td><td>Your answer</td>"), "{page}");
        assert!(page.contains("<td>consentry_objection</td><td>Your objection</td>"), "{page}");
        assert!(page.contains("<td>consentry_weeks</td><td>Statistics · First and latest"), "{page}");
        assert!(page.contains("<td>cart</td><td>Necessary</td>"), "{page}");
    }

    /// GDPR art. 15(1)(c) and 20: who takes the file along has what the page says.
    #[test]
    fn the_file_names_trackers_and_processors_as_the_page_does() {
        let (catalog, mut banner) = (catalog(), banner());
        let (name, country) = ("Hosting AS".to_owned(), "NO".to_owned());
        let (purpose, url) = ("runs the servers".to_owned(), "https://hosting.example/".to_owned());
        banner.settings.processors.push(Processor { name, country, purpose, url });
        let counter = CookieClass::Tracker(catalog.named("counter").unwrap());
        let cookies = [("_count", counter), ("consentry", CookieClass::Answer)];
        let file = banner.my_data_json(&Consent::none(), &cookies, COUNTED, None);
        let sent = json!([
            { "name": "_count", "class": "statistics", "tracker": "counter" },
            { "name": "consentry", "class": "answer", "tracker": null },
        ]);
        assert_eq!(file["cookies_sent"], sent);
        let processor = json!({ "name": "Hosting AS", "country": "NO", "purpose": "runs the servers", "url": "https://hosting.example/" });
        assert_eq!(file["processors"], json!([processor]));
    }

    #[test]
    fn a_grant_shows_its_receipt_and_a_refusal_has_none() {
        let number = ReceiptNumber([0xab; 16]);
        let page = |choice| {
            let consent = Consent::from_choice(&choice, Day(20_000), Some(number), &catalog());
            banner().my_data_page(1, &consent, &[], &[], COUNTED, None)
        };
        assert!(page(Choice::All).contains(&number.to_string()));
        assert!(!page(Choice::None).contains(&number.to_string()));
    }

    #[test]
    fn objecting_is_one_button() {
        let page = banner().my_data_page(1, &Consent::none(), &[], &[], COUNTED, None);
        assert!(page.contains("name=\"object\" value=\"yes\" data-role=\"object\""), "{page}");
    }

    #[test]
    fn withdrawing_is_one_button() {
        let page = banner().my_data_page(1, &Consent::none(), &[], &[], COUNTED, None);
        assert!(page.contains("name=\"choice\" value=\"none\" data-role=\"withdraw\""), "{page}");
    }
}
