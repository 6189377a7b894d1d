//! `[site.statistics]`: who counts page views, what the beacon tells, and whose signals are heeded.

use jiff::tz::TimeZone;

use super::super::file::{Fault, Table};
use super::super::report::Problem;
use super::{doubt, or, unique};
use crate::counting::{Thresholds, WithoutConsent};
use crate::server::practice::{CountedBy, Duty, Gpc, Practice};
use crate::server::site::Mode;

/// Reads the practice of a site in this mode, with these thresholds.
pub(super) fn practice(
    statistics: &Table<'_>,
    mode: Option<Mode>,
    k: Thresholds,
    time_zone: TimeZone,
) -> Practice {
    let counted = [
        ("visitors", WithoutConsent::Visitors),
        ("views", WithoutConsent::Views),
        ("off", WithoutConsent::Off),
    ];
    let without_consent = or(statistics.one_of("without_consent", &counted), WithoutConsent::Visitors);
    if without_consent == WithoutConsent::Views && k.answer > 1 {
        let reason = "without_consent = \"views\": figures by page, goal and the like are of few until enough have agreed";
        let remedy =
            "totals by day and hour are told all the same (docs/statistics.md, Where no mark is made)";
        doubt(statistics.notes(), statistics.at_value("without_consent"), reason, remedy);
    }
    let counters = [("gateway", CountedBy::Gateway), ("script", CountedBy::Script)];
    let written = statistics.one_of("count", &counters);
    let is_misread = written.is_none() && statistics.has("count");
    let counted_by = or(written, CountedBy::Gateway);
    let duties = duties(statistics);
    if !is_misread {
        check_views(statistics, counted_by, &duties);
    }
    if mode == Some(Mode::Off) && !duties.is_empty() {
        let remedy =
            "with mode = \"off\" pages pass unread; write \"observe\" or \"enforce\", or leave beacon out";
        doubt(statistics.notes(), statistics.at_value("beacon"), "no page will have the beacon", remedy);
    }
    let gpc = or(statistics.one_of("gpc", &[("count", Gpc::Count), ("object", Gpc::Object)]), Gpc::Count);
    let remembers_returns = statistics.flag("returns").unwrap_or(true);
    let reads_sitemap = statistics.flag("sitemap").unwrap_or(true);
    Practice {
        counted_by,
        duties,
        gpc,
        without_consent,
        k: k.text,
        time_zone,
        remembers_returns,
        reads_sitemap,
    }
}

fn duties(statistics: &Table<'_>) -> Vec<Duty> {
    let names: Vec<&str> = Duty::ALL.iter().map(|(name, _)| *name).collect();
    let known = |text: &str| {
        let is_known = names.contains(&text).then(|| text.to_owned());
        is_known.ok_or_else(|| Fault::unknown("duty", text, "the beacon's duties are", &names))
    };
    let Some(listed) = statistics.list("beacon", known) else { return Vec::new() };
    unique(statistics.notes(), listed.get_ref(), "duty");
    let is_listed = |name: &str| listed.get_ref().iter().any(|written| written.get_ref() == name);
    Duty::ALL.into_iter().filter(|(name, _)| is_listed(name)).map(|(_, duty)| duty).collect()
}

/// A page view is counted once, and somebody counts it.
fn check_views(statistics: &Table<'_>, counted_by: CountedBy, duties: &[Duty]) {
    let tells_pages = duties.contains(&Duty::Pages);
    if counted_by == CountedBy::Gateway && tells_pages {
        let reason = "the beacon tells page views, and the gateway counts them itself";
        let remedy = "write count = \"script\" to have the beacon count them, or leave \"pages\" out";
        statistics.notes().add(Problem::error(statistics.at_value("beacon"), reason).remedy(remedy));
    }
    if counted_by == CountedBy::Script && !tells_pages {
        let reason = "count = \"script\": only page views that a script of the shop's own tells are counted";
        let remedy = "write beacon = [\"pages\"] unless the shop runs such a script, Plausible's for one";
        doubt(statistics.notes(), statistics.at_value("count"), reason, remedy);
    }
}
