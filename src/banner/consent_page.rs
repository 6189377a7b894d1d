//! The preference centre: one switch a category, one a tracker, and what stands now. Works without a script.

use super::Banner;
use super::html::{Html, fill};
use super::page::{choice_button, hidden, kept};
use super::texts::Texts;
use super::vouched::vouched;
use crate::policy::catalog::Tracker;
use crate::policy::consent::{Category, Consent};

impl Banner {
    /// The page at `PREFIX/consent`. After a choice the visitor comes back to `return_path`, or to this page when
    /// there is none; it shows what stands, so a choice is confirmed by the page itself.
    pub fn consent_page(
        &self,
        language: usize,
        consent: &Consent,
        signal: Signal,
        return_path: Option<&str>,
    ) -> String {
        let texts = self.texts(language);
        let words = &texts.consent;
        let way = self.way(texts, return_path);
        let here = way.address("/consent");
        self.page(texts, &words.title, &way, |html| {
            if self.catalog.asks() {
                html.element("p", &words.intro);
            }
            html.raw("<p class=\"said\" role=\"status\"");
            if consent.is_refusal() {
                // What a page that is not loaded again says (js/told.js).
                html.attribute("data-said", &texts.banner.refused);
            }
            html.raw(">").text(&self.standing(texts, consent));
            for more in self.why_asked(texts, consent, signal) {
                html.raw(" ").text(more);
            }
            html.raw("</p>");
            // Over a page of the shop's the answers stand beside it, and send it by its name (js/dialog.js).
            html.raw("<form id=\"form\" method=\"post\"")
                .attribute("action", &way.address("/choice"))
                .raw(">");
            hidden(html, "return", way.back().unwrap_or(&here));
            hidden(html, "layer", "page");
            hidden(html, "notice", self.told(language).version());
            for category in self.catalog.asked().iter() {
                self.category(html, texts, category, consent);
            }
            // Over a page of the shop's, the dialog looks for both (js/dialog.js).
            html.raw("<div class=\"buttons\">");
            if self.catalog.asks() {
                choice_button(html, "some", "save", &words.save);
                choice_button(html, "none", "reject-all", &words.refuse_all);
                choice_button(html, "all", "accept-all", &words.accept_all);
            }
            html.raw("</div></form>");
            if self.catalog.asks() {
                let days = texts.lifetime(self.settings.days);
                html.raw("<p class=\"soft\">").text(&fill(&words.lasts, &[("days", &days)])).raw("</p>");
            }
        })
    }

    /// What stands, in one sentence.
    pub(super) fn standing(&self, texts: &Texts, consent: &Consent) -> String {
        let words = &texts.consent;
        if !self.catalog.asks() && !is_yes(consent) {
            return words.nothing.clone();
        }
        let Some(day) = consent.answered() else { return words.unanswered.clone() };
        let date = texts.date(day);
        if consent.is_refusal() {
            return fill(&words.refused, &[("date", &date)]);
        }
        if is_gone(consent) {
            return words.changed.clone();
        }
        let mut granted = texts.listed(consent.categories());
        granted.extend(consent.trackers().iter().map(|id| self.catalog.tracker(id).name.as_str()));
        if granted.is_empty() {
            // It was a yes to what the shop has nothing in any more.
            granted.push(&texts.category(Category::Necessary).listed);
        }
        fill(&words.granted, &[("date", &date), ("list", &texts.list(&granted))])
    }

    /// Why there is, or is no, question; and what the browser says where that is not what stands. Whoever said no has said
    /// the same. A yes of which nothing is left is no reason to choose.
    fn why_asked<'a>(&self, texts: &'a Texts, consent: &Consent, signal: Signal) -> Vec<&'a str> {
        let words = &texts.consent;
        if !self.catalog.asks() {
            return is_yes(consent).then_some(words.nothing.as_str()).into_iter().collect();
        }
        let is_said = is_gone(consent);
        let changed = (consent.is_outdated() && !is_said).then_some(words.changed.as_str());
        let is_against = signal == Signal::Refuses && !consent.is_refusal();
        changed.into_iter().chain(is_against.then_some(words.by_signal.as_str())).collect()
    }

    fn category(&self, html: &mut Html, texts: &Texts, category: Category, consent: &Consent) {
        let words = texts.category(category);
        html.raw("<section><div class=\"row\"><h2>");
        if category == Category::Necessary {
            html.text(&words.name)
                .raw("</h2><span class=\"soft\">")
                .text(&texts.consent.always)
                .raw("</span>");
        } else {
            let id = format!("category-{}", category.name());
            html.raw("<label").attribute("for", &id).raw(">").text(&words.name).raw("</label></h2>");
            let is_on = consent.categories().contains(category);
            switch(html, &id, Switch { name: "category", value: category.name(), is_on });
        }
        html.raw("</div>").element("p", &words.about);
        html.raw("<p class=\"soft\">").text(&self.company_count(texts, category)).raw("</p>");
        let mut trackers = self.catalog.used().filter(|tracker| tracker.category == category).peekable();
        let has_own = category == Category::Statistics && self.catalog.remembers_returns();
        let has_vouched = vouched(&self.catalog, category).next().is_some();
        if has_own || has_vouched || trackers.peek().is_some() {
            // Each says of which category it is: those who hear it do not see what stands above. It says so in its own text:
            // of one that is named by another element (aria-labelledby) Chromium has the text read out as well.
            html.raw("<details><summary>").text(&texts.consent.open);
            html.raw(" <span class=\"unseen\">").text(&words.name).raw("</span></summary>");
            if has_own {
                self.declare_own(html, texts, category);
            }
            self.declare_vouched(html, texts, category);
            if category != Category::Necessary && trackers.peek().is_some() {
                html.raw("<p class=\"soft single\">");
                html.text(&fill(&texts.consent.single, &[("category", &words.listed)])).raw("</p>");
            }
            for tracker in trackers {
                single(html, texts, tracker, consent, &self.settings.controller.name);
            }
            html.raw("</details>");
        }
        html.raw("</section>");
    }
}

/// What the visitor's browser has said for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Nothing.
    None,
    /// That it refuses, by Global Privacy Control.
    Refuses,
}

/// Was a yes said, whatever of it still stands?
fn is_yes(consent: &Consent) -> bool {
    consent.answered().is_some() && !consent.is_refusal()
}

/// Was a yes said of which nothing stands any more, because what is asked has changed? That is no "no".
fn is_gone(consent: &Consent) -> bool {
    is_yes(consent) && consent.is_asked() && !consent.is_grant()
}

/// One tracker, with a switch of its own unless it is necessary.
fn single(html: &mut Html, texts: &Texts, tracker: &Tracker, consent: &Consent, controller: &str) {
    html.raw("<div class=\"row single\"><h3>");
    if tracker.category == Category::Necessary {
        html.text(&tracker.name).raw("</h3></div>");
    } else {
        let id = format!("tracker-{}", tracker.name_id);
        html.raw("<label").attribute("for", &id).raw(">").text(&tracker.name).raw("</label></h3>");
        let is_on = consent.trackers().contains(tracker.id);
        switch(html, &id, Switch { name: "tracker", value: &tracker.name_id, is_on });
        html.raw("</div>");
    }
    texts.purpose_paragraph(html, tracker);
    html.raw("<p class=\"soft\">").text(&texts.recipient(tracker, controller)).raw("</p>");
    kept(html, texts, tracker);
}

#[derive(Clone, Copy)]
struct Switch<'a> {
    name: &'static str,
    value: &'a str,
    is_on: bool,
}

fn switch(html: &mut Html, id: &str, switch: Switch<'_>) {
    html.raw("<input type=\"checkbox\" role=\"switch\"").attribute("id", id).attribute("name", switch.name);
    html.attribute("value", switch.value).raw(if switch.is_on { " checked>" } else { ">" });
}

#[cfg(test)]
mod tests {
    use super::Signal;
    use crate::banner::tests::{banner, catalog};
    use crate::policy::consent::{Category, CategorySet, Choice, Consent, Day, TrackerSet};

    /// Rule R04.
    #[test]
    fn nothing_is_ticked_before_an_answer() {
        assert!(!banner().consent_page(0, &Consent::none(), Signal::None, None).contains(" checked"));
    }

    #[test]
    fn what_stands_is_ticked_and_nothing_else() {
        let mut trackers = TrackerSet::NONE;
        trackers.insert(catalog().named("video").unwrap().id);
        let categories = CategorySet::NECESSARY.with(Category::Statistics);
        let consent =
            Consent::from_choice(&Choice::Some { categories, trackers }, Day(20_513), None, &catalog());
        let page = banner().consent_page(1, &consent, Signal::None, None);
        assert_eq!(page.matches(" checked").count(), 2, "{page}");
        assert!(page.contains("name=\"category\" value=\"statistics\" checked"));
        assert!(page.contains("name=\"tracker\" value=\"video\" checked"));
        assert!(page.contains("You said yes on 1 March 2026. It covers statistics and Vid &amp; Co."));
    }

    #[test]
    fn only_a_path_of_this_site_is_come_back_to() {
        let page = |back| banner().consent_page(1, &Consent::none(), Signal::None, back);
        assert!(page(Some("/a?b=1")).contains("name=\"return\" value=\"/a?b=1\""));
        assert!(page(Some("//evil.example")).contains("name=\"return\" value=\"/_consentry/consent?en\""));
    }

    /// Rules R10 to R12 on the second layer.
    #[test]
    fn refusing_and_agreeing_are_the_same_button() {
        let page = banner().consent_page(1, &Consent::none(), Signal::None, None);
        let none = "<button name=\"choice\" value=\"none\" data-role=\"reject-all\">No to all</button>";
        let all = "<button name=\"choice\" value=\"all\" data-role=\"accept-all\">Yes to all</button>";
        assert!(page.contains(&format!("{none}{all}")), "{page}");
    }
}
