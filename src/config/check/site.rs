//! One `[[site]]`: who it is, where its origin is, how consent and counting work on it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use toml::Spanned;

use super::super::Site;
use super::super::file::Table;
use super::super::report::Problem;
use super::consent::{self, Consent};
use super::{
    Given, controller, doubt, goals, limit, or, practice, rules, seconds, texts, theme, tracker, unique,
    uses, value,
};
use crate::counting::{SiteSettings, Thresholds};
use crate::proxy::networks::Networks;
use crate::{banner, policy, proxy};

/// The largest threshold: beyond it no shop of ours would see a single name.
const K_MAX: u32 = 1000;

/// What sites are compared by; read even where the rest of a site is faulty.
pub(super) struct Known {
    pub(super) name: Option<Spanned<String>>,
    pub(super) hosts: Vec<Spanned<String>>,
    pub(super) origin: Option<Spanned<http::Uri>>,
}

/// Checks one site. There is no [`Site`] when something it must have is missing or wrong; that is noted then.
pub(super) fn site(table: &Table<'_>, given: &Given<'_>) -> (Known, Option<Site>) {
    let name_remedy = "write a short name: name = \"shop\"; figures are kept under it";
    let origin_remedy = "write the address of the shop's own server: origin = \"http://127.0.0.1:8081\"";
    let known = Known {
        name: table.required("name", name_remedy, value::site_name),
        hosts: hosts(table),
        origin: table.required("origin", origin_remedy, value::origin),
    };
    let settings = settings(table, given, &known);
    (known, settings)
}

/// Who is believed when they say whom they ask for.
fn trusted_proxies(table: &Table<'_>) -> Networks {
    let networks = table.list("trusted_proxies", value::network).map_or_else(Vec::new, Spanned::into_inner);
    for everything in networks.iter().filter(|network| network.get_ref().is_everything()) {
        let reason = "everybody is believed when they say which address they come from";
        let remedy = "name the proxies' own networks, such as \"10.0.0.0/8\"; else a visitor counts as many, and passes every limit";
        table.notes().add(Problem::warning(everything.span(), reason).remedy(remedy));
    }
    networks.into_iter().map(Spanned::into_inner).collect()
}

fn settings(table: &Table<'_>, given: &Given<'_>, known: &Known) -> Option<Site> {
    let origin = origin(table, given, known);
    let time_zone = table.parsed("time_zone", value::time_zone);
    let networks = trusted_proxies(table);
    let prefix = or(table.parsed("prefix", value::prefix), "/_consentry".to_owned());
    let banner = shown(table, given, &prefix);
    let consent = consent::consent(table, &known.hosts);
    let statistics = table.table("statistics", "site.statistics");
    let k = thresholds(&statistics);
    let time_zone = match time_zone {
        Some(zone) => zone.into_inner(),
        None => value::time_zone("Europe/Oslo").ok()?,
    };
    let mode = consent.as_ref().map(|consent| consent.mode);
    let practice = practice::practice(&statistics, mode, k, time_zone.clone());
    let currency = or(statistics.parsed("currency", value::currency), *b"NOK");
    let languages = banner.as_ref().map_or(&[][..], |banner| &banner.languages);
    let allow = rules::allow(table, languages);
    let (trackers, at_trackers) = tracker::trackers(table);
    let (goals, funnels) = (goals::goals(table), goals::funnels(table));
    let crosses = goals::crosses(table);
    let properties = goals::properties(&statistics, &crosses, &practice.duties);
    tracker::check_catalog(table, given, (&trackers, &at_trackers), &allow);
    tracker::check_categories(table, given, &trackers, &at_trackers);
    let uses = uses::uses(&table.table("consent", "site.consent"), given, &trackers, &practice);

    let name: Arc<str> = known.name.as_ref()?.get_ref().as_str().into();
    let hosts: Vec<String> = known.hosts.iter().map(|host| host.get_ref().clone()).collect();
    rules::check_own(table, &hosts, &allow);
    rules::check_workers(table, &allow);
    let allow = allow.into_iter().map(|(allow, _)| allow).collect();
    let Consent { mode, unknown_cookies, unknown_hosts, days, domain, asking, signals } = consent?;
    let spans_hosts = domain.is_some();
    Some(Site {
        origin: origin?,
        trusted_proxies: networks,
        mode,
        policy: policy::Settings { hosts: hosts.clone(), prefix, unknown_cookies, unknown_hosts, allow },
        trackers,
        uses,
        banner: banner::Settings { days, signals, time_zone: time_zone.clone(), spans_hosts, ..banner? },
        cookie_domain: domain,
        asking,
        counting: SiteSettings {
            name: Arc::clone(&name),
            hosts: hosts.clone(),
            time_zone,
            without_consent: practice.without_consent,
            k,
            goals,
            funnels,
            crosses,
            properties,
            currency,
        },
        name,
        hosts,
        practice,
    })
}

/// What visitors are shown, but for the days of an answer and the hosts it stands on, where days begin, and what tags are
/// told of it.
fn shown(table: &Table<'_>, given: &Given<'_>, prefix: &str) -> Option<banner::Settings> {
    let languages = languages(table, given);
    let controller = controller::controller(table, &languages, prefix);
    let wording = texts::texts(table, &languages);
    let (theme, processors) = (theme::theme(table), theme::processors(table));
    let (prefix, controller) = (prefix.to_owned(), controller?);
    let (days, signals, time_zone) = (consent::DAYS_GOOD, banner::Signals::default(), TimeZone::UTC);
    Some(banner::Settings {
        prefix,
        languages,
        controller,
        days,
        signals,
        wording,
        theme,
        processors,
        time_zone,
        spans_hosts: false,
    })
}

fn hosts(table: &Table<'_>) -> Vec<Spanned<String>> {
    const REMEDY: &str =
        "write every name the shop is asked for under: hosts = [\"shop.example\"], or [\"*\"] for all";
    if !table.has("hosts") {
        table.is_missing("hosts", REMEDY);
    }
    if table.is_empty_list("hosts") {
        table.notes().add(Problem::error(table.at_value("hosts"), "hosts names no host").remedy(REMEDY));
    }
    let hosts = table.list("hosts", value::own_host).map_or_else(Vec::new, Spanned::into_inner);
    unique(table.notes(), &hosts, "host");
    hosts
}

fn origin(table: &Table<'_>, given: &Given<'_>, known: &Known) -> Option<proxy::Settings> {
    let limits = table.table("limits", "site.limits");
    let connect_timeout = seconds(&limits, "connect_timeout_seconds", 5);
    let head_timeout = seconds(&limits, "head_timeout_seconds", 60);
    let idle_timeout = seconds(&limits, "idle_timeout_seconds", 60);
    let idle_connections_max = limit(&limits, "idle_connections_max", 0..=4096, 64);
    let authorities = table.text("origin_authorities").filter(|file| !file.get_ref().is_empty());
    let authorities = authorities.map(|file| Spanned::new(file.span(), given.directory.join(file.get_ref())));
    if let Some(file) = authorities.as_ref().filter(|file| !file.get_ref().is_file()) {
        let reason = format!("there is no file {}", file.get_ref().display());
        let remedy =
            "name a PEM file of the authority that signed the origin's certificate, or leave the key out";
        table.notes().add(Problem::error(file.span(), reason).remedy(remedy));
    }
    let authorities = authorities.map(Spanned::into_inner);
    let origin = known.origin.as_ref()?.get_ref().clone();
    Some(proxy::Settings {
        origin,
        authorities,
        connect_timeout,
        head_timeout,
        idle_timeout,
        idle_connections_max,
    })
}

fn languages(table: &Table<'_>, given: &Given<'_>) -> Vec<String> {
    let Some(languages) = table.list("languages", |text| value::language(text, given.languages)) else {
        return banner::USUAL_LANGUAGES.map(str::to_owned).to_vec();
    };
    unique(table.notes(), languages.get_ref(), "language");
    if table.is_empty_list("languages") {
        let remedy = "write at least one: languages = [\"nb\", \"en\"]; the first is the fallback";
        table.notes().add(Problem::error(languages.span(), "languages names no language").remedy(remedy));
    }
    languages.into_inner().into_iter().map(Spanned::into_inner).collect()
}

fn thresholds(statistics: &Table<'_>) -> Thresholds {
    let table = statistics.table("k", "site.statistics.k");
    let k = |key: &'static str, default: u32| {
        let remedy = format!("it is a number of visitors; {default} is the default, 1 switches folding off");
        let read = table.whole(key, 1..=K_MAX, &remedy);
        if let Some(one) = read.as_ref().filter(|k| *k.get_ref() == 1) {
            let reason = format!("{key} = 1: what a single visitor did can be read");
            doubt(table.notes(), one.span(), reason, &format!("only for tests; {default} is the default"));
        }
        or(read, default)
    };
    Thresholds { city: k("city", 20), region: k("region", 10), text: k("text", 5), answer: k("answer", 5) }
}
