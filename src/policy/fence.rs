//! The fence of a consent state: a Content-Security-Policy that lets a page reach the open hosts and no others,
//! and a Permissions-Policy against advertising features of browsers.
//!
//! The browser enforces it before any script runs, also for what scripts insert. It works by hosts and leaves the
//! page's own code alone: inline scripts and styles, `eval`, `data:` and `blob:` stay allowed, because nobody
//! will rewrite the shop. One directive says it all: `default-src` stands in for script, style, img, font, connect,
//! frame, child, worker, media, object, manifest and prefetch (CSP Level 3 section 6.1). What is left out on purpose:
//!
//! - `form-action`: sending a form is the visitor's act, and payments post to banks nobody can list. A form that
//!   a script sends into a frame is a navigation of that frame, which the fence covers.
//! - `navigate-to`, `frame-ancestors`, `base-uri`: they are the shop's business.
//! - hosts when the operator lets unknown ones pass: a policy can only say what is allowed, not what is not. Then
//!   there is no Content-Security-Policy and only the tags are held.
//!
//! A worker has a directive of its own, which leaves out `data:`: to `WebKit` a worker made of such an address has no policy at
//! all, and reaches any host (HTML has it inherit the page's). One made of a blob inherits it everywhere.
//!
//! Scripts start the apps that people identify themselves and pay with by an address in a frame, such as `bankid:`. Their
//! schemes are sources of every fence: no host is reached by them.
//!
//! A path in a source counts until the first redirect (section 7.6), and hosts that browsers reach by dns-prefetch
//! or preconnect are not covered: both are left to the rewriting of tags.
//!
//! What the fence stops is reported to `PREFIX/report`, by `report-uri`: every browser knows it, it works without TLS,
//! and a report is sent at once. `report-to` needs a second header, and what is not sent when a page closes is lost.
//!
//! The header has to pass a proxy in front that takes 4 KiB of head, so its space is limited ([`FENCE_BYTES_MAX`]). What
//! finds none stays closed: trackers that were never seen on the site ([`seen`]), the least common first. What is necessary
//! in few shops is let in when a site is seen to need it ([`rare`]).
//! `[site.consent] uses` makes the list as short as the shop.

pub mod admit;
mod permissions;
pub(super) mod rare;
pub mod seen;
mod sources;

use std::borrow::Cow;

use http::HeaderValue;

use super::catalog::{HostRule, Tracker};
use super::consent::{Category, Choice, Consent, Day, TrackerSet};
use super::{Allowed, NO_PAGE, Page, Place, Policy, Standing, Unknown};
use seen::Fences;
use sources::{Rank, Sources};

/// Longest Content-Security-Policy. Unit: bytes. A proxy in front may take no more than 4 KiB of head (nginx,
/// `proxy_buffer_size`, on most machines), and the shop's own headers need some of it.
pub const FENCE_BYTES_MAX: usize = 3 * 1024;
/// How every fence starts.
const FENCE_START: &str = "worker-src 'self' blob:; default-src 'self' data: blob: bankid: swish: vipps: mobilepay: mitid: frejaeid: 'unsafe-inline' 'unsafe-eval'";
/// Any frame that speaks TLS, and the same apps.
const FRAMES: &str =
    "; frame-src 'self' data: blob: bankid: swish: vipps: mobilepay: mitid: frejaeid: https:";
/// How every fence ends; the reserved prefix stands between.
const REPORT_URI: [&str; 2] = ["; report-uri ", "/report"];
/// The ranks of what is necessary and of what was agreed to: in a tag, reported, not seen.
const NEEDED: [Rank; 3] = [Rank::Needed, Rank::NeededReported, Rank::NeededUnseen];
const GRANTED: [Rank; 3] = [Rank::GrantedInTags, Rank::GrantedReported, Rank::Granted];

/// The headers that fence a page in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    /// `Content-Security-Policy`, or `…-Report-Only` where the operator only observes. `None` when nothing
    /// is held, and where unknown hosts pass.
    pub content_security_policy: Option<HeaderValue>,
    /// `Permissions-Policy`; `None` once marketing is granted.
    pub permissions_policy: Option<HeaderValue>,
    /// Sources that found no space: what they name stays closed. What the shop cannot do without comes first. The bare
    /// domain beside all that is below it is not counted: few trackers ever answer there.
    pub sources_left_out: usize,
}

impl Policy {
    /// The fence of a page in a consent state. Made once per state; single trackers add what was made ready for each. It is
    /// made anew only for a page on which a rule with paths holds, and where single trackers find no room in what is ready:
    /// they come before bare domains.
    pub fn fence<'a>(&self, fences: &'a Fences, consent: &Consent, page: Page<'_>) -> Cow<'a, Fence> {
        match fences.of_states.get(Self::place(consent)) {
            Some(ready) if !self.has_bound_rule(page) => {
                if consent.trackers().is_empty() {
                    return Cow::Borrowed(ready);
                }
                let widened = self.widened(ready, consent);
                let has_room = widened.sources_left_out == ready.sources_left_out;
                Cow::Owned(if has_room { widened } else { self.make_fence(fences, consent, page) })
            }
            _ => Cow::Owned(self.make_fence(fences, consent, page)),
        }
    }

    /// Is this value of a header a fence of this site? Allocates nothing.
    pub fn is_fence(&self, value: &[u8]) -> bool {
        let [before, after] = REPORT_URI.map(str::as_bytes);
        let start =
            value.strip_suffix(after).and_then(|rest| rest.strip_suffix(self.settings.prefix.as_bytes()));
        value.starts_with(FENCE_START.as_bytes()) && start.is_some_and(|start| start.ends_with(before))
    }

    /// How every fence ends: where the browser tells what it stopped.
    fn fence_end(&self) -> String {
        REPORT_URI.join(&self.settings.prefix)
    }

    /// A state's fence with what single trackers add.
    fn widened(&self, ready: &Fence, consent: &Consent) -> Fence {
        let mut fence = ready.clone();
        let Some(policy) = &ready.content_security_policy else { return fence };
        let report = self.fence_end();
        // What frames are free for stands behind the sources of everything else.
        let ends = [[FRAMES, &report].concat(), report];
        let text = |end: &String| policy.as_bytes().strip_suffix(end.as_bytes());
        let Some((end, text)) = ends.iter().find_map(|end| Some((end, text(end)?))) else { return fence };
        let mut text = text.to_vec();
        // A container that a category opens is in the state's own fence.
        let stands = |tracker: &Tracker| {
            let mut opened_by = tracker.serves.iter().chain([&tracker.category]);
            opened_by.any(|category| consent.categories().contains(*category))
        };
        let is_added = |tracker: &&Tracker| {
            consent.trackers().contains(tracker.id)
                || (consent.trackers().meets(&tracker.carried) && !stands(tracker))
        };
        for tracker in self.catalog.trackers().filter(is_added) {
            let more = self.tracker_sources.get(tracker.id.index()).map_or("", String::as_str);
            if text.len() + more.len() + end.len() <= FENCE_BYTES_MAX {
                text.extend_from_slice(more.as_bytes());
            } else {
                fence.sources_left_out += 1;
            }
        }
        text.extend_from_slice(end.as_bytes());
        // Made of two headers that were fit to be sent; should it not be one, the state's own is narrower.
        fence.content_security_policy = HeaderValue::try_from(text).ok().or(fence.content_security_policy);
        fence
    }

    pub(super) fn sources_of_trackers(&self) -> Vec<String> {
        let none = Consent::none();
        let alone = self.catalog.trackers().map(|tracker| {
            let mut sources = Sources::default();
            let mut trackers = TrackerSet::NONE;
            trackers.insert(tracker.id);
            let choice = Choice::Some { categories: none.categories(), trackers };
            let consent = Consent::from_choice(&choice, Day(0), None, &self.catalog);
            self.add_tracker(&mut sources, &Fences::default(), tracker, (&consent, NO_PAGE));
            sources.write(FENCE_BYTES_MAX).text
        });
        alone.collect()
    }

    fn make_fence(&self, fences: &Fences, consent: &Consent, page: Page<'_>) -> Fence {
        if self.holds_nothing(consent) {
            return Fence::default();
        }
        let mut fence =
            Fence { permissions_policy: permissions::policy(consent.categories()), ..Fence::default() };
        if self.settings.unknown_hosts == Unknown::Hold {
            let end = [self.frames(consent, page), &self.fence_end()].concat();
            let space = FENCE_BYTES_MAX - FENCE_START.len() - end.len();
            let sources = self.sources(fences, consent, page).write(space);
            // Sources are plain by construction; should one not be, the fence closes rather than opens.
            let text = HeaderValue::try_from([FENCE_START, &sources.text, &end].concat());
            fence.content_security_policy = Some(text.unwrap_or(HeaderValue::from_static(FENCE_START)));
            fence.sources_left_out = sources.left_out;
        }
        fence
    }

    /// What of a fence lets a page's scripts and forms fill frames with any host, where the operator vouches for them.
    fn frames(&self, consent: &Consent, page: Page<'_>) -> &'static str {
        let is_open = self.settings.allow.iter().any(|allow| {
            allow.what == Allowed::Frames
                && allow.holds_on(page.path)
                && consent.categories().contains(allow.category)
        });
        if is_open { FRAMES } else { "" }
    }

    /// Every open host as a source: the site's own, what the operator vouches for, what is necessary or granted.
    fn sources(&self, fences: &Fences, consent: &Consent, page: Page<'_>) -> Sources {
        let mut sources = Sources::default();
        let is_open = |host: &str| self.is_open_to(consent, page, host, "/");
        for own in &self.settings.hosts {
            for host in bare_and_below(own).filter(|host| is_open(host)) {
                // Any port, as hosts are compared everywhere here.
                sources.add(Rank::Needed, &[host, ":*"]);
                sources.add(Rank::Needed, &["ws://", host, ":*"]);
            }
        }
        for allow in self.settings.allow.iter().filter(|allow| allow.holds_on(page.path)) {
            let Allowed::Host(rule) = &allow.what else { continue };
            for host in bare_and_below(rule).filter(|host| is_open(host)) {
                sources.add(Rank::Needed, &[host, ":*"]);
                sources.add(Rank::Needed, &["wss://", host, ":*"]);
            }
        }
        for host in fences.marked(consent).filter(|host| self.is_unknown(host)) {
            sources.add(Rank::GrantedInTags, &[host, ":*"]);
        }
        for tracker in self.catalog.trackers().filter(|tracker| consent.lets_run(tracker)) {
            self.add_tracker(&mut sources, fences, tracker, (consent, page));
        }
        sources
    }

    /// The open hosts of one tracker. Where another has a better claim to a host, that one's standing counts. Of a domain
    /// and all below it, few trackers ever answer on the domain itself; people do write it, in the address of a film.
    fn add_tracker(
        &self,
        sources: &mut Sources,
        fences: &Fences,
        tracker: &Tracker,
        (consent, page): (&Consent, Page<'_>),
    ) {
        let (rank, bare) = match tracker.category {
            Category::Necessary if tracker.is_rare() => match fences.rare().rank(tracker) {
                Some(rank) => (rank, Rank::NeededBare),
                None => return,
            },
            Category::Necessary if !tracker.is_used => (Rank::NeededElsewhere, Rank::NeededElsewhere),
            Category::Necessary if tracker.is_sites => (Rank::Needed, Rank::NeededBare),
            Category::Necessary => (fences.rank(tracker, NEEDED), Rank::NeededBare),
            _ if tracker.is_sites => (Rank::GrantedFirst, Rank::GrantedBare),
            _ => (fences.rank(tracker, GRANTED), Rank::GrantedBare),
        };
        for HostRule { host: rule, paths, sockets } in &tracker.hosts {
            let schemes: &[&str] = if *sockets { &["", "wss://"] } else { &[""] };
            for host in bare_and_below(rule) {
                let is_likely = host == rule || tracker.embed || fences.seen().has(host);
                let rank = if is_likely { rank } else { bare };
                for scheme in schemes {
                    if paths.is_empty() && self.is_open_to(consent, page, host, "/") {
                        sources.add(rank, &[scheme, host]);
                    }
                    for path in paths.iter().filter(|path| self.is_open_to(consent, page, host, path)) {
                        sources.add_path(rank, scheme, host, path);
                    }
                }
            }
        }
    }

    fn is_open_to(&self, consent: &Consent, page: Page<'_>, host: &str, path: &str) -> bool {
        let place = Place { page: page.path, host, path };
        matches!(self.foreign_standing(consent, place), Standing::Open)
    }
}

/// The tightest fence there is: the page's own host alone. For what is kept by caches for everybody.
pub fn closed() -> HeaderValue {
    HeaderValue::from_static(FENCE_START)
}

/// A domain rule as sources: the wildcard of a source does not take the domain itself, ours does.
fn bare_and_below(rule: &str) -> impl Iterator<Item = &str> {
    let bare = rule.strip_prefix("*.");
    std::iter::once(bare.unwrap_or(rule)).chain(bare.map(|_| rule))
}

#[cfg(test)]
mod tests;
