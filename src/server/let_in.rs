//! What we put into a page, past the policies the shop itself sends with it: what to put in, and what the headers must
//! say so that it works. Only pages with such a policy pay for it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::visit::Visit;
use crate::banner::{Banner, Others, Shown};
use crate::policy::fence::admit::{Ours, Way, Ways, admitted, ways};
use crate::proxy::rewrite::Localized;

/// Headers with policies: those that hold, and those that only report.
const POLICIES: [HeaderName; 2] =
    [header::CONTENT_SECURITY_POLICY, header::CONTENT_SECURITY_POLICY_REPORT_ONLY];

/// Elements that get past the policies of a page.
pub(super) struct LetIn {
    /// What goes first in `<head>`.
    pub(super) head: Bytes,
    /// The start tag of scripts put in elsewhere; empty when none would run.
    pub(super) script: Bytes,
    /// Banner, foot and placeholders.
    pub(super) languages: Arc<[Localized]>,
}

/// Makes what goes into a page, and the policies in `headers` let it through.
pub(super) fn let_in(visit: &Visit, shown: Shown, headers: &mut HeaderMap) -> LetIn {
    let banner = &visit.site.banner;
    let languages = banner.localized(&visit.consent, shown);
    let head = |others| visit.site.head(&visit.consent, visit.page(), shown, others);
    let Some(ways) = read(visit, headers) else {
        return LetIn { head: head(Others::MayRun).html(), script: Banner::script_tag(None), languages };
    };
    let is_alone = matches!(ways.script, Way::Hash(_));
    let head = head(if is_alone { Others::MayNot } else { Others::MayRun });
    let ours = Ours {
        authority: visit.host.authority(),
        is_https: visit.client.is_https,
        prefix: &visit.site.policy.settings().prefix,
        script: head.script_hash(),
        style: head.style_hash(),
        has_file: head.asks_for_file(),
    };
    admit(headers, &ways, &ours);
    LetIn {
        head: head.html_for(&ways),
        script: if is_alone { Bytes::new() } else { Banner::script_tag(ways.script.nonce()) },
        languages: if ways.allow_style_attributes { languages } else { banner.sized_by_script(&languages) },
    }
}

/// How ours gets past the shop's policies; `None` when there is none. The fence is ours, and lets ours through.
fn read(visit: &Visit, headers: &HeaderMap) -> Option<Ways> {
    let policy = &visit.site.policy;
    let mut values = POLICIES
        .iter()
        .flat_map(|name| headers.get_all(name))
        .map(HeaderValue::as_bytes)
        .filter(|value| !policy.is_fence(value))
        .peekable();
    values.peek()?;
    Some(ways(values))
}

fn admit(headers: &mut HeaderMap, ways: &Ways, ours: &Ours<'_>) {
    for name in POLICIES {
        let header::Entry::Occupied(mut values) = headers.entry(name) else { continue };
        for value in values.iter_mut() {
            // Made of a value that was fit to be sent and of plain text; should it not be fit, the shop's own stands.
            let admitted = admitted(value.as_bytes(), ways, ours).map(HeaderValue::try_from);
            if let Some(Ok(admitted)) = admitted {
                *value = admitted;
            }
        }
    }
}
