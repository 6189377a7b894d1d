//! `GET /api/keys?site=NAME`: what became of a site's keys, as JSON with the chain of hashes, or as lines to read.
//!
//! Who may ask is decided by `admin.rs`.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderValue, Request, header};

use super::form;
use super::refusal::Refusal;
use crate::store::key_log::{Entry, KeyLog};

/// A key of the log: its commitment, its birth and its end.
struct Key<'a> {
    born: Option<&'a Entry>,
    end: Option<&'a Entry>,
}

impl<'a> Key<'a> {
    /// Each key of these rows, which are newest first; the key that was drawn last comes first.
    fn all(entries: &'a [Entry]) -> Vec<Self> {
        let mut keys: Vec<Self> = Vec::new();
        for entry in entries.iter().rev() {
            let same = |key: &&mut Self| key.any().is_some_and(|any| any.commitment == entry.commitment);
            match keys.iter_mut().rev().find(same) {
                Some(key) => key.end = Some(entry),
                None if is_end(entry) => keys.push(Self { born: None, end: Some(entry) }),
                None => keys.push(Self { born: Some(entry), end: None }),
            }
        }
        keys.reverse();
        keys
    }

    fn any(&self) -> Option<&'a Entry> {
        self.born.or(self.end)
    }

    fn ended(&self, fate: &str) -> Option<String> {
        self.end.filter(|end| end.fate == fate).map(|end| end.time.to_string())
    }
}

fn is_end(entry: &Entry) -> bool {
    matches!(entry.fate.as_str(), "destroyed" | "lost")
}

/// The site that is asked about.
pub(super) fn site_of<B>(request: &Request<B>) -> Option<String> {
    let fields = form::fields(request.uri().query()?.as_bytes()).ok()?;
    fields.into_iter().find(|(key, _)| key == "site").map(|(_, name)| name.to_string())
}

/// The body, and its media type.
pub(super) fn answer(
    log: &KeyLog,
    site: &str,
    headers: &HeaderMap,
) -> Result<(&'static str, String), Refusal> {
    let entries = log.of(site).map_err(Refusal::Store)?;
    let wants_text = |accept: &HeaderValue| accept.as_bytes().starts_with(b"text/plain");
    Ok(if headers.get(header::ACCEPT).is_some_and(wants_text) {
        ("text/plain; charset=utf-8", lines(&entries))
    } else {
        ("application/json", json(site, &entries))
    })
}

fn json(site: &str, entries: &[Entry]) -> String {
    let keys: Vec<_> = Key::all(entries)
        .iter()
        .filter_map(|key| {
            let any = key.any()?;
            Some(serde_json::json!({
                "kind": any.kind,
                "period": any.period,
                "commitment": hex(&any.commitment),
                "born": key.born.map(|born| born.time.to_string()),
                "rekeyed": key.born.is_some_and(|born| born.fate == "rekeyed"),
                "destroyed": key.ended("destroyed"),
                "lost": key.ended("lost"),
            }))
        })
        .collect();
    let log: Vec<_> = entries
        .iter()
        .map(|entry| {
            serde_json::json!({
                "time": entry.time.to_string(),
                "kind": entry.kind,
                "period": entry.period,
                "fate": entry.fate,
                "commitment": hex(&entry.commitment),
                "previous": hex(&entry.previous),
                "hash": hex(&entry.hash),
            })
        })
        .collect();
    let head = entries.first().map(|entry| hex(&entry.hash));
    serde_json::json!({ "site": site, "keys": keys, "log": log, "head": head }).to_string()
}

/// One line a key, for people.
fn lines(entries: &[Entry]) -> String {
    let mut text = String::from("key              born                  until                 commitment\n");
    for key in Key::all(entries) {
        let Some(any) = key.any() else { continue };
        let born = key.born.map_or_else(|| "before this list".to_owned(), |born| born.time.to_string());
        let until = match key.end {
            None => "in use".to_owned(),
            Some(end) if end.fate == "lost" => format!("lost by {}", end.time),
            Some(end) => end.time.to_string(),
        };
        let name = format!("{} {}", any.kind, any.period);
        // writing to a String cannot fail
        let _ = writeln!(text, "{name:<16} {born:<21} {until:<21} {}", hex(&any.commitment));
    }
    text
}

fn hex(bytes: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn entry(place: i64, key: u8, fate: &str) -> Entry {
        Entry {
            place,
            time: Timestamp::from_second(place * 86_400).unwrap(),
            site: "shop".to_owned(),
            kind: "day".to_owned(),
            period: format!("1970-01-0{key}"),
            fate: fate.to_owned(),
            commitment: [key; 32],
            previous: [0; 32],
            hash: [place.to_le_bytes()[0]; 32],
        }
    }

    #[test]
    fn each_key_is_told_once_with_its_birth_and_its_end() {
        let entries = [
            entry(5, 3, "lost"),
            entry(4, 3, "rekeyed"),
            entry(3, 1, "destroyed"),
            entry(2, 2, "born"),
            entry(1, 1, "born"),
        ];
        let told: serde_json::Value = serde_json::from_str(&json("shop", &entries)).unwrap();
        let ends: Vec<_> = told["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| {
                (key["period"].as_str().unwrap(), key["destroyed"].is_string(), key["lost"].is_string())
            })
            .collect();
        assert_eq!(
            ends,
            [("1970-01-03", false, true), ("1970-01-02", false, false), ("1970-01-01", true, false)]
        );
        assert_eq!(told["head"], hex(&[5; 32]));
        let text = lines(&entries);
        assert!(text.contains("day 1970-01-02   1970-01-03T00:00:00Z  in use"), "{text}");
        assert!(text.contains("lost by 1970-01-06T00:00:00Z"), "{text}");
    }
}
