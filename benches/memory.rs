//! What a page in flight costs: the most heap that is taken between its first byte and its last, on the way from the
//! origin's piece to the visitor's, by coding. Counted by an allocator that notes every byte, so there is nothing to
//! repeat: the figures are the same on every machine.
#![expect(clippy::print_stdout, reason = "it tells its figures to who runs it")]

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use consentry::policy::catalog::Catalog;
use consentry::policy::consent::Consent;
use consentry::policy::{Policy, Settings, Unknown};
use consentry::proxy::charset::ToUtf8;
use consentry::proxy::encode::{Coding, Decoder, Encoder};
use consentry::proxy::page::PageBody;
use consentry::proxy::reader::Reader;
use consentry::proxy::rewrite::{Insertions, Keep, Localized, Outlet, Part, Rewriter};
use consentry::proxy::{Body, BodyError};
use http_body::{Body as _, Frame};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The size of the page, and of the pieces in which it arrives, as from a socket. Unit: bytes.
const PAGE_BYTES: usize = 29_000;
const PIECE_BYTES: usize = 8 << 10;

/// What a bomb unpacks to. Unit: bytes.
const BOMB_BYTES: usize = 12 << 20;

/// Most that a page may take where nothing is coded. Unit: bytes.
const PLAIN_BYTES_MAX: usize = 64 << 10;

fn policy() -> Arc<Policy> {
    let entries = Catalog::built_in().expect("the built-in catalogue");
    let settings = Settings {
        hosts: vec!["shop.example".into()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts: Unknown::Hold,
        allow: Vec::new(),
    };
    Arc::new(Policy::new(settings, Arc::new(Catalog::new(entries).expect("the built-in catalogue"))))
}

/// What is put in is shared by all pages; here it is as large as it is in a shop.
fn insertions() -> Insertions {
    let localized = Localized {
        language: "nb".into(),
        banner: vec![Part::Text(Bytes::from(vec![b'b'; 4096])), Part::ReturnPath],
        foot: vec![Part::Text(Bytes::from_static(b"<a href=/_consentry/consent>Samtykke</a>"))],
        placeholder: vec![Part::Text(Bytes::from_static(b"&lt;form&gt;")), Part::TrackerName],
    };
    Insertions {
        head: Bytes::from(vec![b'h'; 2048]),
        languages: Arc::from([localized]),
        preferred: 0,
        return_path: Bytes::from_static(b"/"),
        origin: Bytes::from_static(b"https://shop.example"),
        script: Bytes::from_static(b"<script>"),
        idle: Bytes::new(),
        embeds: Bytes::new(),
        embed_style: Bytes::new(),
        keep: Keep::default(),
        tail: Bytes::new(),
        is_part: false,
    }
}

/// A list of goods, with a tracker in its head and a film in its body.
fn page() -> Vec<u8> {
    let mut page = String::from(
        "<!doctype html><html lang=nb><head><meta charset=utf-8><title>Dekk</title>\
         <script async src=https://www.googletagmanager.com/gtag/js?id=G-1></script></head><body>\
         <iframe width=560 height=315 src=https://www.youtube.com/embed/1></iframe><ul>",
    );
    for number in 0.. {
        let row = format!(
            "<li><a href=/dekk/{number}><img src=/bilder/{number}.webp alt='Dekk {number}' width=200></a>\
             <h3>Sommerdekk {number}</h3><p>kr {},-</p><button data-pris={number}>Legg i kurv</button></li>\n",
            990 + number * 13
        );
        if page.len() + row.len() > PAGE_BYTES {
            break;
        }
        page.push_str(&row);
    }
    page.push_str("</ul></body></html>");
    page.into_bytes()
}

/// An origin's body that arrives in pieces.
struct Pieces(Bytes);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let length = self.0.len().min(PIECE_BYTES);
        // A copy, as a socket's piece is one.
        let piece = Bytes::copy_from_slice(&self.0.split_to(length));
        Poll::Ready((length > 0).then(|| Ok(Frame::data(piece))))
    }
}

/// The most heap that the page takes at once while a visitor pulls it piece by piece. Unit: bytes.
fn peak(policy: &Arc<Policy>, insertions: &Insertions, body: Bytes, from: &str, to: Coding) -> usize {
    let before = dhat::HeapStats::get().curr_bytes;
    let profiler_peak = dhat::HeapStats::get().max_bytes;
    let rewriter =
        Rewriter::new(Arc::clone(policy), Consent::none(), "shop.example", "/", insertions.clone())
            .noting_hosts();
    let reader = Reader::Rewrites(ToUtf8::new(Some(encoding_rs::UTF_8)), Box::new(rewriter));
    let decoder = Decoder::new(from).expect("a coding");
    let mut page = PageBody::new(Body::stream(Pieces(body)), decoder, reader, Encoder::new(to), |_| {});
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(frame)) = Pin::new(&mut page).poll_frame(&mut context) {
        frame.expect("the page can be read");
    }
    let after = dhat::HeapStats::get().max_bytes;
    assert!(after > profiler_peak, "a peak from before hides this one");
    after - before
}

fn coded(page: &[u8], coding: Coding) -> Bytes {
    let mut encoder = Encoder::new(coding);
    encoder.put(page);
    encoder.end().expect("it can be coded")
}

fn main() {
    let page = page();
    println!("a page of {} bytes, a bomb of {BOMB_BYTES}", page.len());
    let (policy, insertions) = (policy(), insertions());
    let plain = Bytes::from(page.clone());
    let bomb = vec![b' '; BOMB_BYTES];
    let table = [
        ("plain to plain", "identity", Coding::Identity, plain.clone()),
        ("plain to gzip", "identity", Coding::Gzip, plain.clone()),
        ("plain to Brotli", "identity", Coding::Brotli, plain),
        ("gzip to gzip", "gzip", Coding::Gzip, coded(&page, Coding::Gzip)),
        ("Brotli to Brotli", "br", Coding::Brotli, coded(&page, Coding::Brotli)),
        ("gzip to plain, a bomb", "gzip", Coding::Identity, coded(&bomb, Coding::Gzip)),
        ("Brotli to plain, a bomb", "br", Coding::Identity, coded(&bomb, Coding::Brotli)),
    ];
    for (name, from, to, body) in table {
        // A profiler of its own, so that its highest is of this page alone.
        let profiler = dhat::Profiler::builder().testing().build();
        let bytes = peak(&policy, &insertions, body, from, to);
        drop(profiler);
        let (kib, tenths) = (bytes / 1024, bytes % 1024 * 10 / 1024);
        println!("{name}: {kib}.{tenths} KiB at most");
        assert!(
            from != "identity" || to != Coding::Identity || bytes <= PLAIN_BYTES_MAX,
            "{name}: over {PLAIN_BYTES_MAX} bytes"
        );
    }
}
