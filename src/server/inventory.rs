//! `GET /api/inventory?site=NAME`: what was seen on a site, what is known of it, and what would happen to it, as JSON or
//! as lines for the settings.
//!
//! Who may ask is decided by `admin.rs`. Whatever only browsers told of is said to be so: anybody can make it up.

use std::sync::Arc;

use http::{HeaderMap, Request, header};
use tokio::sync::watch;

use super::form;
use super::refusal::Refusal;
use super::sightings::Sightings;
use super::site::{Mode, Site, Sites};
use crate::policy::Policy;
use crate::policy::advice::{Class, to_paste};
use crate::policy::catalog::Tracker;
use crate::store::inventory::{Found, OTHER, SeenReport, SeenThing, Via};

/// What the endpoint answers from.
pub struct Inventory {
    /// Where sightings are.
    pub sightings: Sightings,
    /// The sites of the moment: the rules that things are judged by.
    pub sites: watch::Receiver<Arc<Sites>>,
}

/// An answer, by its media type.
pub(super) enum Answer {
    /// For programs.
    Json(String),
    /// For the settings file.
    Toml(String),
}

impl Inventory {
    /// The site that is asked about; `None` when there is none of that name.
    pub(super) fn site_of<B>(&self, request: &Request<B>) -> Option<Arc<Site>> {
        let fields = form::fields(request.uri().query()?.as_bytes()).ok()?;
        let (_, name) = fields.into_iter().find(|(key, _)| key == "site")?;
        let sites = self.sites.borrow();
        sites.iter().find(|site| *site.name == *name).cloned()
    }

    /// What was seen on `site`.
    pub(super) async fn answer<B>(&self, site: &Site, request: &Request<B>) -> Result<Answer, Refusal> {
        let wants_toml = wants_toml(request.uri().query(), request.headers())?;
        let found = self.sightings.found(site.name.clone()).await.map_err(Refusal::Store)?;
        Ok(if wants_toml { Answer::Toml(lines(site, &found)) } else { Answer::Json(json(site, &found)) })
    }
}

/// The form that is asked for: what the query says, or else the head.
fn wants_toml(query: Option<&str>, headers: &HeaderMap) -> Result<bool, Refusal> {
    let said = query.unwrap_or_default().split('&').find_map(|field| field.strip_prefix("format="));
    let accepts = |accept: &http::HeaderValue| accept.as_bytes().starts_with(b"application/toml");
    match said {
        Some("toml") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(Refusal::Format("json, toml")),
        None => Ok(headers.get(header::ACCEPT).is_some_and(accepts)),
    }
}

fn lines(site: &Site, found: &Found) -> String {
    let named = found.things.iter().filter(|seen| seen.name != OTHER);
    to_paste(&site.policy, named.map(|seen| (seen.thing, seen.name.as_str())), &[])
}

fn json(site: &Site, found: &Found) -> String {
    let things: Vec<_> = found.things.iter().map(|seen| thing(&site.policy, seen)).collect();
    let reports: Vec<_> = found.reports.iter().map(report).collect();
    let mode = match site.mode {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe",
        Mode::Off => "off",
    };
    let body = serde_json::json!({ "site": &*site.name, "mode": mode, "things": things, "reports": reports });
    body.to_string()
}

fn thing(policy: &Policy, seen: &SeenThing) -> serde_json::Value {
    let via: Vec<&str> = seen.via.iter().map(|via| via.name()).collect();
    let mut said = serde_json::json!({
        "thing": seen.thing.name(),
        "name": seen.name,
        "where": via,
        "told_by": if seen.via.iter().any(|via| Via::is_shops(*via)) { "shop" } else { "browsers" },
        "first_day": seen.first_day,
        "last_day": seen.last_day,
        "seen": seen.seen,
    });
    if seen.name == OTHER {
        return said;
    }
    let advice = policy.advice(seen.thing, &seen.name);
    said["class"] = advice.class.name().into();
    said["before_choice"] = advice.fate.name().into();
    let (category, trackers) = match &advice.class {
        Class::Vouched(allow) => (Some(allow.category), Vec::new()),
        Class::Tracker(tracker) => (Some(tracker.category), vec![*tracker]),
        Class::Shared(trackers) => (None, trackers.clone()),
        Class::Own | Class::Unknown => (None, Vec::new()),
    };
    if let Some(category) = category {
        said["category"] = category.name().into();
    }
    if !trackers.is_empty() {
        said["trackers"] = trackers.into_iter().map(tracker).collect();
    }
    said
}

fn tracker(tracker: &Tracker) -> serde_json::Value {
    serde_json::json!({ "id": tracker.name_id, "name": tracker.name, "category": tracker.category.name() })
}

fn report(seen: &SeenReport) -> serde_json::Value {
    serde_json::json!({
        "directive": seen.directive,
        "blocked": seen.blocked,
        "pages": seen.pages,
        "told_by": "browsers",
        "first_day": seen.first_day,
        "last_day": seen.last_day,
        "times": seen.times,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_asked_for_by_query_or_by_accept() {
        let accept = |kind: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT, http::HeaderValue::from_static(kind))])
        };
        let table = [
            (Some("site=shop&format=toml"), HeaderMap::new(), true),
            (Some("site=shop"), accept("application/toml"), true),
            (Some("site=shop&format=json"), accept("application/toml"), false),
            (Some("site=format=toml"), accept("application/json"), false),
            (None, HeaderMap::new(), false),
        ];
        for (query, headers, is_toml) in table {
            assert_eq!(wants_toml(query, &headers).ok(), Some(is_toml), "{query:?}");
        }
        assert!(matches!(wants_toml(Some("format=yaml"), &HeaderMap::new()), Err(Refusal::Format(_))));
    }
}
