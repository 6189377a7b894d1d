//! `[[site.tracker]]`: an operator's own entries of the catalogue, and what the catalogue says of the rules.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;

use super::super::file::{Entry, Fault, Table};
use super::super::report::Problem;
use super::rules::check_bound;
use super::{Given, doubt, or, unique, value};
use crate::banner::refused_purpose;
use crate::policy::catalog::{
    Access, Catalog, CatalogError, CookieRule, HostEntry, OwnRule, Provider, Tracker, TrackerEntry,
    host_matches, name_matches,
};
use crate::policy::consent::Category;
use crate::policy::{Allow, Allowed};

/// Longest lifetime of a cookie: ten years, beyond which browsers cut it anyway. Unit: days.
const COOKIE_DAYS_MAX: u32 = 3650;
/// Longest id: it stands in consent cookies.
const ID_CHARS_MAX: usize = 64;

/// Every entry of the site that could be read, and where each says its category.
pub(super) fn trackers(site: &Table<'_>) -> (Vec<TrackerEntry>, Vec<Range<usize>>) {
    let tables = site.tables("tracker", "site.tracker");
    let mut ids = Vec::new();
    let mut trackers = Vec::new();
    let mut places = Vec::new();
    for table in &tables {
        if table.is_empty() {
            doubt(
                table.notes(),
                table.at(),
                "this tracker is empty",
                "take the line out, or write its keys below it",
            );
            continue;
        }
        let Some((id, entry)) = tracker(table) else { continue };
        if let Err(CatalogError::Entry { problem, .. }) = Catalog::new(vec![entry.clone()]) {
            let reason = format!("tracker \"{}\" does not hold together", entry.id);
            table.notes().add(Problem::error(table.at(), reason).remedy(problem));
        }
        ids.push(id);
        trackers.push(entry);
        places.push(table.at_value("category"));
    }
    unique(site.notes(), &ids, "tracker");
    (trackers, places)
}

fn tracker(table: &Table<'_>) -> Option<(Spanned<String>, TrackerEntry)> {
    let carries = texts(table, "carries", id);
    let id = table.required("id", "write a short name: id = \"acme-analytics\"", id);
    let name = table.required("name", "write the name people know it by", value::filled);
    let category =
        table.required("category", "write the category that a visitor must agree to", value::category);
    let serves =
        texts(table, "serves", |text| value::category(text).map(|category| category.name().to_owned()));
    let provider = provider(table);
    let is_asked = category.as_ref().is_some_and(|category| *category.get_ref() != Category::Necessary);
    let purpose = purpose(table, is_asked);
    let hosts = table
        .mixed_list("hosts", "site.tracker.hosts")
        .iter()
        .filter_map(|entry| host(table, entry))
        .collect();
    let cookies = table.tables("cookies", "site.tracker.cookies").iter().filter_map(cookie).collect();
    let storage = texts(table, "storage", value::filled);
    let inline = texts(table, "inline", value::filled);
    let globals = texts(table, "globals", value::filled);
    let parameters = texts(table, "parameters", value::filled);
    let own = table.tables("own", "site.tracker.own").iter().map(own_rule).collect();
    let signatures = texts(table, "signatures", value::filled);
    let access = table.parsed("access", access).map(Spanned::into_inner);
    let embed = table.flag("embed").unwrap_or(false);
    let consent_mode = table.flag("consent_mode").unwrap_or(false);
    let source = table.required(
        "source",
        "write where these facts come from, such as the provider's page",
        value::filled,
    );
    let id = id?;
    let entry = TrackerEntry {
        id: id.get_ref().clone(),
        name: name?.into_inner(),
        category: category?.into_inner().name().to_owned(),
        serves,
        carries,
        provider: provider?,
        purpose: purpose?,
        hosts,
        cookies,
        storage,
        inline,
        globals,
        parameters,
        own,
        signatures,
        access,
        embed,
        asks: false,
        consent_mode,
        // Who writes an entry uses it, and knows the site's hosts.
        rare: false,
        below_site: Vec::new(),
        reaches: Vec::new(),
        source: source?.into_inner(),
    };
    Some((id, entry))
}

fn id(text: &str) -> Result<String, Fault> {
    let fits = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !text.is_empty() && text.len() <= ID_CHARS_MAX && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    let remedy = format!("an id has lower-case letters, digits and \"-\", at most {ID_CHARS_MAX}");
    Err(Fault::new(format!("\"{text}\" is no id of a tracker"), remedy))
}

fn texts(table: &Table<'_>, key: &'static str, parse: fn(&str) -> Result<String, Fault>) -> Vec<String> {
    let list = table.list(key, parse).map_or_else(Vec::new, Spanned::into_inner);
    list.into_iter().map(Spanned::into_inner).collect()
}

fn provider(tracker: &Table<'_>) -> Option<Provider> {
    if !tracker.has("provider") {
        let remedy = "write provider = { name = \"…\", country = \"NO\", privacy = \"https://…\" }";
        tracker.is_missing("provider", remedy);
        return None;
    }
    let table = tracker.table("provider", "site.tracker.provider");
    let name = table.required("name", "write the legal name of who receives the data", value::filled);
    let country = table.required("country", "write the country of its seat, such as \"NO\"", |text| {
        if matches!(text.len(), 0 | 2) && text.bytes().all(|b| b.is_ascii_uppercase()) {
            return Ok(text.to_owned());
        }
        let reason = format!("\"{text}\" is no country");
        let remedy = "write the two capital letters of ISO 3166-1, such as \"NO\"; none when the shop alone receives it";
        Err(Fault::new(reason, remedy))
    });
    let privacy = table.required("privacy", "write the address of its privacy page", |text| {
        // None is needed when the shop alone receives the data: its own statement covers it.
        if text.is_empty() { Ok(String::new()) } else { value::web_address(text) }
    });
    let (name, country) = (name?.into_inner(), country?.into_inner());
    Some(Provider { name, country, privacy: privacy?.into_inner() })
}

/// What it is for. Of what is asked about (`is_asked`) it may not be said that it is necessary, nor be pressed for.
fn purpose(tracker: &Table<'_>, is_asked: bool) -> Option<HashMap<String, String>> {
    const REMEDY: &str =
        "say in a sentence what it is for, in English at least: purpose = { en = \"…\", nb = \"…\" }";
    if !tracker.has("purpose") {
        tracker.is_missing("purpose", REMEDY);
        return None;
    }
    let texts = tracker.free_texts("purpose")?;
    if !texts.iter().any(|(language, text)| *language == "en" && !text.trim().is_empty()) {
        let problem = Problem::error(tracker.at_value("purpose"), "purpose does not say it in English");
        tracker.notes().add(problem.remedy(REMEDY));
    }
    for (language, text) in texts.iter().filter(|_| is_asked) {
        let Some(refused) = refused_purpose(language, text) else { continue };
        let problem = Problem::error(tracker.at_value("purpose"), refused.reason);
        tracker.notes().add(problem.remedy(refused.remedy));
    }
    Some(texts.into_iter().map(|(language, text)| (language.to_owned(), text.to_owned())).collect())
}

fn host(tracker: &Table<'_>, entry: &Entry<'_>) -> Option<HostEntry> {
    match entry {
        Entry::Text(text) => match value::host_rule(text.get_ref()) {
            Ok(host) => Some(HostEntry::Whole(host)),
            Err(fault) => {
                tracker.notes().add(fault.at(text.span()));
                None
            }
        },
        Entry::Table(table) => {
            let host = table.required("host", "write { host = \"…\", paths = [\"/…\"] }", value::host_rule);
            let paths = texts(table, "paths", value::path_prefix);
            let sockets = table.flag("sockets").unwrap_or(false);
            Some(HostEntry::Paths { host: host?.into_inner(), paths, sockets })
        }
    }
}

fn cookie(table: &Table<'_>) -> Option<CookieRule> {
    let name = table.required("name", "write { name = \"…\", days = 365 }", value::cookie_rule);
    if !table.has("days") {
        table.is_missing("days", "write its lifetime in days; 0 means until the browser closes");
    }
    let remedy = "the unit is days; 0 means until the browser closes";
    let days = table.whole("days", 0..=COOKIE_DAYS_MAX, remedy);
    let domain = or(table.parsed("domain", value::host_rule), String::new());
    let http = table.flag("http").unwrap_or(false);
    Some(CookieRule { name: name?.into_inner(), days: days?.into_inner(), domain, http })
}

fn own_rule(table: &Table<'_>) -> OwnRule {
    let path = or(table.parsed("path", value::filled), String::new());
    let query = texts(table, "query", value::filled);
    let body = texts(table, "body", value::filled);
    OwnRule { path, query, script: table.flag("script").unwrap_or(false), body }
}

fn access(text: &str) -> Result<Access, Fault> {
    match text {
        "site" => Ok(Access::Site),
        "provider" => Ok(Access::Provider),
        "partners" => Ok(Access::Partners),
        _ => {
            let remedy = "write site, provider when it is handled for the site alone, or partners when it is passed on or used for the provider's own ends";
            Err(Fault::new(format!("access \"{text}\" is not known"), remedy))
        }
    }
}

/// Notes what is wrong with all trackers together, and the rules that let one through as necessary.
pub(super) fn check_catalog(
    site: &Table<'_>,
    given: &Given<'_>,
    (own, places): (&[TrackerEntry], &[Range<usize>]),
    rules: &[(Allow, Range<usize>)],
) {
    let entries = given.built_in.iter().chain(own).cloned().collect();
    let catalog = match Catalog::new(entries) {
        Ok(catalog) => catalog,
        Err(CatalogError::Under { id, host, necessary, domain }) => {
            let at = own.iter().zip(places).find(|(entry, _)| entry.id == id || entry.id == necessary);
            let at = at.map_or_else(|| site.at(), |(_, at)| at.clone());
            let reason =
                format!("\"{host}\" of {id} needs consent, and {necessary} needs none for \"{domain}\"");
            let remedy = "a page's policy would open the one with the other: name the necessary hosts one by one, or give one \
                          of the two paths";
            site.notes().add(Problem::error(at, reason).remedy(remedy));
            return;
        }
        // An entry that is wrong by itself was told of where it stands.
        Err(CatalogError::TooMany { .. }) => {
            let reason = "the trackers of this site are more than a consent can name";
            site.notes()
                .add(Problem::error(site.at(), reason).remedy("take out those the shop does not use"));
            return;
        }
        Err(CatalogError::Entry { .. } | CatalogError::Syntax(_)) => return,
    };
    check_rules(site, &catalog, rules);
    check_bound(site, &catalog, rules);
}

/// Notes the rules that let a tracker through as necessary, or frames of any host on every page.
fn check_rules(site: &Table<'_>, catalog: &Catalog, rules: &[(Allow, Range<usize>)]) {
    // On the pages that it names, a shop may read a parameter that a tracker has, too: its own links are signed with it.
    let is_everywhere = |allow: &Allow| allow.paths.iter().any(|path| path == "/");
    let is_narrow = |allow: &Allow| {
        let is_bound = !allow.paths.is_empty() && !is_everywhere(allow);
        is_bound && matches!(allow.what, Allowed::Parameter(_))
    };
    let is_necessary = |allow: &Allow| allow.category == Category::Necessary;
    for (allow, at) in rules.iter().filter(|(allow, _)| is_necessary(allow) && !is_narrow(allow)) {
        // Frames without any path were told of where they stand.
        if allow.what == Allowed::Frames && is_everywhere(allow) {
            let reason = "this lets frames of any host work on every page without consent";
            let remedy = "name the pages on which customers pay, such as paths = [\"/checkout\"]";
            doubt(site.notes(), at.clone(), reason, remedy);
        }
        let asked = catalog.trackers().filter(|tracker| tracker.category != Category::Necessary);
        for tracker in asked.filter(|tracker| covers(&allow.what, tracker)) {
            let category = tracker.category.name();
            let reason = format!("this lets {} ({category}) work without consent", tracker.name);
            let remedy =
                format!("write category = \"{category}\", or a narrower rule, unless it really is necessary");
            doubt(site.notes(), at.clone(), reason, &remedy);
        }
    }
}

/// Notes the site's own trackers for which visitors are asked about something else than the catalogue says, or about
/// nothing: under the same id, or by a host, cookie or storage key they share.
pub(super) fn check_categories(
    site: &Table<'_>,
    given: &Given<'_>,
    own: &[TrackerEntry],
    places: &[Range<usize>],
) {
    let Ok(catalog) = Catalog::new(given.built_in.to_vec()) else { return };
    for (entry, at) in own.iter().zip(places) {
        let is_other = |tracker: &&Tracker| {
            let mut asked = tracker.serves.iter().chain([&tracker.category]);
            tracker.category != Category::Necessary && asked.all(|category| category.name() != entry.category)
        };
        for tracker in catalog.trackers().filter(is_other).filter(|tracker| shares(entry, tracker)) {
            let (name, category) = (&tracker.name, tracker.category.name());
            let (reason, unless) = if entry.category == Category::Necessary.name() {
                (format!("this lets {name} ({category}) work without consent"), "it really is necessary")
            } else {
                let reason = format!("this lets {name} ({category}) work with a yes to {}", entry.category);
                (reason, "the shop has it for nothing else")
            };
            let remedy = format!("write category = \"{category}\", unless {unless}");
            doubt(site.notes(), at.clone(), reason, &remedy);
        }
    }
}

/// Is `entry` the tracker itself, or does it name something that the tracker uses?
fn shares(entry: &TrackerEntry, tracker: &Tracker) -> bool {
    let mut cookies = entry.cookies.iter().map(|cookie| Allowed::Cookie(cookie.name.clone()));
    entry.id == tracker.name_id
        || entry.hosts.iter().any(|host| answers(tracker, host))
        || cookies.any(|what| covers(&what, tracker))
        || entry.storage.iter().any(|key| tracker.storage.contains(key))
}

/// Does `tracker` answer on `entry`? On a host that several share, paths tell them apart.
fn answers(tracker: &Tracker, entry: &HostEntry) -> bool {
    let (host, paths) = match entry {
        HostEntry::Whole(host) => (host, &[][..]),
        HostEntry::Paths { host, paths, .. } => (host, paths.as_slice()),
    };
    let meet = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    tracker.hosts.iter().filter(|rule| hosts_meet(host, &rule.host)).any(|rule| {
        let is_whole = paths.is_empty() || rule.paths.is_empty();
        is_whole || paths.iter().any(|one| rule.paths.iter().any(|other| meet(one, other)))
    })
}

/// Is there a host, cookie or parameter of `tracker` that falls under `what`?
fn covers(what: &Allowed, tracker: &Tracker) -> bool {
    match what {
        Allowed::Host(rule) => tracker.hosts.iter().any(|host| hosts_meet(rule, &host.host)),
        Allowed::Cookie(rule) => tracker.cookies.iter().any(|cookie| names_meet(rule, &cookie.name)),
        Allowed::Parameter(rule) => tracker.parameters.iter().any(|name| names_meet(rule, name)),
        // The catalogue names no workers; what one loads is held by the hosts.
        Allowed::ServiceWorker(_) | Allowed::Frames => false,
    }
}

fn hosts_meet(one: &str, other: &str) -> bool {
    let bare = |rule: &str| rule.strip_prefix("*.").unwrap_or(rule).to_owned();
    host_matches(one, &bare(other)) || host_matches(other, &bare(one))
}

fn names_meet(one: &str, other: &str) -> bool {
    let bare = |rule: &str| rule.trim_matches('*').to_owned();
    name_matches(one, &bare(other)) || name_matches(other, &bare(one))
}
