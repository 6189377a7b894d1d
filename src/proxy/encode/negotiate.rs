//! Which coding a visitor gets.

use super::Coding;

/// Members of an `Accept-Encoding` that are read; the rest of a longer one is not.
const MEMBERS_MAX: usize = 32;

/// Codings that are taken off here.
const READ: [&str; 5] = ["gzip", "x-gzip", "deflate", "br", "zstd"];

/// A weight in thousandths.
type Weight = u16;

pub(super) fn best(accept_encoding: &str) -> Coding {
    let mut weights = [None; 3];
    let mut any = None;
    for member in accept_encoding.split(',').take(MEMBERS_MAX) {
        let mut parts = member.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = parts.find_map(quality).unwrap_or(1000);
        match name.as_str() {
            "br" => weights[0] = Some(weight),
            "gzip" | "x-gzip" => weights[1] = Some(weight),
            "identity" => weights[2] = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let weight = |index: usize| weights[index].or(any).unwrap_or(0);
    let (brotli, gzip) = (weight(0), weight(1));
    // Plain is acceptable unless it is named; unnamed it comes last.
    let plain = weights[2].unwrap_or(0);
    match () {
        () if brotli > 0 && brotli >= gzip && brotli >= plain => Coding::Brotli,
        () if gzip > 0 && gzip >= plain => Coding::Gzip,
        () => Coding::Identity,
    }
}

/// The members that name what [`super::stage::Stage::named`] reads.
pub(super) fn read_of(accept_encoding: &str) -> Option<String> {
    let is_read = |member: &&str| {
        let name = member.split(';').next().unwrap_or_default().trim_ascii();
        READ.iter().any(|coding| name.eq_ignore_ascii_case(coding))
    };
    let members = accept_encoding.split(',').take(MEMBERS_MAX).map(str::trim_ascii);
    let read: Vec<&str> = members.filter(is_read).collect();
    (!read.is_empty()).then(|| read.join(", "))
}

/// `q=0.5` as 500. A weight that cannot be read counts as 0; `None` when the parameter is no weight.
fn quality(parameter: &str) -> Option<Weight> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_readable = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{fraction:0<3}").parse::<Weight>().ok().filter(|_| is_readable);
    Some(match (whole, thousandths) {
        ("0", Some(thousandths)) => thousandths,
        ("1", Some(0)) => 1000,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visitor_gets_what_it_prefers() {
        let table = [
            ("", Coding::Identity),
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip, deflate", Coding::Gzip),
            ("GZIP;Q=0.5 , br ; q=0.4", Coding::Gzip),
            ("br;q=0, gzip;q=0.001", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("*", Coding::Brotli),
            ("*, br;q=0", Coding::Gzip),
            ("*;q=0", Coding::Identity),
            ("identity, br;q=0.5", Coding::Identity),
            ("identity;q=0.5, br;q=0.5", Coding::Brotli),
            ("br;q=2, gzip;q=0.5", Coding::Gzip),
            ("br;q=, gzip", Coding::Gzip),
            ("br;q=0.1234", Coding::Identity),
            ("zstd, deflate", Coding::Identity),
        ];
        for (header, wanted) in table {
            assert_eq!(best(header), wanted, "{header}");
        }
    }

    #[test]
    fn what_is_asked_for_can_be_taken_off() {
        for coding in READ {
            assert_eq!(read_of(&format!("dcb, {coding};q=0.5")), Some(format!("{coding};q=0.5")));
            assert!(!super::super::Decoder::new(coding).unwrap().is_identity(), "{coding}");
        }
        for none in ["", "*", "dcb, dcz", "identity", "gzipped", ";q=1"] {
            assert_eq!(read_of(none), None, "{none}");
        }
    }
}
