//! Frames that scripts make in the browser: the fence refuses what is held, and no markup of ours is in them. On sites where
//! that was reported pages listen for it, and ask here what such a frame would show had it come in the page (`js/made.js`,
//! `js/frames.js`). Other sites' pages have nothing of it.

use bytes::BytesMut;
use http::{HeaderMap, header};

use super::form;
use super::from_here::referring_path;
use super::visit::Visit;
use crate::banner::{Banner, Shown, placeholder_script};
use crate::policy::markup::in_value;
use crate::proxy::rewrite::{Insertions, Rewriter};

/// The markup of a frame with its placeholder, as a module that exports it: nothing where none stands in for the address in
/// `query` (`frame`). It is in the language of the page (`lang`), and leads back to it (`return`).
pub(super) fn placeholder(visit: &Visit, headers: &HeaderMap, query: &str) -> String {
    let fields = form::fields(query.as_bytes()).unwrap_or_default();
    let value = |name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| &**value).unwrap_or_default()
    };
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let banner = &visit.site.banner;
    let language = banner.language(Some(value("lang")), accepted);
    let insertions = Insertions {
        return_path: banner.return_path(value("return")),
        ..Insertions::placeholders(
            banner.localized(&visit.consent, Shown::InFrame),
            language,
            Banner::origin(visit.client.is_https, visit.host.authority()),
            banner.fetched().1,
        )
    };
    let page = referring_path(headers.get(header::REFERER), visit.host.authority()).unwrap_or_default();
    let path = page.split('?').next().unwrap_or_default();
    let (policy, host) = (visit.site.policy.clone(), visit.host.name());
    let mut rewriter = Rewriter::new(policy, visit.consent, host, path, insertions);
    let tag = ["<iframe src=", &in_value(value("frame")), "></iframe>"].concat();
    let mut markup = BytesMut::new();
    let result = rewriter.push(tag.as_bytes(), &mut markup).and_then(|()| rewriter.end(&mut markup));
    let is_held = result.is_ok() && rewriter.held().placeholders > 0;
    placeholder_script(if is_held { std::str::from_utf8(&markup).unwrap_or_default() } else { "" })
}
