//! What is opened and is no page, such as a feed, a sitemap or a price list: it is asked for in the codings that the client
//! reads, and passes in the one it comes in.
//!
//! A page is asked for plain, because it is read here: nothing is coded there to be taken off here, and it comes as it is
//! written, not when a coder has enough of it. Which of the two stands at an address its path says by its end, else what
//! stood there last. A guess that is wrong holds nothing back and lets nothing pass: a page that comes coded is read, too.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::{HeaderMap, HeaderValue, header};

use super::navigation::Purpose;
use super::site::Mode;
use super::visit::Visit;
use crate::proxy::encode;

/// Places in the table, 8 bytes each: a shop has some dozens of feeds.
const PLACES: usize = 1024;

/// Ends of paths at which no page stands, without their dot: of what is text, and may come in a coding.
const ENDS: [&str; 18] = [
    "xml", "json", "csv", "txt", "rss", "atom", "svg", "pdf", "js", "css", "tsv", "ics", "vcf", "kml", "gpx",
    "map", "geojson", "jsonld",
];

/// Addresses of one site at which no page stood. A table without locks that forgets: an address that lost its place is
/// taken for a page's.
pub struct Files {
    hasher: RandomState,
    places: Box<[AtomicU64]>,
}

/// What may stand at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// A page, or nobody knows.
    Page,
    /// Something else.
    File,
}

impl Default for Files {
    fn default() -> Self {
        Self { hasher: RandomState::new(), places: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Files {
    fn has(&self, authority: &str, target: &str) -> bool {
        let (print, place) = self.place(authority, target);
        place.load(Relaxed) == print
    }

    fn add(&self, authority: &str, target: &str) {
        let (print, place) = self.place(authority, target);
        place.store(print, Relaxed);
    }

    fn remove(&self, authority: &str, target: &str) {
        let (print, place) = self.place(authority, target);
        // Where another address took the place there is nothing to remove.
        let _ = place.compare_exchange(print, 0, Relaxed, Relaxed);
    }

    fn place(&self, authority: &str, target: &str) -> (u64, &AtomicU64) {
        // Nought marks a free place.
        let print = self.hasher.hash_one((authority, target)).max(1);
        let number = usize::try_from(print % PLACES as u64).unwrap_or_default();
        (print, &self.places[number])
    }
}

/// What a request for a document may be answered with; `None` where it asks for none.
pub(super) fn guess(visit: &Visit, purpose: Purpose, headers: &HeaderMap) -> Option<Guess> {
    if visit.site.mode == Mode::Off || !purpose.is_document() || !purpose.is_own(headers) {
        return None;
    }
    let target = visit.target();
    let is_file =
        is_called_file(target.path()) || visit.site.files.has(visit.host.authority(), target.as_str());
    Some(if is_file { Guess::File } else { Guess::Page })
}

/// The answer showed what stands there.
pub(super) fn learn(visit: &Visit, guess: Option<Guess>, is_page: bool) {
    let (files, authority, target) = (&visit.site.files, visit.host.authority(), visit.target().as_str());
    match guess {
        Some(Guess::Page) if !is_page => files.add(authority, target),
        Some(Guess::File) if is_page => files.remove(authority, target),
        _ => {}
    }
}

/// In which codings a document is asked for.
pub(super) fn ask(guess: Guess, headers: &mut HeaderMap) {
    let accepted = headers.get(header::ACCEPT_ENCODING).filter(|_| guess == Guess::File);
    let read = accepted.and_then(|accepted| encode::read_of(accepted.to_str().ok()?));
    // Made of a header value.
    let read = read.and_then(|read| HeaderValue::try_from(read).ok());
    headers.insert(header::ACCEPT_ENCODING, read.unwrap_or(HeaderValue::from_static("identity")));
}

fn is_called_file(path: &str) -> bool {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end);
    ENDS.iter().any(|known| end.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_files_until_a_page_stands_there_or_another_takes_its_place() {
        let files = Files::default();
        assert!(!files.has("shop.example", "/feed"));
        files.add("shop.example", "/feed");
        assert!(files.has("shop.example", "/feed") && !files.has("shop.example", "/feed?side=2"));
        assert!(!files.has("other.example", "/feed"));
        files.remove("shop.example", "/feed");
        assert!(!files.has("shop.example", "/feed"));
        files.add("shop.example", "/feed");
        for number in 0..100_000 {
            files.add("shop.example", &format!("/{number}"));
        }
        assert!(!files.has("shop.example", "/feed"), "the table does not grow");
    }

    #[test]
    fn a_file_is_known_by_the_end_of_its_path() {
        for (path, expected) in [
            ("/sitemap.xml", true),
            ("/a.b/Priser.CSV", true),
            ("/dekk", false),
            ("/", false),
            ("/index.html", false),
            ("/v1.2/dekk", false),
            ("/xml", false),
            ("/dekk.xml/", false),
        ] {
            assert_eq!(is_called_file(path), expected, "{path}");
        }
    }
}
