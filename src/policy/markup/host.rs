//! A host as written in an address, read as a browser reads it (WHATWG URL, section 3.5).

use std::borrow::Cow;

/// The host in lower case, percent-decoded, plain Latin letters in Punycode, no last dot. `None` when it holds
/// anything that browsers would map to something else or refuse: the caller must then expect the worst.
pub(super) fn read(name: &[u8]) -> Option<Cow<'_, str>> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    if !name.is_empty() && name.iter().all(|byte| is_plain(*byte) && !byte.is_ascii_uppercase()) {
        return std::str::from_utf8(name).ok().map(Cow::Borrowed);
    }
    if name.first() == Some(&b'[') {
        let is_literal = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'[' | b']' | b':' | b'.');
        let text = std::str::from_utf8(name).ok().filter(|text| text.bytes().all(|byte| is_literal(&byte)));
        return text.map(|text| Cow::Owned(text.to_ascii_lowercase()));
    }
    let decoded = percent_decoded(name);
    let text = std::str::from_utf8(&decoded).ok()?.to_lowercase();
    let text = text.strip_suffix('.').unwrap_or(&text);
    let labels: Option<Vec<String>> = text.split('.').map(label).collect();
    labels.filter(|_| !text.is_empty()).map(|labels| Cow::Owned(labels.join(".")))
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

fn percent_decoded(name: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(name.len());
    let mut at = 0;
    while at < name.len() {
        match (name[at], digit(name.get(at + 1)), digit(name.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                at += 3;
            }
            (byte, _, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

fn label(label: &str) -> Option<String> {
    if label.bytes().all(is_plain) {
        return Some(label.to_owned());
    }
    label
        .chars()
        .all(|c| (c.is_ascii() && is_plain(c as u8)) || maps_to_itself(c))
        .then(|| punycode(label))
        .flatten()
}

/// Lower-case Latin letters that IDNA leaves as they are; the few it rewrites are left out.
fn maps_to_itself(letter: char) -> bool {
    matches!(letter, '\u{DF}'..='\u{F6}' | '\u{F8}'..='\u{FF}' | '\u{101}'..='\u{17E}')
        && letter.is_lowercase()
        && !matches!(letter, '\u{133}' | '\u{140}' | '\u{149}')
}

/// RFC 3492, section 6.3, with the `xn--` of IDNA before it.
fn punycode(label: &str) -> Option<String> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let digit = |value: u32| DIGITS.get(value as usize).map(|byte| char::from(*byte));
    let mut encoded: String = label.chars().filter(char::is_ascii).collect();
    let total = u32::try_from(label.chars().count()).ok()?;
    let basic = u32::try_from(encoded.len()).ok()?;
    if basic > 0 {
        encoded.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while handled < total {
        let next = label.chars().map(u32::from).filter(|code| *code >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for code in label.chars().map(u32::from) {
            if code < n {
                delta += 1;
            }
            if code != n {
                continue;
            }
            let mut q = delta;
            let mut k = BASE;
            loop {
                let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
                if q < t {
                    break;
                }
                encoded.push(digit(t + (q - t) % (BASE - t))?);
                q = (q - t) / (BASE - t);
                k += BASE;
            }
            encoded.push(digit(q)?);
            bias = adapted(delta, handled + 1, handled == basic);
            delta = 0;
            handled += 1;
        }
        delta += 1;
        n += 1;
    }
    Some(format!("xn--{encoded}"))
}

fn adapted(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_browsers_read_them() {
        let table = [
            ("Shop.Example.", Some("shop.example")),
            ("bl\u{e5}.example", Some("xn--bl-zia.example")),
            ("B\u{dc}CHER.example", Some("xn--bcher-kva.example")),
            ("\u{e5}ngstr\u{f6}m-x", Some("xn--ngstrm-x-8za9o")),
            ("%73hop.example", Some("shop.example")),
            ("[2001:DB8::1]", Some("[2001:db8::1]")),
            ("a_b.example", Some("a_b.example")),
            ("\u{ff53}hop.example", None),
            ("a b", None),
            ("a&b", None),
            ("%zz", None),
            ("", None),
            (".", None),
        ];
        for (name, wanted) in table {
            assert_eq!(read(name.as_bytes()).as_deref(), wanted, "{name}");
        }
    }
}
