//! Passing over what changes nothing gives the same page as reading it.

use proptest::prelude::*;

use super::super::pass::Pace;
use super::properties::{any_page, cut};
use super::*;

/// What an ordinary page is made of between the pieces that matter, and what is almost one of them.
const CALM_PIECES: [&str; 46] = [
    "<svg class='i'><g><path d=\"M1 2\"/></g><path title='<b'></path></svg>",
    "<svg><desc><p></desc><circle r=1/></svg>",
    "<select><option value=\"1\">a</option><p></select>",
    "<noscript><p class=\"a\"><i data-x='<img src=//ads.example>'></noscript>",
    "<img src='/own' attributionsrc='/own'>",
    "<img lowsrc='/own' ATTRIBUTIONSRC=\"/own\">",
    "<p class=\"a b\">text</p>\n",
    "<li class='c'><a href=\"/own?x=1&amp;y\">it's 5 > 4</a></li>",
    "<img src=\"/own.webp\" alt=\"\" width=200>",
    "<img data-src=\"//ads.example/x\" src='/own'>",
    "<div title=\"a > b\" data-x='{\"a\":1}'>",
    "<p title=\"<svg><script>adspixel(1)\">",
    "<p title='<!-- \" >' id=x>",
    "<p title=\"<img src=//ads.example>\">",
    "<p title=\">",
    "<p title= '>",
    "<p title=",
    "say =\"so\" and ='so",
    "\">",
    "'>",
    ">",
    "<a b\"c=\"d>",
    "<br/><hr><input type=text value=\"=\">",
    "</div ping=x>",
    "<!doctype html>",
    "<!x \"a=\" >",
    "<?x ='>",
    "</ x=\">",
    "</>",
    "< p>",
    "<P CLASS=X>shopping, koster, background</P>",
    "<a href=/own ping='/a //ads.example'>",
    "<table background=//ads.example>",
    "<IMG\nSRC='HTTPS://ADS.EXAMPLE'>",
    "<img/src=//ads.example>",
    "<img a='b'srcset='/a, //ads.example/ 2x'>",
    "<img src=\"/\\ads.example\">",
    "<img src=\"/a\" src='//ads.example'>",
    "<video poster=\"//ads.example\" src='/own'>",
    "<embed src=//film.example>",
    "<script src=//ads.example/a></script>",
    "<script>adspixel(1)</script>",
    "<!-- <img src=//ads.example> -->",
    "<textarea><p title=\"</textarea>",
    "<template><img src=//ads.example></template>",
    "</body>",
];

/// What heads are made of.
const HEAD_PIECES: [&str; 47] = [
    "<html lang=\"nb\">",
    "<html data-turbo=\"false\">",
    "<head>",
    "\n",
    "<title>a</title>",
    "<meta charset=\"utf-8\">",
    "<meta charset=\"ISO-2022-JP\">",
    "<meta name=\"viewport\" content=\"width=device-width\">",
    "<META NAME='description' CONTENT='a > b'>",
    "<meta property=\"og:image\" content=\"https://ads.example/a\" />",
    "<meta name=\"turbo-cache-control\" content=\"x\">",
    "<meta data-turbo>",
    "<meta hx-boost content=\"x\">",
    "<meta http-equiv=\"refresh\" content=\"0;url=//ads.example\">",
    "<meta content=\"0;url=//ads.example\" HTTP-EQUIV='Refresh'>",
    "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'self'\">",
    "<meta name=\"a\" data-consentry=\"marketing\">",
    "<meta name=\"a",
    "<metadata x=\"y\">",
    "<link rel=\"canonical\" href=\"https://ads.example/a\">",
    "<link rel=\"stylesheet\" href=\"/own.css\">",
    "<link href=\"//ads.example/a.css\" rel='alternate stylesheet'>",
    "<link rel=\"alternate\" href=\"//ads.example/a\" rel=\"icon\">",
    "<link rel=\"&#105;con\" href=\"//ads.example/a\">",
    "<link rel=\"preload\" imagesrcset=\"//ads.example/a 2x\" href=\"/own\">",
    "<link rel=\"icon\" href=\"/own\" data-turbo-track=\"reload\">",
    "<link rel=\"canonical\" href=\"/\" data-turbo-track>",
    "<link rel=icon href=//ads.example>",
    "<link rel=\"icon\" href>",
    "<LINK REL=\"PRECONNECT\" HREF=\"//ads.example\">",
    "<linkx rel=\"icon\" href=\"//ads.example\">",
    "<base href=\"//ads.example\">",
    "<script src=\"/own.js\"></script>",
    "<script>adspixel(1)</script>",
    "<script src=//ads.example/a></script>",
    "<noscript><link rel=\"icon\" href=\"/own\"></noscript>",
    "<template><meta name=\"a\" content=\"b\"></template>",
    "<style>b</style>",
    "<div>",
    "</head><body>",
    "</title>",
    "</template>",
    "</p>",
    "</Head x=\"y\">",
    "</br>",
    "<svg><title>",
    "</svg>",
];

fn any_head() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(HEAD_PIECES.as_slice()), 0..20);
    pieces.prop_map(|pieces| pieces.concat())
}

/// With what is put in before signs that scripts draw the page anew, before a policy in the page, and for held scripts.
fn all_insertions() -> Insertions {
    let [hydrated, swapped, areas] = [&b"<h>"[..], b"<s>", b"<a>"].map(Bytes::from_static);
    let keep = Keep { hydrated, swapped, areas };
    Insertions { keep, idle: Bytes::from_static(b"<idle>"), ..insertions() }
}

fn any_calm_page() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(CALM_PIECES.as_slice()), 0..60);
    pieces.prop_map(|pieces| format!("<body>{}", pieces.concat()))
}

/// What comes out when each tag is read.
fn read_through(page: &[u8], insertions: Insertions) -> (Vec<u8>, Result<HeldCounts, RewriteError>) {
    let policy = POLICY.with_borrow(Arc::clone);
    let mut rewriter = Rewriter::new(policy, Consent::none(), "shop.example", "/", insertions);
    rewriter.walker.passing.pace = Pace::Reads;
    let mut out = BytesMut::new();
    let result = rewriter.push(page, &mut out).and_then(|()| rewriter.end(&mut out));
    (out.to_vec(), result.map(|()| rewriter.held()))
}

#[test]
fn passing_over_calm_tags_changes_no_row() {
    let tables = [
        include_str!("../../../../tests/data/rewrite/held.txt"),
        include_str!("../../../../tests/data/rewrite/carriers.txt"),
        include_str!("../../../../tests/data/rewrite/stand_ins.txt"),
        include_str!("../../../../tests/data/rewrite/parts.txt"),
        include_str!("../../../../tests/data/rewrite/benign.txt"),
    ];
    let calm = "<li class=\"a\"><a href=\"/own\">it is</a> <img src=\"/own\" alt=\"\"></li>\n".repeat(8);
    for row in tables.into_iter().flat_map(|table| table.split("\n---\n")) {
        let source = row.split("\n=>\n").next().unwrap_or(row);
        for page in [format!("<body>{calm}{source}{calm}"), format!("<p>{calm}</p>{source}{source}{calm}")] {
            let read = read_through(page.as_bytes(), insertions());
            for size in [1, 3, 64, 200, 8192] {
                let passed = rewritten(Consent::none(), insertions(), page.as_bytes().chunks(size));
                assert_eq!(
                    String::from_utf8_lossy(&passed.0),
                    String::from_utf8_lossy(&read.0),
                    "{size}: {page}"
                );
                assert_eq!(passed.1, read.1, "{size}: {page}");
            }
        }
    }
}

#[test]
fn tags_with_too_many_attributes_pass_only_where_nothing_in_them_matters() {
    let many = "a ".repeat(ATTRIBUTES_MAX + 1);
    let calm = "<p class=x>y</p>".repeat(30);
    for (name, wanted) in [("p", true), ("/p", true), ("p src=//x", false), ("script", false), ("svg", false)]
    {
        let page = format!("<body>{calm}<{name} {many}>{calm}");
        let read = read_through(page.as_bytes(), insertions());
        assert_eq!(read.1.is_ok(), wanted, "{name}");
        for size in [1, 100, 1000, 10_000] {
            let passed = rewritten(Consent::none(), insertions(), page.as_bytes().chunks(size));
            assert_eq!(passed.1, read.1, "{name} in pieces of {size}");
        }
    }
}

/// Is the page, whole and in pieces, what it is when each tag is read?
fn is_read_through(
    page: &str,
    cuts: &[prop::sample::Index],
    insertions: &Insertions,
) -> Result<(), TestCaseError> {
    let read = read_through(page.as_bytes(), insertions.clone());
    let whole = rewritten(Consent::none(), insertions.clone(), [page.as_bytes()]);
    prop_assert_eq!(String::from_utf8_lossy(&whole.0), String::from_utf8_lossy(&read.0));
    prop_assert_eq!(whole.1, read.1);
    let pieces = rewritten(Consent::none(), insertions.clone(), cut(page.as_bytes(), cuts));
    prop_assert_eq!(String::from_utf8_lossy(&pieces.0), String::from_utf8_lossy(&read.0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn passing_over_calm_tags_changes_nothing(
        page in prop_oneof![any_calm_page(), any_calm_page(), any_page()],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        for insertions in [insertions(), no_insertions()] {
            is_read_through(&page, &cuts, &insertions)?;
        }
    }

    #[test]
    fn passing_over_what_a_head_states_changes_nothing(
        page in any_head(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        for insertions in [all_insertions(), insertions(), no_insertions()] {
            is_read_through(&page, &cuts, &insertions)?;
        }
    }
}
