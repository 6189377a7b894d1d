//! Cookies that are called by a hash, a number or a database, so that no pattern tells them: whose they are.

/// Length of an MD5 in hexadecimal digits. Unit: bytes.
const MD5_DIGITS: usize = 32;

/// What `MediaWiki` puts behind the name of its database and the prefix of its tables (`CookieSessionProvider`). It takes a
/// session without `UserID` for a false one, so the right password would lead nowhere.
const WIKI_ENDS: [&[u8]; 4] = [b"UserID", b"UserName", b"Token", b"LoggedOut"];

/// The entry that a cookie of such a name belongs to. Joomla calls its session by an MD5 (`Session::getName`), Craft's login
/// is one with an ending and `DokuWiki`'s one behind `DW`, and BIG-IP puts digits behind `TS`, six to thirteen of them.
/// Phoenix's session is `_app_key`.
pub(super) fn owner(name: &[u8]) -> Option<&'static str> {
    let is_md5 = |name: &[u8]| name.len() == MD5_DIGITS && is_hex(name);
    if is_md5(name) {
        return Some("virtuemart");
    }
    if name.strip_suffix(b"_identity").is_some_and(is_md5) {
        return Some("craft");
    }
    if name.strip_prefix(b"DW").is_some_and(is_md5) || is_wikis(name) {
        return Some("shop-login");
    }
    if is_phoenix(name) {
        return Some("shop-session");
    }
    let is_digits = |digits: &[u8]| (6..=13).contains(&digits.len()) && is_hex(digits);
    name.strip_prefix(b"TS").is_some_and(is_digits).then_some("f5")
}

/// Databases have any name; only those that say they are a wiki's are known.
fn is_wikis(name: &[u8]) -> bool {
    let Some(database) = WIKI_ENDS.iter().find_map(|end| name.strip_suffix(*end)) else {
        return false;
    };
    let says_wiki = |part: &[u8]| part.eq_ignore_ascii_case(b"wiki");
    database == b"mw" || database.ends_with(b"_mw_") || database.windows(4).any(says_wiki)
}

fn is_phoenix(name: &[u8]) -> bool {
    let app = name.strip_prefix(b"_").and_then(|name| name.strip_suffix(b"_key")).unwrap_or_default();
    let is_plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    app.first().is_some_and(u8::is_ascii_lowercase) && app.iter().all(is_plain)
}

fn is_hex(digits: &[u8]) -> bool {
    digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_hashes_have_owners_and_those_beside_them_none() {
        for (name, whose) in [
            ("0123456789abcdef0123456789abcdef", Some("virtuemart")),
            ("0123456789abcdef0123456789abcdef_identity", Some("craft")),
            ("DW0123456789abcdef0123456789abcdef", Some("shop-login")),
            ("my_wikiUserID", Some("shop-login")),
            ("firmaWiki_mw_Token", Some("shop-login")),
            ("shop_mw_UserName", Some("shop-login")),
            ("mwLoggedOut", Some("shop-login")),
            ("_shop_web_key", Some("shop-session")),
            ("TS8f7a1b2c029", Some("f5")),
            ("TSf1e2d3c4", Some("f5")),
            ("0123456789ABCDEF0123456789ABCDEF", None),
            ("0123456789abcdef0123456789abcdef0", None),
            ("0123456789abcdef0123456789abcdeg", None),
            ("DW0123456789abcdef", None),
            ("UserID", None),
            ("mwuser-sessionId", None),
            ("visitorUserID", None),
            ("mwxToken", None),
            ("visitorToken", None),
            ("wiki_token", None),
            ("_key", None),
            ("__key", None),
            ("_1_key", None),
            ("_Shop_key", None),
            ("shop_key", None),
            ("TSession", None),
            ("TS12345", None),
            ("TS01234567890123", None),
            ("_identity", None),
        ] {
            assert_eq!(owner(name.as_bytes()), whose, "{name}");
        }
    }
}
