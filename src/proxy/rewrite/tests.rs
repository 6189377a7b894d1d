use std::cell::RefCell;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::*;
use crate::policy::catalog::Catalog;
use crate::policy::consent::{Choice, Day};
use crate::policy::samples::settings;

fn policy() -> Arc<Policy> {
    let entry = |id: &str, category: &str, more: &str| {
        format!(
            "[[tracker]]\nid = \"{id}\"\nname = \"{id} & co\"\ncategory = \"{category}\"\nsource = \"test\"\n{more}\n\
             purpose = {{ en = \"test\" }}\nprovider = {{ name = \"P <1>\", country = \"NO\", privacy = \"https://p.example/\" }}\n"
        )
    };
    let text = [
        entry("ads", "marketing", "hosts = [\"ads.example\"]\ninline = [\"adspixel(\"]"),
        entry("film", "marketing", "hosts = [\"film.example\"]\nembed = true"),
        entry("pay", "necessary", "hosts = [\"pay.example\"]"),
        entry(
            "pix",
            "marketing",
            "hosts = [\"pix.example\"]\ninline = [\"pix('init\", \"pix('a\"]\nglobals = [\"pix\", \"_pix\"]",
        ),
        entry("chat", "preferences", "inline = [\"chat('x\"]\nglobals = [\"chat\"]"),
    ]
    .concat();
    let catalog = Catalog::new(Catalog::parse(&text).unwrap()).unwrap();
    Arc::new(Policy::new(settings(), Arc::new(catalog)))
}

thread_local! {
    static POLICY: RefCell<Arc<Policy>> = RefCell::new(policy());
}

fn text(text: &'static str) -> Part {
    Part::Text(Bytes::from_static(text.as_bytes()))
}

fn insertions() -> Insertions {
    let localized = |language: &str, banner: &'static str| Localized {
        language: language.into(),
        banner: vec![text("<b>"), text(banner), Part::ReturnPath, text("</b>")],
        foot: vec![text("<i>foot</i>")],
        placeholder: vec![
            text("p|"),
            Part::TrackerId,
            text("|"),
            Part::TrackerName,
            text("|"),
            Part::Provider,
            text("|"),
            Part::Style,
            Part::Origin,
            Part::ReturnPath,
        ],
    };
    Insertions {
        head: Bytes::from_static(b"<style>h</style>"),
        languages: Arc::from([localized("nb", "hei"), localized("en", "hi")]),
        preferred: 1,
        return_path: Bytes::from_static(b"/a"),
        origin: Bytes::from_static(b"https://shop.example"),
        script: Bytes::from_static(b"<script>"),
        idle: Bytes::new(),
        embeds: Bytes::new(),
        embed_style: Bytes::from_static(b"css"),
        keep: Keep::default(),
        tail: Bytes::new(),
        is_part: false,
    }
}

fn no_insertions() -> Insertions {
    Insertions::none()
}

fn rewritten<'a>(
    consent: Consent,
    insertions: Insertions,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Result<HeldCounts, RewriteError>) {
    let policy = POLICY.with_borrow(Arc::clone);
    let mut rewriter = Rewriter::new(policy, consent, "shop.example", "/", insertions);
    let mut out = BytesMut::new();
    for piece in pieces {
        if let Err(error) = rewriter.push(piece, &mut out) {
            return (out.to_vec(), Err(error));
        }
    }
    let result = rewriter.end(&mut out).map(|()| rewriter.held());
    (out.to_vec(), result)
}

fn page(source: &str) -> String {
    let (out, result) = rewritten(Consent::none(), no_insertions(), [source.as_bytes()]);
    result.unwrap();
    String::from_utf8(out).unwrap()
}

fn full(source: &str) -> String {
    String::from_utf8(rewritten(Consent::none(), insertions(), [source.as_bytes()]).0).unwrap()
}

/// Rows of `tests/data/rewrite/*.txt`: a page, `=>`, the expected page; `=` alone says unchanged. `---` divides rows.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.split("\n---\n").map(|row| {
        let (source, wanted) = row.trim_end_matches('\n').split_once("\n=>\n").expect(row);
        (source, if wanted == "=" { source } else { wanted })
    })
}

#[test]
fn held_tags_are_left_inert() {
    for (source, wanted) in rows(include_str!("../../../tests/data/rewrite/held.txt")) {
        assert_eq!(page(source), wanted, "\n{source}");
    }
}

#[test]
fn every_carrier_is_held() {
    for (source, wanted) in rows(include_str!("../../../tests/data/rewrite/carriers.txt")) {
        assert_eq!(page(source), wanted, "\n{source}");
    }
}

#[test]
fn what_only_looks_like_a_tracker_is_left_alone() {
    let table = include_str!("../../../tests/data/rewrite/benign.txt");
    for source in table.trim_end().split("\n---\n") {
        let (out, result) = rewritten(Consent::none(), no_insertions(), [source.as_bytes()]);
        assert_eq!(String::from_utf8(out).unwrap(), source);
        assert_eq!(result.unwrap().tags, 0, "{source}");
    }
}

#[test]
fn no_row_leaves_anything_alive_however_it_is_cut() {
    let tables = [
        include_str!("../../../tests/data/rewrite/held.txt"),
        include_str!("../../../tests/data/rewrite/carriers.txt"),
        include_str!("../../../tests/data/rewrite/stand_ins.txt"),
        include_str!("../../../tests/data/rewrite/parts.txt"),
    ];
    for source in tables.into_iter().flat_map(rows).map(|(source, _)| source) {
        let whole = full(source);
        for size in [1, 2, 3, 7, 19, 64] {
            let pieces = source.as_bytes().chunks(size);
            let (out, _) = rewritten(Consent::none(), insertions(), pieces);
            assert_eq!(String::from_utf8(out).unwrap(), whole, "pieces of {size}");
        }
        if source.contains("data-consentry=necessary") || source.contains("data-consentry=\"necessary") {
            continue;
        }
        for scripting in [oracle::Scripting::On, oracle::Scripting::Off] {
            assert_eq!(oracle::alive(&whole, scripting), Vec::<String>::new(), "{source}\n{whole}");
        }
    }
}

#[test]
fn work_of_the_shops_runs_with_stand_ins_for_the_trackers_it_calls() {
    for (source, wanted) in rows(include_str!("../../../tests/data/rewrite/shops_own.txt")) {
        assert_eq!(full(source), wanted, "\n{source}");
    }
}

#[test]
fn the_tail_stands_once_behind_the_foot_at_the_end() {
    let tail = Bytes::from_static(b"<script defer src=b></script>");
    for (source, end) in [
        ("<body>a</body></html>", "a<i>foot</i><script defer src=b></script></body></html>"),
        ("<p>a</body></body>b</html>", "<i>foot</i><script defer src=b></script></body></body>b</html>"),
        ("<p>a", "<i>foot</i><script defer src=b></script>"),
        ("<frameset><frame src=a></frameset>", "</frameset>"),
        ("<html amp><body>a</body>", "a</body>"),
    ] {
        let insertions = Insertions { tail: tail.clone(), ..insertions() };
        let (out, _) = rewritten(Consent::none(), insertions, [source.as_bytes()]);
        let page = String::from_utf8(out).unwrap();
        assert!(page.ends_with(end), "{page}");
        assert!(page.matches("src=b").count() <= 1, "{page}");
    }
}

#[test]
fn held_scripts_get_stand_ins_where_a_script_may_stand() {
    for (source, wanted) in rows(include_str!("../../../tests/data/rewrite/stand_ins.txt")) {
        assert_eq!(full(source), wanted, "\n{source}");
    }
    let closed = Insertions { script: Bytes::new(), ..insertions() };
    let source = b"<body><script src=//pix.example></script>".as_slice();
    let (out, _) = rewritten(Consent::none(), closed, [source]);
    assert!(!String::from_utf8(out).unwrap().contains("idle"));
}

#[test]
fn the_hosts_of_a_page_are_taken_down_when_somebody_asks() {
    let source = "<script src=//ads.example/a></script><img src=//ADS.example><img src=//shop.example/x><img src=/x>\
                  <a href=//link.example>x</a><link rel=preconnect href=https://pay.example><img srcset='//u.example 2x'>\
                  <template><img src=//t.example></template><iframe srcdoc='<img src=//inner.example>'></iframe>";
    let heard = |consent, is_noting| {
        let policy = POLICY.with_borrow(Arc::clone);
        let rewriter = Rewriter::new(policy, consent, "shop.example", "/", no_insertions());
        let mut rewriter = if is_noting { rewriter.noting_hosts() } else { rewriter };
        rewriter.push(source.as_bytes(), &mut BytesMut::new()).unwrap();
        rewriter.hosts().iter().map(|named| &*named.host).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(heard(Consent::none(), true), "ads.example pay.example u.example inner.example");
    assert_eq!(heard(Consent::none(), false), "");
    let all = Consent::from_choice(&Choice::All, Day(1), None, policy().catalog());
    assert_eq!(heard(all, true), "ads.example pay.example u.example");
    assert_eq!(heard(all, false), "");
}

#[test]
fn frames_within_frames_are_read_to_a_depth() {
    let nested = |depth: usize| {
        let mut page = "<img src=//ads.example>".to_owned();
        for _ in 0..depth {
            page =
                format!("<iframe srcdoc=\"{}\"></iframe>", page.replace('&', "&amp;").replace('"', "&quot;"));
        }
        page
    };
    for depth in 1..7 {
        for scripting in [oracle::Scripting::On, oracle::Scripting::Off] {
            let out = page(&nested(depth));
            assert_eq!(oracle::alive(&out, scripting), Vec::<String>::new(), "{depth}: {out}");
        }
    }
    let clean = nested(4).replace("ads.example", "pay.example");
    assert_eq!(page(&clean), clean);
    let deep = nested(6).replace("ads.example", "pay.example");
    assert!(page(&deep).contains("data-consentry-held=unknown"), "nobody reads that deep");
}

#[test]
fn odd_documents_pass_byte_for_byte() {
    let table: [&[u8]; 28] = [
        b"",
        b"<",
        b"a<b",
        b"a < b <",
        b"</",
        b"</>",
        b"</ x>",
        b"<!",
        b"<!-",
        b"<!--",
        b"<!-->x",
        b"<?php echo ?>x",
        b"<p",
        b"\0<p\0>\0",
        b"\xFF\xC3<p class=\xFF>",
        b"<P CLASS=A class=b>",
        b"<p class=a/b>",
        b"<scrip><script",
        b"<![CDATA[x]]>",
        b"<p a='\"' b=\"'\">",
        b"<textarea><script src=https://ads.example/x></script></textarea>",
        b"<title><img src=//ads.example/></title>",
        b"<!-- <img src=//ads.example/> -->",
        b"<style><img src=//ads.example/></style>",
        b"<script type=a/b>adspixel(1)</script>",
        b"<script><!--<script></script>'<img src=//ads.example/>'--></script>",
        b"<plaintext><img src=//ads.example/>",
        b"<xmp></xm><img src=//ads.example/></xmpp></xmp>",
    ];
    for source in table {
        let (out, result) = rewritten(Consent::none(), no_insertions(), [source]);
        assert!(result.is_ok());
        let wanted: &[u8] = match source {
            b"<scrip><script" => b"<scrip>",
            _ => source,
        };
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(wanted));
    }
}

#[test]
fn parts_go_where_they_belong() {
    for (source, wanted) in rows(include_str!("../../../tests/data/rewrite/parts.txt")) {
        assert_eq!(full(source), wanted, "\n{source}");
    }
}

#[test]
fn what_was_held_is_counted() {
    let source =
        "<script src=//ads.example/></script><iframe src=//film.example/></iframe><img src=//x.example/>";
    let counts = rewritten(Consent::none(), no_insertions(), [source.as_bytes()]).1.unwrap();
    assert_eq!((counts.tags, counts.placeholders, counts.trackers.iter().count()), (3, 1, 2));
}

#[test]
fn a_page_after_full_consent_is_what_the_shop_wrote() {
    let policy = policy();
    let consent = Consent::from_choice(&Choice::All, Day(1), None, policy.catalog());
    let source =
        include_str!("../../../tests/data/rewrite/held.txt").replace("\n---\n", "").replace("=>", "");
    let (out, result) = rewritten(consent, no_insertions(), [source.as_bytes()]);
    assert_eq!((String::from_utf8(out).unwrap(), result.unwrap().tags), (source, 0));
}

#[test]
fn a_page_that_cannot_be_read_ends() {
    let long = format!("<svg><title><p title='<a {}'>", "x".repeat(TAG_BYTES_MAX));
    let many = format!("<p {}>", "a ".repeat(ATTRIBUTES_MAX + 1));
    let tangled = format!("<svg><style><!--{}", "<a".repeat(40_000));
    let table = [
        (long.as_bytes(), RewriteError::TagTooLong),
        (many.as_bytes(), RewriteError::TooManyAttributes),
        (tangled.as_bytes(), RewriteError::Tangled),
        (b"\xFF\xFE<\0p\0", RewriteError::Utf16),
        (b"\xFE\xFF\0<", RewriteError::Utf16),
    ];
    for (source, wanted) in table {
        let source = [source, b"<script src=//ads.example/></script>"].concat();
        let (out, result) = rewritten(Consent::none(), insertions(), [source.as_slice()]);
        assert_eq!(result, Err(wanted));
        assert!(!String::from_utf8_lossy(&out).contains("ads.example"));
    }
}

#[test]
fn long_inline_scripts_pass_undecided_beyond_their_start() {
    let state = format!("<script>let state='{}';adspixel(1)</script><p>", "x".repeat(2 * INLINE_BYTES_MAX));
    let (out, result) = rewritten(Consent::none(), no_insertions(), state.as_bytes().chunks(1000));
    assert_eq!((String::from_utf8(out).unwrap(), result.unwrap().long_scripts), (state, 1));
}

#[test]
fn own_pictures_are_looked_at_where_a_base_leads_them_away() {
    let images = "<p><img src=\"/a.png\"><img src=\"/a\" srcset=\"//ads.example 2x\"><img src='/a' SRC='//ads.example'>";
    let held = |page: String| rewritten(Consent::none(), no_insertions(), [page.as_bytes()]).1.unwrap().tags;
    assert_eq!(held(images.to_owned()), 2);
    assert_eq!(held(format!("<base href=//ads.example>{images}")), 3);
}

/// Quadratic work would make this test the one that never ends.
#[test]
fn endless_repetition_costs_no_more_than_its_length() {
    let traps = [
        "<",
        "<!--",
        "</",
        "<a",
        "<p>",
        "<svg>",
        "<select>",
        "<noscript>",
        "<script>",
        "<script>-->",
        "<script><!--<script>",
        "<title>",
        "<svg><!--<a",
        "<svg><style><b ",
        "<svg><script>",
        "&",
        "<img src=//ads.example>",
        "]]>",
        "--",
        "<?",
        "<select><style><script>x",
        "<template>",
        "<iframe srcdoc='",
        "<iframe srcdoc=\"<img src=//ads.example>\">",
        "<svg><!--<iframe srcdoc='&lt;svg>&lt;!--&lt;a ",
        "<script type=speculationrules>[[[",
    ];
    for trap in traps {
        let page = trap.repeat(300_000 / trap.len());
        let (_, result) = rewritten(Consent::none(), insertions(), page.as_bytes().chunks(1400));
        let expected =
            [RewriteError::TagTooLong, RewriteError::TooManyAttributes, RewriteError::Tangled].map(Err);
        assert!(result.is_ok() || expected.contains(&result), "{trap}: {result:?}");
    }
}

mod cut;
mod forms;
mod later;
mod long;
mod oracle;
mod passing;
mod placeholders;
mod properties;
mod readings;
mod redrawn;
