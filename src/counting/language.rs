//! The language a visitor reads first, from `Accept-Language` (RFC 9110 section 12.5.4): its primary tag, of a closed
//! list. Region and order of the other languages are not read: together they tell visitors apart.

/// The part of the field that is read, in bytes.
const FIELD_BYTES_MAX: usize = 256;

/// Longest tag of the list, in bytes.
const TAG_BYTES_MAX: usize = 3;
/// The weight of a language that has none, and the highest there is. Unit: thousandths.
const WEIGHT_MAX: u32 = 1000;

/// ISO 639-1, and the longer tags that browsers can be set to; sorted, lower case.
#[rustfmt::skip]
const LANGUAGES: &[&str] = &[
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "ast", "av", "ay", "az", "ba", "be", "bg", "bh", "bi", "bm",
    "bn", "bo", "br", "bs", "ca", "ce", "ceb", "ch", "chr", "ckb", "co", "cr", "cs", "cu", "cv", "cy", "da", "de",
    "dsb", "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fil", "fj", "fo", "fr", "fur",
    "fy", "ga", "gd", "gl", "gn", "gsw", "gu", "gv", "ha", "haw", "he", "hi", "hmn", "ho", "hr", "hsb", "ht", "hu",
    "hy", "hz", "ia", "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kab", "kg", "ki", "kj",
    "kk", "kl", "km", "kn", "ko", "kok", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo", "lt",
    "lu", "lv", "mai", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb", "nd", "ne", "ng", "nl",
    "nn", "no", "nr", "nso", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl", "ps", "pt", "qu", "rm", "rn",
    "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sm", "sma", "smj", "smn", "sms", "sn", "so",
    "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "tr", "ts", "tt",
    "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo", "wa", "wo", "xh", "yi", "yo", "yue", "za", "zh", "zu",
];

/// The primary tag of the language with the highest weight, the first of equals; none when it is not on the list.
pub(super) fn language(accept_language: &[u8]) -> Option<&'static str> {
    let field = std::str::from_utf8(&accept_language[..accept_language.len().min(FIELD_BYTES_MAX)]).ok()?;
    let mut best: Option<(u32, &str)> = None;
    for range in field.split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or("").trim();
        let weight =
            parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(WEIGHT_MAX), thousandths);
        let Some(weight) = weight.filter(|weight| *weight > 0) else { continue };
        if !tag.is_empty() && best.is_none_or(|(highest, _)| weight > highest) {
            best = Some((weight, tag));
            if weight == WEIGHT_MAX {
                break;
            }
        }
    }
    let (_, tag) = best?;
    let primary = tag.split(['-', '_']).next()?;
    let mut lower = [0; TAG_BYTES_MAX];
    let lower = lower.get_mut(..primary.len())?;
    lower.copy_from_slice(primary.as_bytes());
    lower.make_ascii_lowercase();
    let at = LANGUAGES.binary_search_by(|known| known.as_bytes().cmp(lower)).ok()?;
    Some(LANGUAGES[at])
}

/// A weight such as "0.8", in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_weight =
        matches!(whole, "0" | "1") && rest.len() <= 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    if !is_weight {
        return None;
    }
    let digits = rest.bytes().chain(*b"000").take(3);
    let part = digits.fold(0, |part, digit| part * 10 + u32::from(digit - b'0'));
    Some(if whole == "1" { WEIGHT_MAX } else { part })
}

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, TAG_BYTES_MAX, language};

    #[test]
    fn languages_stand_in_order() {
        assert!(LANGUAGES.is_sorted());
        assert!(
            LANGUAGES
                .iter()
                .all(|tag| tag.len() <= TAG_BYTES_MAX && tag.bytes().all(|b| b.is_ascii_lowercase()))
        );
    }

    #[test]
    fn language_is_the_one_read_first() {
        let cases: [(&[u8], Option<&str>); 13] = [
            (b"nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", Some("nb")),
            (b"en-US,en;q=0.5", Some("en")),
            (b"en;q=0.4, NN ; q=0.9", Some("nn")),
            (b"de;q=0, sv", Some("sv")),
            (b"se-NO", Some("se")),
            (b"zh-Hant-TW", Some("zh")),
            (b"fil-PH", Some("fil")),
            (b"*", None),
            (b"", None),
            (b"olanordmann", None),
            (b"en;q=abc", None),
            (b"en;q=9", None),
            (b"\xff\xfe", None),
        ];
        for (field, expected) in cases {
            assert_eq!(language(field), expected, "{}", String::from_utf8_lossy(field));
        }
        assert_eq!(language(&b"nb,".repeat(30_000)), Some("nb"), "endless fields are cut");
    }
}
