//! Does a `Set-Cookie` value remove its cookie? Read as browsers read it, RFC 6265 sections 5.1.1, 5.2 and 5.3.

/// Longest attribute value a browser heeds, RFC 6265bis section 5.6. Unit: bytes. A longer one is as if absent.
const ATTRIBUTE_BYTES_MAX: usize = 1024;
/// Last year whose dates count as past. Dates meant as "remove" lie here; no visitor's clock does.
const EXPIRED_YEAR_MAX: u32 = 2000;

/// Is it certain that a browser removes the cookie? The last valid `Max-Age` decides; without one, the last valid
/// `Expires`.
pub fn removes(set_cookie: &[u8]) -> bool {
    let mut by_age = None;
    let mut by_date = None;
    for attribute in set_cookie.split(|byte| *byte == b';').skip(1) {
        let equals = memchr::memchr(b'=', attribute).unwrap_or(attribute.len());
        let (name, value) = attribute.split_at(equals);
        let value = value.strip_prefix(b"=").unwrap_or_default().trim_ascii();
        if value.len() > ATTRIBUTE_BYTES_MAX {
            continue;
        }
        match name.trim_ascii() {
            name if name.eq_ignore_ascii_case(b"max-age") => by_age = age_is_spent(value).or(by_age),
            name if name.eq_ignore_ascii_case(b"expires") => by_date = year(value).or(by_date),
            _ => {}
        }
    }
    by_age.unwrap_or_else(|| by_date.is_some_and(|year| year <= EXPIRED_YEAR_MAX))
}

/// Is this `Max-Age` zero or less? `None` when it is no number.
fn age_is_spent(value: &[u8]) -> Option<bool> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| value.len() > digits.len() || digits.iter().all(|digit| *digit == b'0'))
}

/// The year of a cookie date, when all of it can be read: a browser ignores a date that lacks a part, and then
/// keeps the cookie.
fn year(value: &[u8]) -> Option<u32> {
    let (mut has_time, mut day, mut has_month, mut year) = (false, None, false, None);
    let is_delimiter =
        |byte: &u8| matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e);
    for token in value.split(is_delimiter).filter(|token| !token.is_empty()) {
        if !has_time && is_time(token) {
            has_time = true;
        } else if let Some(number) = number(token, 1..=2).filter(|_| day.is_none()) {
            day = Some(number);
        } else if !has_month && is_month(token) {
            has_month = true;
        } else if let Some(number) = number(token, 2..=4).filter(|_| year.is_none()) {
            year = Some(number);
        }
    }
    let year = match year? {
        short @ 70..=99 => short + 1900,
        short @ 0..=69 => short + 2000,
        full => full,
    };
    let is_whole = has_time && has_month && day.is_some_and(|day| (1..=31).contains(&day)) && year >= 1601;
    is_whole.then_some(year)
}

/// `hh:mm:ss`, each of one or two digits and in range; anything but a digit may follow.
fn is_time(token: &[u8]) -> bool {
    let mut fields = token.splitn(3, |byte| *byte == b':');
    let is_exact = |field: &[u8]| (1..=2).contains(&field.len()) && field.iter().all(u8::is_ascii_digit);
    let hour = fields.next().filter(|field| is_exact(field)).and_then(|field| number(field, 1..=2));
    let minute = fields.next().filter(|field| is_exact(field)).and_then(|field| number(field, 1..=2));
    let second = fields.next().and_then(|field| number(field, 1..=2));
    matches!((hour, minute, second), (Some(0..=23), Some(0..=59), Some(0..=59)))
}

fn is_month(token: &[u8]) -> bool {
    const MONTHS: &[u8] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    token.get(..3).is_some_and(|start| MONTHS.chunks(3).any(|month| start.eq_ignore_ascii_case(month)))
}

/// The number at the start of `token`, when it has that many digits and no more.
fn number(token: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let count = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits
        .contains(&count)
        .then(|| token[..count].iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::removes;

    #[test]
    fn what_browsers_remove_is_known() {
        for text in [
            "a=1; Max-Age=0",
            "a=1; max-age = -1 ; Path=/",
            "a=1; MAX-AGE=000",
            "a=1; Max-Age=60; Max-Age=0",
            "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "a=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/",
            "a=; Expires=Mon, 26 Jul 1997 05:00:00 GMT",
            "a=; Expires=Tue, 12-Oct-99 00:00:00 GMT",
            "a=; Expires=Thu Jan 01 1970 00:00:00 GMT",
            "a=; Max-Age=soon; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ] {
            assert!(removes(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_browsers_may_keep_is_no_removal() {
        let long = format!("a=1; Max-Age={}", "0".repeat(1025));
        for text in [
            "a=1",
            "a=",
            "a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "a=1; Max-Age=0; Max-Age=60",
            "a=1; Max-Age=\"0\"",
            "a=1; Max-Age=-",
            "a=1; Max-Age=",
            "a=1; Expires=01-Jan-1970",
            "a=1; Expires=Thu, 99 Jan 1970 00:00:00 GMT",
            "a=1; Expires=Thu, 01 Jan 1970 25:00:00 GMT",
            "a=1; Expires=Thu, 01 Foo 1970 00:00:00 GMT",
            "a=1; Expires=Thu, 01 Jan 1600 00:00:00 GMT",
            "a=1; Expires=0",
            "a=1; Expires=Wed, 01 Jan 2064 00:00:00 GMT",
            "a=1; Expires=Wed, 01 Jan 64 00:00:00 GMT",
            "a=Max-Age=0",
            long.as_str(),
        ] {
            assert!(!removes(text.as_bytes()), "{text}");
        }
    }
}
