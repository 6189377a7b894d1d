//! Parts of an address as servers read them: parameters, and percent-encoded text, compared without allocating.
//!
//! `&` and `;` both end a parameter: the URL Standard knows the first, older servers take the second too (HTML 4.01
//! appendix B.2.2). Letters differ in case (RFC 3986 section 6.2.2.1), and a byte means the same encoded or not.

use std::borrow::Cow;

/// Escaped text up to this length is decoded without allocating. Unit: bytes.
pub(super) const ROOM_BYTES: usize = 512;

/// One parameter of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter<'a> {
    /// `&` or `;` before it; the first has none and says `&`.
    pub separator: u8,
    /// As it stands between separators.
    pub text: &'a [u8],
}

impl<'a> Parameter<'a> {
    /// What stands before the first `=`, as written.
    pub(super) fn name(self) -> &'a [u8] {
        &self.text[..self.cut()]
    }

    /// What stands after the first `=`, as written.
    pub(super) fn value(self) -> &'a [u8] {
        self.text.get(self.cut() + 1..).unwrap_or_default()
    }

    fn cut(self) -> usize {
        memchr::memchr(b'=', self.text).unwrap_or(self.text.len())
    }
}

/// The parameters of a query in their order, empty ones included.
pub(super) fn parameters(query: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    let mut rest = Some(query);
    let mut separator = b'&';
    std::iter::from_fn(move || {
        let query = rest?;
        let end = memchr::memchr2(b'&', b';', query);
        let parameter = Parameter { separator, text: &query[..end.unwrap_or(query.len())] };
        rest = end.map(|end| {
            separator = query[end];
            &query[end + 1..]
        });
        Some(parameter)
    })
}

/// Is `text`, a name or value of a query, what `pattern` says? A trailing `*` takes every end.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let mut plain = decoded_bytes(text);
    match pattern.strip_suffix(b"*") {
        Some(start) => start.iter().all(|byte| plain.next() == Some(*byte)),
        None => pattern.iter().all(|byte| plain.next() == Some(*byte)) && plain.next().is_none(),
    }
}

/// `text` with its percent-encoding taken off; what is no encoded byte stays. Long escaped text alone is copied to
/// the heap.
pub(super) fn decoded<'a>(text: &'a [u8], room: &'a mut [u8; ROOM_BYTES]) -> Cow<'a, [u8]> {
    if memchr::memchr(b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    if text.len() > ROOM_BYTES {
        return Cow::Owned(decoded_bytes(text).collect());
    }
    let mut length = 0;
    for (place, byte) in room.iter_mut().zip(decoded_bytes(text)) {
        *place = byte;
        length += 1;
    }
    Cow::Borrowed(&room[..length])
}

/// First bytes of names: tells nearly every parameter from those that matter.
#[derive(Clone, Debug)]
pub(super) struct Initials([bool; 256]);

impl Default for Initials {
    fn default() -> Self {
        let mut initials = [false; 256];
        // What begins encoded may begin with anything.
        initials[usize::from(b'%')] = true;
        Self(initials)
    }
}

impl Initials {
    /// Takes names that begin as `name` does.
    pub(super) fn add(&mut self, name: &[u8]) {
        if let Some(first) = name.first() {
            self.0[usize::from(*first)] = true;
        }
    }

    /// May a parameter that begins so have one of the names?
    pub(super) fn may_begin(&self, text: &[u8]) -> bool {
        text.first().is_some_and(|first| self.0[usize::from(*first)])
    }
}

fn decoded_bytes(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (byte, after) = rest.split_first()?;
        if let (b'%', [high, low, tail @ ..]) = (byte, after)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            rest = tail;
            return Some(high << 4 | low);
        }
        rest = after;
        Some(*byte)
    })
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(query: &str) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        parameters(query.as_bytes()).map(|one| (text(one.name()), text(one.value()))).collect()
    }

    #[test]
    fn parameters_are_split_as_servers_split_them() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("a", "1"), pair("b", ""), pair("", ""), pair("c", "x=y"), pair("d", "")];
        assert_eq!(pairs("a=1&b&&c=x=y;d="), expected);
        assert_eq!(pairs(""), [pair("", "")]);
    }

    #[test]
    fn text_is_compared_decoded_and_with_its_case() {
        for (pattern, text, expected) in [
            ("tid", "tid", true),
            ("tid", "%74%69d", true),
            ("tid", "TID", false),
            ("tid", "tid2", false),
            ("G-*", "G-ABC", true),
            ("G-*", "%47%2DABC", true),
            ("G-*", "G", false),
            ("a b", "a%20b", true),
            ("a%", "a%", true),
            ("a%2", "a%2", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn every_encoding_of_a_text_is_that_text(text in "[ -~]{0,40}", choices in prop::collection::vec(any::<bool>(), 40)) {
            let encode = |(byte, is_encoded): (u8, &bool)| {
                if *is_encoded || byte == b'%' { format!("%{byte:02x}") } else { char::from(byte).to_string() }
            };
            let encoded: String = text.bytes().zip(&choices).map(encode).collect();
            let mut room = [0; ROOM_BYTES];
            let plain = decoded(encoded.as_bytes(), &mut room);
            prop_assert_eq!(plain.as_ref(), text.as_bytes());
            if !text.ends_with('*') {
                prop_assert!(matches(text.as_bytes(), encoded.as_bytes()));
            }
        }

        #[test]
        fn what_is_split_can_be_joined_again(query in "[a=&;%+]{0,30}") {
            let mut joined = String::new();
            for one in parameters(query.as_bytes()) {
                joined.push(char::from(one.separator));
                joined.push_str(std::str::from_utf8(one.text).unwrap());
            }
            prop_assert_eq!(&joined[1..], query);
        }

        #[test]
        fn long_text_is_decoded_like_short_text(text in "(%[0-9a-f]{2}|[a-z%]){300,400}") {
            let mut room = [0; ROOM_BYTES];
            let whole = decoded(text.as_bytes(), &mut room).into_owned();
            prop_assert_eq!(whole, decoded_bytes(text.as_bytes()).collect::<Vec<_>>());
        }
    }
}
