//! Does a script start with a tracker's file, or has it one somewhere in it? A shop that packs a tracker's library into
//! its own script would lose the whole of it; a file that the tracker's owner serves has nothing of the shop's before it.

use memchr::memmem;

/// What packers of modules write before what they pack: webpack, Parcel, `SystemJS`.
const PACKED: [&[u8]; 5] =
    [b"webpackChunk", b"webpackJsonp", b"__webpack_", b"parcelRequire", b"System.register("];

/// Is what stands at `at` in the comments that `script` starts with, or in its first statement? Strings alone, such as
/// `"use strict"`, are none. A slash that opens a regular expression is not told from one that divides: what is misread so
/// is the shop's sooner than the tracker's.
pub(super) fn is_at_start(script: &[u8], at: usize) -> bool {
    let before = &script[..at];
    if PACKED.iter().any(|mark| memmem::find(before, mark).is_some()) {
        return false;
    }
    let mut reading = Reading::default();
    let mut place = if before.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    while place < at {
        place = match token(&script[place..]) {
            Token::Comment(length) if place + length > at => return !reading.has_code,
            Token::Comment(length) => place + length,
            Token::Text(length) => {
                if !reading.takes(b'"') {
                    return false;
                }
                place + length
            }
            Token::Escape => place + 2,
            Token::Byte(byte) => {
                if !reading.takes(byte) {
                    return false;
                }
                place + 1
            }
        };
    }
    // Inside of a string; else what is looked for may be a comment from its first byte on.
    place > at
        || match script.get(at) {
            Some(b'/') => !reading.has_code,
            Some(byte) => reading.takes(*byte),
            None => true,
        }
}

/// A piece of a script, with its length in bytes.
enum Token {
    Comment(usize),
    Text(usize),
    /// Two bytes of a regular expression.
    Escape,
    Byte(u8),
}

/// The piece that `rest` begins with. What does not end runs to the end.
fn token(rest: &[u8]) -> Token {
    let end = |mark: &[u8]| memmem::find(&rest[2..], mark).map_or(rest.len(), |found| 2 + found + mark.len());
    match rest {
        [b'/', b'*', ..] => Token::Comment(end(b"*/")),
        [b'/', b'/', ..] => Token::Comment(end(b"\n")),
        [b'\\', _, ..] => Token::Escape,
        [quote @ (b'"' | b'\'' | b'`'), ..] => Token::Text(text_length(rest, *quote)),
        [byte, ..] => Token::Byte(*byte),
        [] => Token::Byte(b' '),
    }
}

/// A string and its quotes; one that is no template ends with its line, too.
fn text_length(rest: &[u8], quote: u8) -> usize {
    let mut place = 1;
    while let Some(byte) = rest.get(place) {
        match *byte {
            b'\\' => place += 2,
            byte if byte == quote || (byte == b'\n' && quote != b'`') => return place + 1,
            _ => place += 1,
        }
    }
    rest.len()
}

/// What was read of a script's first statement.
#[derive(Default)]
struct Reading {
    /// Brackets that are open.
    depth: usize,
    /// There was more than strings.
    has_code: bool,
    /// The statement has ended, and anything but white space is another one.
    is_over: bool,
    /// A brace or a line has ended outside of brackets: the statement has ended if a word follows.
    may_be_over: bool,
}

impl Reading {
    /// Takes the next byte of code. `false`: it belongs to a second statement.
    fn takes(&mut self, byte: u8) -> bool {
        if byte.is_ascii_whitespace() {
            self.may_be_over |= byte == b'\n' && self.depth == 0 && self.has_code;
            return true;
        }
        if byte == b';' && self.depth == 0 {
            self.is_over = self.has_code;
            return true;
        }
        let is_word = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'!' | b'"' | 0x80..);
        if self.is_over || (self.may_be_over && is_word) {
            return false;
        }
        self.may_be_over = false;
        self.has_code |= byte != b'"';
        match byte {
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                self.may_be_over = byte == b'}' && self.depth == 0;
            }
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_told(script: &str) -> bool {
        is_at_start(script.as_bytes(), script.find("SIGN").unwrap())
    }

    #[test]
    fn a_file_is_a_trackers_when_it_starts_with_it() {
        for script in [
            "SIGN",
            "/*! SIGN */ function x(){}",
            "\u{FEFF}// Copyright\n\n/**\n * SIGN\n */",
            "'use strict';\n\"SIGN\"",
            "\"use strict\";!function(){SIGN}()",
            "!function(){\"use strict\";var a=1,b={};function c(t){return b[t]}var d=SIGN}()",
            "(function(){\n\nvar data = {\n\"resource\": {\n  SIGN",
            "// of the vendor\nwindow._s=window._s||{},window._s.SIGN={",
            "load({path:\"/SIGN\"})",
            "(t=>{const e=/^https?:\\/\\/[\"']/;let a=`${t};}`;SIGN})(window)",
        ] {
            assert!(is_told(script), "{script}");
        }
    }

    #[test]
    fn a_script_of_the_shop_stays_the_shops_whatever_it_has_packed() {
        for script in [
            "start();SIGN",
            "start();!function(){SIGN}()",
            "const shop = 1\nconst other = SIGN",
            "function own(){}function vendor(){SIGN}",
            "function own(){}\n/*! SIGN */",
            "own()/*! SIGN */",
            "import{a}from\"./a.js\";SIGN",
            "import\"./a.js\";!function(){SIGN}()",
            "\"use strict\";(self.webpackChunkshop=self.webpackChunkshop||[]).push([[7],{1:()=>{SIGN",
            "(window.webpackJsonp=window.webpackJsonp||[]).push([[0],{1:function(){SIGN",
            "(()=>{var e={7:(e,t,n)=>{n(8)}};function __webpack_require__(e){}SIGN",
            "parcelRequire=function(e){SIGN",
            "System.register([],function(){SIGN",
        ] {
            assert!(!is_told(script), "{script}");
        }
    }

    proptest! {
        #[test]
        fn own_code_before_a_file_makes_it_the_shops(
            own in "(let [a-z]{1,9} = [0-9]{1,4};|[a-z]{3,9}\\([0-9]\\);){1,30}",
            comment in "(/\\*[a-z; ]{0,20}\\*/|[ \n]){0,3}",
        ) {
            let script = format!("{comment}{own}{comment}!function(){{SIGN}}()");
            prop_assert!(!is_told(&script));
        }

        #[test]
        fn any_bytes_are_read(script in prop::collection::vec(any::<u8>(), 1..300), at in any::<prop::sample::Index>()) {
            is_at_start(&script, at.index(script.len()));
        }
    }
}
