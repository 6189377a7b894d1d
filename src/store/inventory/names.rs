//! Which names of a site are kept when there are more than there is room for.
//!
//! Anybody can send cookies of any name, so a flood of them must not push out what the shop really uses: names that
//! the shop's server told of have room of their own, and among the others those seen more often win. What is not kept
//! is counted as [`OTHER`].

use std::collections::HashMap;

use rusqlite::{Row, Transaction, named_params};

use super::{BROWSER_NAMES_MAX, NAMES_MAX, OTHER, Sighting, Via, column, run};
use crate::policy::advice::{Name, Thing};

/// The names of one site that are kept.
#[derive(Default)]
pub(super) struct Names {
    known: HashMap<(Thing, Name), Known>,
    /// How many of them only browsers told of.
    by_browsers: usize,
}

#[derive(Clone, Copy, Default)]
struct Known {
    seen: u64,
    is_shops: bool,
}

/// Where a sighting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Under its own name.
    Own,
    /// Under its own name, in the place of another.
    Instead(Thing, Name),
    /// Under [`OTHER`].
    Other,
}

impl Names {
    /// Takes down a name of the file.
    pub(super) fn know(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let name = row.get_ref("name")?.as_str()?;
        let (thing, via) = (row.get_ref("thing")?.as_str()?, row.get_ref("via")?.as_str()?);
        if let (Some(thing), Some(via)) = (Thing::from_name(thing), Via::from_name(via))
            && name != OTHER
        {
            let seen = row.get::<_, i64>("seen")?.unsigned_abs();
            self.note(thing, Name::kept(name), via, seen);
        }
        Ok(())
    }

    /// Adds a sighting to the file.
    pub(super) fn add(&mut self, transaction: &Transaction<'_>, sighting: &Sighting) -> rusqlite::Result<()> {
        let Sighting { thing, name, via, seen, .. } = *sighting;
        let place = self.place(thing, name, via, seen);
        if let Place::Instead(thing, name) = place {
            let forgotten = self.forget(thing, name);
            let one =
                named_params! { ":site": &*sighting.site, ":thing": thing.name(), ":name": name.as_str() };
            run(transaction, include_str!("../sql/inventory_forget_thing.sql"), one)?;
            write(transaction, sighting, (thing, OTHER, forgotten))?;
        }
        if place == Place::Other {
            return write(transaction, sighting, (thing, OTHER, seen));
        }
        self.note(thing, name, via, seen);
        write(transaction, sighting, (thing, name.as_str(), seen))
    }

    fn place(&self, thing: Thing, name: Name, via: Via, seen: u64) -> Place {
        if self.known.contains_key(&(thing, name)) {
            return Place::Own;
        }
        let has_room =
            self.known.len() < NAMES_MAX && (via.is_shops() || self.by_browsers < BROWSER_NAMES_MAX);
        if has_room {
            return Place::Own;
        }
        let others = self.known.iter().filter(|(_, known)| !known.is_shops);
        let rarest = others.min_by_key(|(key, known)| (known.seen, **key));
        match rarest {
            Some(((thing, name), known)) if via.is_shops() || known.seen <= seen => {
                Place::Instead(*thing, *name)
            }
            _ => Place::Other,
        }
    }

    fn note(&mut self, thing: Thing, name: Name, via: Via, seen: u64) {
        let is_new = !self.known.contains_key(&(thing, name));
        let known = self.known.entry((thing, name)).or_default();
        known.seen = known.seen.saturating_add(seen);
        match (is_new, known.is_shops, via.is_shops()) {
            (true, _, false) => self.by_browsers += 1,
            (false, false, true) => self.by_browsers = self.by_browsers.saturating_sub(1),
            _ => {}
        }
        known.is_shops |= via.is_shops();
    }

    /// How often the forgotten one was seen.
    fn forget(&mut self, thing: Thing, name: Name) -> u64 {
        let Some(known) = self.known.remove(&(thing, name)) else { return 0 };
        self.by_browsers = self.by_browsers.saturating_sub(usize::from(!known.is_shops));
        known.seen
    }
}

fn write(
    transaction: &Transaction<'_>,
    sighting: &Sighting,
    (thing, name, seen): (Thing, &str, u64),
) -> rusqlite::Result<()> {
    let row = named_params! {
        ":site": &*sighting.site,
        ":thing": thing.name(),
        ":name": name,
        ":via": sighting.via.name(),
        ":day": sighting.day.to_string(),
        ":seen": column(seen),
    };
    run(transaction, include_str!("../sql/inventory_add_thing.sql"), row)
}
