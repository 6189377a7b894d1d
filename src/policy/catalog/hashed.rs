//! Cookies that are called by a hash or a number, so that no pattern tells them: whose they are.

/// Length of an MD5 in hexadecimal digits. Unit: bytes.
const MD5_DIGITS: usize = 32;

/// The entry that a cookie of such a name belongs to. Joomla calls its session by an MD5 (`Session::getName`), Craft's login
/// is one with an ending, and BIG-IP puts digits behind `TS`, six to thirteen of them.
pub(super) fn owner(name: &[u8]) -> Option<&'static str> {
    let is_md5 = |name: &[u8]| name.len() == MD5_DIGITS && is_hex(name);
    if is_md5(name) {
        return Some("virtuemart");
    }
    if name.strip_suffix(b"_identity").is_some_and(is_md5) {
        return Some("craft");
    }
    let is_digits = |digits: &[u8]| (6..=13).contains(&digits.len()) && is_hex(digits);
    name.strip_prefix(b"TS").is_some_and(is_digits).then_some("f5")
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
            ("TS8f7a1b2c029", Some("f5")),
            ("TSf1e2d3c4", Some("f5")),
            ("0123456789ABCDEF0123456789ABCDEF", None),
            ("0123456789abcdef0123456789abcdef0", None),
            ("0123456789abcdef0123456789abcdeg", None),
            ("TSession", None),
            ("TS12345", None),
            ("TS01234567890123", None),
            ("_identity", None),
        ] {
            assert_eq!(owner(name.as_bytes()), whose, "{name}");
        }
    }
}
