//! From the operator's settings to the sites that requests see.

use std::sync::Arc;

use super::AppError;
use super::keys;
use crate::banner::Banner;
use crate::clock::Entropy;
use crate::config::{self, Config};
use crate::counting::{SiteIndex, SiteSettings};
use crate::policy::Policy;
use crate::policy::advice::Thing;
use crate::policy::consent::CategorySet;
use crate::policy::fence::seen::{FRAMES, Sight};
use crate::proxy::Origin;
use crate::server::beacon::Beacon;
use crate::server::fences::LearnedFences;
use crate::server::files::Files;
use crate::server::first_views::FirstViews;
use crate::server::known_scripts::KnownScripts;
use crate::server::site::{Ready, Site, Sites};
use crate::server::stats;
use crate::server::validator::Validator;
use crate::store;
use crate::store::inventory::{Inventory, SeenThing, Via};

/// Makes every site ready.
pub(super) fn make(config: &Config, entropy: &dyn Entropy) -> Result<Sites, AppError> {
    let sites =
        config.sites.iter().zip(0..).map(|(site, index)| make_one(config, site, SiteIndex(index), entropy));
    Ok(Sites::new(sites.collect::<Result<_, _>>()?))
}

fn make_one(
    config: &Config,
    site: &config::Site,
    index: SiteIndex,
    entropy: &dyn Entropy,
) -> Result<Site, AppError> {
    let catalog = Arc::new(site.catalog()?);
    let policy = Arc::new(Policy::new(site.policy.clone(), catalog.clone()));
    let banner = Banner::new(site.banner.clone(), catalog)?;
    let seal = keys::seal(&config.seal, &site.name, entropy)?;
    Origin::new(&site.origin)?;
    Ok(Site {
        validator: Validator::of(&seal, site.mode, &policy, &banner),
        ready: Ready::of(&policy, &banner),
        fences: LearnedFences::of(&policy),
        first_views: FirstViews::default(),
        files: Files::default(),
        scripts: KnownScripts::default(),
        beacon: Beacon::of(&site.policy.prefix, &site.practice),
        practice: site.practice.clone(),
        index,
        name: site.name.clone(),
        hosts: site.hosts.clone(),
        mode: site.mode,
        policy,
        banner,
        seal,
        days: site.banner.days,
        receipts_days: config.receipts_days,
        cookie_domain: site.cookie_domain.clone(),
        asking: site.asking,
        trusted: site.trusted_proxies.clone(),
        origin: site.origin.clone(),
    })
}

/// New sites know what the pages of the old ones loaded.
pub(super) fn follow(old: &Sites, new: &Sites) {
    for site in new.iter() {
        if let Some(before) = old.iter().find(|before| before.name == site.name) {
            let fences = before.fences.load();
            site.learn(&fences.seen().sights().collect::<Vec<_>>());
        }
    }
}

/// The sites know what the inventory has of their pages. Where it cannot be read they learn it again: its own thread tells
/// of the fault.
pub(super) fn recall(settings: &store::Settings, sites: &Sites) {
    let Ok(inventory) = Inventory::open(settings) else { return };
    for site in sites.iter() {
        let found = inventory.of(&site.name).unwrap_or_default();
        let hosts = found.things.into_iter().filter(|seen| seen.thing == Thing::Host);
        let hosts: Vec<_> = hosts.map(|seen| (seen.name.replacen('*', "any", 1), seen)).collect();
        // Of what is rare the newest has room.
        let (mut rare, others): (Vec<_>, Vec<_>) =
            hosts.iter().partition(|(host, _)| site.policy.is_rare(host));
        rare.sort_by_key(|(_, seen)| (&seen.last_day, seen.seen));
        let sights = others.into_iter().chain(rare).flat_map(|(host, SeenThing { via: ways, .. })| {
            let sights = ways.iter().filter_map(|via| match via {
                Via::Tag => Some(Sight::Tag(CategorySet::NECESSARY)),
                Via::Report => Some(Sight::Report),
                _ => None,
            });
            sights.map(|sight| (host.as_str(), sight))
        });
        let frames = found.reports.iter().filter(|report| report.directive == FRAMES);
        let frames = frames.map(|report| (report.blocked.as_str(), Sight::Frame));
        site.learn(&sights.chain(frames).collect::<Vec<_>>());
    }
}

/// What the counter is told of the sites.
pub(super) fn counted(config: &Config) -> Vec<SiteSettings> {
    config.sites.iter().map(|site| site.counting.clone()).collect()
}

/// What analysts can ask about.
pub(crate) fn analysed(config: &Config) -> Vec<stats::Site> {
    let hours_days = config.statistics.retention().hours_days;
    let analysed = |site: &config::Site| stats::Site {
        name: site.name.clone(),
        time_zone: site.counting.time_zone.clone(),
        k: site.counting.k.answer,
        currency: String::from_utf8_lossy(&site.counting.currency).into(),
        crosses: site.counting.crosses.clone(),
        first_day: None,
        hours_days,
    };
    config.sites.iter().map(analysed).collect()
}

/// A reload changes what is allowed, said and passed on; what is listened on, stored and counted needs a restart.
pub(super) fn check_reload(old: &Config, new: &Config) -> Result<(), AppError> {
    let changes = [
        (old.server != new.server, "[listen] and [limits]"),
        (
            old.store.path != new.store.path
                || old.receipts_days != new.receipts_days
                || old.statistics != new.statistics,
            "[store]",
        ),
        (old.places != new.places, "[places]"),
        (old.requests_per_minute != new.requests_per_minute, "[api]"),
        (counted(old) != counted(new), "the list of sites, their hosts, time_zone and [site.statistics]"),
    ];
    match changes.into_iter().find(|(is_changed, _)| *is_changed) {
        Some((_, what)) => Err(AppError::NeedsRestart(what)),
        None => Ok(()),
    }
}
