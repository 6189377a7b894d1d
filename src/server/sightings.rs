//! Notes what real traffic shows: names of cookies, hosts and storage keys. Never a value, an address, a path or a
//! visitor, and never waits: what does not fit is counted and dropped.
//!
//! On the way of a request a name is folded ([`Policy::name`]), and one counter goes up. A name seen for the first time
//! goes to the inventory's thread, through a bounded queue, with the place of its counter; that thread takes the
//! counts out and writes them to the [`Inventory`](crate::store::inventory::Inventory).
//!
//! [`Policy::name`]: crate::policy::Policy::name

mod table;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use http::{HeaderMap, HeaderValue, header};
use tokio::sync::oneshot;

pub use table::{Claim, Table};
use table::{Counted, SLOTS as TABLE_SLOTS};

use super::site::{Mode, Site};
use crate::clock::Entropy;
use crate::counting::SiteIndex;
use crate::policy::advice::{Name, Thing};
use crate::policy::cookies::{is_ours, removes};
use crate::store::StoreError;
use crate::store::inventory::{Found, PageToken, Via};
use crate::telemetry::Metrics;

/// Most news that wait for the inventory's thread.
const NEWS_WAITING_MAX: usize = 1024;
/// Most cookies noted of one head. Browsers keep some 180 a site at most.
const COOKIES_NOTED_MAX: usize = 200;
/// What pages are made of: such a request carries the cookies that its page carried, so they are not noted again.
const PARTS: [&[u8]; 8] = [b"image", b"style", b"script", b"font", b"audio", b"video", b"track", b"manifest"];
/// Most reports and words of the witness taken of one site in a second.
const REPORTS_A_SECOND_MAX: u64 = 50;
/// Names at once from which the table is cleared.
pub const CROWD: usize = TABLE_SLOTS / 2;

/// What the inventory's thread is told, or asked.
pub enum News {
    /// A name was seen for the first time; its sightings are counted in the table.
    Seen {
        /// Where.
        claim: Claim,
        /// On which site.
        site: SiteIndex,
        /// What.
        thing: Thing,
        /// How.
        via: Via,
        /// Its name.
        name: Name,
    },
    /// A browser reported that the fence stopped something.
    Reported {
        /// On which site.
        site: SiteIndex,
        /// By which directive.
        directive: &'static str,
        /// What was stopped.
        blocked: Name,
        /// Stands for the page.
        page: PageToken,
    },
    /// An operator asks what was seen on the site of that name.
    Asked {
        /// The site.
        site: Arc<str>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Found, StoreError>>,
    },
}

/// Where sightings are handed in. A clone hands in to the same place.
#[derive(Clone)]
pub struct Sightings {
    table: Arc<Table>,
    news: SyncSender<News>,
    hasher: RandomState,
    /// By site: the second, and how many reports came in it.
    pace: Arc<[AtomicU64]>,
    /// What pages are hashed with. It lives as long as the program, in memory only.
    key: [u8; blake3::KEY_LEN],
    metrics: Arc<Metrics>,
}

impl Sightings {
    /// The two ends of the queue, and the table that the other end takes counts out of.
    pub fn queue(
        sites: usize,
        entropy: &dyn Entropy,
        metrics: Arc<Metrics>,
    ) -> (Self, Receiver<News>, Arc<Table>) {
        let (news, receiver) = sync_channel(NEWS_WAITING_MAX);
        let table = Arc::new(Table::default());
        let mut key = [0; blake3::KEY_LEN];
        entropy.fill(&mut key);
        let pace = std::iter::repeat_with(AtomicU64::default).take(sites).collect();
        let sightings = Self { table: table.clone(), news, hasher: RandomState::new(), pace, key, metrics };
        (sightings, receiver, table)
    }

    /// Notes that a thing of that name was seen; says whether this is the first time, as far as the table knows. It
    /// neither locks, nor waits, nor keeps the name as it was seen.
    pub(super) fn see(&self, site: &Site, thing: Thing, via: Via, raw: &[u8]) -> bool {
        if site.mode == Mode::Off || raw.is_empty() {
            return false;
        }
        let name = site.policy.name(thing, raw);
        let print = self.hasher.hash_one((site.index, thing, via, name.as_str())).max(1);
        match self.table.count(print) {
            Counted::Known => false,
            Counted::Tell(claim) => {
                if self.news.try_send(News::Seen { claim, site: site.index, thing, via, name }).is_err() {
                    self.table.untold(claim);
                }
                true
            }
            Counted::Full => {
                self.metrics.sightings_dropped.increment();
                false
            }
        }
    }

    /// Notes the names of the cookies that a browser sent, with a page or what a script asked for. A pair without a
    /// name is a value, so it is passed over.
    pub(super) fn see_cookies(&self, site: &Site, headers: &HeaderMap) {
        let is_part = headers.get("sec-fetch-dest").is_some_and(|dest| PARTS.contains(&dest.as_bytes()));
        if is_part || site.mode == Mode::Off {
            return;
        }
        let lines = headers.get_all(header::COOKIE).iter();
        let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        for name in pairs.filter_map(name_of).take(COOKIES_NOTED_MAX) {
            self.see(site, Thing::Cookie, Via::Cookie, name);
        }
    }

    /// Notes the names of the cookies that the shop's server sets, held or not. One that it removes is none.
    pub(super) fn see_set_cookies(&self, site: &Site, headers: &HeaderMap) {
        let lines = headers.get_all(header::SET_COOKIE).iter().map(HeaderValue::as_bytes);
        let set = lines.filter(|line| !removes(line));
        let pairs = set.filter_map(|line| line.split(|byte| *byte == b';').next());
        for name in pairs.filter_map(name_of).take(COOKIES_NOTED_MAX) {
            self.see(site, Thing::Cookie, Via::SetCookie, name);
        }
    }

    /// Notes the file of a service worker, without its path.
    pub(super) fn see_service_worker(&self, site: &Site, path: &str) {
        let file = path.rsplit('/').next().unwrap_or_default();
        self.see(site, Thing::ServiceWorker, Via::Worker, file.as_bytes());
    }

    /// May one more report of this site be taken in this second (since 1970)?
    pub(super) fn admit(&self, site: SiteIndex, second: i64) -> bool {
        const COUNT_BITS: u32 = 16;
        let Some(pace) = self.pace.get(usize::from(site.0)) else { return false };
        let now = second.unsigned_abs() << COUNT_BITS;
        let next = |then: u64| {
            let count = if then >> COUNT_BITS == now >> COUNT_BITS { then - now } else { 0 };
            (count < REPORTS_A_SECOND_MAX).then_some(now + count + 1)
        };
        let is_in = pace.fetch_update(Relaxed, Relaxed, next).is_ok();
        if is_in {
            self.metrics.reports.increment();
        } else {
            self.metrics.reports_dropped.increment();
        }
        is_in
    }

    /// Hands in a report: `page` is the path of the page, of which only a token goes further.
    pub(super) fn report(&self, site: SiteIndex, directive: &'static str, blocked: Name, page: &str) {
        let hash = blake3::keyed_hash(&self.key, page.as_bytes());
        let mut token = [0; 4];
        token.copy_from_slice(&hash.as_bytes()[..4]);
        let page = PageToken(token);
        if self.news.try_send(News::Reported { site, directive, blocked, page }).is_err() {
            self.metrics.reports_dropped.increment();
        }
    }

    /// What was seen on a site, to this moment.
    pub(super) async fn found(&self, site: Arc<str>) -> Result<Found, StoreError> {
        let (reply, replied) = oneshot::channel();
        self.news.try_send(News::Asked { site, reply }).map_err(|_| StoreError::Closed)?;
        replied.await.map_err(|_| StoreError::Closed)?
    }
}

/// The name of a pair; `None` when it has none, or is our own.
fn name_of(pair: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr(b'=', pair)?;
    let name = pair[..end].trim_ascii();
    (!name.is_empty() && !is_ours(name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn sightings() -> (Sightings, Receiver<News>, Arc<Table>) {
        Sightings::queue(1, &SystemEntropy, Arc::default())
    }

    #[test]
    fn a_name_is_what_stands_before_the_value_and_a_value_is_none() {
        let table: [(&[u8], Option<&[u8]>); 7] = [
            (b" _ga = 1", Some(b"_ga")),
            (b"a=b=c", Some(b"a")),
            (b"secret", None),
            (b"=secret", None),
            (b"", None),
            (b"consentry=1.2", None),
            (b"\tx=", Some(b"x")),
        ];
        for (pair, wanted) in table {
            assert_eq!(name_of(pair), wanted, "{}", pair.escape_ascii());
        }
    }

    #[test]
    fn reports_of_a_site_have_a_pace() {
        let (sightings, _receiver, _table) = sightings();
        for second in [1000, 1001] {
            let taken =
                (0..3 * REPORTS_A_SECOND_MAX).filter(|_| sightings.admit(SiteIndex(0), second)).count();
            assert_eq!(taken as u64, REPORTS_A_SECOND_MAX);
        }
        assert_eq!(sightings.metrics.reports_dropped.get(), 4 * REPORTS_A_SECOND_MAX);
        assert!(!sightings.admit(SiteIndex(1), 1000), "a site that does not exist has no reports");
    }

    #[test]
    fn a_report_carries_a_token_in_place_of_its_page_and_a_flood_is_dropped() {
        let (sightings, receiver, _table) = sightings();
        for page in ["/konto/ola", "/konto/ola", "/konto/kari"] {
            sightings.report(SiteIndex(0), "img-src", Name::folded(b"ads.example"), page);
        }
        let pages: Vec<PageToken> = receiver
            .try_iter()
            .filter_map(|news| if let News::Reported { page, .. } = news { Some(page) } else { None })
            .collect();
        assert!(pages[0] == pages[1] && pages[0] != pages[2]);
        for _ in 0..2 * NEWS_WAITING_MAX {
            sightings.report(SiteIndex(0), "img-src", Name::FOLDED, "/");
        }
        assert_eq!(sightings.metrics.reports_dropped.get(), NEWS_WAITING_MAX as u64);
    }
}
