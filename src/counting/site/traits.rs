//! What stands for a visit as a whole, read from what opened it.

use http::HeaderValue;
use jiff::civil::date;

use super::super::agent::Told;
use super::super::axis::{Axis, VISIT_AXES};
use super::super::source::{self, Source};
use super::super::tally::LocalDay;
use super::super::veil::{FreeText, Kind, ValueId};
use super::super::{Hit, Standing, Weeks, language};
use super::hit::Counting;
use super::met::ASKED;

/// 1970-01-05, the Monday from which weeks are counted, in days since 1970-01-01.
const FIRST_MONDAY: i32 = 4;

impl Counting<'_, '_> {
    /// The ids of a visit's axes. Entry and exit page are its views' business; until the first it has none.
    pub(super) fn traits(&mut self, hit: &Hit) -> [u32; VISIT_AXES.len()] {
        let [agent, versions] = self.agent(hit);
        let [place, city] = self.place(hit);
        let [origin, referrer] = self.origin(hit);
        let audience = self.audience(hit);
        let consent = self.consent(hit.consent);
        let no_page = ValueId::ABSENT.number();
        [no_page, no_page, agent, versions, place, city, origin, referrer, audience, consent]
    }

    fn agent(&mut self, hit: &Hit) -> [u32; 2] {
        let user_agent = hit.user_agent.as_ref().map_or(&[][..], HeaderValue::as_bytes);
        let key = self.agent_key(user_agent);
        if let Some(ids) = self.day.met.agent(key) {
            return ids;
        }
        let values = &mut self.day.values;
        let (agent, versions) = match self.around.agents.read_as(key, user_agent) {
            Told::Agent(agent) => (
                [values.word(agent.device), values.word(agent.browser), values.word(agent.os)],
                [values.word(&agent.browser_version), values.word(&agent.os_version)],
            ),
            Told::Robot(_) => ([ValueId::UNKNOWN; 3], [ValueId::UNKNOWN; 2]),
        };
        let facets = &mut self.day.facets;
        let ids = [facets.id(Axis::AGENT, &agent), facets.id(Axis::VERSIONS, &versions)];
        if !agent.contains(&ValueId::OTHER) && !versions.contains(&ValueId::OTHER) {
            self.day.met.remember_agent(key, ids);
        }
        ids
    }

    fn place(&mut self, hit: &Hit) -> [u32; 2] {
        let place = self.around.places.place(hit.address);
        if let Some(ids) = self.day.met.place(&place) {
            return ids;
        }
        let country = place.country().map_or(ValueId::UNKNOWN, |country| self.day.values.word(country));
        let k = self.settings.k;
        let region = place.region().map_or(ValueId::UNKNOWN, |text| self.text(Kind::Region, &text, k.region));
        let city = place.city().map_or(ValueId::UNKNOWN, |text| self.text(Kind::City, text, k.city));
        let ids = [self.day.facets.id(Axis::PLACE, &[country, region]), city.number()];
        if ![country, region, city].contains(&ValueId::OTHER) {
            self.day.met.remember_place(place, ids);
        }
        ids
    }

    fn origin(&mut self, hit: &Hit) -> [u32; 2] {
        let key = self.day.met.origin_key(hit);
        if let Some(ids) = self.day.met.origin(key) {
            return ids;
        }
        let (query, own) = (hit.target.query(), &self.settings.hosts);
        let k = self.settings.k.text;
        let origin = source::origin(query, hit.referrer.as_ref(), hit.host.as_ref(), own);
        let mut values = [ValueId::UNKNOWN; 8];
        values[0] = match &origin.source {
            Source::Known(name) => self.day.values.word(name),
            Source::Text(text) => self.text(Kind::Source, text, k),
        };
        values[1] = self.day.values.word(origin.channel);
        for ((at, tag), value) in (0_u8..).zip(&origin.tags).zip(&mut values[2..7]) {
            if let Some(text) = tag {
                *value = self.text(Kind::Tag(at), text, k);
            }
        }
        if let Some(kind) = origin.click_id {
            values[7] = self.day.values.word(kind);
        }
        let referrer = origin.referrer.as_deref();
        let referrer = referrer.map_or(ValueId::UNKNOWN, |text| self.text(Kind::Referrer, text, k));
        let ids = [self.day.facets.id(Axis::ORIGIN, &values), referrer.number()];
        // No click id comes twice.
        if origin.click_id.is_none() && referrer != ValueId::OTHER && !values.contains(&ValueId::OTHER) {
            self.day.met.remember_origin(key, ids);
        }
        ids
    }

    fn audience(&mut self, hit: &Hit) -> u32 {
        let accepted = hit.accept_language.as_ref().map(HeaderValue::as_bytes).and_then(language::language);
        let values = &mut self.day.values;
        let language = accepted.map_or(ValueId::UNKNOWN, |language| values.word(language));
        let (returning, first_week) = match hit.weeks {
            None => (ValueId::UNKNOWN, ValueId::ABSENT),
            Some(weeks) => {
                let now = week_of(self.day.date);
                let is_first_hit_of_week = weeks.last != now;
                let first_week =
                    if is_first_hit_of_week { values.word(&iso_week(weeks.first)) } else { ValueId::ABSENT };
                (values.word(returning(weeks, now)), first_week)
            }
        };
        self.day.facets.id(Axis::AUDIENCE, &[language, returning, first_week])
    }

    /// The facet of what was answered.
    pub(super) fn consent(&mut self, standing: Standing) -> u32 {
        if let Some(facet) = *self.day.met.consent(standing) {
            return facet;
        }
        let values = &mut self.day.values;
        let words = ASKED.map(|category| values.word(standing.word(category)));
        let facet = self.day.facets.id(Axis::CONSENT, &words);
        if !words.contains(&ValueId::OTHER) {
            *self.day.met.consent(standing) = Some(facet);
        }
        facet
    }

    /// The id of a free text.
    pub(super) fn text(&mut self, kind: Kind, text: &str, k: u32) -> ValueId {
        self.day.values.text(self.veil, FreeText { kind, key: "", text, k, from: self.from })
    }
}

/// A visitor is new in the week of the first visit.
fn returning(weeks: Weeks, now: u16) -> &'static str {
    if weeks.first >= now { "new" } else { "returning" }
}

/// The week of a day, as [`Weeks`] counts.
pub(in super::super) fn week_of(day: LocalDay) -> u16 {
    u16::try_from(day.0.saturating_sub(FIRST_MONDAY).div_euclid(7)).unwrap_or(0)
}

/// The name of a week: "2026-W48".
fn iso_week(week: u16) -> String {
    let days = i64::from(week) * 7 + i64::from(FIRST_MONDAY);
    let monday = date(1970, 1, 1).checked_add(jiff::Span::new().days(days));
    monday.map_or_else(
        |_| "(unknown)".to_owned(),
        |monday| {
            let week = monday.iso_week_date();
            format!("{:04}-W{:02}", week.year(), week.week())
        },
    )
}
