//! Structured dictionaries as browsers read them (RFC 9651 section 4.2.2): strictly, or not at all.
//!
//! Dates and display strings are left out: what the fields in question never have is taken for malformed.

use std::borrow::Cow;

/// Most digits of an integer (RFC 9651 section 3.3.1), and of the whole part of a decimal (section 3.3.2).
const INTEGER_DIGITS_MAX: usize = 15;
const WHOLE_DIGITS_MAX: usize = 12;
const FRACTION_DIGITS_MAX: usize = 3;

/// One member.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// Its name.
    pub(super) key: &'a [u8],
    /// The whole of it as written.
    pub(super) text: &'a [u8],
    /// Its value; the members of an inner list.
    pub(super) items: Vec<Item<'a>>,
}

/// One bare item.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A string, its escapes taken out.
    Text(Cow<'a, [u8]>),
    /// A token.
    Token(&'a [u8]),
    /// A number, a boolean, bytes.
    Other,
}

/// The members of a dictionary; `None` when it is not well formed.
pub(super) fn read(value: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut rest = Reader { value, at: 0 };
    let mut members = Vec::new();
    rest.skip(b" ");
    while rest.peek().is_some() {
        let start = rest.at;
        let key = rest.key()?;
        let items = if rest.take(b'=') { rest.value()? } else { Vec::new() };
        rest.parameters()?;
        members.push(Member { key, text: &value[start..rest.at], items });
        rest.skip(b" \t");
        if rest.peek().is_none() {
            break;
        }
        if !rest.take(b',') {
            return None;
        }
        rest.skip(b" \t");
        rest.peek()?;
    }
    Some(members)
}

struct Reader<'a> {
    value: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip(&mut self, bytes: &[u8]) {
        while self.peek().is_some_and(|byte| bytes.contains(&byte)) {
            self.at += 1;
        }
    }

    fn take_while(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(&is_wanted) {
            self.at += 1;
        }
        &self.value[start..self.at]
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        let is_first = |byte: u8| byte.is_ascii_lowercase() || byte == b'*';
        self.peek().filter(|byte| is_first(*byte))?;
        Some(
            self.take_while(|byte| {
                is_first(byte) || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.')
            }),
        )
    }

    fn value(&mut self) -> Option<Vec<Item<'a>>> {
        if !self.take(b'(') {
            return Some(vec![self.item()?]);
        }
        let mut items = Vec::new();
        loop {
            self.skip(b" ");
            if self.take(b')') {
                return Some(items);
            }
            items.push(self.item()?);
            self.parameters()?;
            self.peek().filter(|byte| matches!(byte, b' ' | b')'))?;
        }
    }

    fn parameters(&mut self) -> Option<()> {
        while self.take(b';') {
            self.skip(b" ");
            self.key()?;
            if self.take(b'=') {
                self.item()?;
            }
        }
        Some(())
    }

    fn item(&mut self) -> Option<Item<'a>> {
        match self.peek()? {
            b'"' => self.text().map(Item::Text),
            b'-' | b'0'..=b'9' => self.number(),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => Some(Item::Token(self.take_while(is_in_token))),
            b':' => {
                self.at += 1;
                self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
                self.take(b':').then_some(Item::Other)
            }
            b'?' => {
                self.at += 1;
                (self.take(b'0') || self.take(b'1')).then_some(Item::Other)
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Item<'a>> {
        self.take(b'-');
        let whole = self.take_while(|byte| byte.is_ascii_digit()).len();
        let digits_max = if self.take(b'.') {
            let fraction = self.take_while(|byte| byte.is_ascii_digit()).len();
            (1..=FRACTION_DIGITS_MAX).contains(&fraction).then_some(WHOLE_DIGITS_MAX)?
        } else {
            INTEGER_DIGITS_MAX
        };
        (1..=digits_max).contains(&whole).then_some(Item::Other)
    }

    fn text(&mut self) -> Option<Cow<'a, [u8]>> {
        self.at += 1;
        let start = self.at;
        let plain = self.take_while(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
        if self.take(b'"') {
            return Some(Cow::Borrowed(plain));
        }
        let mut text = self.value[start..self.at].to_vec();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(Cow::Owned(text)),
                b'\\' => {
                    text.push(self.peek().filter(|byte| matches!(byte, b'"' | b'\\'))?);
                    self.at += 1;
                }
                b' '..=b'~' => text.push(byte),
                _ => return None,
            }
        }
    }
}

fn is_in_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(value: &str) -> Option<Vec<String>> {
        let members = read(value.as_bytes())?;
        Some(members.iter().map(|member| String::from_utf8_lossy(member.key).into_owned()).collect())
    }

    #[test]
    fn a_dictionary_is_read_as_browsers_do() {
        for (value, expected) in [
            ("", vec![]),
            ("  a", vec!["a"]),
            ("a=()", vec!["a"]),
            ("a=(self \"https://x.example\");report-to=y, b=*,\tc=self", vec!["a", "b", "c"]),
            ("a=1, b=-1.5;q=\"\\\\\", c=:aGk=:, d=?1, e, f;x=(", vec![]),
            ("a=1, b=-1.5;q=\"\\\\\", c=:aGk=:, d=?1, e", vec!["a", "b", "c", "d", "e"]),
        ] {
            let expected = if value.ends_with('(') { None } else { Some(expected) };
            let expected = expected.map(|keys| keys.into_iter().map(str::to_owned).collect());
            assert_eq!(keys(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_no_dictionary() {
        for value in [
            "geolocation 'self'",
            "geolocation 'self'; camera 'none'",
            "a=(",
            "a=(self",
            "a=(self,b)",
            "a=(\"x\"\"y\")",
            "a,",
            "a,,b",
            ",a",
            "A=1",
            "a=\"x",
            "a=\"\\x\"",
            "a= 1",
            "a=1.",
            "a=1.1234",
            "a=1234567890123456",
            "a=1234567890123.1",
            "a=@1",
            "a=\u{e6}",
            "a=1 b=2",
            "\ta",
        ] {
            assert_eq!(keys(value), None, "{value}");
        }
    }

    #[test]
    fn strings_lose_their_escapes() {
        let members = read(br#"a=("x\"y" z)"#).expect("a dictionary");
        assert_eq!(members[0].items, [Item::Text(Cow::Borrowed(b"x\"y")), Item::Token(b"z")]);
        assert_eq!(members[0].text, br#"a=("x\"y" z)"#);
    }
}
