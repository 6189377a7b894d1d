//! What stands in for a held embed, and how large it is: in the box that the embed would fill.
//!
//! The tag tells: its `style`, else its `width` and `height`. What a style sheet says of it is not known here. Where the
//! browser can lay the placeholder over the box that the held frame keeps, that box counts and not what is told here
//! (`js/style/embed.css`).

use std::fmt::Write as _;

use bytes::BytesMut;

use crate::policy::catalog::Tracker;
use crate::policy::markup::Tag;

/// Most bytes of a `style` that are read; the rest of a longer one is not.
const STYLE_BYTES_MAX: usize = 2048;

/// Longest length or ratio. Unit: bytes.
const VALUE_BYTES_MAX: usize = 24;

/// A held embed, for the parts of its placeholder.
#[derive(Debug)]
pub(super) struct Embed<'a> {
    pub(super) tracker: &'a Tracker,
    /// Declarations for a `style`, checked: no quotes, and nothing but lengths and words of this file.
    pub(super) size: String,
}

impl<'a> Embed<'a> {
    pub(super) fn new(tracker: &'a Tracker, tag: &Tag<'_>) -> Self {
        let style = tag.value("style").unwrap_or_default();
        let style = String::from_utf8_lossy(&style[..style.len().min(STYLE_BYTES_MAX)]).to_ascii_lowercase();
        let attribute = |name: &str| dimension(tag.value(name).as_deref());
        Self { tracker, size: size(&style, attribute("width"), attribute("height")) }
    }
}

fn size(style: &str, width: Option<String>, height: Option<String>) -> String {
    let mut out = String::new();
    let mut write = |name: &str, value: &str| {
        let separator = if out.is_empty() { "" } else { ";" };
        // Writing to a String cannot fail.
        _ = write!(out, "{separator}{name}:{value}");
    };
    let width = if has(style, "width") { length(style, "width") } else { width };
    let height = if has(style, "height") { length(style, "height") } else { height };
    let position = last(style, "position").filter(|position| matches!(*position, "absolute" | "fixed"));
    if let Some(width) = &width {
        write("width", width);
    }
    if let Some(most) = length(style, "max-width") {
        write("max-width", &most);
    }
    let ratio = last(style, "aspect-ratio").filter(|ratio| is_ratio(ratio));
    if let Some(ratio) = ratio {
        write("aspect-ratio", ratio);
    }
    let Some(position) = position else {
        // More text than place makes it higher, and nothing is cut off.
        let least = height.or_else(|| length(style, "min-height"));
        if let Some(height) = least {
            write("min-height", &height);
        }
        return out;
    };
    write("position", position);
    if let Some(height) = &height {
        write("height", height);
    }
    for side in ["inset", "top", "right", "bottom", "left"] {
        let is_side = |value: &&str| value.split_ascii_whitespace().all(is_length) && !value.is_empty();
        if let Some(value) = last(style, side).filter(is_side) {
            write(side, value);
        }
    }
    out
}

/// The last declaration of that name, which counts, without its `!important`.
fn last<'s>(style: &'s str, name: &str) -> Option<&'s str> {
    let mut declarations = style.rsplit(';').filter_map(|declaration| declaration.split_once(':'));
    let (_, value) = declarations.find(|(known, _)| known.trim() == name)?;
    let value = value.split('!').next().unwrap_or_default().trim();
    (value.len() <= VALUE_BYTES_MAX).then_some(value)
}

fn has(style: &str, name: &str) -> bool {
    last(style, name).is_some()
}

fn length(style: &str, name: &str) -> Option<String> {
    last(style, name).filter(|value| is_length(value)).map(str::to_owned)
}

/// A number with one of the units that boxes are measured in, or 0.
fn is_length(value: &str) -> bool {
    const UNITS: [&str; 12] =
        ["px", "%", "vw", "vh", "em", "rem", "dvh", "svh", "lvh", "vmin", "vmax", "cqw"];
    let number = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '%');
    let unit = &value[number.len()..];
    is_number(number.strip_prefix('-').unwrap_or(number))
        && (UNITS.contains(&unit) || (unit.is_empty() && number.bytes().all(|digit| digit == b'0')))
}

/// `16 / 9`, `1.5`, or either with `auto` before it.
fn is_ratio(value: &str) -> bool {
    let value = value.strip_prefix("auto ").unwrap_or(value).trim();
    let (over, under) = value.split_once('/').unwrap_or((value, "1"));
    is_number(over.trim()) && is_number(under.trim())
}

fn is_number(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |digits: &str| digits.len() <= 5 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_digits(whole) && is_digits(part) && !(whole.is_empty() && part.is_empty())
}

/// A `width` or `height` attribute as a CSS length: pixels or per cent (HTML 2.3.4.4), nothing else gets through.
fn dimension(value: Option<&[u8]>) -> Option<String> {
    const DIGITS_MAX: usize = 5;
    let value = value.unwrap_or_default().trim_ascii();
    let count = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > DIGITS_MAX {
        return None;
    }
    let unit = if value.get(count) == Some(&b'%') { "%" } else { "px" };
    let digits: String = value[..count].iter().map(|byte| char::from(*byte)).collect();
    Some(digits + unit)
}

/// Escaped for HTML, and ASCII alone: the page may be in any encoding.
pub(super) fn escape(text: &str, out: &mut BytesMut) {
    for character in text.chars() {
        match character {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\'' => out.extend_from_slice(b"&#39;"),
            plain if plain.is_ascii() => out.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes()),
            other => out.extend_from_slice(format!("&#{};", u32::from(other)).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(style: &str, width: &str, height: &str) -> String {
        size(style, dimension(Some(width.as_bytes())), dimension(Some(height.as_bytes())))
    }

    #[test]
    fn only_dimensions_become_lengths() {
        let table = [
            ("560", Some("560px")),
            ("100%", Some("100%")),
            (" 9px", Some("9px")),
            ("", None),
            ("1;color:red", Some("1px")),
            ("x", None),
            ("123456", None),
        ];
        for (value, wanted) in table {
            assert_eq!(dimension(Some(value.as_bytes())).as_deref(), wanted, "{value}");
        }
    }

    #[test]
    fn a_placeholder_fills_the_box_of_its_embed() {
        let table = [
            ("", "560", "315", "width:560px;min-height:315px"),
            ("", "", "", ""),
            ("width:100%;height:400px", "560", "315", "width:100%;min-height:400px"),
            ("width: 50vw !important; border:0", "", "315", "width:50vw;min-height:315px"),
            ("width:100%;height:auto;aspect-ratio:16/9", "560", "315", "width:100%;aspect-ratio:16/9"),
            ("aspect-ratio: 16 / 9; width:100%", "", "", "width:100%;aspect-ratio:16 / 9"),
            ("min-height:20em", "", "", "min-height:20em"),
            (
                "width:100%;max-width:300px;aspect-ratio:16/9;border:0",
                "560",
                "",
                "width:100%;max-width:300px;aspect-ratio:16/9",
            ),
            ("max-width:none", "560", "", "width:560px"),
            (
                "position:absolute;top:0;left:0;width:100%;height:100%",
                "",
                "",
                "width:100%;position:absolute;height:100%;top:0;left:0",
            ),
            ("position:absolute;inset:0 0", "1", "2", "width:1px;position:absolute;height:2px;inset:0 0"),
            ("position:relative;top:5px", "9", "", "width:9px"),
            ("width:1px;width:2px", "", "", "width:2px"),
            ("width:calc(100% - 1px);height:expression(x)", "9", "9", ""),
        ];
        for (style, width, height, wanted) in table {
            assert_eq!(of(style, width, height), wanted, "{style}");
        }
    }

    proptest! {
        #[test]
        fn no_style_breaks_out(style in "(width|height|inset|position|aspect-ratio|[ :;\"'<>&()/.%0-9a-z\u{e5}-]){0,30}") {
            let made = of(&style, &style, &style);
            prop_assert!(made.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" :;-./%".contains(&byte)), "{made}");
            prop_assert!(!made.contains("url") && made.len() < 500);
        }
    }

    #[test]
    fn names_are_written_in_letters_of_every_encoding() {
        let mut out = BytesMut::new();
        escape("\u{c5}s & <\u{1f43b}>", &mut out);
        assert_eq!(out, "&#197;s &amp; &lt;&#128059;&gt;");
    }
}
