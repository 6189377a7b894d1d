//! Would anybody see an embed? One that is put out of sight is a counter of something, and needs no placeholder.

use super::Tag;

/// Most bytes of a `style` that are read.
const STYLE_BYTES_MAX: usize = 2048;

/// Does its own tag put it out of sight: by `hidden`, by its style, or because it is a point? What a style sheet says is not
/// known here.
pub(super) fn is_out_of_sight(tag: &Tag<'_>) -> bool {
    tag.value("hidden").is_some()
        || is_point(tag)
        || tag.value("style").is_some_and(|style| is_unseen(&style))
}

fn is_point(tag: &Tag<'_>) -> bool {
    let is_little = |name: &str| tag.value(name).is_some_and(|value| matches!(number(&value), b"0" | b"1"));
    is_little("width") && is_little("height")
}

/// A length in pixels without its unit.
fn number(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    value.strip_suffix(b"px").unwrap_or(value)
}

fn is_unseen(style: &[u8]) -> bool {
    let style = &style[..style.len().min(STYLE_BYTES_MAX)];
    let plain: Vec<u8> =
        style.iter().filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
    plain.split(|byte| *byte == b';').any(|declaration| {
        declaration.starts_with(b"display:none") || declaration.starts_with(b"visibility:hidden")
    })
}
