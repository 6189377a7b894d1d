//! Pages that the shop itself lists for everybody: their paths may be read by name at once.
//!
//! `robots.txt` names sitemaps (RFC 9309 section 2.2.4, and the protocol of sitemaps.org); where it names none,
//! `/sitemap.xml` is tried. They are asked of the origin, over connections of this task's own, and never of anybody else.
//! Of each path that they list a hash is kept, in memory; the request path looks it up ([`PublicPaths`]). All of it is
//! bounded, and when it fails nothing is lost but names that a few visitors more would have shown.

mod fetch;
mod read;

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{PoisonError, RwLock};

use http::StatusCode;

use super::site::Site;
use crate::counting::SiteIndex;
use crate::proxy::{BodyError, Origin, OriginError};
use fetch::Asking;
use read::{Locations, sitemaps_of};

/// Most paths of one site. About 2 MB; a file lists at most 50 000.
const PATHS_MAX: usize = 200_000;
/// Most files read for one site.
const FILES_MAX: usize = 100;
/// How deep an index may lead to another. The protocol knows one.
const DEPTH_MAX: u8 = 2;
/// Longest `robots.txt` that is read. Unit: bytes (RFC 9309 section 2.5).
const ROBOTS_BYTES_MAX: usize = 512 * 1024;
/// Most of a sitemap that is read, unpacked. Unit: bytes. The protocol's own limit.
const SITEMAP_BYTES_MAX: usize = 50 << 20;

/// Hashes of the paths that are listed, by site.
pub struct PublicPaths {
    hasher: RandomState,
    sites: Vec<RwLock<HashSet<u64>>>,
}

impl PublicPaths {
    /// None yet, for so many sites.
    pub fn new(sites: usize) -> Self {
        let empty = std::iter::repeat_with(RwLock::default).take(sites);
        Self { hasher: RandomState::new(), sites: empty.collect() }
    }

    /// Is the path listed?
    pub(super) fn contains(&self, site: SiteIndex, path: &str) -> bool {
        let Some(paths) = self.sites.get(usize::from(site.0)) else { return false };
        // Whoever panicked with the lock had put nothing in by halves.
        let paths = paths.read().unwrap_or_else(PoisonError::into_inner);
        !paths.is_empty() && paths.contains(&self.hasher.hash_one(path))
    }

    fn replace(&self, site: SiteIndex, paths: HashSet<u64>) {
        if let Some(known) = self.sites.get(usize::from(site.0)) {
            *known.write().unwrap_or_else(PoisonError::into_inner) = paths;
        }
    }
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum SitemapError {
    /// The origin gave no answer.
    #[error("the origin did not answer")]
    Origin(#[from] OriginError),
    /// It answered with something else than the file.
    #[error("the origin answered {0}")]
    Status(StatusCode),
    /// It leads elsewhere, or in a circle.
    #[error("the origin leads to another site, or in a circle")]
    Redirect,
    /// The body broke off.
    #[error("the file broke off")]
    Broken(#[from] BodyError),
    /// It is packed in a way that cannot be undone.
    #[error("the file cannot be unpacked")]
    Packed(#[source] crate::proxy::encode::EncodeError),
    /// It is too long.
    #[error("the file is longer than {bytes_max} bytes")]
    TooLong {
        /// The limit.
        bytes_max: usize,
    },
}

/// Reads what the site lists, and puts it in the place of what was known. A file that cannot be read costs its own paths
/// only; the first reason is given. That there is no sitemap at all is none.
pub async fn read(site: &Site, origin: &Origin, public: &PublicPaths) -> Result<usize, SitemapError> {
    let mut asking = Asking::of(site, origin);
    let mut failed = None;
    let mut files = VecDeque::new();
    match asking.whole("/robots.txt", ROBOTS_BYTES_MAX).await {
        Ok(robots) => files.extend(sitemaps_of(&robots).filter_map(|url| target(site, &url))),
        Err(error) => note(&mut failed, error),
    }
    if files.is_empty() {
        files.push_back("/sitemap.xml".to_owned());
    }
    let mut files: VecDeque<(String, u8)> = files.into_iter().map(|file| (file, 0)).collect();
    let (mut paths, mut known) = (HashSet::new(), HashSet::new());
    while let Some((file, depth)) = files.pop_front() {
        if known.len() == FILES_MAX || !known.insert(file.clone()) {
            continue;
        }
        let mut locations = Locations::default();
        let mut take = |piece: &[u8]| {
            locations.push(piece, &mut |is_index, url| {
                let Some(target) = target(site, url) else { return };
                if is_index && depth < DEPTH_MAX && files.len() < FILES_MAX {
                    files.push_back((target, depth + 1));
                } else if !is_index && paths.len() < PATHS_MAX {
                    let path = target.split('?').next().unwrap_or_default();
                    paths.insert(public.hasher.hash_one(path));
                }
            });
        };
        if let Err(error) = asking.each(&file, SITEMAP_BYTES_MAX, &mut take).await {
            note(&mut failed, error);
        }
    }
    let count = paths.len();
    public.replace(site.index, paths);
    failed.map_or(Ok(count), Err)
}

fn note(failed: &mut Option<SitemapError>, error: SitemapError) {
    let is_nothing = matches!(error, SitemapError::Status(status) if status.is_client_error());
    if !is_nothing && failed.is_none() {
        *failed = Some(error);
    }
}

/// The path and query of an address on this site; none where it is on another.
fn target(site: &Site, url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let host = uri.host()?.to_ascii_lowercase();
    let is_ours = site.has_named_host(&host) || site.hosts.iter().any(|own| own == "*");
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    is_ours.then(|| if target.starts_with('/') { target.to_owned() } else { format!("/{target}") })
}
