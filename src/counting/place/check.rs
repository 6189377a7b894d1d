//! Looks through a whole place table before it is used: a damaged one would send visitors to wrong places, one hit at a
//! time, and nobody would see it.
//!
//! It walks every branch of the search tree and reads what a lookup would read of every record, once. The reader has
//! a check of its own, which asks more than a table needs: one of the largest free tables has no description.

use std::collections::HashSet;

use maxminddb::{MaxMindDbError, Reader, WithinOptions, path};

/// Networks for each node of the tree; a whole tree has at most two.
const NETWORKS_PER_NODE_MAX: usize = 3;

/// Zero bytes between the search tree and the data.
const SEPARATOR_BYTES: usize = 16;

/// Is the table whole, as far as a lookup can get?
pub(super) fn check(bytes: &[u8]) -> Result<(), MaxMindDbError> {
    let reader = Reader::from_source(bytes)?;
    if !has_separator(bytes, &reader) {
        return Err(damaged("the search tree does not end where the data begins"));
    }
    let most = usize::try_from(reader.metadata().node_count).unwrap_or(usize::MAX);
    let most = most.saturating_mul(NETWORKS_PER_NODE_MAX).saturating_add(NETWORKS_PER_NODE_MAX);
    let mut seen = HashSet::new();
    for (number, found) in reader.networks(WithinOptions::default())?.enumerate() {
        if number > most {
            return Err(damaged("the search tree leads in circles"));
        }
        let found = found?;
        if found.offset().is_none_or(|offset| !seen.insert(offset)) {
            continue;
        }
        for path in [
            &path!["country", "iso_code"][..],
            &path!["country_code"],
            &path!["subdivisions", 0, "iso_code"],
            &path!["city", "names", "en"],
            &path!["city"],
        ] {
            if let Err(error) = found.decode_path::<&str>(path)
                && is_damage(&error)
            {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Do zeros stand behind the tree? A file that lost some of its nodes is another tree that can be read.
fn has_separator(bytes: &[u8], reader: &Reader<&[u8]>) -> bool {
    let metadata = reader.metadata();
    let node_bytes = usize::from(metadata.record_size) / 4;
    let nodes = usize::try_from(metadata.node_count).unwrap_or(usize::MAX);
    let behind = bytes.get(nodes.saturating_mul(node_bytes)..).and_then(|rest| rest.get(..SEPARATOR_BYTES));
    behind.is_some_and(|zeros| zeros.iter().all(|byte| *byte == 0))
}

fn damaged(message: &str) -> MaxMindDbError {
    MaxMindDbError::InvalidDatabase { message: message.to_owned(), offset: None }
}

/// Another layout is no damage: a lookup finds nothing there, and says so.
fn is_damage(error: &MaxMindDbError) -> bool {
    !matches!(error, MaxMindDbError::Decoding { .. })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Record, mmdb};
    use super::*;

    fn whole() -> Vec<u8> {
        let code = |code: &str| Record::map([("iso_code", Record::text(code))]);
        let record = |country: &str, part: &str, city: &str| {
            let names = Record::map([("de", Record::text("Ort")), ("en", Record::text(city))]);
            let parts = Record::List(vec![code(part)]);
            Record::map([
                ("country", code(country)),
                ("subdivisions", parts),
                ("city", Record::map([("names", names)])),
            ])
        };
        mmdb(&[
            ("192.0.2.0/28", record("NO", "03", "Oslo")),
            ("198.51.100.0/24", record("NO", "46", "Bergen")),
            ("2001:db8::/32", record("SE", "AB", "Stockholm")),
            ("203.0.113.0/24", Record::map([("country_code", Record::text("DK"))])),
        ])
    }

    /// Opens, checks and looks up; was the table taken?
    fn is_taken(bytes: Vec<u8>) -> bool {
        if check(&bytes).is_err() {
            return false;
        }
        let reader = Reader::from_source(bytes).expect("what was checked can be opened");
        for address in ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "::", "255.255.255.255"] {
            let found = reader.lookup(address.parse().unwrap()).expect("what was checked can be looked up");
            if let Err(error) = found.decode_path::<&str>(&path!["country", "iso_code"]) {
                assert!(!is_damage(&error), "{address}: {error}");
            }
        }
        true
    }

    #[test]
    fn whole_table_is_taken() {
        assert!(is_taken(whole()));
    }

    #[test]
    fn table_with_any_bit_flipped_is_refused_or_can_be_read() {
        let whole = whole();
        let mut taken = 0_usize;
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                taken += usize::from(is_taken(damaged));
            }
        }
        assert!(taken < whole.len() * 8 * 7 / 10, "{taken} of {} damaged tables were taken", whole.len() * 8);
    }

    #[test]
    fn table_that_is_cut_anywhere_is_refused() {
        let whole = whole();
        for at in 0..whole.len() {
            assert!(!is_taken(whole[..at].to_vec()), "cut at {at}");
            assert!(at == 0 || !is_taken(whole[at..].to_vec()), "without its first {at} bytes");
        }
    }

    #[test]
    fn pointer_that_leads_to_itself_ends() {
        let mut damaged = whole();
        let separator =
            damaged.windows(SEPARATOR_BYTES).position(|bytes| bytes.iter().all(|byte| *byte == 0)).unwrap();
        let data = separator + SEPARATOR_BYTES;
        for pointer in 0..20_u16 {
            let bytes = (1_u16 << 13 | pointer).to_be_bytes();
            damaged[data + usize::from(pointer)..][..2].copy_from_slice(&bytes);
            is_taken(damaged.clone());
        }
    }
}
