//! What answers in the place of a held script of the shop's own host.

use http::StatusCode;

use crate::own_paths::{SCRIPT, load, scripts};
use crate::support::{RULES, Visitor, get, start_with};

#[test]
fn a_held_script_whose_names_are_known_defines_stand_ins_and_nothing_else() {
    let signed = "/*! Matomo - free/libre analytics platform */ window.Matomo = real();";
    let origin = scripts(signed);
    let gateway = start_with(&origin, RULES);
    for (target, names) in [
        ("/wp-content/plugins/woocommerce/assets/js/sourcebuster/sourcebuster.min.js?ver=8.5.2", "\"sbjs\""),
        ("/matomo.js", "\"_paq\",\"_mtm\",\"Matomo\",\"Piwik\""),
        ("/js/renamed.js", "\"_paq\",\"_mtm\",\"Matomo\",\"Piwik\""),
    ] {
        let answer = get(gateway.visitors, target, &[SCRIPT]);
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, Some("text/javascript")));
        assert_eq!((answer.header("cache-control"), answer.header("etag")), (Some("no-store"), None));
        let text = answer.text();
        assert!(text.ends_with(&format!(";consentry.idle({names})}}")) && !text.contains("real()"), "{text}");
        assert_eq!(answer.header("content-length"), Some(text.len().to_string().as_str()), "{target}");
    }
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    assert_eq!(load(&gateway, &visitor, "/matomo.js", &[SCRIPT]).text(), signed);
}
