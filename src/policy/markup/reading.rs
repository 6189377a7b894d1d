//! Where the attributes of one tag lead, and whether this visitor agreed to it.

use super::carrier::{self, Role};
use super::hosts::Hosts;
use super::url::{self, Target};
use super::{Attribute, Consent};
use crate::policy::catalog::{Sent, Tracker};
use crate::policy::{Page, Policy, Standing};

/// The answer of a mark or of an address.
#[derive(Clone, Copy)]
pub(super) enum Finding<'a> {
    Open,
    Held(Option<&'a Tracker>),
}

impl<'a> Finding<'a> {
    pub(super) const fn is_held(&self) -> bool {
        matches!(self, Self::Held(_))
    }

    /// Held when one of the two is, by the first tracker that is known.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Open, finding) | (finding, Self::Open) => finding,
            (Self::Held(first), Self::Held(second)) => Self::Held(first.or(second)),
        }
    }

    pub(super) fn tracker(self) -> Option<&'a Tracker> {
        match self {
            Self::Open => None,
            Self::Held(tracker) => tracker,
        }
    }
}

/// One tag on one page, read for one visitor.
pub(super) struct Reading<'a, 'h> {
    pub(super) policy: &'a Policy,
    pub(super) consent: &'a Consent,
    pub(super) page: Page<'a>,
    /// What `<base href>` may say.
    pub(super) bases: &'a [Vec<u8>],
    /// Takes down what hosts are named.
    pub(super) hosts: &'h mut Hosts,
}

impl<'a> Reading<'a, '_> {
    pub(super) fn attribute(&mut self, attribute: Attribute<'_>, role: Role) -> Finding<'a> {
        if role == Role::Address && self.bases.is_empty() && url::is_plainly_relative(attribute.value) {
            return Finding::Open;
        }
        let text = attribute.text();
        match role {
            Role::Address => self.address(&text),
            Role::Candidates => self.candidates(&text),
            Role::Attribution => self.candidates(&text).or(self.unless(carrier::ATTRIBUTION)),
            Role::Component => {
                let category = carrier::component(text.trim_ascii());
                category.map_or(Finding::Open, |category| self.unless(category))
            }
        }
    }

    /// Addresses between spaces. What stands between commas or semicolons is read as one too: a `srcset` may be
    /// written without spaces, but an address may hold either.
    pub(super) fn candidates(&mut self, text: &[u8]) -> Finding<'a> {
        let is_mark = |byte: &u8| matches!(byte, b',' | b';');
        let mut answer = Finding::Open;
        for word in text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            answer = answer.or(self.address(word));
            if word.iter().any(is_mark) {
                for part in word.split(is_mark).filter(|part| !part.is_empty()) {
                    answer = answer.or(self.address(part));
                }
            }
        }
        answer
    }

    pub(super) fn address(&mut self, address: &[u8]) -> Finding<'a> {
        match url::resolve(address) {
            Target::Relative => {
                let mut answer = Finding::Open;
                for base in self.bases {
                    answer = answer.or(self.target(&url::resolve(base), ""));
                }
                answer
            }
            target => self.target(&target, &url::query(address)),
        }
    }

    fn target(&mut self, target: &Target<'_>, query: &str) -> Finding<'a> {
        match target {
            Target::Relative | Target::Local => Finding::Open,
            Target::Host { host, path } => {
                self.note(host);
                let sent = Sent { path, query, is_script: true };
                match self.policy.address_standing(self.consent, self.page, host, sent) {
                    Standing::Open => Finding::Open,
                    Standing::Held(tracker) => Finding::Held(tracker),
                }
            }
            Target::Unreadable if self.policy.holds_nothing(self.consent) => Finding::Open,
            Target::Unreadable => Finding::Held(None),
        }
    }

    fn note(&mut self, host: &str) {
        if self.hosts.is_noting() && host != self.page.host && !self.policy.is_own(host) {
            self.hosts.note(host, || self.policy.is_rare(host));
        }
    }
}
