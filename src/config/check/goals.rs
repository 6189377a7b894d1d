//! `[[site.goal]]`, `[[site.funnel]]`, `[[site.cross]]` and the properties of `[site.statistics]`: what is counted of this
//! site beside the usual.

use std::sync::Arc;

use super::super::file::{Fault, Table};
use super::super::report::Problem;
use super::rules::is_one_of;
use super::{doubt, unique, value};
use crate::counting::pairs::{can_be_crossed, is_paired};
use crate::counting::properties::{PROPERTY_KEYS_MAX, is_key};
use crate::counting::tally::Dimension;
use crate::counting::{Funnel, Goal, NamedGoal, counted_pattern, written_page};
use crate::server::practice::Duty;

/// Most goals, and most funnels, of a site. Each is looked at for every page and event.
const GOALS_MAX: usize = 100;
const FUNNELS_MAX: usize = 20;
/// Most steps of a funnel, as in Plausible.
const STEPS_MAX: usize = 8;
/// Most crosses. Each takes as much room as the pairs of two dimensions do.
const CROSSES_MAX: usize = 20;

/// Every goal of the site that could be read.
pub(super) fn goals(site: &Table<'_>) -> Vec<NamedGoal> {
    let mut goals: Vec<NamedGoal> = Vec::new();
    for table in site.tables("goal", "site.goal") {
        let event = event(&table, "name");
        let page = page(&table);
        let shown = table.parsed("display_name", value::filled);
        if !is_one_of(&table, &["name", "path"], "a goal is an event or a page; write two goals for two") {
            continue;
        }
        let Some(NamedGoal { goal, name }) = event.or(page) else { continue };
        let name = shown.map_or(name, |name| name.into_inner().into());
        if goals.iter().any(|known| known.goal == goal) {
            let reason = "this goal is listed twice";
            table.notes().add(Problem::error(table.at(), reason).remedy("write it once"));
        } else if goals.iter().any(|known| known.name == name) {
            let reason = format!("two goals are shown as \"{name}\"");
            table
                .notes()
                .add(Problem::error(table.at(), reason).remedy("give each a display_name of its own"));
        }
        if goals.len() == GOALS_MAX {
            too_many(&table, "goals", GOALS_MAX);
            break;
        }
        goals.push(NamedGoal { goal, name });
    }
    goals
}

/// Every funnel of the site that could be read.
pub(super) fn funnels(site: &Table<'_>) -> Vec<Funnel> {
    let mut funnels: Vec<Funnel> = Vec::new();
    for table in site.tables("funnel", "site.funnel") {
        let name = table.required("name", "write a short name: name = \"Checkout\"", value::filled);
        if !table.has("steps") {
            table.is_missing("steps", STEPS);
        }
        let written = table.tables("steps", "site.funnel.steps");
        let steps: Vec<Goal> = written.iter().filter_map(step).collect();
        if table.has("steps") && !(2..=STEPS_MAX).contains(&written.len()) {
            let reason = format!("a funnel has 2 to {STEPS_MAX} steps");
            table.notes().add(Problem::error(table.at_value("steps"), reason).remedy(STEPS));
        }
        let Some(name) = name else { continue };
        if funnels.iter().any(|funnel| *funnel.name == *name.get_ref().as_str()) {
            let reason = format!("two funnels are called \"{}\"", name.get_ref());
            table.notes().add(Problem::error(name.span(), reason).remedy("give each a name of its own"));
        }
        if funnels.len() == FUNNELS_MAX {
            too_many(&table, "funnels", FUNNELS_MAX);
            break;
        }
        funnels.push(Funnel { name: name.into_inner().into(), steps });
    }
    funnels
}

const STEPS: &str =
    "write the steps in their order: steps = [{ path = \"/cart\" }, { event = \"Purchase\" }]";

fn step(table: &Table<'_>) -> Option<Goal> {
    let event = event(table, "event");
    let page = page(table);
    if !is_one_of(table, &["event", "path"], "a step is an event or a page; write two steps for two") {
        return None;
    }
    event.or(page).map(|named| named.goal)
}

fn event(table: &Table<'_>, key: &'static str) -> Option<NamedGoal> {
    table.parsed(key, value::filled).map(|name| Goal::Event(name.into_inner().into()).into())
}

/// A page is compared as it is counted, and called what the operator wrote.
fn page(table: &Table<'_>) -> Option<NamedGoal> {
    let pattern = table.parsed("path", page_pattern)?;
    let (at, pattern) = (pattern.span(), pattern.into_inner());
    let counted = counted_pattern(&written_page(&pattern)).into_owned();
    if counted != written_page(&pattern) {
        let reason =
            format!("no page is counted as \"{pattern}\": what is about one person is taken out of paths");
        doubt(table.notes(), at, reason, &format!("write it as it is counted: \"{counted}\""));
    }
    let NamedGoal { name, .. } = Goal::Path(Arc::clone(&pattern)).into();
    Some(NamedGoal { goal: Goal::Path(written_page(&pattern).into()), name })
}

/// Every pair of dimensions that is to be counted beside the usual ones.
pub(super) fn crosses(site: &Table<'_>) -> Vec<(Dimension, Dimension)> {
    let mut crosses: Vec<(Dimension, Dimension)> = Vec::new();
    for table in site.tables("cross", "site.cross") {
        if !table.has("dimensions") {
            table.is_missing("dimensions", TWO);
        }
        let Some(list) = table.list("dimensions", |text| Ok(dimension(text))) else { continue };
        let (at, entries) = (list.span(), list.into_inner());
        let written = entries.len();
        let mut list: Vec<Dimension> = Vec::with_capacity(written);
        for entry in entries {
            let at = entry.span();
            match entry.into_inner() {
                Ok(dimension) => list.push(dimension),
                Err(fault) => table.notes().add(fault.at(at)),
            }
        }
        if written != 2 {
            table.notes().add(Problem::error(at.clone(), "a cross is of two dimensions").remedy(TWO));
        }
        list.sort();
        let [first, second] = &list[..] else { continue };
        if is_paired(first, second, &[]) || is_paired(first, second, &crosses) {
            let reason = "this pair is counted without it";
            doubt(table.notes(), at, reason, "leave the cross out");
            continue;
        }
        if !can_be_crossed(first, second) || first == second {
            let reason = format!("nothing that is counted has both {} and {}", first.name(), second.name());
            let remedy = "cross two dimensions of visits, or one of visits and one of events";
            table.notes().add(Problem::error(at, reason).remedy(remedy));
            continue;
        }
        if crosses.len() == CROSSES_MAX {
            too_many(&table, "crosses", CROSSES_MAX);
            break;
        }
        crosses.push((first.clone(), second.clone()));
    }
    crosses
}

const TWO: &str = "write two: dimensions = [\"visit:city\", \"visit:language\"]";

fn dimension(text: &str) -> Result<Dimension, Fault> {
    let known = Dimension::ALL.map(|known| known.name());
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    Dimension::from_name(text).ok_or_else(|| Fault::unknown("dimension", text, "dimensions are", &known))
}

/// The property of what the beacon tells of links.
const BEACON_PROPERTY: &str = "url";

/// The properties that need not wait for visitors to bring them: those that are listed, those of crosses, and what the
/// beacon tells.
pub(super) fn properties(
    statistics: &Table<'_>,
    crosses: &[(Dimension, Dimension)],
    duties: &[Duty],
) -> Vec<Arc<str>> {
    let mut properties: Vec<Arc<str>> = Vec::new();
    if let Some(listed) = statistics.list("properties", property) {
        unique(statistics.notes(), listed.get_ref(), "property");
        properties.extend(listed.into_inner().into_iter().map(toml::Spanned::into_inner));
    }
    let of_crosses = crosses.iter().flat_map(|(a, b)| [a, b]).filter_map(|dimension| match dimension {
        Dimension::Property(key) => Some(Arc::clone(key)),
        _ => None,
    });
    let of_beacon = [Duty::Outbound, Duty::Downloads].iter().any(|duty| duties.contains(duty));
    for key in of_crosses.chain(of_beacon.then(|| BEACON_PROPERTY.into())) {
        if !properties.contains(&key) {
            properties.push(key);
        }
    }
    if properties.len() > PROPERTY_KEYS_MAX {
        let reason = format!(
            "there are {} properties with those of crosses and the beacon, and room for {PROPERTY_KEYS_MAX}",
            properties.len()
        );
        let at =
            if statistics.has("properties") { statistics.at_value("properties") } else { statistics.at() };
        let remedy = "leave out those that nobody asks about";
        statistics.notes().add(Problem::error(at, reason).remedy(remedy));
    }
    properties
}

fn property(text: &str) -> Result<Arc<str>, Fault> {
    if is_key(text) {
        return Ok(text.into());
    }
    let remedy = "write its key as events do: a letter, then letters, digits, \".\", \":\", \"-\" and \"_\", at most 64";
    Err(Fault::new(format!("\"{text}\" is no key of a property that is counted"), remedy))
}

fn too_many(table: &Table<'_>, what: &str, limit: usize) {
    let reason = format!("there are more than {limit} {what}");
    table.notes().add(Problem::error(table.at(), reason).remedy("leave out those that nobody asks about"));
}

/// A `#` stands in the names of pages that are told in hash mode.
fn page_pattern(text: &str) -> Result<Arc<str>, Fault> {
    value::path_prefix(&text.replace('#', "")).map(|_| text.into()).map_err(|fault| Fault {
        reason: format!("\"{text}\" is no path of a page"),
        remedy: "write it from the slash; * stands for any text: \"/thanks*\"".to_owned(),
        ..fault
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_compared_as_browsers_write_it_and_called_what_was_written() {
        let text = r#"[[site]]
name = "shop"
hosts = ["shop.example"]
origin = "http://127.0.0.1:8081"
controller = { name = "Shop AS", email = "privacy@shop.example" }
consent = { mode = "enforce" }
[[site.goal]]
path = "/fullført*"
[[site.funnel]]
name = "Kjøp"
steps = [{ path = "/kj%c3%b8p" }, { path = "/fullført*" }]
"#;
        let loaded =
            super::super::super::parse(text, "proxy.toml").unwrap_or_else(|report| panic!("{report}"));
        assert!(!loaded.warnings.to_string().contains("counted"), "{}", loaded.warnings);
        let statistics = &loaded.config.sites[0].counting;
        let thanks = Goal::Path("/fullf%C3%B8rt*".into());
        assert_eq!(statistics.goals, [NamedGoal { goal: thanks.clone(), name: "Visit /fullført*".into() }]);
        assert_eq!(statistics.funnels[0].steps, [Goal::Path("/kj%C3%B8p".into()), thanks]);
    }

    #[test]
    fn a_page_of_hash_mode_is_named_as_it_is_counted() {
        assert_eq!(page_pattern("/kasse#/takk*").ok().as_deref(), Some("/kasse#/takk*"));
        assert!(page_pattern("kasse").is_err());
    }
}
