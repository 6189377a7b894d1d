//! Pages that end within a tag.

use super::*;

#[test]
fn a_tag_that_ends_nowhere_stays_where_it_leads_nowhere() {
    let table = [
        ("{\"text\":\"Bredde <tommer\"}", ""),
        ("OK <ref 123", ""),
        ("a <a href=/own title='x", ""),
        ("<script", "<script"),
        ("<script src=/own", "<script src=/own"),
        ("<img src=//ads.example/a", "<img src=//ads.example/a"),
        ("<img src=//", "<img src=//"),
        ("<base href=/", "<base href=/"),
        ("<meta http-equiv=refresh content='0", "<meta http-equiv=refresh content='0"),
        ("<iframe srcdoc='a", "<iframe srcdoc='a"),
    ];
    for (source, gone) in table {
        assert_eq!(page(source), source.strip_suffix(gone).unwrap(), "{source}");
        let all = Consent::from_choice(&Choice::All, Day(1), None, policy().catalog());
        let (out, _) = rewritten(all, no_insertions(), [source.as_bytes()]);
        assert_eq!(String::from_utf8_lossy(&out), source);
    }
    assert!(full("<p>a<b").ends_with("<i>foot</i><b"), "{}", full("<p>a<b"));
}

#[test]
fn an_end_tag_of_which_only_the_start_is_there_takes_in_nothing_of_ours() {
    for source in ["<p>a</", "<body></", "</"] {
        for length in 1..=source.len() {
            let (out, result) = rewritten(Consent::none(), insertions(), source.as_bytes().chunks(length));
            let out = String::from_utf8(out).unwrap();
            assert!(result.is_ok() && out.ends_with("<i>foot</i></"), "{source} by {length}: {out}");
        }
    }
}
