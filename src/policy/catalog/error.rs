//! What can be wrong with a catalogue.

use crate::policy::consent::TrackerSet;

/// What can be wrong with a catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The text is no catalogue.
    #[error("the catalogue cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// One entry contradicts itself or another.
    #[error("tracker \"{id}\": {problem}")]
    Entry {
        /// The tracker's id.
        id: String,
        /// What to change.
        problem: String,
    },
    /// The fence of what is necessary would open a host that needs consent.
    #[error(
        "tracker \"{id}\": host \"{host}\" needs consent and lies below \"{domain}\" of \"{necessary}\", which is necessary"
    )]
    Under {
        /// The tracker that needs consent.
        id: String,
        /// Its host.
        host: String,
        /// The necessary tracker.
        necessary: String,
        /// Its domain.
        domain: String,
    },
    /// More trackers than a consent can name.
    #[error("{count} trackers are more than the {} a consent can name", TrackerSet::TRACKERS_MAX)]
    TooMany {
        /// How many there are.
        count: usize,
    },
}
