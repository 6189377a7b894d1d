//! The frame of the pages below the reserved prefix: one column, one style, and no script but the one that removes what
//! trackers keep without consent. A withdrawal on these pages would else leave it until a page of the shop is seen.

use super::head::hash_source;
use super::html::{Html, fill};
use super::texts::{Texts, companies, is_own};
use super::theme::Theme;
use super::way::Way;
use super::{Banner, assets};
use crate::policy::catalog::{CookieRule, Tracker};
use crate::policy::consent::Category;

/// The style of these pages on one site, and their Content-Security-Policy: that style, their own forms and script, nothing else.
#[derive(Debug)]
pub(super) struct Look {
    css: String,
    policy: String,
}

impl Look {
    pub(super) fn of(theme: &Theme) -> Self {
        let css = theme.css() + assets::PAGE_CSS;
        let hash = hash_source(css.as_bytes());
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src {hash}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        Self { css, policy }
    }
}

impl Banner {
    /// The Content-Security-Policy of the pages below the reserved prefix.
    pub fn page_policy(&self) -> &str {
        &self.look.policy
    }

    /// A whole document. The first link leads back where the visitor came from, else to the shop's first page.
    pub(super) fn page(
        &self,
        texts: &Texts,
        title: &str,
        way: &Way<'_>,
        body: impl FnOnce(&mut Html),
    ) -> String {
        let mut html = Html::default();
        html.raw("<!DOCTYPE html><html");
        texts.mark(&mut html).raw("><head><meta charset=\"utf-8\"><title>").text(title);
        if !self.settings.controller.name.is_empty() {
            html.raw(" · ").text(&self.settings.controller.name);
        }
        html.raw("</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        html.raw("<meta name=\"robots\" content=\"noindex\"><style>").style(&self.look.css);
        html.raw("</style><script type=\"module\"").attribute("src", &self.address("/choice.js?forget"));
        html.raw("></script></head><body><nav>");
        let name = &self.settings.controller.name;
        match way.back() {
            Some(back) => html.link(back, &texts.consent.back),
            None => html.link("/", if name.is_empty() { &texts.consent.back } else { name }),
        };
        // Over a page of the shop's the dialog has its name from there (js/dialog.js).
        html.raw("</nav><main><h1 id=\"title\">").text(title).raw("</h1>");
        body(&mut html);
        html.raw("</main><footer>");
        let links = [
            ("/consent", &texts.consent.title),
            ("/cookies", &texts.cookies.title),
            ("/statistics", &texts.counting.title),
            ("/my-data", &texts.my_data.title),
        ];
        for (path, text) in links {
            html.link(&way.page(path), text).raw(" ");
        }
        if !self.settings.controller.privacy_url.is_empty() {
            html.link(&self.settings.controller.privacy_url, &texts.banner.privacy);
        }
        html.raw("</footer></body></html>");
        html.into_string()
    }

    /// An address below the reserved prefix.
    pub(super) fn address(&self, below: &str) -> String {
        format!("{}{below}", self.settings.prefix)
    }

    /// How many companies get data when a category is agreed to, in words.
    pub(super) fn company_count(&self, texts: &Texts, category: Category) -> String {
        let count = companies(&self.catalog, &[category], &self.settings.controller.name).len();
        match count {
            0 => texts.consent.companies_none.clone(),
            1 => texts.consent.companies_one.clone(),
            _ => fill(&texts.consent.companies_many, &[("count", &count.to_string())]),
        }
    }
}

/// A hidden form field.
pub(super) fn hidden(html: &mut Html, name: &'static str, value: &str) {
    html.raw("<input type=\"hidden\"").attribute("name", name).attribute("value", value).raw(">");
}

/// A button that sends `choice=value`; all of them look the same (rule R12).
pub(super) fn choice_button(html: &mut Html, value: &str, role: &str, text: &str) {
    html.raw("<button name=\"choice\"").attribute("value", value).attribute("data-role", role);
    html.raw(">").text(text).raw("</button>");
}

/// What a tracker keeps in the browser, as a table; or a sentence when it keeps nothing (rule R16).
pub(super) fn kept(html: &mut Html, texts: &Texts, tracker: &Tracker) {
    if tracker.cookies.is_empty() && tracker.storage.is_empty() {
        if !is_own(tracker) {
            let provider = [("provider", tracker.provider.name.as_str())];
            html.element("p", &fill(&texts.cookies.nothing_stored, &provider));
        }
        return;
    }
    table_head(html, &tracker.name, [&texts.cookies.item, &texts.cookies.kind, &texts.cookies.lifetime]);
    for (days, names) in by_lifetime(&tracker.cookies) {
        row(html, [&names.join(", "), &texts.cookies.kind_cookie, &texts.lifetime(days)]);
    }
    if !tracker.storage.is_empty() {
        row(html, [&tracker.storage.join(", "), &texts.cookies.kind_storage, &texts.kept]);
    }
    table_foot(html);
}

/// The names of cookies that live as long, in the order in which they are written down.
fn by_lifetime(cookies: &[CookieRule]) -> Vec<(u32, Vec<&str>)> {
    let mut lifetimes: Vec<(u32, Vec<&str>)> = Vec::new();
    for cookie in cookies {
        match lifetimes.iter_mut().find(|(days, _)| *days == cookie.days) {
            Some((_, names)) => names.push(&cookie.name),
            None => lifetimes.push((cookie.days, vec![&cookie.name])),
        }
    }
    lifetimes
}

/// Opens a table. Whoever goes from table to table hears which it is by `name`, the heading that it stands below.
pub(super) fn table_head<const N: usize>(html: &mut Html, name: &str, titles: [&str; N]) {
    html.raw("<table").attribute("aria-label", name).raw("><thead><tr>");
    for title in titles {
        html.raw("<th scope=\"col\">").text(title).raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
}

/// One row of a table.
pub(super) fn row<const N: usize>(html: &mut Html, cells: [&str; N]) {
    html.raw("<tr>");
    for cell in cells {
        html.element("td", cell);
    }
    html.raw("</tr>");
}

/// Closes a table.
pub(super) fn table_foot(html: &mut Html) {
    html.raw("</tbody></table>");
}
