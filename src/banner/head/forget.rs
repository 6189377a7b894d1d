//! The file that a browser fetches when something may have been taken back: it removes what is kept there beside cookies.

use super::super::assets::FORGET;
use super::super::html::ScriptValue;
use crate::policy::consent::{Category, Consent};

/// What a browser may keep beside cookies under a consent.
#[derive(Debug)]
pub struct Kept<'a> {
    /// Keys and databases that may stay, as an expression of JavaScript.
    pub names: &'a str,
    /// What may not, as the catalogue writes it; a `*` at an end takes every continuation. Of caches these go and no others: a
    /// service worker of the shop fills them, which no guard stands before.
    pub held: &'a [&'a str],
}

/// The file that removes what may not be kept.
pub fn forget_script(kept: &Kept<'_>) -> String {
    forgetting(kept, "null", false)
}

/// The same for a page that goes because of an answer in another tab: it tells tags that run which categories stand now, and
/// loads the page again where nothing is lost by it. Something `may_be_taken_back` where something ran.
pub fn now_script(kept: &Kept<'_>, consent: &Consent, may_be_taken_back: bool) -> String {
    let stand = Category::ASKED.into_iter().filter(|category| consent.categories().contains(*category));
    forgetting(kept, ScriptValue::texts(stand.map(Category::name)).as_str(), may_be_taken_back)
}

fn forgetting(kept: &Kept<'_>, stand: &str, takes_back: bool) -> String {
    let script = FORGET.replace("__NOW__", stand).replace("__TAKES_BACK__", &takes_back.to_string());
    // What is put in last may hold anything: then nothing in it is taken for a token.
    let (before, after) = script.split_once("__KEPT__").unwrap_or((&script, ""));
    let after = after.replace("__HELD__", ScriptValue::texts(kept.held.iter().copied()).as_str());
    [before, ScriptValue::regex(kept.names).as_str(), &after].concat()
}

#[cfg(test)]
mod tests {
    use super::super::tests::of;
    use super::*;
    use crate::policy::consent::CategorySet;

    #[test]
    fn r32_what_is_removed_is_told_by_rule_and_by_name() {
        let kept = Kept { names: "^__HELD__$", held: &["_uet*", "__KEPT__"] };
        let statistics = of(CategorySet::NECESSARY.with(Category::Statistics));
        for (script, stand) in
            [(forget_script(&kept), "null"), (now_script(&kept, &statistics, true), r#"["statistics"]"#)]
        {
            for part in ["=/^__HELD__$/", r#"=["_uet*","__KEPT__"]"#, stand] {
                assert!(script.contains(part), "{part} is missing in {script}");
            }
        }
    }
}
