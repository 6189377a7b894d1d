//! Markup whose texts cannot break out: what comes from a person, a file or a request goes in escaped, and what is
//! not escaped must be written in the program.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::policy::markup::in_value;
use crate::proxy::rewrite::Part;

/// Markup in the making.
///
/// ```
/// let mut html = consentry::banner::Html::default();
/// html.raw("<p").attribute("title", "\"><script>").raw(">").text("1 < 2").raw("</p>");
/// assert_eq!(html.into_string(), "<p title=\"&quot;&gt;&lt;script&gt;\">1 &lt; 2</p>");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Html {
    out: String,
    reach: Reach,
}

/// Which characters may stand as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// All: the document is ours, and it is UTF-8.
    #[default]
    Utf8,
    /// ASCII only: the document is somebody else's, and its encoding is not known here.
    Ascii,
}

impl Html {
    /// Markup that reads the same in every encoding a page may have.
    pub fn for_any_encoding() -> Self {
        Self { out: String::new(), reach: Reach::Ascii }
    }

    /// Markup as it is. Only what is written in the program can be passed.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// The content of a `<style>`: the program's own, and values that were checked when the settings were read.
    pub(super) fn style(&mut self, css: &str) -> &mut Self {
        self.out.push_str(css);
        self
    }

    /// A text, escaped.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                other if other.is_ascii() || self.reach == Reach::Utf8 => self.out.push(other),
                other => reference(other, &mut self.out),
            }
        }
        self
    }

    /// ` name="value"`, the value escaped.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").text(value).raw("\"")
    }

    /// `<name>text</name>`, the text escaped.
    pub fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// A link, with the text escaped. A target that is neither a web address nor a path of the site becomes text.
    pub fn link(&mut self, target: &str, text: &str) -> &mut Self {
        if !["https://", "http://", "/"].iter().any(|start| target.starts_with(start)) {
            return self.text(text);
        }
        self.raw("<a").attribute("href", target).raw(">").text(text).raw("</a>")
    }

    /// The markup.
    pub fn into_string(self) -> String {
        self.out
    }
}

/// The names of the small letters from U+0430 to U+044F, without the ending `cy` (HTML Standard section 13.5).
const CYRILLIC: [&str; 32] = [
    "a", "b", "v", "g", "d", "ie", "zh", "z", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
    "f", "kh", "ts", "ch", "sh", "shch", "hard", "y", "soft", "e", "yu", "ya",
];
/// How far the small letters stand behind the capital ones.
const CYRILLIC_CASE: u32 = 32;

/// A character in ASCII. Cyrillic letters go by their names: a page with a Bulgarian question is 40 bytes of Brotli shorter
/// than by their numbers. Writing to a String cannot fail.
fn reference(character: char, out: &mut String) {
    let number = u32::from(character);
    let name = |of: u32| CYRILLIC.get(of.checked_sub(u32::from('а'))? as usize);
    if let Some(small) = name(number) {
        _ = write!(out, "&{small}cy;");
    } else if let Some(capital) = name(number + CYRILLIC_CASE) {
        _ = write!(out, "&{}cy;", capital.to_ascii_uppercase());
    } else {
        _ = write!(out, "&#{number};");
    }
}

/// A value as JavaScript that can stand in any page: no character in it ends the script or leaves ASCII.
#[derive(Clone, Debug)]
pub(super) struct ScriptValue(String);

impl ScriptValue {
    /// A text.
    pub(super) fn text(text: &str) -> Self {
        let mut script = String::with_capacity(text.len() + 2);
        script.push('"');
        let mut units = [0; 2];
        for character in text.chars() {
            if character.is_ascii_graphic() && !matches!(character, '"' | '\\' | '<') || character == ' ' {
                script.push(character);
                continue;
            }
            for unit in character.encode_utf16(&mut units) {
                _ = write!(script, "\\u{unit:04x}");
            }
        }
        script.push('"');
        Self(script)
    }

    /// A list of texts.
    pub(super) fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let items: Vec<String> = texts.map(|text| Self::text(text).0).collect();
        Self(format!("[{}]", items.join(",")))
    }

    /// A regular expression. Characters that would end the literal or the script are written as their code, which
    /// means the same to the expression.
    pub(super) fn regex(source: &str) -> Self {
        let mut script = String::with_capacity(source.len() + 2);
        script.push('/');
        let mut units = [0; 2];
        let mut is_escaped = false;
        for character in source.chars() {
            if character == '\\' && !is_escaped {
                is_escaped = true;
                continue;
            }
            let stays = (character.is_ascii_graphic() || character == ' ') && !matches!(character, '/' | '<');
            if stays {
                script.extend(is_escaped.then_some('\\'));
                script.push(character);
            } else {
                for unit in character.encode_utf16(&mut units) {
                    _ = write!(script, "\\u{unit:04x}");
                }
            }
            is_escaped = false;
        }
        // Between two bare slashes nothing would be a comment.
        script.push_str(if script.len() == 1 { "(?:)/" } else { "/" });
        Self(script)
    }

    /// As it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Puts values where a text has `{name}`. A name that is not given stays as it is. Not escaped: the result is text.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => filled.push_str(plain),
            Piece::Hole { name, whole } => {
                let value = values.iter().find(|(known, _)| *known == name);
                filled.push_str(value.map_or(whole, |(_, value)| value));
            }
        }
    }
    filled
}

enum Piece<'a> {
    Plain(&'a str),
    Hole { name: &'a str, whole: &'a str },
}

/// A text, cut at its holes.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{')
        && let Some(length) = rest[start..].find('}')
    {
        let (before, from) = rest.split_at(start);
        let (whole, after) = from.split_at(length + 1);
        pieces.push(Piece::Plain(before));
        pieces.push(Piece::Hole { name: &whole[1..length], whole });
        rest = after;
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// Markup with holes that only the page can fill. Always ASCII.
#[derive(Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
    open: Html,
    place: Place,
}

/// Where a template is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a page.
    Page,
    /// As the value of an attribute, without quotes: it is a document by itself.
    Value,
}

impl Template {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { parts: Vec::new(), open: Html::for_any_encoding(), place: Place::Page }
    }

    /// A document that is the value of an attribute.
    pub(super) fn in_value() -> Self {
        Self { parts: Vec::new(), open: Html::default(), place: Place::Value }
    }

    /// The markup at the end, to be continued.
    pub(super) fn html(&mut self) -> &mut Html {
        &mut self.open
    }

    /// A hole.
    pub(super) fn hole(&mut self, part: Part) -> &mut Self {
        self.close();
        self.parts.push(part);
        self
    }

    /// A text in which `{name}` is a hole.
    pub(super) fn text_with_holes(&mut self, text: &str, holes: &[(&str, Part)]) -> &mut Self {
        for piece in pieces(text) {
            match piece {
                Piece::Plain(plain) => _ = self.open.text(plain),
                Piece::Hole { name, whole } => match holes.iter().find(|(known, _)| *known == name) {
                    Some((_, part)) => _ = self.hole(part.clone()),
                    None => _ = self.open.text(whole),
                },
            }
        }
        self
    }

    /// The pieces, in order.
    pub(super) fn into_parts(mut self) -> Vec<Part> {
        self.close();
        self.parts
    }

    fn close(&mut self) {
        let html = std::mem::take(&mut self.open.out);
        let html = if self.place == Place::Value { in_value(&html) } else { html };
        if !html.is_empty() {
            self.parts.push(Part::Text(Bytes::from(html)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_breaks_out(text in "\\PC*[<>&\"'\\x00-\\x1f]*\\PC*") {
            for mut html in [Html::default(), Html::for_any_encoding()] {
                html.text(&text);
                let written = html.into_string();
                prop_assert!(!written.contains(['<', '>', '"', '\'']));
                let entities = written.matches('&').count();
                let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#", "cy;"];
                prop_assert_eq!(entities, known.iter().map(|entity| written.matches(entity).count()).sum::<usize>());
            }
        }

        #[test]
        fn a_text_reads_as_it_was_written(text in "\\PC*") {
            for mut html in [Html::default(), Html::for_any_encoding()] {
                html.text(&text);
                prop_assert_eq!(&unescape(&html.into_string()), &text);
            }
        }

        #[test]
        fn markup_for_any_encoding_is_ascii(text in "\\PC*") {
            let mut html = Html::for_any_encoding();
            html.attribute("title", &text).element("p", &text).link("/", &text);
            prop_assert!(html.into_string().is_ascii());
        }

        #[test]
        fn a_script_value_is_ascii_json_that_ends_no_script(text in "\\PC*[<>&\"'\\\\\\x00-\\x1f]*\\PC*") {
            let value = ScriptValue::texts([text.as_str()].into_iter());
            prop_assert!(value.as_str().is_ascii() && !value.as_str().contains('<'));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(value.as_str()).unwrap(), vec![text]);
        }

        #[test]
        fn a_regular_expression_ends_where_it_should(source in "(\\PC|[<>/\\\\\\x00-\\x1f])*") {
            let script = ScriptValue::regex(&source);
            let inside = script.as_str().strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap();
            prop_assert!(!inside.is_empty() && !inside.starts_with('*') || source.starts_with('*'));
            prop_assert!(inside.is_ascii() && !inside.contains(['/', '<', '\n', '\r']));
            let backslashes = inside.bytes().rev().take_while(|byte| *byte == b'\\').count();
            prop_assert_eq!(backslashes % 2, 0);
        }

        #[test]
        fn filling_leaves_other_braces(text in "[^{}]*", value in "\\PC*") {
            let values = [("who", value.as_str())];
            prop_assert_eq!(fill(&format!("{text}{{who}}{{"), &values), format!("{text}{value}{{"));
        }
    }

    #[test]
    fn an_expression_keeps_its_meaning() {
        for (source, script) in [
            (r"^(?:cart|a\.b)$", r"/^(?:cart|a\.b)$/"),
            (r"a/b\/c\\/", r"/a\u002fb\u002fc\\\u002f/"),
            ("</script>ø", r"/\u003c\u002fscript>\u00f8/"),
            ("", "/(?:)/"),
            ("a\\", "/a/"),
        ] {
            assert_eq!(ScriptValue::regex(source).as_str(), script);
        }
    }

    #[test]
    fn cyrillic_goes_by_names_that_browsers_know() {
        let letters = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяЏѐ";
        let mut html = Html::for_any_encoding();
        html.text(letters);
        let written = html.into_string();
        assert_eq!(written.matches("cy;").count(), 64);
        assert_eq!(unescape(&written), letters);
    }

    #[test]
    fn a_script_address_is_no_link() {
        let mut html = Html::default();
        html.link("javascript:alert(1)", "Privacy");
        assert_eq!(html.into_string(), "Privacy");
    }

    #[test]
    fn holes_stand_where_the_text_names_them() {
        let mut template = Template::new();
        template.html().raw("<p>");
        template.text_with_holes("{tracker} < {other}", &[("tracker", Part::TrackerName)]);
        let text = |text: &'static str| Part::Text(Bytes::from_static(text.as_bytes()));
        assert_eq!(template.into_parts(), [text("<p>"), Part::TrackerName, text(" &lt; {other}")]);
    }

    fn unescape(text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('&') {
            let (entity, tail) = after.split_once(';').unwrap();
            plain.push_str(before);
            plain.push(match entity {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                other => match other.strip_prefix('#') {
                    Some(number) => char::from_u32(number.parse().unwrap()).unwrap(),
                    // What browsers read it as: the names of the HTML Standard, with their end.
                    None => char::from_u32(html5ever::data::NAMED_ENTITIES[&format!("{other};")].0).unwrap(),
                },
            });
            rest = tail;
        }
        plain + rest
    }
}
