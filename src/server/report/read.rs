//! What browsers say, read from their bodies: the directive, the host and the page of each report, the names of the
//! witness. Everything else in a body is passed over and never kept.

use serde_json::Value;

/// Most reports taken from one body.
pub(super) const REPORTS_MAX: usize = 20;
/// Most names of a kind taken from one word of the witness.
const NAMES_MAX: usize = 200;

/// The directives a fence may have (CSP Level 3 section 6). A report about another is no report about ours.
const DIRECTIVES: [&str; 22] = [
    "default-src",
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "style-src",
    "style-src-elem",
    "style-src-attr",
    "img-src",
    "font-src",
    "connect-src",
    "frame-src",
    "child-src",
    "worker-src",
    "media-src",
    "object-src",
    "manifest-src",
    "prefetch-src",
    "form-action",
    "frame-ancestors",
    "base-uri",
    "require-trusted-types-for",
    "trusted-types",
];

/// The forms a body may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One report, `application/csp-report` (CSP Level 3 section 5.3).
    Single,
    /// A list, `application/reports+json` (Reporting API section 3.2).
    List,
    /// What the witness found, `application/json`.
    Witness,
}

/// Why a body is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::server) enum ReportError {
    /// It is no JSON.
    #[error("the report is not readable as JSON")]
    Syntax,
    /// It is not built as its media type says.
    #[error("the report is not built as its media type says")]
    Shape,
}

/// What a browser says the fence stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation<'a> {
    /// One of [`DIRECTIVES`].
    pub(super) directive: &'static str,
    /// What was stopped.
    pub(super) blocked: Blocked<'a>,
    /// The path of the page, without query.
    pub(super) page: &'a str,
}

/// What was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocked<'a> {
    /// A host, as written.
    Host(&'a str),
    /// Code or data that has no host.
    Word(&'static str),
}

/// The violations of a body, at most [`REPORTS_MAX`], and how many reports were passed over: beyond the limit, or about
/// nothing that a fence of ours stops.
pub(super) fn violations(form: Form, body: &Value) -> Result<(Vec<Violation<'_>>, usize), ReportError> {
    let (read, all): (Vec<_>, _) = if form == Form::Single {
        let report = body.get("csp-report").filter(|report| report.is_object()).ok_or(ReportError::Shape)?;
        (single(report).into_iter().collect(), 1)
    } else {
        let reports = body.as_array().ok_or(ReportError::Shape)?;
        (reports.iter().take(REPORTS_MAX).filter_map(listed).collect(), reports.len())
    };
    let passed_over = all - read.len();
    Ok((read, passed_over))
}

fn single(report: &Value) -> Option<Violation<'_>> {
    let text = |key: &str| report.get(key).and_then(Value::as_str);
    // Browsers of CSP Level 2 know the second only, some with the sources behind it.
    let directive = text("effective-directive").or_else(|| text("violated-directive"))?;
    violation(directive, text("blocked-uri")?, text("document-uri")?)
}

fn listed(report: &Value) -> Option<Violation<'_>> {
    if report.get("type")?.as_str()? != "csp-violation" {
        return None;
    }
    let body = report.get("body")?;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let page = text("documentURL").or_else(|| report.get("url").and_then(Value::as_str));
    violation(text("effectiveDirective")?, text("blockedURL")?, page?)
}

fn violation<'a>(directive: &str, blocked: &'a str, page: &'a str) -> Option<Violation<'a>> {
    let directive = directive.split(' ').next()?;
    let directive = DIRECTIVES.into_iter().find(|known| *known == directive)?;
    Some(Violation { directive, blocked: Blocked::read(blocked)?, page: path(page) })
}

impl<'a> Blocked<'a> {
    /// `None` for what extensions of the browser did.
    fn read(text: &'a str) -> Option<Self> {
        const WORDS: [&str; 6] = ["inline", "eval", "wasm-eval", "data", "blob", "self"];
        if let Some((scheme, rest)) = text.split_once("://") {
            let is_web =
                ["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
            let authority = rest.split(['/', '?', '#', '\\']).next()?;
            let host = authority.rsplit('@').next()?;
            return (is_web && !host.is_empty()).then_some(Self::Host(host));
        }
        let word = text.split(':').next()?;
        WORDS.into_iter().find(|known| *known == word).map(Self::Word)
    }
}

/// The path of an address, without host and query.
fn path(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |slash| &rest[slash..]);
    path.split(['?', '#']).next().unwrap_or("/")
}

/// What the witness found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Witnessed<'a> {
    /// Names of cookies that scripts can read.
    pub(super) cookies: Vec<&'a str>,
    /// Keys, databases, caches.
    pub(super) storage: Vec<&'a str>,
    /// Hosts that were asked for something.
    pub(super) hosts: Vec<&'a str>,
}

/// The names in a word of the witness, at most [`NAMES_MAX`] of a kind.
pub(super) fn witnessed(body: &Value) -> Result<Witnessed<'_>, ReportError> {
    let list = |key: &str| match body.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(names)) => {
            names.iter().take(NAMES_MAX).map(|name| name.as_str().ok_or(ReportError::Shape)).collect()
        }
        Some(_) => Err(ReportError::Shape),
    };
    if !body.is_object() {
        return Err(ReportError::Shape);
    }
    Ok(Witnessed { cookies: list("cookies")?, storage: list("storage")?, hosts: list("hosts")? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn one(directive: &str, blocked: &str) -> Option<(&'static str, String)> {
        let page = "https://shop.example/konto/ola?token=x";
        let report = json!({ "csp-report": {
            "effective-directive": directive, "blocked-uri": blocked, "document-uri": page,
        }});
        let (read, _) = violations(Form::Single, &report).unwrap();
        read.first().map(|violation| (violation.directive, format!("{:?}", violation.blocked)))
    }

    #[test]
    fn a_report_is_read_as_directive_host_and_path() {
        let report = json!({ "csp-report": {
            "violated-directive": "script-src-elem 'self' data:",
            "blocked-uri": "https://tags.example:8443/t.js?visitor=4711",
            "document-uri": "https://shop.example/dekk?token=x#y",
            "referrer": "https://mail.example/", "script-sample": "secret", "status-code": 200,
        }});
        let expected = Violation {
            directive: "script-src-elem",
            blocked: Blocked::Host("tags.example:8443"),
            page: "/dekk",
        };
        assert_eq!(violations(Form::Single, &report), Ok((vec![expected], 0)));
    }

    #[test]
    fn a_list_is_read_up_to_its_limit_and_other_kinds_of_reports_are_passed_over() {
        let report = |kind: &str| {
            json!({ "type": kind, "url": "https://shop.example/a", "body": {
                "effectiveDirective": "img-src", "blockedURL": "https://pixel.example/p.gif",
            }})
        };
        let mut list = vec![report("deprecation")];
        list.extend((0..REPORTS_MAX + 5).map(|_| report("csp-violation")));
        let list = Value::Array(list);
        let (read, passed_over) = violations(Form::List, &list).unwrap();
        assert_eq!((read.len(), passed_over), (REPORTS_MAX - 1, 7));
        assert_eq!(read[0].page, "/a");
    }

    #[test]
    fn what_was_stopped_is_a_host_or_a_known_word() {
        let table = [
            ("https://Tags.Example/x", Some("Host(\"Tags.Example\")")),
            ("wss://chat.example", Some("Host(\"chat.example\")")),
            ("https://ola:secret@tags.example/", Some("Host(\"tags.example\")")),
            ("inline", Some("Word(\"inline\")")),
            ("data", Some("Word(\"data\")")),
            ("blob:https", Some("Word(\"blob\")")),
            ("chrome-extension://abcdef/x.js", None),
            ("about", None),
            ("", None),
            ("https://", None),
        ];
        for (blocked, wanted) in table {
            let read = one("img-src", blocked).map(|(_, blocked)| blocked);
            assert_eq!(read.as_deref(), wanted, "{blocked}");
        }
        assert_eq!(one("report-uri", "https://tags.example/"), None);
        assert_eq!(one("<script>", "https://tags.example/"), None);
    }

    #[test]
    fn a_body_of_another_shape_is_an_error() {
        for (form, body) in [
            (Form::Single, json!([])),
            (Form::Single, json!({ "csp-report": "x" })),
            (Form::List, json!({ "type": "csp-violation" })),
        ] {
            assert_eq!(violations(form, &body), Err(ReportError::Shape), "{body}");
        }
        for body in [json!([]), json!({ "cookies": "a" }), json!({ "hosts": [1] })] {
            assert_eq!(witnessed(&body), Err(ReportError::Shape), "{body}");
        }
        assert_eq!(witnessed(&json!({ "more": 1 })), Ok(Witnessed::default()));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,20}|https?://[a-z@:/?#.]{0,20}|csp-violation|img-src".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            let key = "csp-report|type|body|url|blockedURL|blocked-uri|effectiveDirective|cookies|hosts";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(key, inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_body_panics(body in any_json()) {
            let _ = (violations(Form::Single, &body), violations(Form::List, &body), witnessed(&body));
        }
    }
}
