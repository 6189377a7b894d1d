//! The shop's own mark on a tag, `data-consentry="category"`.

use super::carrier::{self, Kind};
use super::reading::Reading;
use super::{Held, Tag, Verdict, held, loading};
use crate::policy::Policy;
use crate::policy::consent::{Category, CategorySet, Consent};

impl Policy {
    /// The operator's own mark wins over the catalogue. A value that is no category waits for a yes to every category there
    /// is; a category that the site asks nobody about waits for ever.
    pub(super) fn marked(
        &self,
        reading: &mut Reading<'_, '_>,
        tag: &Tag<'_>,
        kind: Kind,
        mark: &[u8],
    ) -> Verdict {
        let consent = reading.consent;
        let is_granted = mark_is_granted(consent, mark);
        if is_granted && !reading.hosts.is_noting() {
            return Verdict::Keep;
        }
        let refused = Consent::none();
        let hosts = &mut *reading.hosts;
        hosts.under(category(mark));
        let (answer, _) = loading(
            &mut Reading { policy: self, consent: &refused, page: reading.page, bases: reading.bases, hosts },
            kind,
            tag,
        );
        reading.hosts.under(None);
        if is_granted {
            return Verdict::Keep;
        }
        let tracker = answer.tracker().filter(|tracker| category(mark) == Some(tracker.category));
        if tracker.is_some_and(|tracker| consent.trackers().contains(tracker.id)) {
            return Verdict::Keep;
        }
        match held(kind, tag, tracker, carrier::marked(tag)) {
            Verdict::Hold(held) => Verdict::Hold(Held { is_retyped: carrier::has_code(tag.name), ..held }),
            other => other,
        }
    }
}

fn category(mark: &[u8]) -> Option<Category> {
    let name = std::str::from_utf8(mark.trim_ascii()).ok()?;
    Category::from_name(&name.to_ascii_lowercase())
}

fn mark_is_granted(consent: &Consent, mark: &[u8]) -> bool {
    match category(mark) {
        Some(category) => consent.categories().contains(category),
        None => consent.categories() == CategorySet::ALL,
    }
}

pub(super) fn marked_granted(consent: &Consent, tag: &Tag<'_>) -> bool {
    tag.value("data-consentry").is_some_and(|mark| mark_is_granted(consent, &mark))
}
