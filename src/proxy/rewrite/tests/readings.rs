//! Pages that have two readings: what is true in one of them holds, however the page is cut.

use super::*;

/// What one reading hides may change what follows it in another.
#[test]
fn a_base_counts_from_where_it_stands_in_every_reading() {
    let table = [
        ("<select><xmp></select><base href=//ads.example/></xmp><img src=a.png>", 1),
        ("<svg><title><p title='</title><base href=//ads.example/>'><img src=a.png>", 1),
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

/// Beginnings that shops' pages have. All readings of a page come back to one behind each.
const USUAL: [&str; 27] = [
    "<svg class=i width=1 height=1 />",
    "<svg><!-- <g/> --><path d='M0 0'/></svg>",
    "<svg><style><![CDATA[ .a{} ]]></style><title>a</title><desc>b</desc></svg>",
    "<svg><a href='/x'><text>x</text></a><svg><title>x</title></svg></svg>",
    "<svg><path aria-label='a <b> c'/></svg>",
    "<svg><switch><foreignObject width=1><i:pgfRef xlink:href='#a'></i:pgfRef></foreignObject><g/></switch></svg>",
    "<svg><foreignObject><p>a<br>b</p><style>.a{}</style></foreignObject></svg>",
    "<svg><script>var a = 1 << 2</script></svg>",
    "<math/>",
    "<math><mi>x</mi><mo>&lt;</mo></math>",
    "<noscript><!-- <p>x</p> --><p>y</p></noscript>",
    "<noscript><!--[if lt IE 9]><p>x</p><![endif]--></noscript>",
    "<noscript><img alt='a <b' src=/a.gif><p title='<b>x'>x</noscript>",
    "<noscript><style>.a{}</style></noscript>",
    "<select><!-- <option>1</option> --><option>2</option></select>",
    "<select><!--[if IE]><option>x</option><![endif]--><option>2</select>",
    "<select><option title='a <b'>a < b</option></select>",
    "<select><option><span>1</span></option></select>",
    "<select><div><option>1</option></div><hr></select>",
    "<select><button><selectedcontent></selectedcontent></button><option><svg><path d=''/></svg>1</option></select>",
    "<select><template x-for='o in opts'><option x-text='o'></option></template></select>",
    "<select><template><div><template><select><option>1</select></template></div></template></select>",
    "<select><script>var z = 1</script><option>1</select>",
    "<select><optgroup label=a><option>1</optgroup></select>",
    "<select><?php echo 1 ?><option>1</select>",
    "<template><table><colgroup><col></colgroup><tr><td>x</table></template>",
    "<template><link rel=stylesheet href=/a.css></template><table><col><tr><td>x</table>",
];

#[test]
fn behind_what_is_usual_a_page_has_one_reading() {
    let untouched = [
        "<script>window.jQuery||document.write('<script src=\"/own.js\"><\\/script>')</script>",
        "<script>open().document.write('<html><head><title>Kvittering</title></head>')</script>",
        "<script>let film = '<iframe src=\"//film.example/a\"></iframe>'</script>",
        "<textarea><iframe src=//film.example/a></iframe></textarea>",
        "<script type=application/json>{\"a\":\"<iframe src='//film.example/a'></iframe>\"}</script>",
        "<!-- <script src=//ads.example/a></script> -->",
        "<template><iframe src=//film.example/a></iframe></template>",
    ];
    for usual in USUAL {
        for text in untouched {
            let source = [usual, text].concat();
            for size in [1, 5, source.len()] {
                let (out, _) = rewritten(Consent::none(), no_insertions(), source.as_bytes().chunks(size));
                assert_eq!(String::from_utf8_lossy(&out), source, "in pieces of {size}");
            }
        }
        let out = full(&[usual, "<script>pix('init', 1)</script>"].concat());
        assert!(out.contains("<script>consentry.idle(\"pix\",\"_pix\")</script><script"), "{out}");
    }
}

#[test]
fn what_a_column_of_a_template_leaves_out_is_not_taken_for_raw() {
    for element in ["style", "title", "textarea", "script", "xmp", "iframe", "noembed", "noframes"] {
        for template in
            ["<template>", "<div><template shadowrootmode=open>", "<template><template></template><link>"]
        {
            let source =
                format!("{template}<col><{element}></template><img src=//ads.example/a></{element}>");
            let out = page(&source);
            assert!(out.contains("data-consentry-src=//ads.example/a"), "{out}");
        }
    }
}

#[test]
fn what_ends_a_noscript_in_one_reading_is_seen_there() {
    for hidden in [
        "<!-- </noscript><img src=//ads.example/a> -->",
        "<p title='</NOSCRIPT><img src=//ads.example/a>'>",
        "<style></noscript><img src=//ads.example/a></style>",
        "<!x </noscript",
    ] {
        let source = format!("<noscript>{hidden}<b></noscript><style><img src=//ads.example/a></style>");
        for size in [1, 2, 3, source.len()] {
            let (out, _) = rewritten(Consent::none(), no_insertions(), source.as_bytes().chunks(size));
            let out = String::from_utf8_lossy(&out);
            assert!(!out.contains(" src=//ads.example/a"), "{out} in pieces of {size}");
        }
    }
}
