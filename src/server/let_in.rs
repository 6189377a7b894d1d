//! What we put into a page, past the policies the shop itself sends with it: what to put in, and what the headers must
//! say so that it works. Only pages with such a policy pay for it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::beacon;
use super::visit::Visit;
use crate::banner::{Banner, Head, Others, Shown};
use crate::policy::consent::Consent;
use crate::policy::fence::admit::{Ours, Way, Ways, admitted, ways};
use crate::proxy::rewrite::{Keep, Localized};

/// Headers with policies: those that hold, and those that only report.
const POLICIES: [HeaderName; 2] =
    [header::CONTENT_SECURITY_POLICY, header::CONTENT_SECURITY_POLICY_REPORT_ONLY];

/// Elements that get past the policies of a page.
pub(super) struct LetIn {
    /// What goes first in `<head>`.
    pub(super) head: Bytes,
    /// The start tag of scripts put in elsewhere; empty when none would run.
    pub(super) script: Bytes,
    /// What goes before the first held script, and at the foot of a page with a placeholder; each may be empty.
    pub(super) idle: Bytes,
    pub(super) embeds: Bytes,
    /// The style of placeholders.
    pub(super) embed_style: Bytes,
    /// What keeps ours in a page that scripts draw anew.
    pub(super) keep: Keep,
    /// Banner, foot and placeholders.
    pub(super) languages: Arc<[Localized]>,
    /// What goes at the end of the page: the beacon, or nothing.
    pub(super) tail: Bytes,
}

/// Makes what goes into a page, and the policies in `headers` let it through.
pub(super) fn let_in(visit: &Visit, consent: &Consent, shown: Shown, headers: &mut HeaderMap) -> LetIn {
    let languages = visit.site.banner.localized(consent, shown);
    let head = |others| visit.site.head(consent, visit.page(), shown, others);
    let has_beacon = shown == Shown::AsPage && beacon::is_in_page(visit);
    let tail = |nonce| if has_beacon { beacon::tag(visit, nonce) } else { Bytes::new() };
    let refuses_frames = visit.site.fences.refuse_embeds(consent, &visit.site.policy);
    let Some(ways) = read(visit, headers) else {
        let (head, script) = (head(Others::MayRun), Banner::script_tag(None));
        let (idle, keep) = (head.idle(None), head.keep(None));
        let (embed_style, tail) = (head.embed_style(None), tail(None));
        let (head, embeds) = with_frames(&head, head.html(), None, refuses_frames);
        return LetIn { head, script, idle, embeds, embed_style, keep, languages, tail };
    };
    let has_beacon = has_beacon && ways.allow_files;
    let is_alone = matches!(ways.script, Way::Hash(_));
    let head = head(if is_alone { Others::MayNot } else { Others::MayRun });
    let ours = Ours {
        authority: visit.host.authority(),
        is_https: visit.client.is_https,
        prefix: &visit.site.policy.settings().prefix,
        script: head.script_hash(),
        style: head.style_hash(),
        embed_style: head.embed_style_hash(),
        has_file: head.asks_for_file(),
        has_beacon,
    };
    admit(headers, &ways, &ours);
    let (html, embeds) = with_frames(&head, head.html_for(&ways), ways.script.nonce(), refuses_frames);
    LetIn {
        head: html,
        idle: head.idle(ways.script.nonce()),
        embeds,
        embed_style: head.embed_style(ways.style.nonce()),
        keep: head.keep(ways.script.nonce()),
        script: if is_alone { Bytes::new() } else { Banner::script_tag(ways.script.nonce()) },
        tail: if has_beacon { tail(ways.script.nonce()) } else { Bytes::new() },
        languages,
    }
}

/// What goes first in `<head>`, and the script at the foot of a page with a placeholder. Where frames that scripts make are
/// refused both fetch what they need when there is one.
fn with_frames(head: &Head, html: Bytes, nonce: Option<&str>, refuses_frames: bool) -> (Bytes, Bytes) {
    let made = if refuses_frames { head.made(nonce) } else { Bytes::new() };
    if made.is_empty() {
        return (html, head.embed(nonce));
    }
    (Bytes::from([html, made].concat()), head.embeds(nonce))
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
