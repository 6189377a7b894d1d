//! Pages that stand in when something went wrong. They name nothing of what stands behind us.

use super::Banner;
use super::texts::Texts;

/// What went wrong, as the visitor sees it. `server` knows which status belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The request cannot be read.
    BadRequest,
    /// Nothing is there.
    NotFound,
    /// Something is there, but not for this method.
    NotAllowed,
    /// More was sent than is accepted.
    TooLarge,
    /// More single trackers were agreed to than a cookie has room for.
    TooManyTrackers,
    /// The browser sent more cookies than are read.
    CookiesFull,
    /// What was sent is of another type than is accepted.
    WrongType,
    /// A form was sent from a page of another site.
    CrossSite,
    /// What was chosen is not among what is asked.
    Answer,
    /// The origin cannot be reached, or its answer cannot be used.
    OriginAway,
    /// Too much at once.
    Busy,
    /// The origin took too long.
    OriginSlow,
    /// A fault of ours.
    Broken,
}

impl Trouble {
    /// Every one of them.
    pub const ALL: [Self; 13] = [
        Self::BadRequest,
        Self::NotFound,
        Self::NotAllowed,
        Self::TooLarge,
        Self::TooManyTrackers,
        Self::CookiesFull,
        Self::WrongType,
        Self::CrossSite,
        Self::Answer,
        Self::OriginAway,
        Self::Busy,
        Self::OriginSlow,
        Self::Broken,
    ];

    fn words(self, texts: &Texts) -> (&str, &str) {
        let words = &texts.trouble;
        match self {
            Self::BadRequest => (&words.bad_request_title, &words.bad_request),
            Self::NotFound => (&words.not_found_title, &words.not_found),
            Self::NotAllowed => (&words.not_allowed_title, &words.not_allowed),
            Self::TooLarge | Self::TooManyTrackers => (&words.too_large_title, &words.too_large),
            Self::CookiesFull => (&words.too_large_title, &words.cookies_full),
            Self::WrongType => (&words.wrong_type_title, &words.wrong_type),
            Self::CrossSite => (&words.cross_site_title, &words.cross_site),
            Self::Answer => (&words.answer_title, &words.answer),
            Self::OriginAway => (&words.away_title, &words.away),
            Self::Busy => (&words.busy_title, &words.busy),
            Self::OriginSlow => (&words.slow_title, &words.slow),
            Self::Broken => (&words.broken_title, &words.broken),
        }
    }
}

impl Banner {
    /// A whole document that says what happened and what the visitor can do. `return_path` is the page that led here.
    pub fn error_page(&self, language: usize, trouble: Trouble, return_path: Option<&str>) -> String {
        let texts = self.texts(language);
        let (title, sentence) = trouble.words(texts);
        let way = self.way(texts, return_path);
        self.page(texts, title, &way, |html| {
            html.element("p", sentence);
            // An answer can be given there: one that the shop's page keeps from saying, or that names fewer.
            if matches!(trouble, Trouble::CrossSite | Trouble::TooManyTrackers) {
                html.raw("<p>").link(&way.page("/consent"), &texts.consent.title).raw("</p>");
            }
        })
    }

    /// The sentence alone, for an answer that is no page.
    pub fn error_text(&self, language: usize, trouble: Trouble) -> &str {
        trouble.words(self.texts(language)).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::tests::banner;

    #[test]
    fn every_trouble_says_what_the_visitor_can_do() {
        for language in [0, 1] {
            for trouble in Trouble::ALL {
                let page = banner().error_page(language, trouble, None);
                assert!(page.contains(&format!("<p>{}</p>", banner().error_text(language, trouble))));
                assert!(!page.contains("127.0.0.1") && !page.contains("origin"));
            }
        }
    }
}
