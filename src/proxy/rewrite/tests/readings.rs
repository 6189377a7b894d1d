//! Pages that have two readings: what is true in one of them holds, however the page is cut.

use super::*;

/// What one reading hides may change what follows it in another.
#[test]
fn a_base_counts_from_where_it_stands_in_every_reading() {
    let table = [
        ("<select><xmp></select><base href=//ads.example/></xmp><img src=a.png>", 1),
        ("<svg><p title='<base href=//ads.example/>'><img src=a.png>", 1),
        ("<svg><Q<img src><base href=//ads.example/>", 0),
        (
            "<select><p></select><script type=speculationrules>{\"prefetch\":[{\"urls\":[\"a\"]}],\"tag\":\"<base href=//ads.example/>\"}</script>",
            0,
        ),
    ];
    for (source, tags) in table {
        for size in [1, 2, 7, source.len()] {
            let (_, result) = rewritten(Consent::none(), no_insertions(), source.as_bytes().chunks(size));
            assert_eq!(result.unwrap().tags, tags, "{source} in pieces of {size}");
        }
    }
}

/// Within SVG the text of a script is markup, and what begins there may swallow the end tag.
#[test]
fn a_script_in_svg_whose_end_may_be_swallowed_is_held() {
    for open in ["</", "</ ", "<?", "<!", "<!x", "<!x><!-- ]]>", "</g ", "</g a='>' ", "</p/", "<![CDATA[>"] {
        let source = format!("<svg><script>{open}</script>adspixel(1)</script></svg>");
        let out = page(&source);
        assert_eq!(oracle::alive(&out, oracle::Scripting::On), Vec::<String>::new(), "{out}");
    }
    for closed in ["</>", "</ x>", "<?x>", "<!x>", "</g>", "<!-- x -->", "<![CDATA[ a < b ]]>", "a << b"] {
        let source = format!("<svg><script>{closed}</script></svg>");
        assert_eq!(page(&source), source);
    }
}
