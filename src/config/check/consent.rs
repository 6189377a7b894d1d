//! `[site.consent]`: whether consent is enforced, how long and where an answer holds, who is asked, and what Google's tags
//! are told.

use toml::Spanned;

use super::super::file::{Fault, Table};
use super::super::report::Problem;
use super::{doubt, or, value};
use crate::banner::{Region, Signals};
use crate::policy::Unknown;
use crate::policy::catalog::host_matches;
use crate::policy::consent::Category;
use crate::server::asking::{Asking, Signalled};
use crate::server::site::Mode;

/// Days a consent may stand: regulators' guidance ends at a year (rule R34).
const DAYS_MAX: u32 = 365;
/// Days before which nobody should be asked again: six months (CNIL, recommendation of 17 September 2020; rule R33).
pub(super) const DAYS_GOOD: u32 = 182;
/// Most regions with a default of their own: they stand in every page that asks.
const REGIONS_MAX: usize = 16;
/// Countries whose law wants a yes before anything is kept on a device or read from it (ePrivacy Directive art. 5(3); rule
/// R04): the EEA, with what has a code of its own and belongs to it, the United Kingdom and Switzerland. Google and Microsoft
/// demand a consent from the same ones.
const CONSENT_FIRST: [&str; 39] = [
    "AT", "AX", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GF", "GP", "GR",
    "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MF", "MQ", "MT", "NL", "NO", "PL", "PT", "RE",
    "RO", "SE", "SI", "SK", "YT",
];
const WORDS: [(&str, Signalled); 2] = [("quiet", Signalled::Quiet), ("ask", Signalled::Ask)];

/// What an operator said about consent.
pub(super) struct Consent {
    pub(super) mode: Mode,
    pub(super) unknown_cookies: Unknown,
    pub(super) unknown_hosts: Unknown,
    pub(super) days: u32,
    pub(super) domain: Option<String>,
    pub(super) asking: Asking,
    pub(super) signals: Signals,
}

/// Reads the table of a site with these hosts.
pub(super) fn consent(site: &Table<'_>, hosts: &[Spanned<String>]) -> Option<Consent> {
    const MODES: &str =
        "mode = \"observe\" to look first, \"enforce\" to hold what was not agreed to, or \"off\"";
    if !site.has("consent") {
        site.is_missing("consent", &format!("write [site.consent] with {MODES}"));
        return None;
    }
    let table = site.table("consent", "site.consent");
    if !table.has("mode") {
        table.is_missing("mode", &format!("write {MODES}"));
    }
    let mode =
        table.one_of("mode", &[("enforce", Mode::Enforce), ("observe", Mode::Observe), ("off", Mode::Off)]);
    if let Some(mode) = mode.as_ref().filter(|mode| *mode.get_ref() == Mode::Off) {
        let remedy = "write \"enforce\" when the shop is to keep the law by this gateway";
        doubt(table.notes(), mode.span(), "mode = \"off\": nobody is asked, and every tracker works", remedy);
    }
    let unknown = [("hold", Unknown::Hold), ("pass", Unknown::Pass)];
    let unknown_cookies = or(table.one_of("unknown_cookies", &unknown), Unknown::Hold);
    let unknown_hosts = or(table.one_of("unknown_hosts", &unknown), Unknown::Hold);
    let days = days(&table);
    let domain = domain(&table, hosts);
    let asking = Asking {
        gpc: or(table.one_of("gpc", &WORDS), Signalled::Quiet),
        dnt: or(table.one_of("dnt", &WORDS), Signalled::Ask),
    };
    let signals = signals(&table.table("google", "site.consent.google"));
    Some(Consent { mode: mode?.into_inner(), unknown_cookies, unknown_hosts, days, domain, asking, signals })
}

fn days(table: &Table<'_>) -> u32 {
    let remedy =
        "a consent older than a year is no longer one; six months (182) is the advice of the regulators";
    let days = table.whole("days", 1..=DAYS_MAX, remedy);
    if let Some(days) = days.as_ref().filter(|days| *days.get_ref() < DAYS_GOOD) {
        let reason = format!("visitors who said no are asked again after {} days", days.get_ref());
        doubt(table.notes(), days.span(), reason, "regulators advise six months at least: days = 182");
    }
    or(days, DAYS_GOOD)
}

/// The domain of the consent cookie. Browsers refuse it on a public suffix (RFC 6265 section 5.3), and on a host that does
/// not belong to the domain.
fn domain(table: &Table<'_>, hosts: &[Spanned<String>]) -> Option<String> {
    table.text("domain").filter(|text| !text.get_ref().is_empty())?;
    let domain = table.parsed("domain", value::cookie_domain)?;
    let rule = format!("*.{}", domain.get_ref());
    let belongs = |host: &str| host == "*" || host_matches(&rule, host.trim_start_matches("*."));
    if !hosts.is_empty() && !hosts.iter().any(|host| belongs(host.get_ref())) {
        let reason = format!("no host of the site belongs to {}", domain.get_ref());
        let remedy = "name the domain that the site's hosts share, or leave the key out";
        table.notes().add(Problem::error(domain.span(), reason).remedy(remedy));
    }
    Some(domain.into_inner())
}

/// `[site.consent.google]`.
fn signals(table: &Table<'_>) -> Signals {
    let mode = table.one_of("mode", &[("basic", false), ("advanced", true)]);
    if let Some(mode) = mode.as_ref().filter(|mode| *mode.get_ref()) {
        let reason = "mode = \"advanced\": Google's tags are loaded before visitors answer";
        let remedy = "it reads from their devices before they agree (ePrivacy Directive art. 5(3)); \"basic\" does not";
        doubt(table.notes(), mode.span(), reason, remedy);
    }
    let is_advanced = or(mode, false);
    let regions = table.tables("region", "site.consent.google.region");
    if let Some(over) = regions.get(REGIONS_MAX) {
        let reason = format!("more than {REGIONS_MAX} regions");
        table
            .notes()
            .add(Problem::error(over.at(), reason).remedy("put countries with one default together"));
    }
    Signals {
        is_advanced,
        url_passthrough: table.flag("url_passthrough").unwrap_or(false),
        ads_data_redaction: table.flag("ads_data_redaction").unwrap_or(true),
        regions: regions.iter().filter_map(|table| region(table, is_advanced)).collect(),
    }
}

fn region(table: &Table<'_>, is_advanced: bool) -> Option<Region> {
    if !table.has("countries") {
        table.is_missing("countries", "write which: countries = [\"US\"], or a part of one: \"US-CA\"");
    }
    let countries = table.list("countries", value::region);
    let known = |text: &str| {
        let asked = Category::from_name(text).filter(|category| Category::ASKED.contains(category));
        let names = Category::ASKED.map(Category::name);
        asked.ok_or_else(|| Fault::unknown("category", text, "categories that are asked about are", &names))
    };
    let granted = table.list("granted", known).map_or_else(Vec::new, Spanned::into_inner);
    let granted: Vec<Category> = granted.into_iter().map(Spanned::into_inner).collect();
    let countries = countries?.into_inner();
    if !granted.is_empty() {
        unasked(table, &countries, is_advanced);
    }
    let countries = countries.into_iter().map(Spanned::into_inner).collect();
    Some(Region { countries, granted: granted.into_iter().collect() })
}

/// What is granted before an answer: refused where the law wants one first, doubted elsewhere.
fn unasked(table: &Table<'_>, countries: &[Spanned<String>], is_advanced: bool) {
    let wants_answer = |country: &&Spanned<String>| {
        let code = country.get_ref();
        CONSENT_FIRST.contains(&code.split_once('-').map_or(code.as_str(), |(country, _)| country))
    };
    for country in countries.iter().filter(wants_answer) {
        let reason = format!("R04: granted in \"{}\" before anybody answers", country.get_ref());
        let remedy =
            "in the EEA, the United Kingdom and Switzerland a yes comes first; leave the country out";
        table.notes().add(Problem::error(country.span(), reason).remedy(remedy));
    }
    let elsewhere: Vec<&str> = countries
        .iter()
        .filter(|country| !wants_answer(country))
        .map(|country| country.get_ref().as_str())
        .collect();
    if is_advanced && !elsewhere.is_empty() {
        let reason = format!("granted before anybody answers in {}", elsewhere.join(", "));
        let remedy = "the declaration says of Google's tags that they store nothing until a yes; tell otherwise in the \
                      privacy statement, or leave granted out";
        doubt(table.notes(), table.at_value("granted"), reason, remedy);
    }
}
