use std::io::{Read, Write};

use flate2::Compression;
use proptest::prelude::*;

use super::*;
use crate::proxy::rewrite::Outlet;

fn encoded(coding: &str, plain: &[u8]) -> Vec<u8> {
    let level = Compression::default();
    match coding {
        "gzip" | "x-gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        "raw deflate" => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        "br" => {
            let mut out = Vec::new();
            brotli::CompressorReader::new(plain, 4096, 5, 20).read_to_end(&mut out).unwrap();
            out
        }
        "zstd" => ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest),
        other => panic!("{other}"),
    }
}

fn decoded<'a>(header: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, EncodeError> {
    let mut decoder = Decoder::new(header)?;
    let mut out = Vec::new();
    for piece in pieces {
        decoder.decode(piece, &mut |bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        })?;
    }
    decoder.end().map(|()| out)
}

const CODINGS: [(&str, &str); 6] = [
    ("gzip", "gzip"),
    ("x-gzip", "X-GZIP"),
    ("deflate", "deflate"),
    ("raw deflate", "deflate"),
    ("br", "br"),
    ("zstd", "zstd"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_coding_is_taken_off_however_it_is_cut(
        plain in prop::collection::vec(prop::sample::select(b"abc<>\n".as_slice()), 0..40_000),
        size in 1_usize..5000,
    ) {
        for (coding, header) in CODINGS {
            let body = encoded(coding, &plain);
            let pieces = if body.len() < 3000 { 1 } else { size };
            prop_assert_eq!(decoded(header, body.chunks(pieces)).unwrap(), plain.as_slice());
        }
        let stacked = encoded("br", &encoded("gzip", &plain));
        prop_assert_eq!(decoded("gzip, br", stacked.chunks(size)).unwrap(), plain);
    }

    #[test]
    fn what_is_encoded_can_be_read_after_each_piece(
        plain in prop::collection::vec(prop::sample::select(b"abc<>\n".as_slice()), 0..20_000),
        size in 1_usize..5000,
        parts in 1_usize..5000,
    ) {
        for coding in [Coding::Identity, Coding::Gzip, Coding::Brotli] {
            let mut encoder = Encoder::new(coding);
            let mut decoder = Decoder::new(coding.name().unwrap_or_default()).unwrap();
            let mut read = Vec::new();
            for (index, piece) in plain.chunks(size).enumerate() {
                piece.chunks(parts).for_each(|part| encoder.put(part));
                let coded = encoder.flush().unwrap();
                decoder.decode(&coded, &mut |bytes| { read.extend_from_slice(bytes); Ok(()) }).unwrap();
                prop_assert_eq!(read.len(), plain.len().min((index + 1) * size));
                prop_assert!(encoder.flush().unwrap().is_empty());
            }
            encoder.put(b"<p>");
            let last = encoder.end().unwrap();
            decoder.decode(&last, &mut |bytes| { read.extend_from_slice(bytes); Ok(()) }).unwrap();
            prop_assert_eq!(read.split_off(plain.len()), b"<p>");
            prop_assert!(decoder.end().is_ok());
            prop_assert_eq!(&read, &plain);
        }
    }

    #[test]
    fn any_bytes_are_survived(body in prop::collection::vec(any::<u8>(), 1..200), cut in 1_usize..50) {
        for (_, header) in CODINGS {
            let _ = decoded(header, body.chunks(cut));
        }
    }
}

#[test]
fn a_cut_body_is_an_error() {
    let plain = "truncation ".repeat(500);
    for (coding, header) in CODINGS {
        let body = encoded(coding, plain.as_bytes());
        for length in 1..body.len() {
            let result = decoded(header, [&body[..length]]);
            assert!(matches!(result, Err(EncodeError::Truncated(_))), "{coding} at {length}: {result:?}");
        }
        assert_eq!(decoded(header, []).unwrap(), b"", "an empty body is no cut one");
    }
}

#[test]
fn a_cut_body_is_an_error_however_deep_its_codings_are() {
    let plain = "<p>truncation</p>".repeat(50);
    for (outer, inner) in
        [("br", "gzip"), ("gzip", "zstd"), ("zstd", "br"), ("gzip", "gzip"), ("deflate", "br")]
    {
        let header = format!("{inner},{outer}");
        let body = encoded(outer, &encoded(inner, plain.as_bytes()));
        assert_eq!(decoded(&header, body.chunks(1)).unwrap(), plain.as_bytes(), "{header}");
        for length in 1..body.len() {
            assert!(decoded(&header, [&body[..length]]).is_err(), "{header} at {length}");
        }
        let cut = encoded(inner, plain.as_bytes());
        let body = encoded(outer, &cut[..cut.len() - 1]);
        assert!(matches!(decoded(&header, [body.as_slice()]), Err(EncodeError::Truncated(_))), "{header}");
    }
}

#[test]
fn a_body_under_a_wrong_label_is_an_error() {
    let plain = b"<!doctype html><p>not coded at all</p>";
    for (coding, _) in CODINGS {
        let body = encoded(coding, plain);
        for (other, header) in CODINGS.iter().filter(|(_, header)| !header.eq_ignore_ascii_case(coding)) {
            if (coding.ends_with("gzip") && other.ends_with("gzip"))
                || (coding.ends_with("deflate") && other.ends_with("deflate"))
            {
                continue;
            }
            let result = decoded(header, body.chunks(7));
            assert!(
                result.as_ref().is_err() || result.as_ref().unwrap() != plain,
                "{coding} as {header}: {result:?}"
            );
        }
    }
    for header in ["gzip", "deflate", "br", "zstd"] {
        let result = decoded(header, [plain.as_slice()]);
        assert!(result.is_err(), "{header}: {result:?}");
    }
}

#[test]
fn a_cut_member_of_gzip_is_an_error() {
    let body = [encoded("gzip", b"one "), encoded("gzip", b"two")].concat();
    let first = encoded("gzip", b"one ").len();
    for length in first + 1..body.len() {
        assert!(
            matches!(decoded("gzip", body[..length].chunks(3)), Err(EncodeError::Truncated(_))),
            "{length}"
        );
    }
    assert_eq!(decoded("gzip", [&body[..first]]).unwrap(), b"one ");
}

#[test]
fn what_is_decoded_is_handed_on_in_small_pieces() {
    let plain = vec![b'a'; 1 << 20];
    for (coding, header) in CODINGS {
        let mut decoder = Decoder::new(header).unwrap();
        let mut largest = 0;
        for piece in encoded(coding, &plain).chunks(1024) {
            decoder
                .decode(piece, &mut |bytes| {
                    largest = largest.max(bytes.len());
                    Ok(())
                })
                .unwrap();
        }
        assert!(largest <= STEP_BYTES, "{coding}: {largest}");
    }
}

#[test]
fn a_spoilt_body_is_an_error() {
    let plain = "checksum ".repeat(500);
    for (coding, header) in [("gzip", "gzip"), ("deflate", "deflate")] {
        let mut body = encoded(coding, plain.as_bytes());
        let last = body.len() - 1;
        body[if coding == "gzip" { last - 5 } else { last }] ^= 1;
        assert!(matches!(decoded(header, [body.as_slice()]), Err(EncodeError::Corrupt { .. })), "{coding}");
    }
    assert!(matches!(decoded("zstd", [b"not zstd".as_slice()]), Err(EncodeError::Corrupt { .. })));
}

#[test]
fn a_bomb_is_an_error() {
    let plain = vec![0; 2 * DECODED_BYTES_PER_PIECE_MAX];
    for (coding, header) in CODINGS {
        let result = decoded(header, [encoded(coding, &plain).as_slice()]);
        assert!(matches!(result, Err(EncodeError::Bomb)), "{coding}");
    }
}

#[test]
fn members_of_gzip_follow_each_other() {
    let body = [encoded("gzip", b"one "), encoded("gzip", b"two"), b"rubbish".to_vec()].concat();
    for size in [1, 7, 100] {
        assert_eq!(decoded("gzip", body.chunks(size)).unwrap(), b"one two");
    }
}

#[test]
fn words_that_are_no_coding_are_none() {
    for words in ["none", "utf-8", "8bit, aws-chunked", "foo, IDENTITY", "\"gzip\""] {
        assert!(Decoder::new(words).unwrap().is_identity(), "{words}");
    }
    let coded = encoded("gzip", b"plain");
    assert_eq!(decoded("none, gzip, aws-chunked", [&coded[..]]).unwrap(), b"plain");
}

#[test]
fn unknown_and_endless_codings_are_refused() {
    assert!(matches!(Decoder::new("gzip, dcb"), Err(EncodeError::Unknown(name)) if name == "dcb"));
    assert!(matches!(Decoder::new("br, br, br, br"), Err(EncodeError::TooDeep)));
    assert!(Decoder::new(" identity, ").unwrap().is_identity());
}

#[test]
fn a_sink_can_stop() {
    let mut decoder = Decoder::new("gzip").unwrap();
    let result = decoder.decode(&encoded("gzip", b"x"), &mut |_| Err(Stop));
    assert!(matches!(result, Err(EncodeError::Stopped)));
}
