//! What goes into the shop's own pages beside the head: the banner, the foot, the stand-in for a held embed.
//!
//! The question stands first in the body, and its form `consentry-answer` in the foot: shops' pages send "the first form", which
//! is a payment, as soon as they are there. Who answers before the page has arrived has the same form in the question where no
//! script runs, in a `<noscript>`, and where scripts do ours sends what the question says of itself (`data-…`). Its buttons belong
//! to it by their `form` attribute. A stand-in is a document of its own with its own form, which names one tracker and nothing
//! else: the gateway adds it to what stands when it is sent, so it takes nothing back, and gives nothing back that was withdrawn
//! after the page was made.
//!
//! Each form names the notice that its page shows, so that an answer is taken as one to that text.

use std::sync::Arc;

use super::Settings;
use super::head::Shown;
use super::html::{Html, Template, fill};
use super::notice::Notice;
use super::return_path::RETURN;
use super::texts::{Texts, companies};
use crate::policy::catalog::Catalog;
use crate::policy::consent::{Category, CategorySet};
use crate::proxy::rewrite::{Localized, Part};

/// What the insertions are made from.
pub(super) struct Site<'a> {
    pub(super) settings: &'a Settings,
    pub(super) catalog: &'a Catalog,
}

impl Site<'_> {
    /// For a visitor who is asked.
    pub(super) fn asked(&self, texts: &[Texts], notices: &[Notice]) -> Arc<[Localized]> {
        let localized = texts.iter().zip(notices).map(|(texts, notice)| {
            let foot = self.foot_of_question(texts, notice);
            self.localized(texts, notice, self.banner(texts, notice), foot)
        });
        localized.collect()
    }

    /// For a visitor whose answer stands. Inside a frame also for one who has not answered: the page around it asks, and has the
    /// link.
    pub(super) fn decided(&self, texts: &[Texts], notices: &[Notice], shown: Shown) -> Arc<[Localized]> {
        let localized = texts.iter().zip(notices).map(|(texts, notice)| {
            let foot = match shown {
                Shown::AsPage => self.foot(Template::new(), texts),
                Shown::InFrame => Template::new(),
            };
            self.localized(texts, notice, Template::new(), foot)
        });
        localized.collect()
    }

    /// What a script fetches to put it into a page: what is held in it gets a placeholder. Which page that is, the browser says
    /// when the button is pressed.
    pub(super) fn fetched(&self, texts: &[Texts], notices: &[Notice]) -> Arc<[Localized]> {
        let localized = texts.iter().zip(notices).map(|(texts, notice)| Localized {
            language: texts.language.clone(),
            banner: Vec::new(),
            foot: Vec::new(),
            placeholder: self.placeholder(texts, notice, Back::WhereItIs),
        });
        localized.collect()
    }

    fn localized(&self, texts: &Texts, notice: &Notice, banner: Template, foot: Template) -> Localized {
        Localized {
            language: texts.language.clone(),
            banner: banner.into_parts(),
            foot: foot.into_parts(),
            placeholder: self.placeholder(texts, notice, Back::ToThePath),
        }
    }

    /// May a page of such a visitor have a placeholder?
    pub(super) fn may_hold_an_embed(&self, categories: CategorySet) -> bool {
        self.catalog.used().any(|tracker| tracker.embed && !categories.contains(tracker.category))
    }

    /// The first layer as a notice has it: with a space where each page has something of its own.
    pub(super) fn first_layer(&self, texts: &Texts) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Part::Origin => String::new(),
            _ => " ".to_owned(),
        };
        let mut question = Template::new();
        self.question(&mut question, texts);
        question.into_parts().iter().map(text).collect()
    }

    /// The question, with what its answers are sent by while the page is still on its way.
    fn banner(&self, texts: &Texts, notice: &Notice) -> Template {
        let mut banner = Template::new();
        let html = banner.html();
        html.raw("<section id=\"consentry-banner\" aria-labelledby=consentry-h data-notice=")
            .text(notice.version());
        texts.mark_in_page(html.raw(" data-layer=banner")).raw("><noscript>");
        self.answer(&mut banner, texts, notice);
        banner.html().raw("</noscript>");
        self.question(&mut banner, texts);
        banner.html().raw("</section>");
        banner
    }

    /// What is asked, and the ways to answer.
    fn question(&self, banner: &mut Template, texts: &Texts) {
        let words = &texts.banner;
        let html = banner.html();
        html.raw("<h2 id=consentry-h>").text(&words.heading).raw("</h2>");
        html.element("p", &self.lead(texts));
        html.raw("<div>");
        answer_button(html, Answer::None, &words.refuse, &words.refuse_all);
        answer_button(html, Answer::All, &words.accept, &words.accept_all);
        html.raw("<button form=consentry-answer data-role=\"preferences\" formmethod=get");
        let html = leading(banner, "formaction", &self.address("/consent")).raw(">").text(&words.choose);
        html.raw("</button></div><p><a href=\"");
        let html = self.page(banner, "/cookies", texts).raw(">").text(&words.details).raw("</a>");
        let privacy_url = self.settings.controller.privacy_url.as_str();
        if privacy_url.starts_with('/') && !privacy_url.starts_with("//") {
            html.raw(" <a");
            leading(banner, "href", privacy_url).raw(">").text(&words.privacy).raw("</a>");
        } else if !privacy_url.is_empty() {
            html.raw(" ").link(privacy_url, &words.privacy);
        }
        banner.html().raw("</p>");
    }

    /// The sentence that says who, what for, and how to change one's mind (rule R15).
    fn lead(&self, texts: &Texts) -> String {
        let controller = self.settings.controller.name.as_str();
        let count = companies(self.catalog, &Category::ASKED, controller).len();
        let who = match count {
            0 => &texts.banner.who_alone,
            1 => &texts.banner.who_one,
            _ => &texts.banner.who_many,
        };
        let who = fill(who, &[("controller", controller), ("count", &count.to_string())]);
        let purposes = texts.list(&texts.listed(self.catalog.asked()));
        fill(&texts.banner.lead, &[("who", &who), ("purposes", &purposes)])
    }

    /// The standing link, in a region of its own: a page that has landmarks has all of its text in one (axe's rule "region").
    fn foot(&self, mut foot: Template, texts: &Texts) -> Template {
        foot.html().raw("<section aria-labelledby=consentry-open><a href=\"");
        let html = self.page(&mut foot, "/consent", texts);
        texts.mark(html).raw(" id=consentry-open>").text(&texts.banner.standing).raw("</a></section>");
        foot
    }

    /// The foot of a page that asks: what the answers are sent by stands in it.
    fn foot_of_question(&self, texts: &Texts, notice: &Notice) -> Template {
        let mut foot = self.foot(closed(), texts);
        self.answer(&mut foot, texts, notice);
        foot
    }

    /// The form that the buttons of the question belong to.
    fn answer(&self, form: &mut Template, texts: &Texts, notice: &Notice) {
        form.html().raw("<form id=consentry-answer method=post target=_self");
        let html = self.leads(form, "action", "/choice", texts).raw(">");
        word(html, "layer", "banner");
        notice_and_way(form, notice);
    }

    /// Says who would learn what, and lets the visitor decide; in the frame itself, where the embed would be. How it looks stands
    /// in its own style (`js/style/embed.css`). In a page within a page it is that page which goes on.
    fn placeholder(&self, texts: &Texts, notice: &Notice, back: Back) -> Vec<Part> {
        let mut document = Template::in_value();
        texts.mark_in_page(document.html().raw("<html")).raw(">");
        document.hole(Part::Style).html().raw("<form id=consentry-allow method=post target=_parent");
        self.leads(&mut document, "action", "/choice", texts).raw(">");
        let holes = [("tracker", Part::TrackerName), ("provider", Part::Provider)];
        let html = document.text_with_holes(&texts.placeholder.text, &holes).html();
        word(html, "choice", "some");
        word(html, "layer", "embed");
        word(html, "notice", notice.version());
        if back == Back::ToThePath {
            way(&mut document);
        }
        document.html().raw("<button form=consentry-allow name=tracker value=");
        document.hole(Part::TrackerId).html().raw(">");
        document.text_with_holes(&texts.placeholder.allow, &holes).html().raw("</button></form>");
        document.into_parts()
    }

    /// An attribute that leads to an address of the gateway, in the language of these texts.
    fn leads<'a>(
        &self,
        template: &'a mut Template,
        name: &'static str,
        below: &str,
        texts: &Texts,
    ) -> &'a mut Html {
        leading(template, name, &(self.address(below) + &self.query(texts)))
    }

    /// The rest of an attribute that leads to a page of the gateway, in the language of these texts and with the way back.
    fn page<'a>(&self, template: &'a mut Template, below: &str, texts: &Texts) -> &'a mut Html {
        let html = template.hole(Part::Origin).html();
        let name = self.settings.told(texts).unwrap_or(RETURN);
        html.text(&self.address(below)).raw("?").text(name).raw("=");
        template.hole(Part::ReturnPath).html().raw("\"")
    }

    fn query(&self, texts: &Texts) -> String {
        self.settings.told(texts).map(|language| format!("?{language}")).unwrap_or_default()
    }

    fn address(&self, below: &str) -> String {
        format!("{}{below}", self.settings.prefix)
    }
}

/// Where a form leads back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    /// To the path of the page that it was written for.
    ToThePath,
    /// To where the browser says that it stands.
    WhereItIs,
}

/// What ends a form that the shop's page left open, and does nothing where none is: a form in a form is none, and its fields are
/// sent with that one (HTML 13.2.6.4.7).
fn closed() -> Template {
    let mut end = Template::new();
    end.html().raw("</form>");
    end
}

/// Which notice a form answers, and where it leads back to; its end.
fn notice_and_way(form: &mut Template, notice: &Notice) {
    word(form.html(), "notice", notice.version());
    way(form).raw("</form>");
}

fn way(form: &mut Template) -> &mut Html {
    form.html().raw("<input type=hidden name=return value=\"");
    form.hole(Part::ReturnPath).html().raw("\">")
}

/// An attribute that leads to a path of the site, wherever a `<base>` of the page leads.
fn leading<'a>(template: &'a mut Template, name: &'static str, path: &str) -> &'a mut Html {
    template.html().raw(" ").raw(name).raw("=\"");
    template.hole(Part::Origin).html().text(path).raw("\"")
}

/// A hidden field with a value that is one word. Quotes are bytes, too, in every page.
fn word(html: &mut Html, name: &'static str, value: &str) {
    html.raw("<input type=hidden name=").raw(name).raw(" value=").text(value).raw(">");
}

/// The two answers of the first layer.
#[derive(Clone, Copy)]
enum Answer {
    None,
    All,
}

/// One markup for both answers, so that neither can be made to look better (rule R12).
fn answer_button(html: &mut Html, answer: Answer, text: &str, title: &str) {
    let (value, role) = match answer {
        Answer::None => ("none", "reject-all"),
        Answer::All => ("all", "accept-all"),
    };
    html.raw("<button form=consentry-answer name=choice value=").raw(value);
    html.attribute("data-role", role).attribute("title", title).raw(">").text(text).raw("</button>");
}
