//! The script that stands first in `<head>`: the guard, then what page scripts are told.

use bytes::Bytes;

use super::assets::{GUARD, GUARD_FREE, SIGNALS};
use super::html::ScriptValue;
use crate::policy::consent::{Category, CategorySet};

/// Where the guard gets the rule for cookies.
const COOKIES_TOKEN: &str = "$C";
/// Where the guard gets the rule for everything else; it stands behind the other.
const STORAGE_TOKEN: &str = "$S";

/// Which names page scripts may store under: regular expressions of JavaScript, anchored by whoever made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenNames<'a> {
    /// Matches the cookies that may be written.
    pub cookies: &'a str,
    /// Matches the keys, databases and caches that may be written.
    pub storage: &'a str,
}

impl OpenNames<'_> {
    /// An expression that matches every name: nothing has to be wrapped when storage is as free as that.
    pub const EVERY: &'static str = "^";
}

/// The element for one consent state.
pub(super) fn head(categories: CategorySet, names: OpenNames<'_>) -> Bytes {
    let is_free = categories == CategorySet::ALL && names.storage == OpenNames::EVERY;
    let guard = if is_free {
        GUARD_FREE.to_owned()
    } else {
        // The second is filled first: then nothing in a rule can be taken for a token.
        let (before, after) = GUARD.split_once(STORAGE_TOKEN).unwrap_or((GUARD, ""));
        let before = before.replacen(COOKIES_TOKEN, ScriptValue::regex(names.cookies).as_str(), 1);
        [&before, ScriptValue::regex(names.storage).as_str(), after].concat()
    };
    let signal = |category| if categories.contains(category) { "\"granted\"" } else { "\"denied\"" };
    let signals = SIGNALS
        .replace("__CONSENT__", ScriptValue::texts(categories.iter().map(Category::name)).as_str())
        .replace("__A__", signal(Category::Preferences))
        .replace("__B__", signal(Category::Statistics))
        .replace("__C__", signal(Category::Marketing));
    Bytes::from(format!("<script id=\"consentry-guard\">{guard};{signals}</script>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(categories: CategorySet, names: OpenNames<'_>) -> String {
        String::from_utf8(head(categories, names).to_vec()).unwrap()
    }

    const HELD: OpenNames<'_> = OpenNames { cookies: "^cart$", storage: "^sort$" };
    const FREE: OpenNames<'_> = OpenNames { cookies: "^(?!consentry$)", storage: "^" };

    #[test]
    fn the_guard_stays_under_one_kibibyte() {
        assert!(GUARD.len() < 1024, "{} bytes", GUARD.len());
    }

    #[test]
    fn each_rule_stands_in_its_place() {
        assert_eq!(GUARD.matches(COOKIES_TOKEN).count(), 1);
        assert_eq!(GUARD.matches(STORAGE_TOKEN).count(), 1);
        let head = text(CategorySet::NECESSARY, OpenNames { cookies: "^$S$", storage: "^$C$" });
        assert!(head.contains("=/^$S$/,") && head.contains("=/^$C$/,"), "{head}");
    }

    #[test]
    fn no_token_is_left() {
        for names in [HELD, FREE] {
            for state in CategorySet::every() {
                let head = text(state, names);
                for token in ["$C", "$S", "__CONSENT__", "__A__", "__B__", "__C__", "__FREE__"] {
                    assert!(!head.contains(token), "{head}");
                }
            }
        }
    }

    /// Rule G1 and G7: all seven signals, in the first statement on dataLayer.
    #[test]
    fn signals_follow_the_consent() {
        let denied = text(CategorySet::NECESSARY, FREE);
        assert_eq!(denied.matches("\"denied\"").count(), 6, "{denied}");
        assert!(denied.contains("security_storage:\"granted\""), "{denied}");
        let statistics = text(CategorySet::NECESSARY.with(Category::Statistics), FREE);
        assert!(statistics.contains("analytics_storage:\"granted\""), "{statistics}");
        assert_eq!(statistics.matches("\"denied\"").count(), 5);
        assert!(!text(CategorySet::ALL, FREE).contains("\"denied\""));
    }

    #[test]
    fn only_a_visitor_who_agreed_to_everything_has_nothing_wrapped() {
        assert!(!text(CategorySet::ALL, FREE).contains("setItem"));
        assert!(text(CategorySet::ALL, HELD).contains("setItem"));
        assert!(text(CategorySet::NECESSARY, FREE).contains("setItem"));
    }

    proptest! {
        #[test]
        fn no_rule_ends_the_script(cookies in "\\PC*(</script>|<!--)?\\PC*", storage in "\\PC*") {
            let head = text(CategorySet::NECESSARY, OpenNames { cookies: &cookies, storage: &storage });
            let inside = head.strip_prefix("<script id=\"consentry-guard\">").unwrap().strip_suffix("</script>").unwrap();
            prop_assert!(!inside.contains("</") && !inside.contains("<!"));
            prop_assert!(head.is_ascii());
        }
    }
}
