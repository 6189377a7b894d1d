//! What stands in for a held embed: a document in its own frame. The shop's elements stay what they were.

use proptest::prelude::*;

use super::super::placeholder::{Filling, attributes, frame};
use super::oracle::{Node, Scripting, parsed};
use super::properties::any_page;
use super::*;
use crate::policy::catalog::Tracker;
use crate::policy::markup::{Span, Tag};

const NO_TAG: Tag<'_> = Tag { name: b"iframe", bytes: b"", spans: &[] as &[Span], bases: &[] };

/// As in HTML that a script fetches: nothing but placeholders is put in.
fn fetched(page: &str) -> (String, Result<HeldCounts, RewriteError>) {
    let Insertions { languages, preferred, origin, embed_style, .. } = insertions();
    let alone = |it: &Localized| Localized { banner: Vec::new(), foot: Vec::new(), ..it.clone() };
    let languages = languages.iter().map(alone).collect();
    let parts = Insertions::placeholders(languages, preferred, origin, embed_style);
    let (out, result) = rewritten(Consent::none(), parts, [page.as_bytes()]);
    (String::from_utf8(out).unwrap(), result)
}

/// The elements below the body of this page by their names, each with what is in it.
fn outline(page: &str) -> String {
    fn below(nodes: &[Node], index: usize, out: &mut String) {
        for child in &nodes[index].children {
            if let Some(name) = &nodes[*child].name {
                out.extend([&*name.local, "("]);
                below(nodes, *child, out);
                out.push(')');
            }
        }
    }
    let nodes = parsed(page, Scripting::On);
    let body = nodes.iter().position(|node| node.name.as_ref().is_some_and(|name| &*name.local == "body"));
    let mut out = String::new();
    if let Some(body) = body {
        below(&nodes, body, &mut out);
    }
    out
}

/// The attributes of the first element of this name.
fn shown_by(page: &str, element: &str) -> Vec<(String, String)> {
    let nodes = parsed(page, Scripting::On);
    let is_it = |node: &&Node| node.name.as_ref().is_some_and(|name| &*name.local == element);
    let found = nodes.iter().find(is_it).map(|node| node.attributes.as_slice()).unwrap_or_default();
    found.iter().map(|it| (it.name.local.to_string(), it.value.to_string())).collect()
}

/// What can be read in this page.
fn read(page: &str) -> String {
    parsed(page, Scripting::On).iter().map(|node| &*node.text).collect()
}

fn film() -> Tracker {
    let policy = policy();
    policy.catalog().named("film").unwrap().clone()
}

#[test]
fn a_held_frame_shows_its_placeholder_and_stays_the_only_element() {
    let table = [
        "<body><p>a<iframe src=//film.example/1 title=Film></iframe>b</p></body>",
        "<body><iframe srcdoc='<iframe src=//film.example>'></iframe>",
        "<body><ul><li><iframe sandbox=allow-scripts csp=x src=//film.example/1></iframe><li></ul>",
        "<body><noscript><iframe src=//film.example></iframe></noscript><select><option>a</select>",
        "<body><svg><iframe src=//film.example></iframe><path/></svg>",
    ];
    for page in table {
        let (out, result) = fetched(page);
        assert_eq!(result.unwrap().placeholders, 1, "{page}");
        assert_eq!(outline(&out), outline(page), "{out}");
        assert!(out.contains(" srcdoc=p|film|film&#32;&amp;amp;&#32;co|"), "{out}");
    }
}

#[test]
fn what_would_keep_a_placeholder_from_being_read_or_sent_is_out_of_force() {
    let page = "<body><iframe SANDBOX='allow-scripts' csp=\"default-src 'none'\" src=//film.example loading=lazy name=a></iframe>";
    let shown = shown_by(&fetched(page).0, "iframe");
    let names: Vec<&str> = shown.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            "srcdoc",
            "title",
            "data-consentry-held",
            "data-consentry-sandbox",
            "data-consentry-csp",
            "data-consentry-src",
            "loading",
            "name"
        ]
    );
    let kept = "<body><iframe sandbox src=/own></iframe><iframe sandbox src=//ads.example></iframe>";
    assert_eq!(fetched(kept).0.matches(" sandbox ").count(), 2, "nothing of ours is shown there");
}

#[test]
fn a_frame_that_nobody_named_is_called_as_its_tracker_is() {
    let title = |page: &str| {
        let mut shown = shown_by(&fetched(page).0, "iframe").into_iter();
        shown.find(|(name, _)| name == "title").map(|(_, value)| value)
    };
    assert_eq!(title("<iframe src=//film.example>").as_deref(), Some("film & co"));
    assert_eq!(title("<iframe title='En film' src=//film.example>").as_deref(), Some("En film"));
}

#[test]
fn what_can_show_no_document_has_a_frame_before_it_laid_out_as_its_tag_says() {
    let page = "<object data=//film.example width=560 height='50%' class='a \"b' style='position:absolute;inset:0'></object>\
                <embed src=//film.example style='background:url(//film.example)'>";
    let (out, _) = fetched(page);
    assert_eq!(outline(&out), "iframe()object()iframe()embed()");
    let shown = shown_by(&out, "iframe");
    let value = |wanted: &str| shown.iter().find(|(name, _)| name == wanted).map(|(_, value)| &**value);
    assert_eq!((value("width"), value("height"), value("class")), (Some("560"), Some("50%"), Some("a \"b")));
    assert_eq!((value("style"), value("frameborder")), (Some("position:absolute;inset:0"), Some("0")));
    assert!(value("srcdoc").is_some() && out.matches("url(").count() == 1, "{out}");
}

/// Servers call JSON HTML.
#[test]
fn json_with_markup_in_it_stays_json() {
    let page = r#"{"html":"<iframe src='https://film.example/1' sandbox='a'></iframe>"}"#;
    let (out, result) = fetched(page);
    assert_eq!(result.unwrap().placeholders, 1);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(json["html"].as_str().unwrap().contains(" srcdoc=p|film|"), "{out}");
}

#[test]
fn in_what_a_script_fetches_nothing_else_is_put_in_and_every_address_is_whole() {
    let page = "<html lang=nb><head></head><body>a<iframe src=//film.example></iframe><!-- b";
    let (out, _) = fetched(page);
    assert!(out.starts_with("<html lang=nb><head></head><body>a<iframe srcdoc="), "{out}");
    assert!(out.ends_with("data-consentry-src=//film.example></iframe><!-- b"), "{out}");
    assert!(out.contains("|csshttps://shop.example title="), "{out}");
    assert_eq!(fetched("<html amp><iframe src=//film.example>").0.matches("srcdoc").count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_elements_of_the_shops_body_are_the_shops(page in any_page()) {
        // What can show no document has a frame before it.
        prop_assume!(!page.contains("<embed") && !page.contains("<object") && !page.contains("<frame "));
        // A tag that is cut off at the end is none, in any reading of the page: so every quote ends.
        let page = page + "'>\"><i></i>";
        let (out, result) = fetched(&page);
        prop_assume!(result.is_ok());
        prop_assert_eq!(outline(&out), outline(&page), "{}", out);
    }

    /// Neither out of the attribute nor into the markup of the document.
    #[test]
    fn no_name_breaks_out_of_either_level(
        name in "([a-z \u{e5}]|[<>\"'&;=`\\\\/]|&lt;|&quot;|&#34;|</form>|--){1,12}",
        provider in "(<script>|\"|'|&amp;|[A-Z ]){0,6}",
        path in "/[a-z?=&;'\"<>]{0,8}",
    ) {
        let mut tracker = film();
        tracker.name = name.clone();
        tracker.provider.name = provider.clone();
        let text = |text: &'static str| Part::Text(Bytes::from_static(text.as_bytes()));
        let parts = [
            text("&lt;p&gt;"), Part::TrackerName, text("|"), Part::Provider,
            text("&lt;/p&gt;&lt;b&#32;id=&#34;"), Part::ReturnPath, text("&#34;&gt;"),
        ];
        let escaped = path.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        let filling = Filling { return_path: escaped.as_bytes(), origin: b"", style: b"" };
        let written = attributes(&parts, filling, &tracker, &NO_TAG);
        prop_assert!(written.is_ascii() && !written.contains(['<', '>', '"', '\'', '`', '\\']), "{}", written);
        for page in [format!("<body><iframe{written}></iframe>"), frame(&written, &tracker, &NO_TAG)] {
            prop_assert_eq!(outline(&page), "iframe()");
            let shown = shown_by(&page, "iframe");
            let value = |wanted: &str| shown.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
            prop_assert_eq!(value("title"), Some(name.clone()));
            let document = value("srcdoc").unwrap();
            prop_assert_eq!(outline(&document), "p()b()");
            prop_assert_eq!(read(&document), format!("{name}|{provider}"));
            prop_assert_eq!(shown_by(&document, "b"), [("id".to_owned(), path.clone())]);
        }
    }
}
