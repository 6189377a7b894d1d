//! `[site.consent] uses`: which trackers the site uses, and which others these do not work without.

use toml::Spanned;

use super::super::file::{Fault, Table};
use super::super::report::{Problem, nearest};
use super::{Given, doubt, unique};
use crate::policy::catalog::TrackerEntry;
use crate::policy::consent::Category;
use crate::server::practice::Practice;

/// Every tracker, in the list of those that the site uses.
const EVERY: &str = "*";

/// The trackers that the site uses; `None` when it does not say, or says `*`.
pub(super) fn uses(
    consent: &Table<'_>,
    given: &Given<'_>,
    own: &[TrackerEntry],
    practice: &Practice,
) -> Option<Vec<String>> {
    let known: Vec<&str> = given.built_in.iter().chain(own).map(|entry| entry.id.as_str()).collect();
    let uses = consent.list("uses", |text| {
        if text == EVERY || known.contains(&text) {
            return Ok(text.to_owned());
        }
        let near = nearest(text, known.iter().copied());
        Err(Fault {
            reason: format!("unknown tracker \"{text}\""),
            hint: near.map(|near| format!("did you mean \"{near}\"?")).unwrap_or_default(),
            remedy: "write the id of a built-in tracker (config/trackers.toml) or of a [[site.tracker]]"
                .to_owned(),
        })
    })?;
    unique(consent.notes(), uses.get_ref(), "tracker");
    // Who does without the gateway's own cookie, too, means to ask nobody.
    if consent.is_empty_list("uses") && practice.remembers_returns {
        let reason = "uses names no tracker: of those that are known, none can be agreed to";
        let remedy = "name those the shop uses, or leave the key out to mean all";
        doubt(consent.notes(), uses.span(), reason, remedy);
    }
    let every = uses.get_ref().iter().find(|id| *id.get_ref() == EVERY);
    if let Some(every) = every.filter(|_| uses.get_ref().len() > 1) {
        let problem = Problem::error(every.span(), "\"*\" takes every tracker, and others stand beside it");
        consent.notes().add(problem.remedy("write it alone, or the others without it"));
    }
    if every.is_some() {
        return None;
    }
    check_needs(consent, uses.get_ref(), given.built_in, own);
    check_necessary(consent, &uses, given.built_in, own);
    Some(uses.into_inner().into_iter().map(Spanned::into_inner).collect())
}

/// Notes a list without anything necessary: then all of that is declared, as if the shop had it.
fn check_necessary(
    consent: &Table<'_>,
    uses: &Spanned<Vec<Spanned<String>>>,
    built_in: &[TrackerEntry],
    own: &[TrackerEntry],
) {
    let is_necessary = |entry: &&TrackerEntry| entry.category == Category::Necessary.name();
    let is_named = |entry: &TrackerEntry| uses.get_ref().iter().any(|id| *id.get_ref() == entry.id);
    let count = built_in.iter().filter(is_necessary).count();
    let is_said =
        own.iter().any(|entry| is_necessary(&entry)) || built_in.iter().filter(is_necessary).any(is_named);
    if is_said || count == 0 {
        return;
    }
    let reason = format!(
        "uses names nothing that is necessary: visitors are told of all {count} such services that are known"
    );
    let remedy = "name those the shop has, such as \"stripe\" or \"woocommerce\"; the inventory tells what was seen (docs/observe.md)";
    doubt(consent.notes(), uses.span(), &reason, remedy);
}

/// Notes the trackers that cannot work after a yes, because another one that they need is not used.
fn check_needs(
    consent: &Table<'_>,
    uses: &[Spanned<String>],
    built_in: &[TrackerEntry],
    own: &[TrackerEntry],
) {
    // Who writes an entry uses it; and it takes the place of the built-in one.
    let is_own = |id: &str| own.iter().any(|entry| entry.id == id);
    let is_used = |id: &str| is_own(id) || uses.iter().any(|used| used.get_ref() == id);
    let known = || own.iter().chain(built_in.iter().filter(|entry| !is_own(&entry.id)));
    for id in uses {
        let name = id.get_ref();
        let reached = known().filter(|entry| entry.id == *name).flat_map(|entry| &entry.reaches);
        for missing in reached.filter(|reached| !is_used(reached)) {
            let reason = format!(
                "{name} sends to hosts of {missing}, which stay closed: it does not work after a yes"
            );
            doubt(consent.notes(), id.span(), reason, &format!("add \"{missing}\" to uses"));
        }
        let carriers: Vec<&str> =
            known().filter(|entry| entry.carries.contains(name)).map(|entry| entry.id.as_str()).collect();
        if !carriers.is_empty() && !carriers.iter().any(|carrier| is_used(carrier)) {
            let reason = format!(
                "{name} comes with {}, which stays held: it does not work after a yes",
                carriers.join(" or ")
            );
            let quoted: Vec<String> = carriers.iter().map(|carrier| format!("\"{carrier}\"")).collect();
            let remedy = format!("add what the shop's pages load to uses: {}", quoted.join(" or "));
            doubt(consent.notes(), id.span(), reason, &remedy);
        }
    }
}
