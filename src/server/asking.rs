//! Who is asked: not robots, and not visitors whose browser has said no for them already. Nobody is, where the site has
//! nothing to ask about.
//!
//! A browser's signal is a no to statistics and marketing, which are held before an answer in any case; so all there is to
//! do is not to ask. The standing link stays, and an answer that is given there counts more than the signal: it is about
//! this shop (rule P5). A yes from before the signal stands for the same reason; the preference page says what the browser
//! says beside it.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::site::Site;
use super::visit::Visit;
use crate::banner::Signal;
use crate::counting;
use crate::policy::consent::Consent;

/// W3C Global Privacy Control section 3.
const GPC: HeaderName = HeaderName::from_static("sec-gpc");
/// Where a site says that it honours Global Privacy Control (section 4).
pub(super) const GPC_STATEMENT: &str = "/.well-known/gpc.json";
/// When this program's handling of the signal last changed.
const GPC_UPDATED: &str = "2026-11-29";

/// What becomes of the question when a browser sends a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalled {
    /// It is not put: the signal is the answer.
    Quiet,
    /// It is put as to anybody.
    Ask,
}

/// How a site takes the signals of browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Global Privacy Control. Default: quiet.
    pub gpc: Signalled,
    /// Do Not Track, which no browser of today sends by itself and no law names. Default: ask.
    pub dnt: Signalled,
}

impl Asking {
    /// Has the browser answered for its visitor?
    fn is_answered(self, headers: &HeaderMap) -> bool {
        let has_dnt = || headers.get(header::DNT).is_some_and(|value| value == "1");
        (self.gpc == Signalled::Quiet && has_gpc(headers)) || (self.dnt == Signalled::Quiet && has_dnt())
    }

    /// What a page that could ask depends on, for caches (rule P6).
    pub(super) fn vary(self) -> impl Iterator<Item = HeaderValue> {
        let gpc = (self.gpc == Signalled::Quiet).then_some(HeaderValue::from_static("Sec-GPC"));
        let dnt = (self.dnt == Signalled::Quiet).then_some(HeaderValue::from_static("DNT"));
        gpc.into_iter().chain(dnt)
    }
}

/// Exactly `1` is the preference; of several fields one is enough (section 3.2).
pub(super) fn has_gpc(headers: &HeaderMap) -> bool {
    headers.get_all(GPC).iter().any(|value| value == "1")
}

/// What the browser has said for its visitor.
pub(super) fn signal(headers: &HeaderMap) -> Signal {
    if has_gpc(headers) { Signal::Refuses } else { Signal::None }
}

/// A crawler that says who runs it. Whoever tests a shop with a tool is asked like anybody.
pub(super) fn is_robot(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.is_some_and(counting::is_declared_robot)
}

/// The consent by which a page is made: the one that stands, with nothing left to ask where nobody is to be asked.
pub(super) fn shown(visit: &Visit, headers: &HeaderMap) -> Consent {
    let consent = visit.consent;
    let has_question = visit.site.policy.catalog().asks();
    if consent.is_asked() && (!has_question || is_left_alone(&visit.site, headers)) {
        return consent.unasked(visit.today);
    }
    consent
}

/// The consent that came, and whether an answer is waited for: not from who is not to be asked, or has said no by a signal.
pub(super) fn waiting(consent: Consent, site: &Site, headers: &HeaderMap) -> Consent {
    let runs_unasked = consent.answered().is_none() && site.policy.catalog().runs_unasked();
    if runs_unasked && !is_left_alone(site, headers) { consent.before_answer() } else { consent }
}

/// Is this somebody who is not to be asked?
fn is_left_alone(site: &Site, headers: &HeaderMap) -> bool {
    site.asking.is_answered(headers) || is_robot(headers)
}

/// What stands at [`GPC_STATEMENT`].
pub(super) fn gpc_statement() -> String {
    serde_json::json!({ "gpc": true, "lastUpdate": GPC_UPDATED }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn p1_exactly_one_is_the_preference_and_one_of_several_fields_is_enough() {
        assert!(has_gpc(&headers(&[("sec-gpc", "1")])));
        assert!(has_gpc(&headers(&[("sec-gpc", "0"), ("sec-gpc", "1")])));
        for value in ["0", "", "true", "1, 1", "11", "01"] {
            assert!(!has_gpc(&headers(&[("sec-gpc", value)])), "{value}");
        }
        assert!(!has_gpc(&headers(&[])));
    }

    #[test]
    fn a_signal_is_an_answer_where_the_operator_lets_it_be_one() {
        let asking = |gpc, dnt| Asking { gpc, dnt };
        let (gpc, dnt) = (headers(&[("sec-gpc", "1")]), headers(&[("dnt", "1")]));
        assert!(asking(Signalled::Quiet, Signalled::Ask).is_answered(&gpc));
        assert!(!asking(Signalled::Quiet, Signalled::Ask).is_answered(&dnt));
        assert!(asking(Signalled::Ask, Signalled::Quiet).is_answered(&dnt));
        assert!(!asking(Signalled::Ask, Signalled::Quiet).is_answered(&gpc));
        assert!(!asking(Signalled::Quiet, Signalled::Quiet).is_answered(&headers(&[("dnt", "0")])));
    }

    #[test]
    fn r20_robots_that_name_their_owner_are_known_and_tools_are_not() {
        let is_robot = |agent| is_robot(&headers(&[("user-agent", agent)]));
        assert!(is_robot("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"));
        assert!(is_robot("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"));
        for agent in ["curl/8.5.0", "python-requests/2.32", "", "Mozilla/5.0 HeadlessChrome/142.0.0.0"] {
            assert!(!is_robot(agent), "{agent}");
        }
    }
}
