//! File → [`Config`]: what the values must be, on their own and beside each other. Every problem is noted; a
//! [`Config`] is returned when all of it could be read.

mod consent;
mod controller;
mod goals;
mod practice;
mod rules;
mod site;
mod statistics;
mod texts;
mod theme;
mod tracker;
mod uses;
mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use site::Known;
use toml::Spanned;

use super::file::Table;
use super::report::{Notes, Problem};
use super::{Config, SealKeys, Site};
use crate::policy::catalog::TrackerEntry;
use crate::{server, store};

/// What a check may know beside the file.
pub(super) struct Given<'a> {
    /// Paths in the file are relative to it.
    pub(super) directory: &'a Path,
    /// The trackers the program came with.
    pub(super) built_in: &'a [TrackerEntry],
    /// Languages there are texts in, the default first.
    pub(super) languages: &'a [&'a str],
}

/// Checks the whole document.
pub(super) fn config(root: &Table<'_>, given: &Given<'_>) -> Option<Config> {
    let server = server_settings(&root.table("listen", "listen"), &root.table("limits", "limits"));
    let stored = root.table("store", "store");
    let (store, seal) = store_settings(&stored, given);
    let (statistics, clickhouse) = statistics::statistics(&stored, given);
    let receipts_days =
        stored.whole("receipts_days", 30..=3660, "1277 is the default: half a year, and three more");
    let places = places(&root.table("places", "places"), given);
    let api = root.table("api", "api");
    let requests_per_minute = api.whole("requests_per_minute", 1..=1_000_000, "6000 is the default");

    let tables = root.tables("site", "site");
    if !root.has("site") {
        root.is_missing(
            "site",
            "write [[site]] with name, hosts and origin; config/example.toml shows every key",
        );
    }
    let (known, sites): (Vec<Known>, Vec<Option<Site>>) =
        tables.iter().map(|table| site::site(table, given)).unzip();
    same_twice(root.notes(), &known);
    no_circle(root.notes(), &known, &server);
    let sites = sites.into_iter().collect::<Option<Vec<_>>>()?;
    let longest = sites.iter().map(|site| site.banner.days).max().unwrap_or_default();
    if let Some(days) = receipts_days.as_ref().filter(|days| *days.get_ref() < longest) {
        let reason = format!("a consent stands for {longest} days, its receipt for {} only", days.get_ref());
        let remedy =
            "keep receipts as long as a consent stands, and as long after it as it may have to be proved";
        root.notes().add(Problem::error(days.span(), reason).remedy(remedy));
    }
    Some(Config {
        server,
        store,
        statistics,
        clickhouse,
        seal,
        receipts_days: or(receipts_days, 1277),
        places,
        requests_per_minute: or(requests_per_minute, 6000),
        sites,
    })
}

/// The value read, or the default.
fn or<T>(read: Option<Spanned<T>>, default: T) -> T {
    read.map_or(default, Spanned::into_inner)
}

/// A number of seconds between bounds.
fn seconds(table: &Table<'_>, key: &'static str, default: u32) -> Duration {
    let remedy = format!("the unit is seconds; {default} is the default");
    Duration::from_secs(or(table.whole(key, 1..=3600, &remedy), default).into())
}

/// A limit that is a number.
fn limit(table: &Table<'_>, key: &'static str, bounds: std::ops::RangeInclusive<u32>, default: u32) -> usize {
    let remedy = format!("{default} is the default");
    or(table.whole(key, bounds, &remedy), default) as usize
}

fn server_settings(listen: &Table<'_>, limits: &Table<'_>) -> server::Settings {
    let before = listen.notes().count();
    let http = listen.list("http", value::listen);
    let is_read = listen.notes().count() == before;
    let admin = listen.parsed("admin", value::listen);
    if let Some(http) = http.as_ref().filter(|http| is_read && http.get_ref().is_empty()) {
        let remedy = "write at least one address: http = [\"127.0.0.1:8080\"]";
        listen.notes().add(Problem::error(http.span(), "http names no address to listen on").remedy(remedy));
    }
    let mut taken: Vec<SocketAddr> = Vec::new();
    for address in http.iter().flat_map(Spanned::get_ref).chain(&admin) {
        if let Some(other) = taken.iter().find(|other| overlap(**other, *address.get_ref())) {
            let reason = match address.get_ref() {
                own if own == other => format!("{own} is listened on twice"),
                own => format!("{own} is taken by {other} already"),
            };
            listen
                .notes()
                .add(Problem::error(address.span(), reason).remedy("give each listener its own port"));
        }
        taken.push(*address.get_ref());
    }
    let workers = limit(limits, "workers", 0..=1024, 0);
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    server::Settings {
        http: http.map_or_else(
            || vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            |http| http.into_inner().into_iter().map(Spanned::into_inner).collect(),
        ),
        admin: or(admin, SocketAddr::from(([127, 0, 0, 1], 8090))),
        workers: if workers == 0 { cores() } else { workers },
        requests_max: limit(limits, "requests_max", 1..=1_000_000, 4096),
        connections_max: limit(limits, "connections_max", 1..=1_000_000, 16_384),
        head_bytes_max: limit(limits, "head_bytes_max", 8192..=1_048_576, 65_536),
        head_timeout: seconds(limits, "head_timeout_seconds", 30),
        drain_timeout: seconds(limits, "drain_timeout_seconds", 30),
    }
}

/// Would both listen for the same connections? Port 0 is a free port each time.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let same_family = one.is_ipv4() == other.is_ipv4();
    let any = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (one.ip() == other.ip() || (same_family && any))
}

fn store_settings(store: &Table<'_>, given: &Given<'_>) -> (store::Settings, SealKeys) {
    let notes = store.notes();
    let path = located(store, "path", given).unwrap_or_else(|| given.directory.join("var"));
    if path.exists() && !path.is_dir() {
        let reason = format!("{} is not a directory", path.display());
        notes.add(
            Problem::error(store.at_value("path"), reason)
                .remedy("name a directory; it is made when missing"),
        );
    }
    let key = located(store, "key", given).unwrap_or_else(|| path.join("consent.key"));
    if key.is_dir() {
        let reason = format!("{} is a directory", key.display());
        notes.add(
            Problem::error(store.at_value("key"), reason).remedy("name a file; it is made when missing"),
        );
    }
    let mut previous_keys = Vec::new();
    for previous in store.list("previous_keys", value::path).into_iter().flat_map(Spanned::into_inner) {
        let at = previous.span();
        let file = given.directory.join(previous.into_inner());
        if !file.is_file() {
            let remedy = "consents sealed with it would be lost; put it back, or take it out of the list";
            notes.add(Problem::error(at, format!("there is no key file {}", file.display())).remedy(remedy));
        }
        previous_keys.push(file);
    }
    (store::Settings { path }, SealKeys { key, previous_keys })
}

fn places(places: &Table<'_>, given: &Given<'_>) -> Option<PathBuf> {
    let database = located(places, "database", given)?;
    if !database.is_file() {
        let reason = format!("there is no place table {}", database.display());
        let remedy =
            "places are \"(unknown)\" until an MMDB file is put there; it is then read without a restart";
        places.notes().add(Problem::warning(places.at_value("database"), reason).remedy(remedy));
    }
    Some(database)
}

/// The path under `key`, from the directory of the file.
fn located(table: &Table<'_>, key: &'static str, given: &Given<'_>) -> Option<PathBuf> {
    table.parsed(key, value::path).map(|path| given.directory.join(path.into_inner()))
}

/// Notes names and hosts that two sites have.
fn same_twice(notes: &Notes<'_>, sites: &[Known]) {
    for (index, site) in sites.iter().enumerate() {
        for earlier in &sites[..index] {
            if let (Some(name), Some(taken)) = (&site.name, &earlier.name)
                && name.get_ref() == taken.get_ref()
            {
                let reason = format!("two sites are named \"{}\"", name.get_ref());
                let remedy = "give this one another name; figures are kept under it";
                notes.add(Problem::error(name.span(), reason).remedy(remedy));
            }
            for host in site
                .hosts
                .iter()
                .filter(|host| earlier.hosts.iter().any(|own| own.get_ref() == host.get_ref()))
            {
                let owner = earlier.name.as_ref().map_or("above", |name| name.get_ref());
                let reason = format!("host \"{}\" belongs to site \"{owner}\" already", host.get_ref());
                notes.add(
                    Problem::error(host.span(), reason)
                        .remedy("a host belongs to one site; take it out of one"),
                );
            }
        }
    }
}

/// Notes origins that are this gateway itself.
fn no_circle(notes: &Notes<'_>, sites: &[Known], server: &server::Settings) {
    for origin in sites.iter().filter_map(|site| site.origin.as_ref()) {
        let default_port = if origin.get_ref().scheme_str() == Some("https") { 443 } else { 80 };
        let port = origin.get_ref().port_u16().unwrap_or(default_port);
        let host = origin.get_ref().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let address =
            if host.eq_ignore_ascii_case("localhost") { Ok([127, 0, 0, 1].into()) } else { host.parse() };
        let Ok(address) = address.map(|ip| SocketAddr::new(ip, port)) else { continue };
        let is_own =
            |own: &&SocketAddr| **own == address || (address.ip().is_loopback() && overlap(**own, address));
        if let Some(own) = server.http.iter().chain([&server.admin]).find(is_own) {
            let reason = format!("the origin is this gateway, which listens on {own}");
            notes.add(
                Problem::error(origin.span(), reason).remedy("write the address of the shop's own server"),
            );
        }
    }
}

/// Notes the entries of a list that stand there already.
fn unique<T: PartialEq + std::fmt::Display>(notes: &Notes<'_>, list: &[Spanned<T>], noun: &str) {
    for (index, entry) in list.iter().enumerate() {
        if list[..index].iter().any(|earlier| earlier.get_ref() == entry.get_ref()) {
            let reason = format!("{noun} \"{}\" is listed twice", entry.get_ref());
            notes.add(Problem::error(entry.span(), reason).remedy("write it once"));
        }
    }
}

/// Notes a doubt about a value.
fn doubt(notes: &Notes<'_>, at: std::ops::Range<usize>, reason: impl Into<String>, remedy: &str) {
    notes.add(Problem::warning(at, reason).remedy(remedy));
}
