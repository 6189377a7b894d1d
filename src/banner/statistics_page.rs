//! How visits are counted: what is processed, where and for how long, who could see what and until when, and the switch
//! by which a visitor objects (GDPR art. 13, 14 and 21).

use super::Banner;
use super::html::{Html, fill};
use super::page::hidden;
use super::texts::Texts;
use super::way::Way;
use crate::counting::WithoutConsent;

/// How a site counts and how one visitor stands to it: what the page must say.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// What is counted of visitors who did not agree to statistics.
    pub without_consent: WithoutConsent,
    /// How many visitors must share a text before it can be read.
    pub k: u32,
    /// Does a script tell what only a browser knows?
    pub has_beacon: bool,
    /// Is it kept when a visitor was here, once statistics were agreed to?
    pub remembers_returns: bool,
    /// Does Global Privacy Control count as an objection?
    pub heeds_gpc: bool,
    /// How this visitor objects.
    pub objection: Objects,
}

/// How a visitor objects to being counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objects {
    /// Not at all.
    No,
    /// By the switch.
    BySwitch,
    /// By a signal of the browser.
    BySignal,
}

/// The page that a form stands on.
pub(super) struct Here<'a> {
    /// Where it leads.
    pub(super) way: &'a Way<'a>,
    /// Its path below the prefix.
    pub(super) below: &'static str,
}

impl Banner {
    /// The page at `PREFIX/statistics`, asked for on the page at `return_path`.
    pub fn statistics_page(&self, language: usize, counted: Counted, return_path: Option<&str>) -> String {
        let texts = self.texts(language);
        let words = &texts.counting;
        let controller = [("controller", self.settings.controller.name.as_str())];
        let way = self.way(texts, return_path);
        self.page(texts, &words.title, &way, |html| {
            html.element("p", &fill(&words.intro, &controller));
            html.element("h2", &words.processed_title).element("p", &words.processed);
            html.element("p", &words.place);
            if counted.has_beacon {
                html.element("p", &words.beacon);
            }
            let without = match counted.without_consent {
                WithoutConsent::Visitors => &words.without_visitors,
                WithoutConsent::Views => &words.without_views,
                WithoutConsent::Off => &words.without_off,
            };
            html.element("p", without);
            if counted.remembers_returns {
                html.element("p", &words.weeks);
            }
            html.element("h2", &words.kept_title).element("p", &words.memory);
            let count = [("count", counted.k.to_string())];
            let count = count.each_ref().map(|(name, value)| (*name, value.as_str()));
            html.element("p", &fill(&words.written, &count));
            html.element("p", &fill(&words.sums, &controller));
            html.element("h2", &words.seen_title).element("p", &words.root);
            html.element("p", &fill(&words.nobody, &controller));
            objection(html, texts, counted, &Here { way: &way, below: "/statistics" });
        })
    }
}

/// The switch, on the page that stands there.
pub(super) fn objection(html: &mut Html, texts: &Texts, counted: Counted, here: &Here<'_>) {
    let words = &texts.counting;
    html.element("h2", &words.object_title);
    let (said, button) = match counted.objection {
        Objects::No => (&words.object_about, Some(("yes", &words.object))),
        Objects::BySwitch => (&words.objects, Some(("no", &words.object_no_more))),
        Objects::BySignal => (&words.objects_by_signal, None),
    };
    html.raw("<p class=\"said\" role=\"status\">").text(said).raw("</p>");
    if counted.objection == Objects::No {
        html.element("p", if counted.heeds_gpc { &words.gpc_heeded } else { &words.gpc });
    }
    let Some((value, text)) = button else { return };
    html.raw("<form method=\"post\"").attribute("action", &here.way.address("/objection")).raw(">");
    hidden(html, "return", &here.way.here(here.below));
    html.raw("<div class=\"buttons\"><button name=\"object\"").attribute("value", value);
    html.raw(" data-role=\"object\">").text(text).raw("</button></div></form>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::tests::{COUNTED, banner};

    #[test]
    fn the_page_says_what_is_done_and_no_more() {
        for (counted, told, untold) in [
            (COUNTED, "whether or not you agreed", "A small script"),
            (
                Counted { without_consent: WithoutConsent::Off, ..COUNTED },
                "nothing is counted",
                "whether or not",
            ),
            (
                Counted { without_consent: WithoutConsent::Views, ..COUNTED },
                "only how often",
                "whether or not",
            ),
            (Counted { has_beacon: true, ..COUNTED }, "A small script", "is an objection"),
            (Counted { heeds_gpc: true, ..COUNTED }, "is an objection", "A small script"),
        ] {
            let page = banner().statistics_page(1, counted, None);
            assert!(page.contains(told) && !page.contains(untold), "{page}");
            assert!(page.contains("5 visitors of a day"), "{page}");
        }
        assert!(banner().statistics_page(0, COUNTED, None).contains("Slik teller vi"));
    }

    #[test]
    fn the_switch_says_what_pressing_it_does() {
        let form = "<form method=\"post\" action=\"/_consentry/objection?en\"><input type=\"hidden\" name=\"return\" \
                    value=\"/_consentry/statistics?en\">";
        for (objection, value) in
            [(Objects::No, Some("yes")), (Objects::BySwitch, Some("no")), (Objects::BySignal, None)]
        {
            let page = banner().statistics_page(1, Counted { objection, ..COUNTED }, None);
            assert_eq!(page.contains(form), value.is_some(), "{page}");
            if let Some(value) = value {
                assert!(page.contains(&format!("<button name=\"object\" value=\"{value}\"")), "{page}");
            }
        }
    }
}
