//! Harmless stand-ins for what a held script would have defined, made ready once for each tracker.

use bytes::Bytes;
use hashbrown::HashSet;

use super::snippet::{SHORT_NAME, name_length};
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

fn made_ready(globals: &[String]) -> Option<Bytes> {
    stand_in_call(globals).map(|call| Bytes::from(call + "</script>"))
}

/// The call that has these names of a tracker answer; `None` without names. The catalogue lets through plain names only, so
/// none needs escaping.
pub fn stand_in_call(globals: &[String]) -> Option<String> {
    let names: Vec<String> = globals.iter().map(|name| format!("\"{name}\"")).collect();
    (!names.is_empty()).then(|| format!("consentry.idle({})", names.join(",")))
}

/// The name that a text of a snippet begins with: `adspixel` of `adspixel.load(` and of `new adspixel.Tag(`. A text with an
/// address in it has none, and a key or a short name of its own is none.
fn called(text: &str) -> Option<&[u8]> {
    let made = text.strip_prefix("new ");
    let (name, rest) = made.unwrap_or(text).as_bytes().split_at(name_length(made.unwrap_or(text).as_bytes()));
    let is_called = !rest.starts_with(b":") && (made.is_some() || name.len() > SHORT_NAME);
    (is_called && !text.contains('/')).then_some(name)
}
