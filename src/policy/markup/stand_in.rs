//! Harmless stand-ins for what a held script would have defined, made ready once for each tracker.

use bytes::Bytes;

use crate::policy::catalog::{Catalog, TrackerId};

/// What stands in for each tracker that page scripts call by name.
#[derive(Debug)]
pub(in crate::policy) struct StandIns(Vec<Option<Bytes>>);

impl StandIns {
    pub(in crate::policy) fn new(catalog: &Catalog) -> Self {
        Self(catalog.trackers().map(|tracker| made_ready(&tracker.globals)).collect())
    }

    /// The text of a script and its end tag: it has the names of that tracker answer, and do nothing.
    pub(in crate::policy) fn of(&self, id: TrackerId) -> Option<&Bytes> {
        self.0.get(id.index()).and_then(Option::as_ref)
    }
}

/// The catalogue lets through plain names only, so none needs escaping.
fn made_ready(globals: &[String]) -> Option<Bytes> {
    if globals.is_empty() {
        return None;
    }
    let names: Vec<String> = globals.iter().map(|name| format!("\"{name}\"")).collect();
    Some(Bytes::from(format!("consentry.idle({})</script>", names.join(","))))
}
