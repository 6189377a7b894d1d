//! Harmless stand-ins for what a held script would have defined, made ready once for each tracker.

use std::collections::HashSet;

use bytes::Bytes;

use super::snippet::name_length;
use crate::policy::catalog::{Catalog, TrackerId};

/// What stands in for each tracker that page scripts call by name.
#[derive(Debug)]
pub(in crate::policy) struct StandIns {
    ready: Vec<Option<Bytes>>,
    names: HashSet<Box<[u8]>>,
}

impl StandIns {
    pub(in crate::policy) fn new(catalog: &Catalog) -> Self {
        let globals = catalog.trackers().flat_map(|tracker| &tracker.globals).map(String::as_bytes);
        let snippets = catalog.trackers().flat_map(|tracker| &tracker.inline).filter_map(|text| called(text));
        Self {
            ready: catalog.trackers().map(|tracker| made_ready(&tracker.globals)).collect(),
            names: globals.chain(snippets).map(Box::from).collect(),
        }
    }

    /// The text of a script and its end tag: it has the names of that tracker answer, and do nothing.
    pub(in crate::policy) fn of(&self, id: TrackerId) -> Option<&Bytes> {
        self.ready.get(id.index()).and_then(Option::as_ref)
    }

    /// Do page scripts call a tracker by this name?
    pub(super) fn knows(&self, name: &[u8]) -> bool {
        self.names.contains(name)
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

/// The name that a text of a snippet begins with: `adspixel` of `adspixel.load(` and of `new adspixel.Tag(`. A text with an
/// address in it has none.
fn called(text: &str) -> Option<&[u8]> {
    let call = text.strip_prefix("new ").unwrap_or(text).as_bytes();
    let name = &call[..name_length(call)];
    (!name.is_empty() && !text.contains('/')).then_some(name)
}
