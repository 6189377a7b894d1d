//! Answers that do not say what they are: browsers look at the bytes, and so does the gateway.

use http::Response;

use crate::support::{Answer, Origin, get, start};

const PAGE: &str =
    "\n <html><body><p>Dekk</p><script src=https://www.googletagmanager.com/gtag/js></script></body></html>";

/// What a navigation is answered with, when the origin says this with `text`.
fn opened(text: &'static str, fields: &[(&'static str, &'static str)], dest: &str) -> Answer {
    let fields = fields.to_vec();
    let origin = Origin::answering(move |_| {
        let mut response = Response::new(text.into());
        for (name, value) in &fields {
            response.headers_mut().append(*name, value.parse().expect("a value"));
        }
        response
    });
    let gateway = start(&origin);
    get(gateway.visitors, "/", &[("accept", "text/html"), ("sec-fetch-dest", dest)])
}

fn is_held(answer: &Answer) -> bool {
    answer.text().contains("data-consentry-src=https://www.google")
}

#[test]
fn a_page_that_browsers_guess_is_rewritten() {
    for kind in [
        None,
        Some(""),
        Some("*/*"),
        Some("unknown/unknown"),
        Some("application/unknown; charset=utf-8"),
        Some("text"),
        Some("text/"),
        Some("text html"),
        Some("image/png, unknown/unknown"),
    ] {
        for dest in ["document", "iframe"] {
            let fields: Vec<_> = kind.map(|kind| ("content-type", kind)).into_iter().collect();
            let answer = opened(PAGE, &fields, dest);
            assert!(is_held(&answer), "{kind:?}, {dest}: {}", answer.text());
            let told = answer.header("content-type").expect("it is said now");
            assert!(told.starts_with("text/html"), "{told}");
            assert_eq!(answer.text().contains("id=\"consentry-banner\""), dest == "document", "{kind:?}");
        }
    }
}

#[test]
fn a_type_with_more_behind_it_is_that_type() {
    for kind in ["text/html x", "text/html (x)", "text/html\tx; charset=utf-8"] {
        let answer = opened(PAGE, &[("content-type", kind)], "document");
        assert!(is_held(&answer), "{kind}: {}", answer.text());
    }
}

#[test]
fn what_is_not_guessed_passes_as_it_is() {
    let never = ("x-content-type-options", "NoSniff");
    for (text, fields, dest) in [
        (PAGE, vec![never], "document"),
        (PAGE, vec![never, ("content-type", "*/*")], "iframe"),
        (PAGE, vec![("content-type", "text/plain")], "document"),
        (PAGE, vec![], "image"),
        ("Hei <p>", vec![], "document"),
        ("{\"html\": \"<p>\"}", vec![("content-type", "")], "document"),
        ("", vec![], "document"),
    ] {
        let answer = opened(text, &fields, dest);
        let kind = fields.iter().find(|(name, _)| *name == "content-type").map(|(_, kind)| *kind);
        assert_eq!(answer.header("content-type"), kind, "{text}");
        assert_eq!(answer.text(), text, "{fields:?}");
    }
}
