//! `[[site.allow]]`: an entry that is about one of several things.

use std::ops::Range;

use toml::Spanned;

use super::super::file::{Fault, Table};
use super::super::report::Problem;
use super::{doubt, texts, value};
use crate::banner::refused_why;
use crate::policy::catalog::{Catalog, HostRule, host_matches};
use crate::policy::consent::Category;
use crate::policy::{Allow, Allowed};

/// Every rule of a site with these languages that could be read, and where each stands.
pub(super) fn allow(site: &Table<'_>, languages: &[String]) -> Vec<(Allow, Range<usize>)> {
    let tables = site.tables("allow", "site.allow");
    let rules: Vec<_> = tables.iter().filter_map(|table| allow_one(table, languages)).collect();
    check_endings(site, &rules);
    rules
}

fn allow_one(table: &Table<'_>, languages: &[String]) -> Option<(Allow, Range<usize>)> {
    let host = table.parsed("host", allowed_host).map(|host| (host.span(), Allowed::Host(host.into_inner())));
    let cookie = table
        .parsed("cookie", value::cookie_rule)
        .map(|name| (name.span(), Allowed::Cookie(name.into_inner())));
    let parameter = table
        .parsed("parameter", value::parameter_rule)
        .map(|name| (name.span(), Allowed::Parameter(name.into_inner())));
    let worker = table
        .parsed("service_worker", value::worker_path)
        .map(|path| (path.span(), Allowed::ServiceWorker(path.into_inner())));
    let frames = table.has("frames").then(|| (table.at_value("frames"), Allowed::Frames));
    if table.flag("frames") == Some(false) {
        let remedy = "frames are held where no rule opens them: leave the rule out";
        table.notes().add(Problem::error(table.at_value("frames"), "frames = false").remedy(remedy));
    }
    let remedy = "a rule is about one host, cookie, parameter or service worker, or about frames; write two rules for two";
    let is_one = is_one_of(table, &["host", "cookie", "parameter", "service_worker", "frames"], remedy);
    if frames.is_some() && !table.has("paths") {
        let reason = "frames without paths";
        let remedy = "name the pages on which customers pay, such as paths = [\"/checkout\"]";
        table.notes().add(Problem::error(table.at_value("frames"), reason).remedy(remedy));
    }
    if table.has("service_worker") && table.has("paths") {
        let reason = "paths beside service_worker";
        let remedy = "a worker serves every page below its own path: leave paths out";
        table.notes().add(Problem::error(table.at_value("paths"), reason).remedy(remedy));
    }
    let category =
        table.required("category", "write category = \"necessary\", or what it is", value::category);
    let is_asked = category.as_ref().is_some_and(|category| *category.get_ref() != Category::Necessary);
    let why = why(table, is_asked, languages);
    let paths = table.list("paths", value::path_prefix).map_or_else(Vec::new, Spanned::into_inner);
    let (at, what) = host.or(cookie).or(parameter).or(worker).or(frames)?;
    let allow = Allow {
        what,
        category: category?.into_inner(),
        why: why?,
        paths: paths.into_iter().map(Spanned::into_inner).collect(),
    };
    is_one.then_some((allow, at))
}

/// A host, or all below one that somebody has: `*.com` and `*.co.uk` would take in most of the web.
fn allowed_host(text: &str) -> Result<String, Fault> {
    let host = value::host_rule(text)?;
    if ending(&host) == Some(psl::Type::Icann) {
        let reason = format!("\"{text}\" would take every host that ends so");
        return Err(Fault::new(reason, "name the host, or what is below one domain: \"*.shop.example\""));
    }
    Ok(host)
}

/// Of a rule for all below an ending under which anybody can have a name (Public Suffix List): what kind of ending it is.
fn ending(rule: &str) -> Option<psl::Type> {
    let below = rule.strip_prefix("*.")?;
    let suffix = psl::suffix(below.as_bytes()).filter(|suffix| suffix.as_bytes() == below.as_bytes())?;
    suffix.typ()
}

/// Notes rules for all below a service's domain under which each of its customers has a name (`*.cloudfront.net`).
fn check_endings(site: &Table<'_>, rules: &[(Allow, Range<usize>)]) {
    for (allow, at) in rules {
        let Allowed::Host(rule) = &allow.what else { continue };
        if ending(rule).is_some() {
            let reason = "anybody can have a host below this one: the rule takes those of strangers, too";
            doubt(site.notes(), at.clone(), reason, "name the shop's own host there");
        }
    }
}

/// What it is needed for, as visitors read it. Of what is asked about (`is_asked`) it may not be said that it is necessary,
/// nor be pressed for (rules R05 and R14).
fn why(table: &Table<'_>, is_asked: bool, languages: &[String]) -> Option<String> {
    const REMEDY: &str = "the declaration shows it to visitors: say what it is needed for";
    let why = table.required("why", REMEDY, |text| match text.trim() {
        "" => Err(Fault::new("nothing stands between the quotes", REMEDY)),
        text => texts::shown(text),
    })?;
    if let Some(refused) = refused_why(languages, why.get_ref()).filter(|_| is_asked) {
        table.notes().add(Problem::error(why.span(), refused.reason).remedy(refused.remedy));
    }
    Some(why.into_inner())
}

/// Notes rules that vouch, before any answer, for all that lies on one of the site's own `hosts`: trackers on it are not held
/// any more.
pub(super) fn check_own(site: &Table<'_>, hosts: &[String], rules: &[(Allow, Range<usize>)]) {
    for (allow, at) in rules.iter().filter(|(allow, _)| allow.category == Category::Necessary) {
        let Allowed::Host(rule) = &allow.what else { continue };
        let is_own =
            hosts.iter().any(|own| rule == own || host_matches(rule, own) || host_matches(own, rule));
        if is_own && allow.holds_on("/") {
            let reason = "this lets every tracker on the shop's own host work without consent";
            let remedy = "its own host is open as it is: leave the rule out, or name in paths where scripts lie that are the \
                          shop's, such as paths = [\"/assets/\"]";
            doubt(site.notes(), at.clone(), reason, remedy);
        }
    }
}

/// Notes rules that bind to pages what lies below a domain which a necessary tracker has as a whole: the header opens the
/// domain on every page, and cannot leave a host out.
pub(super) fn check_bound(site: &Table<'_>, catalog: &Catalog, rules: &[(Allow, Range<usize>)]) {
    let is_bound = |allow: &Allow| allow.category == Category::Necessary && !allow.paths.is_empty();
    for (allow, at) in rules.iter().filter(|(allow, _)| is_bound(allow)) {
        let Allowed::Host(bound) = &allow.what else { continue };
        let takes_it = |rule: &&HostRule| {
            rule.paths.is_empty() && host_matches(&rule.host, bound) && !host_matches(bound, &rule.host)
        };
        let necessary = catalog.trackers().filter(|tracker| tracker.category == Category::Necessary);
        let wider = necessary.filter_map(|tracker| Some((tracker, tracker.hosts.iter().find(takes_it)?)));
        for (tracker, HostRule { host, .. }) in wider {
            let reason = format!("{} has {host} on every page, and this host with it", tracker.name);
            let remedy = format!("bind all of it to these pages: host = \"{host}\"");
            doubt(site.notes(), at.clone(), reason, &remedy);
        }
    }
}

/// Notes service workers that are known to make documents by themselves, which have no fence: Partytown's, whose documents are
/// there to run trackers.
pub(super) fn check_workers(site: &Table<'_>, rules: &[(Allow, Range<usize>)]) {
    for (allow, at) in rules {
        let Allowed::ServiceWorker(path) = &allow.what else { continue };
        if path.ends_with("/partytown-sw.js") {
            let reason =
                "no fence reaches the documents that this worker makes, in which Partytown runs scripts";
            let remedy = "only what stands in a page as a tag of the type text/partytown is held: leave the rule out, unless \
                          nothing that runs there loads anything else";
            doubt(site.notes(), at.clone(), reason, remedy);
        }
    }
}

/// Is exactly one of these keys written? Otherwise that is noted.
pub(super) fn is_one_of(table: &Table<'_>, keys: &[&'static str], remedy: &str) -> bool {
    let written: Vec<&str> = keys.iter().copied().filter(|key| table.has(key)).collect();
    match written.as_slice() {
        [_] => true,
        [] => {
            table.is_missing_all(keys, remedy);
            false
        }
        [one, other, ..] => {
            let reason = format!("both {one} and {other}");
            table.notes().add(Problem::error(table.at(), reason).remedy(remedy));
            false
        }
    }
}
