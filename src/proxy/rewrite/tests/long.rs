//! Tags that nobody waits for.

use proptest::prelude::*;

use super::oracle::Scripting;
use super::*;

/// `~` and `^` in a row stand for a long value, and for one that is a little short of the limit.
fn lengthened(row: &str) -> String {
    row.replace('~', &"x".repeat(3 * TAG_BYTES_MAX)).replace('^', &"y".repeat(TAG_BYTES_MAX - 30))
}

/// Rows of tags, and what they become; `=`: they stay as they are.
const ROWS: &[(&str, &str)] = &[
    ("<p title='~'><b>", "="),
    ("<img src='data:image/png;base64,~' alt=a><b>", "="),
    (
        "<img src=data:image/png;base64,~ srcset='//ads.example/x 2x'><b>",
        "<img src=data:image/png;base64,~ data-consentry-srcset='//ads.example/x 2x'><b>",
    ),
    ("<img src='//ads.example/1' alt='~'>", "<img data-consentry-src='//ads.example/1' alt='~'>"),
    ("<img alt='~' src='//ads.example/1'>", "<img alt='~' data-consentry-src='//ads.example/1'>"),
    ("<img alt='^' src='//ads.example/1~'>", "<img alt='^' data-consentry-src='//ads.example/1~'>"),
    ("<img src='//shop.example/~'>", "<img data-consentry-src='//shop.example/~'>"),
    ("<img srcset='data:,~ 1x'>", "<img data-consentry-srcset='data:,~ 1x'>"),
    ("<div ping='~' data-page='~'>", "<div data-consentry-ping='~' data-page='~'>"),
    ("<script src='data:text/javascript,~' defer></script><b>", "="),
    ("<script src='/own.js' data-state='~'></script><b>", "="),
    (
        "<script src='//ads.example/a' data-a='~'></script><b>",
        "<script type=text/plain data-consentry-held=unknown data-consentry-src='//ads.example/a' data-a='~'></script><b>",
    ),
    (
        "<script data-a='~' src='//ads.example/a'></script><b>",
        "<script type=text/plain data-consentry-held=unknown data-a='~' data-consentry-src='//ads.example/a'></script><b>",
    ),
    (
        "<script data-a='~'>adspixel(1)</script><b>",
        "<script type=text/plain data-consentry-held=unknown data-a='~'>adspixel(1)</script><b>",
    ),
    (
        "<script/data-a='~'>adspixel(1)</script><b>",
        "<script type=text/plain data-consentry-held=unknown /data-a='~'>adspixel(1)</script><b>",
    ),
    ("<iframe srcdoc='&lt;script>~'></iframe>", "<iframe data-consentry-srcdoc='&lt;script>~'></iframe>"),
    ("<iframe src='/own' name='~'></iframe>", "="),
    (
        "<meta content='0;url=//ads.example/~' http-equiv=refresh>",
        "<meta http-equiv=held data-consentry-held=unknown content='0;url=//ads.example/~' http-equiv=refresh>",
    ),
    ("<link href='data:image/png,~' rel=icon>", "="),
    (
        "<base target='~' href=//ads.example><img src=/a>",
        "<base href=. data-consentry-held=unknown target='~' href=//ads.example><img src=/a>",
    ),
    (
        "<svg><path d='~'/></svg><img src=//ads.example>",
        "<svg><path d='~'/></svg><img data-consentry-held=ads data-consentry-src=//ads.example>",
    ),
    ("<template><img alt='~' src=//ads.example></template>", "="),
    ("<textarea title='~'><img src=//ads.example></textarea>", "="),
    ("<p ~='a' src=//ads.example></p ~><b>", "="),
    (
        "<~ a=b><img src=//ads.example>",
        "<~ a=b><img data-consentry-held=ads data-consentry-src=//ads.example>",
    ),
];

#[test]
fn long_tags_pass_with_what_leads_out_disarmed() {
    for (row, wanted) in ROWS.iter().copied() {
        let (source, wanted) = (lengthened(row), lengthened(if wanted == "=" { row } else { wanted }));
        let out = page(&source);
        assert!(out == wanted, "{row}: {}", out.replace(&"x".repeat(3 * TAG_BYTES_MAX), "~"));
        for size in [1, 1000, 5000, 16 << 10] {
            let (cut, result) = rewritten(Consent::none(), no_insertions(), source.as_bytes().chunks(size));
            assert!(cut == wanted.as_bytes(), "{row} in pieces of {size}");
            assert_eq!(result.unwrap().long_tags > 0, row.contains(['~']), "{row}");
        }
    }
}

#[test]
fn a_page_with_long_tags_gets_what_belongs_into_it() {
    let source =
        lengthened("<html lang=nb data-a='~'><head data-a='~'><body data-page='~'><p title='~'></p></body>");
    let wanted = lengthened(
        "<html lang=nb data-a='~'><head data-a='~'><style>h</style><body data-page='~'><b>hei/a</b><p title='~'></p><i>foot</i></body>",
    );
    assert!(full(&source) == wanted);
}

#[test]
fn a_page_that_ends_in_a_long_tag_ends_there() {
    let source = lengthened("<body><p title='~");
    assert!(full(&source).starts_with("<style>h</style><body><b>hi/a</b><p title='"));
    assert!(full(&source).ends_with('x'), "nothing is put into it");
}

/// Parts of tags; a letter in capitals becomes a long value.
fn tag() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "img", "script", "iframe", "p", "link", "meta", "svg", "object", "video", "base",
    ]);
    let attribute = prop::sample::select(vec![
        "alt=~",
        "src=//ads.example/a",
        "src='data:,^'",
        "src=/own",
        "srcset='/a 2x, //ads.example 3x'",
        "href=//ads.example",
        "rel=preload",
        "title='^'",
        "title=\"<img src=//ads.example> ~\"",
        "poster=//ads.example",
        "data=//ads.example",
        "http-equiv=refresh",
        "content='0;url=//ads.example'",
        "type=module",
        "srcdoc='&lt;img src=//ads.example> ~'",
        "~",
        "src='//ads.example/~'",
        "background=//ads.example",
        "ping='//ads.example ~'",
    ]);
    (name, prop::collection::vec(attribute, 1..5))
        .prop_map(|(name, attributes)| format!("<{name} {}>adspixel(1)</{name}>", attributes.join(" ")))
}

/// What a page makes wait, in pieces as the network brings them. Unit: bytes.
fn waiting(source: &str, size: usize) -> usize {
    let policy = POLICY.with_borrow(Arc::clone);
    let mut rewriter = Rewriter::new(policy, Consent::none(), "shop.example", "/", insertions());
    let mut most = 0;
    for piece in source.as_bytes().chunks(size) {
        let mut out = BytesMut::new();
        if rewriter.push(piece, &mut out).is_err() {
            break;
        }
        most = most.max(rewriter.tail.capacity());
    }
    most
}

/// The rest of a page in flight is a few KiB: `cargo bench --bench memory`.
#[test]
fn no_page_makes_more_than_48_kib_wait() {
    let pages = [
        "<img src='data:,~'>",
        "<script data-a='^'>~",
        "<script title='^'>var a='~'</script><p title='~'>",
        "<script type=speculationrules data-a='^'>[~",
        "<svg><style>~<script>~",
        "<svg><!--<script title='",
        "<iframe srcdoc='^'></iframe><iframe srcdoc='~'>",
        "<select><style><script title='^'>~",
        "<noscript><p title='^<script>'>~",
        "<svg><p title='^<script>~",
        "<~ <!--~--><![CDATA[~",
        "<p ~ ~=~ ^='^' '~",
    ];
    for page in pages {
        for size in [1400, 16 << 10] {
            let most = waiting(&lengthened(page).repeat(4), size);
            assert!(most <= 48 << 10, "{page} in pieces of {size}: {most}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_in_a_long_tag_is_alive_and_its_cuts_change_nothing(
        tags in prop::collection::vec(tag(), 1..4), size in 1_usize..20_000,
    ) {
        let source = lengthened(&tags.concat());
        let (whole, result) = rewritten(Consent::none(), insertions(), [source.as_bytes()]);
        let (cut, cut_result) = rewritten(Consent::none(), insertions(), source.as_bytes().chunks(size));
        prop_assert!(whole == cut && result == cut_result, "cut otherwise: {}", tags.concat());
        let out = String::from_utf8(whole).unwrap();
        for scripting in [Scripting::On, Scripting::Off] {
            let alive = oracle::alive(&out, scripting);
            prop_assert!(alive.is_empty(), "{:?} in {}", alive.iter().map(|a| &a[..a.len().min(80)]).collect::<Vec<_>>(), tags.concat());
        }
    }
}
