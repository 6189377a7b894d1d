//! `Link`, read strictly (RFC 8288 section 3): what one browser could read otherwise than another is malformed here.

use super::super::cookies::Kept;
use super::super::markup::rel_loads;
use super::kept_of_list;

/// One link-value.
struct Link<'a> {
    /// The whole of it as written.
    text: &'a [u8],
    target: &'a [u8],
    /// Does one of its relations make a browser connect or load?
    loads: bool,
    /// Pictures to choose from (HTML 4.2.4).
    candidates: &'a [u8],
}

/// What of one line is left.
pub(super) fn judge(value: &[u8], is_open: impl Fn(&[u8]) -> bool) -> Kept {
    let Some(links) = read(value) else { return Kept::None };
    let stays = |link: &Link<'_>| {
        let mut candidates = link.candidates.split(|byte| byte.is_ascii_whitespace() || *byte == b',');
        !link.loads || (is_open(link.target) && candidates.all(|part| part.is_empty() || is_open(part)))
    };
    let members: Vec<(&[u8], bool)> = links.iter().map(|link| (link.text, stays(link))).collect();
    kept_of_list(members.iter().copied())
}

/// The links of a line; `None` when it is malformed.
fn read(value: &[u8]) -> Option<Vec<Link<'_>>> {
    let mut links = Vec::new();
    let mut rest = value.trim_ascii();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
            continue;
        }
        let (link, after) = read_one(rest)?;
        links.push(link);
        rest = after.trim_ascii_start();
        if !rest.is_empty() && rest[0] != b',' {
            return None;
        }
    }
    Some(links)
}

/// The first link, and what follows it.
fn read_one(value: &[u8]) -> Option<(Link<'_>, &[u8])> {
    let inside = value.strip_prefix(b"<")?;
    let end = memchr::memchr3(b'>', b'<', b'"', inside).filter(|end| inside[*end] == b'>')?;
    let mut link = Link { text: value, target: &inside[..end], loads: false, candidates: b"" };
    let mut rest = &inside[end + 1..];
    while let Some(after) = rest.trim_ascii_start().strip_prefix(b";") {
        let parameter = after.trim_ascii_start();
        let name_bytes = parameter.iter().take_while(|byte| is_in_name(**byte)).count();
        let (name, after) = parameter.split_at(name_bytes);
        let Some(after) = after.trim_ascii_start().strip_prefix(b"=") else {
            // A parameter without value, or nothing between two semicolons.
            rest = after;
            continue;
        };
        let (text, after) = read_value(name, after.trim_ascii_start())?;
        if name.is_empty() {
            return None;
        }
        let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
        if is(b"rel") || is(b"rel*") {
            link.loads |= rel_loads(text) || is(b"rel*") || memchr::memchr(b'\\', text).is_some();
        }
        if is(b"imagesrcset") {
            link.candidates = Some(text).filter(|_| link.candidates.is_empty())?;
        }
        rest = after;
    }
    link.text = &value[..value.len() - rest.len()];
    Some((link, rest))
}

/// The value of a parameter, quotes taken off and escapes left in, and what follows it.
fn read_value<'a>(name: &[u8], value: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let Some(inside) = value.strip_prefix(b"\"") else {
        let is_extended = name.ends_with(b"*");
        let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>,;\\".contains(byte);
        let end = value.iter().take_while(|byte| is_plain(byte)).count();
        let (text, after) = value.split_at(end);
        // Some readers take an apostrophe for a quote; in an extended value (RFC 8187) all know it.
        return (end > 0 && (is_extended || !text.contains(&b'\''))).then_some((text, after));
    };
    let mut at = 0;
    loop {
        match inside.get(at)? {
            b'"' => return Some((&inside[..at], &inside[at + 1..])),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn is_in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Held is what holds the word.
    fn left(value: &str) -> Option<String> {
        let is_open = |address: &[u8]| memchr::memmem::find(address, b"held").is_none();
        match judge(value.as_bytes(), is_open) {
            Kept::All => Some(value.to_owned()),
            Kept::Some(bytes) => Some(String::from_utf8(bytes).expect("text")),
            Kept::None => None,
        }
    }

    #[test]
    fn links_that_load_from_held_hosts_go_and_the_others_keep_their_bytes() {
        for (value, expected) in [
            ("<https://held/a.js>; rel=preload; as=script", None),
            ("<https://held>;rel=\"dns-prefetch\"", None),
            ("<https://held> ; REL = \"next  PRECONNECT\"", None),
            (
                "<https://held/a.css>; rel=stylesheet, </b.css>; rel=\"stylesheet\"",
                Some("</b.css>; rel=\"stylesheet\""),
            ),
            (
                "</a.js>; rel=preload ,<https://held/x,y;z>; rel=preload,  <https://open/c>; title=\"a, <b>\"; rel=icon",
                Some("</a.js>; rel=preload, <https://open/c>; title=\"a, <b>\"; rel=icon"),
            ),
            ("</a.png>; rel=preload; as=image; imagesrcset=\"/a.png 1x, https://held/b.png 2x\"", None),
            ("<https://held>; rel=x; rel=preload", None),
            ("<https://held>; rel*=UTF-8''preload", None),
            ("<https://held>; rel=\"pre\\load\"", None),
        ] {
            assert_eq!(left(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn what_loads_nothing_or_only_open_hosts_passes_byte_for_byte() {
        for value in [
            "",
            " , ,",
            "<https://held/p/1>; rel=\"canonical\"",
            "<https://held/wp-json/>; rel=\"https://api.w.org/\",<https://held/?p=1>;rel=shortlink ",
            "<https://held>",
            "<https://held>;",
            "</a.woff2>;rel=preload;as=font;type=font/woff2;crossorigin",
            "< /a.js >; rel=modulepreload; title*=UTF-8''l%C3%B8k",
            "</a>; rel=preload; title=\"\\\", <https://held>; rel=preload\"",
            "</a.png>; rel=preload; imagesrcset=\"/a.png 1x, https://open/b.png 2x\"",
        ] {
            assert_eq!(left(value).as_deref(), Some(value), "{value}");
        }
    }

    #[test]
    fn a_malformed_line_goes_whole() {
        for value in [
            "/a; rel=preload",
            "</a; rel=preload",
            "</a>; rel=\"preload",
            "</a> rel=preload",
            "</a>; rel=preload </b>",
            "</a>; =x",
            "</a>; rel=",
            "</a>; rel=next'",
            "</a>; title='x, <https://held>; rel=preload; y='",
            "</a\">; rel=next",
            "</a>; title=\"x\\",
            "</a>; imagesrcset=\"/a\"; imagesrcset=\"https://held\"; rel=preload",
            "</a>; t\u{e9}=x",
            "x",
        ] {
            assert_eq!(left(value), None, "{value}");
        }
    }
}
