//! What a page gets only when it is needed: code for stand-ins, and the script that listens to placeholders.

use super::*;

/// With `S` before the first held script, and `E` before the foot of a page with a placeholder.
fn later(source: &str) -> String {
    let (idle, embeds) = (Bytes::from_static(b"S"), Bytes::from_static(b"E"));
    let (out, result) =
        rewritten(Consent::none(), Insertions { idle, embeds, ..insertions() }, [source.as_bytes()]);
    result.unwrap();
    String::from_utf8(out).unwrap()
}

/// The marks of [`later`] in their order, and what of these pieces stands between them.
fn order(source: &str, pieces: &[&str]) -> String {
    let page = later(source);
    let marks = ["S", "E"].iter().chain(pieces);
    let mut found: Vec<(usize, &str)> =
        marks.flat_map(|mark| page.match_indices(mark).map(|(at, _)| (at, *mark))).collect();
    found.sort_unstable();
    found.iter().map(|(_, mark)| *mark).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_page_with_nothing_held_gets_none_of_it() {
    for source in
        ["<p>x", "<head><script>a()</script><meta charset=utf-8></head><body><img src=//ads.example>"]
    {
        assert_eq!(order(source, &[]), "", "{source}");
    }
}

#[test]
fn code_for_stand_ins_stands_once_before_the_first_held_script() {
    let source =
        "<body><script>a()</script><script src=//ads.example></script><script src=//pix.example></script>";
    assert_eq!(order(source, &["a()", "<script type", "idle("]), "a() S <script type idle( <script type");
}

#[test]
fn what_listens_to_placeholders_stands_at_the_foot_of_a_page_that_has_one() {
    let source = "<body><iframe src=//film.example/1></iframe><iframe src=//film.example/2></iframe></body>";
    assert_eq!(order(source, &["p|", "foot"]), "p| p| E foot");
    let behind = "<body></body><iframe src=//film.example/1></iframe><iframe src=//film.example/2></iframe>";
    assert_eq!(order(behind, &["p|", "foot"]), "foot E p| p|");
    let aside = "<body><noscript><iframe src=//film.example/1></iframe></noscript>";
    assert_eq!(order(aside, &["p|", "foot"]), "p| foot");
}

#[test]
fn a_policy_in_a_meta_element_comes_behind_it_or_it_is_not_put_in() {
    let source = "<head><meta charset=utf-8><meta content=\"script-src 'self'\" http-equiv='content-security-policy '></head>\
                  <body><script src=//ads.example></script><iframe src=//film.example/1></iframe>";
    assert_eq!(order(source, &["<meta c", "p|", "foot"]), "<meta c S <meta c p| foot");
    let told = "<head><meta content='S' http-equiv=refresh lang=nb><body>";
    assert!(later(told).contains("<b>hi/a</b>"), "{}", later(told));
}
