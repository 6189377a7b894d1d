//! `consentry demo`: the whole product on loopback: a tyre shop with every tag shops have, the gateway before it, the
//! embedded store with a week of simulated visits, and the dashboard.

pub mod shop;
pub mod traffic;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::shop::Shop;
use self::traffic::{Deed, Event, PLACES, Step, VISITS_A_DAY, week};
use super::{Failure, failed, print, serve};
use crate::banner::Banner;
use crate::clock::{Clock, SystemClock, SystemEntropy};
use crate::config::{self, Config};
use crate::counting::place::{Place, Places};
use crate::counting::{Answer, Counter, Hit, HitKind, Layer, Notice, Said, SiteIndex, Standing};
use crate::policy::consent::{Category, CategorySet};
use crate::store::embedded::Embedded;
use crate::store::tokens::Tokens;
use crate::store::{Batch, BatchId, EventStore as _};
use crate::{app, telemetry};

/// What makes the demo's week: the same one each time.
const SEED: u64 = 0x0c00_c1e5;

/// Steps counted between two batches.
const STEPS_A_BATCH: usize = 10_000;

/// Runs the demo until SIGTERM or SIGINT.
pub(super) fn run(
    listen: SocketAddr,
    admin: SocketAddr,
    directory: Option<&Path>,
    days: u16,
) -> Result<(), Failure> {
    telemetry::start_log_from("warn");
    let temporary = Temporary::unless(directory)?;
    let directory = directory.unwrap_or(&temporary.0);
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let origin = Origin::start(Shop::new(clock.clone(), entropy.clone()))?;
    let text = settings(listen, admin, directory, origin.address, days);
    let loaded = config::parse(&text, "demo.toml").map_err(|report| Failure::Wrong(report.to_string()))?;
    std::fs::create_dir_all(directory).map_err(failed)?;
    let token = prepare(&loaded.config, days)?;
    let signals = serve::Signals::listen()?;
    let running = app::start(loaded.config, clock, entropy).map_err(failed)?;
    let (visitors, dashboard) = (running.visitors()[0], running.admin());
    print(&format!(
        "ready shop=http://{visitors}/ dashboard=http://{dashboard}/#token={token} token={token}"
    ));
    signals.until_told(&running, None);
    running.stop();
    origin.stop();
    Ok(())
}

/// The demo's config. Without simulated visits nothing is folded, so that every single step can be seen.
fn settings(
    listen: SocketAddr,
    admin: SocketAddr,
    directory: &Path,
    origin: SocketAddr,
    days: u16,
) -> String {
    let k = if days == 0 { "k = { city = 1, region = 1, text = 1, answer = 1 }" } else { "" };
    let path = toml::Value::String(directory.display().to_string());
    format!(
        r#"[listen]
http = ["{listen}"]
admin = "{admin}"
[store]
path = {path}
[[site]]
name = "shop"
hosts = ["*"]
origin = "http://{origin}"
time_zone = "Europe/Oslo"
languages = ["nb", "en"]
[site.controller]
name = "Fjordhjul AS"
address = "Kaigata 1, 5003 Bergen"
email = "personvern@fjordhjul.example"
privacy_url = "/personvern"
complaint_url = "https://www.datatilsynet.no/"
[site.consent]
mode = "enforce"
uses = [
  "google-tag", "google-tag-manager", "google-analytics", "google-ads", "doubleclick", "meta-pixel", "youtube",
  "klarna", "vipps", "consentry", "shop-session", "shop-cart", "shop-login",
]
[site.statistics]
properties = ["kind", "payment"]
{k}
[[site.goal]]
name = "Purchase"
[[site.goal]]
name = "Add to cart"
[[site.goal]]
name = "Newsletter"
[[site.goal]]
path = "/takk*"
[[site.allow]]
cookie = "sort"
category = "preferences"
why = "husker hvordan du sorterer hylla"
"#
    )
}

/// A directory that goes when the demo ends.
struct Temporary(PathBuf);

impl Temporary {
    /// Makes one, unless the visitor of the demo gave a directory to keep.
    fn unless(given: Option<&Path>) -> Result<Self, Failure> {
        if given.is_some() {
            return Ok(Self(PathBuf::new()));
        }
        let path = std::env::temp_dir().join(format!("consentry-demo-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(failed)?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty()
            && let Err(error) = std::fs::remove_dir_all(&self.0)
        {
            tracing::warn!(%error, path = %self.0.display(), "the demo's directory was not removed");
        }
    }
}

/// The shop, served on a thread of its own.
struct Origin {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Origin {
    fn start(shop: Shop) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (end, ended) = oneshot::channel::<()>();
        let shutdown = async move { drop(ended.await) };
        let serve = move || runtime.block_on(shop::serve(listener, Arc::new(shop), shutdown));
        let thread = std::thread::Builder::new().name("shop".into()).spawn(serve).map_err(failed)?;
        Ok(Self { address, end, thread })
    }

    fn stop(self) {
        drop(self.end);
        if self.thread.join().is_err() {
            tracing::error!("the demo shop ended in a bug of ours");
        }
    }
}

/// Makes a token and fills the store with simulated days, unless it holds figures already.
fn prepare(config: &Config, days: u16) -> Result<String, Failure> {
    let now = SystemClock.now();
    let tokens = Tokens::open(&config.store).map_err(failed)?;
    let token = tokens.make("demo", None, &SystemEntropy, now).map_err(failed)?;
    let store = Embedded::open(&config.store, Arc::new(SystemClock)).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    if days == 0 || runtime.block_on(store.first_day("shop")).map_err(failed)?.is_some() {
        return Ok(token);
    }
    let site = &config.sites[0];
    let banner =
        Banner::new(site.banner.clone(), Arc::new(site.catalog().map_err(failed)?)).map_err(failed)?;
    let settings = traffic::Settings {
        until: now,
        days,
        visits_a_day: VISITS_A_DAY,
        time_zone: site.counting.time_zone.clone(),
        seed: SEED,
    };
    let mut counter = Counter::new(vec![site.counting.clone()], Arc::new(Invented), Arc::new(SystemEntropy));
    let mut id = BatchId { boot: SEED, sequence: 1 };
    let steps: Vec<Step> = week(&settings).collect();
    for steps in steps.chunks(STEPS_A_BATCH) {
        for step in steps {
            counter.advance(step.at);
            counter.count(hit(step, &banner)?);
        }
        let drained = counter.drain();
        let batch = Batch { id, tallies: drained.tallies, names: drained.names };
        runtime.block_on(store.insert(&batch)).map_err(failed)?;
        id.sequence += 1;
    }
    Ok(token)
}

fn hit(step: &Step, banner: &Banner) -> Result<Hit, Failure> {
    let kind = match step.deed {
        Deed::View => HitKind::View {
            status: 200,
            is_public: false,
            asked: step.is_undecided.then(|| notice(step, banner)),
            properties: Box::default(),
        },
        Deed::Gone => HitKind::Failed { status: 404 },
        Deed::Answer(answer) => answered(step, answer, banner),
        Deed::Attention(ms) => HitKind::Engagement { engaged_ms: ms.into(), scroll: None },
        Deed::Event(Event { name, property, revenue }) => HitKind::Event {
            name: name.into(),
            interactive: true,
            properties: property.map(|(key, value)| (key.into(), value.into())).into_iter().collect(),
            revenue,
        },
    };
    Ok(Hit {
        site: SiteIndex(0),
        at: step.at,
        address: step.address,
        user_agent: Some(HeaderValue::from_static(step.user_agent)),
        host: None,
        target: step.path.parse::<PathAndQuery>().map_err(failed)?,
        fragment: None,
        referrer: step.referrer.as_deref().map(HeaderValue::from_str).transpose().map_err(failed)?,
        accept_language: None,
        consent: match step.deed {
            Deed::Answer(answer) => Standing::to_all(granted(answer)),
            _ => Standing::Unanswered,
        },
        weeks: None,
        objects: false,
        is_bare: false,
        kind,
    })
}

/// What a visitor was shown: Scandinavians understand the shop's Norwegian.
fn notice(step: &Step, banner: &Banner) -> Arc<Notice> {
    let is_near = matches!(Invented.place(step.address).country(), Some("NO" | "SE" | "DK"));
    let language = banner.language(None, Some(if is_near { "nb" } else { "en" }));
    Arc::clone(banner.counted(language))
}

/// What stands after an answer.
const fn granted(answer: Answer) -> CategorySet {
    match answer {
        Answer::Accepted => CategorySet::ALL,
        Answer::Partial(granted) => granted,
        Answer::Refused | Answer::Withdrawn => CategorySet::NECESSARY,
    }
}

/// An answer. Who takes one back, or tells categories apart, does so in the preference centre.
fn answered(step: &Step, answer: Answer, banner: &Banner) -> HitKind {
    let stands = granted(answer);
    let said = Category::ASKED.map(|category| match (stands.contains(category), answer) {
        (true, _) => Said::Granted,
        (false, Answer::Withdrawn) => Said::Withdrawn,
        (false, _) => Said::Refused,
    });
    let layer = match answer {
        Answer::Accepted | Answer::Refused => Layer::Banner,
        Answer::Partial(_) | Answer::Withdrawn => Layer::Page,
    };
    HitKind::Answered { answer, layer, notice: notice(step, banner), said, reloads: false }
}

/// Where the demo's invented visitors live.
struct Invented;

impl Places for Invented {
    fn place(&self, address: IpAddr) -> Place {
        let IpAddr::V4(address) = address else { return Place::UNKNOWN };
        let home = PLACES.iter().find(|home| home.holds(address));
        home.map_or(Place::UNKNOWN, |home| {
            Place::new(Some(home.country), Some(home.region).filter(|r| !r.is_empty()))
        })
    }
}
