use std::cell::Cell;
use std::io::Write as _;
use std::sync::Arc;

use super::*;
use crate::policy::Policy;
use crate::policy::catalog::Catalog;
use crate::policy::consent::Consent;
use crate::policy::samples::settings;
use crate::proxy::charset::ToUtf8;
use crate::proxy::encode::{Coding, DECODED_BYTES_PER_PIECE_MAX, STEP_BYTES};
use crate::proxy::rewrite::{Insertions, Rewriter};

fn policy() -> Arc<Policy> {
    Arc::new(Policy::new(settings(), Arc::new(Catalog::new(Vec::new()).unwrap())))
}

/// The frames that a visitor gets, and what became of the page.
fn frames(coding: &str, body: Vec<u8>) -> (Vec<Result<usize, String>>, Outcome) {
    let rewriter = Rewriter::new(policy(), Consent::none(), "shop.example", "/", Insertions::none());
    let outcome = Cell::new(Outcome::Left);
    let decoder = Decoder::new(coding).unwrap();
    let encoder = Encoder::new(Coding::Identity);
    let reader = Reader::Rewrites(ToUtf8::new(None), Box::new(rewriter));
    let tell = |told: Told<'_>| match told {
        Told::Over(told, _) => outcome.set(told),
        Told::Asks(language) => panic!("nothing is put in, and it asks in {language}"),
    };
    let mut page = PageBody::new(Body::full(body), decoder, reader, encoder, tell);
    let mut context = Context::from_waker(std::task::Waker::noop());
    let mut frames = Vec::new();
    while let Poll::Ready(Some(frame)) = Pin::new(&mut page).poll_frame(&mut context) {
        frames
            .push(frame.map(|frame| frame.into_data().unwrap().len()).map_err(|error| format!("{error:?}")));
    }
    (frames, outcome.get())
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str, plain: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => gzip(plain),
        "br" => {
            let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
            writer.write_all(plain).unwrap();
            writer.into_inner()
        }
        _ => ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

#[test]
fn a_page_that_unpacks_to_much_is_taken_in_small_steps() {
    let plain = vec![b' '; 12 << 20];
    for coding in ["gzip", "br", "zstd"] {
        let (frames, outcome) = frames(coding, coded(coding, &plain));
        let sizes: Vec<usize> = frames.into_iter().map(Result::unwrap).collect();
        assert_eq!(sizes.iter().sum::<usize>(), plain.len(), "{coding}");
        assert!(sizes.iter().all(|size| *size <= STEP_BYTES), "{coding}: {:?}", sizes.iter().max());
        assert_eq!(outcome, Outcome::Whole { held: 0, long: 0 }, "{coding}");
    }
}

#[test]
fn a_bomb_of_a_page_is_cut_and_comes_in_small_steps_until_then() {
    let plain = vec![b' '; 32 << 20];
    for coding in ["gzip", "br", "zstd"] {
        let (mut frames, outcome) = frames(coding, coded(coding, &plain));
        assert!(frames.pop().unwrap().unwrap_err().contains("Bomb"), "{coding}");
        let sizes: Vec<usize> = frames.into_iter().map(Result::unwrap).collect();
        assert!(sizes.iter().all(|size| *size <= STEP_BYTES), "{coding}: {:?}", sizes.iter().max());
        assert!(sizes.iter().sum::<usize>() <= DECODED_BYTES_PER_PIECE_MAX, "{coding}");
        assert_eq!(outcome, Outcome::Cut, "{coding}");
    }
}

#[test]
fn a_bomb_in_a_bomb_is_cut_and_comes_in_small_steps_until_then() {
    let (frames, _) = frames("gzip, gzip", gzip(&gzip(&vec![b' '; 64 << 20])));
    let mut sizes = frames.iter().filter_map(|frame| frame.as_ref().ok().copied());
    assert!(sizes.all(|size| size <= STEP_BYTES));
    assert!(frames.last().unwrap().is_err());
}

#[test]
fn a_page_under_a_wrong_label_is_cut_and_nothing_of_it_passes() {
    let page = b"<script src=https://ads.example/x></script>".to_vec();
    for (label, body) in
        [("gzip", page.clone()), ("br", page.clone()), ("zstd", page.clone()), ("br", gzip(&page))]
    {
        let (frames, outcome) = frames(label, body);
        assert_eq!(outcome, Outcome::Cut, "{label}");
        let passed: usize = frames.iter().filter_map(|frame| frame.as_ref().ok()).sum();
        assert_eq!(passed, 0, "{label}");
    }
}
