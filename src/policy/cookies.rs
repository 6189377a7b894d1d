//! Which cookies reach the origin, which reach the browser, which must be expired.
//!
//! Header values are taken apart as browsers do it (RFC 6265 sections 5.2 and 5.4): at every `;`, quotes or not.
//! What is kept keeps its bytes. A cookie without a name is judged by its text, because that text is what the
//! browser sends back and what a lenient reader takes for a name.

mod expiry;
mod guard;
mod withdrawal;

pub use expiry::removes;
pub(super) use guard::Claims;
pub use guard::GuardRules;
pub use withdrawal::{Scheme, strays};

use super::consent::Consent;
use super::{Page, Policy};

/// The name of the cookie that carries the sealed consent. Only the gateway sets, reads and removes it.
pub const CONSENT_COOKIE: &str = "consentry";
/// The name of the cookie by which a visitor objects to being counted. Set when the visitor asks for it, so it is
/// necessary.
pub const OBJECTION_COOKIE: &str = "consentry_objection";
/// The name of the cookie that holds two week numbers, once statistics are agreed to.
pub const WEEKS_COOKIE: &str = "consentry_weeks";

/// Is it one of the gateway's own? The origin neither sees, sets nor removes them.
pub fn is_ours(name: &[u8]) -> bool {
    // All begin alike, and nearly no other does.
    name.starts_with(CONSENT_COOKIE.as_bytes())
        && [CONSENT_COOKIE, OBJECTION_COOKIE, WEEKS_COOKIE].iter().any(|own| own.as_bytes() == name)
}

/// What is left of one header line: of `Cookie`, or of a field that is a list ([`super::field`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Everything: the line can stay as it is.
    All,
    /// Nothing: the line goes.
    None,
    /// These parts, each byte for byte, with the separator of the field between them.
    Some(Vec<u8>),
}

impl Policy {
    /// What of one `Cookie` line of a request for `page` may reach the origin. Our own cookies never do: the origin is
    /// told of the consent by a header. Allocates only when something goes and something stays.
    pub fn request_cookies(&self, consent: &Consent, page: Page<'_>, header: &[u8]) -> Kept {
        kept(header, |name| self.cookie_bytes_are_open(consent, page.path, name))
    }

    /// May this `Set-Cookie` value reach the browser? It does byte for byte, or not at all. One that removes a
    /// cookie always may: that is a `Max-Age` of zero or less, or, without a valid `Max-Age`, an `Expires` in the
    /// year 2000 or before (RFC 6265 section 5.3; no clock is asked, so a later date never counts as past). The
    /// origin neither sets nor removes cookies of ours.
    pub fn response_cookie(&self, consent: &Consent, page: Page<'_>, set_cookie: &[u8]) -> bool {
        let pair = set_cookie.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let name = judged_name(pair);
        if is_ours(name) {
            return false;
        }
        self.cookie_bytes_are_open(consent, page.path, name) || removes(set_cookie)
    }
}

/// The same where nothing is held, because nobody is asked: all but our own.
pub fn all_but_ours(header: &[u8]) -> Kept {
    kept(header, |_| true)
}

fn kept(header: &[u8], is_open: impl Fn(&[u8]) -> bool) -> Kept {
    let is_kept = |pair: &[u8]| {
        let name = judged_name(pair);
        !is_ours(name) && is_open(name)
    };
    let Some(first) = pairs(header).position(|pair| !is_kept(pair)) else {
        return Kept::All;
    };
    let mut kept = Vec::new();
    let before = pairs(header).take(first);
    for pair in before.chain(pairs(header).skip(first + 1).filter(|pair| is_kept(pair))) {
        if kept.is_empty() {
            kept.reserve_exact(header.len());
        } else {
            kept.extend_from_slice(b"; ");
        }
        kept.extend_from_slice(pair);
    }
    if kept.is_empty() { Kept::None } else { Kept::Some(kept) }
}

/// The pairs of a `Cookie` line, without the space around them; empty ones are no pairs.
fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty())
}

/// The name by which a pair is judged: what stands before its first `=`; without a name, what stands after.
fn judged_name(pair: &[u8]) -> &[u8] {
    let start =
        pair.iter().position(|byte| *byte != b'=' && !byte.is_ascii_whitespace()).unwrap_or(pair.len());
    let named = &pair[start..];
    let end = memchr::memchr(b'=', named).unwrap_or(named.len());
    named[..end].trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::catalog::Catalog;
    use crate::policy::consent::Category::{self, Marketing, Statistics};
    use crate::policy::samples::{FRONT, allow, any_growing_consent, of, plain, policy, settings};
    use crate::policy::{Allowed, Settings, Unknown};

    fn kept(consent: &Consent, header: &[u8]) -> Kept {
        plain().request_cookies(consent, FRONT, header)
    }

    fn some(text: &[u8]) -> Kept {
        Kept::Some(text.to_vec())
    }

    #[test]
    fn held_cookies_do_not_reach_the_origin() {
        let none = Consent::none();
        assert_eq!(kept(&none, b"_ga=GA1.1.2.3"), Kept::None);
        assert_eq!(
            kept(&none, b"PHPSESSID=a; _ga=GA1.1.2.3; cart=\"x y\""),
            some(b"PHPSESSID=a; cart=\"x y\"")
        );
        assert_eq!(
            kept(&none, b"_fbp=1;PHPSESSID=a;;  whatever=2 ;cart=a=b= "),
            some(b"PHPSESSID=a; cart=a=b=")
        );
        assert_eq!(kept(&of(&[Statistics]), b"_fbp=1; _ga_ABC=2"), some(b"_ga_ABC=2"));
    }

    #[test]
    fn sessions_that_a_framework_names_after_the_shop_reach_browser_and_origin() {
        let none = Consent::none();
        let policy = Policy::new(settings(), Catalog::of_site(&[], &[]).unwrap().into());
        for name in [
            "_myshop_session",
            "my_shop_session",
            "dekkogfelg-session",
            "koa.sess",
            "koa.sess.sig",
            "my_wikiUserID",
            "_shop_key",
            "shop.sid",
        ] {
            let pair = format!("{name}=abc");
            assert_eq!(policy.request_cookies(&none, FRONT, pair.as_bytes()), Kept::All, "{name}");
            let set = format!("{pair}; path=/; httponly");
            assert!(policy.response_cookie(&none, FRONT, set.as_bytes()), "{name}");
        }
        for name in ["_hjSession_1_session", "_kla_session", "rl_session", "_session_mark", "my_sessions"] {
            assert_eq!(policy.request_cookies(&none, FRONT, name.as_bytes()), Kept::None, "{name}");
        }
    }

    #[test]
    fn a_line_of_open_cookies_stays_as_it_is() {
        assert_eq!(kept(&Consent::none(), b" PHPSESSID=a;cart=1 ; ;"), Kept::All);
        assert_eq!(kept(&Consent::none(), b""), Kept::All);
        assert_eq!(kept(&of(&Category::ALL), b"_ga=1; anything=\xff"), Kept::All);
    }

    #[test]
    fn our_own_cookies_never_reach_the_origin() {
        let everything = of(&Category::ALL);
        assert_eq!(kept(&everything, b"consentry_objection=1; consentry_weeks=2930.2931"), Kept::None);
        assert_eq!(kept(&everything, b"consentry_weeks=1; consentry_weekss=1"), some(b"consentry_weekss=1"));
        assert_eq!(kept(&everything, b"consentry=1.2.3"), Kept::None);
        assert_eq!(kept(&everything, b"a=1; consentry =x; =consentry=y; consentry"), some(b"a=1"));
    }

    #[test]
    fn odd_pairs_cannot_carry_a_held_name() {
        let none = Consent::none();
        for held in [
            &b"=_ga=1"[..],
            b"_ga",
            b"= =_ga",
            b"\t_ga\t=1",
            b"cart=\"; _ga=1; z=\"",
            b"_ga\xff=1",
            b"=b",
            b"=",
        ] {
            let policy = policy(Settings { unknown_cookies: Unknown::Hold, ..settings() });
            let Kept::Some(rest) = policy.request_cookies(&none, FRONT, &[b"PHPSESSID=1; ", held].concat())
            else {
                panic!("{} was kept", held.escape_ascii());
            };
            assert!(!rest.windows(3).any(|part| part == b"_ga"), "{}", rest.escape_ascii());
        }
        let policy = policy(Settings { unknown_cookies: Unknown::Pass, ..settings() });
        assert_eq!(policy.request_cookies(&none, FRONT, b"=_ga=1; _hj\xff=2; b=3"), some(b"b=3"));
    }

    #[test]
    fn an_operators_rule_holds_on_its_paths_only() {
        let allow = vec![allow(Allowed::Cookie("sort*".into()), Category::Necessary, &["/dekk"])];
        let policy = policy(Settings { allow, ..settings() });
        let none = Consent::none();
        assert_eq!(policy.request_cookies(&none, Page { path: "/dekk/1", ..FRONT }, b"sort=1"), Kept::All);
        assert_eq!(policy.request_cookies(&none, FRONT, b"sort=1"), Kept::None);
    }

    #[test]
    fn third_party_cookie_is_dropped_before_consent() {
        let policy = plain();
        let set = |consent: &Consent, text: &str| policy.response_cookie(consent, FRONT, text.as_bytes());
        let none = Consent::none();
        assert!(!set(&none, "_ga=1; Path=/"));
        assert!(!set(&none, "mystery=1"));
        assert!(!set(&none, "=_ga=1"));
        assert!(!set(&none, "_ga"));
        assert!(set(&none, "PHPSESSID=1; HttpOnly"));
        assert!(set(&of(&[Statistics]), "_ga=1; Path=/"));
        assert!(!set(&of(&[Marketing]), "_ga=1; Path=/"));
    }

    #[test]
    fn removing_a_cookie_always_passes() {
        let policy = plain();
        let none = Consent::none();
        assert!(policy.response_cookie(&none, FRONT, b"_ga=; Max-Age=0; Path=/"));
        assert!(policy.response_cookie(&none, FRONT, b"_ga=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT"));
    }

    #[test]
    fn the_origin_cannot_touch_our_own_cookies() {
        let policy = plain();
        for text in [
            "consentry_objection=1",
            "consentry_weeks=; Max-Age=0",
            "consentry=1",
            " consentry = 1",
            "consentry=; Max-Age=0",
            "=consentry=1",
            "consentry",
        ] {
            assert!(!policy.response_cookie(&of(&Category::ALL), FRONT, text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn more_consent_never_removes_a_cookie(
            (less, more) in any_growing_consent(),
            names in prop::collection::vec("_ga|_fbp|_hj[a-z]|cart|PHPSESSID|[a-z]{1,3}|consentry|_gcl_au|", 0..8),
        ) {
            let policy = plain();
            let header = names.iter().map(|name| format!("{name}=v")).collect::<Vec<_>>().join("; ");
            let list = |consent: &Consent| match policy.request_cookies(consent, FRONT, header.as_bytes()) {
                Kept::All => header.clone(),
                Kept::None => String::new(),
                Kept::Some(kept) => String::from_utf8(kept).unwrap(),
            };
            let (few, many) = (list(&less), list(&more));
            let many: Vec<_> = many.split("; ").collect();
            for pair in few.split("; ").filter(|pair| !pair.is_empty()) {
                prop_assert!(many.contains(&pair), "{pair} was lost");
                prop_assert!(policy.response_cookie(&more, FRONT, pair.as_bytes()));
            }
        }

        #[test]
        fn any_bytes_are_taken_apart_without_a_held_name_left(header in prop::collection::vec(
            prop::sample::select(&b"=; \t\"_ga\xffcart"[..]), 0..40,
        )) {
            let policy = plain();
            let none = Consent::none();
            let left = match policy.request_cookies(&none, FRONT, &header) {
                Kept::All => header,
                Kept::None => Vec::new(),
                Kept::Some(kept) => kept,
            };
            prop_assert_eq!(policy.request_cookies(&none, FRONT, &left), Kept::All);
            for pair in pairs(&left) {
                prop_assert!(policy.cookie_bytes_are_open(&none, "/", judged_name(pair)));
            }
        }
    }
}
