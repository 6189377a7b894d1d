//! Promises of the inventory: what it adds up, what it keeps over a restart, and that it stays bounded.

use jiff::civil::date;

use super::*;

const TODAY: Date = date(2026, 3, 10);

struct Fixture {
    directory: tempfile::TempDir,
    inventory: Inventory,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let inventory = Inventory::open(&Settings { path: directory.path().into() }).unwrap();
        Self { directory, inventory }
    }

    fn restarted(self) -> Self {
        drop(self.inventory);
        let inventory = Inventory::open(&Settings { path: self.directory.path().into() }).unwrap();
        Self { directory: self.directory, inventory }
    }

    fn see(&mut self, sightings: &[Sighting], today: Date) {
        self.inventory.add(sightings, &[], today).unwrap();
    }

    fn names(&self) -> Vec<(String, u64)> {
        self.inventory.of("shop").unwrap().things.into_iter().map(|seen| (seen.name, seen.seen)).collect()
    }
}

fn cookie(name: &str, via: Via, seen: u64, day: Date) -> Sighting {
    let name = Name::kept(name);
    Sighting { site: "shop".into(), day, thing: Thing::Cookie, name, via, seen }
}

/// The `number`th of names that are not folded.
fn letters(number: usize) -> String {
    let letter = |place: u32| char::from(b'g' + u8::try_from(number / 16_usize.pow(place) % 16).unwrap());
    format!("x_{}", (0..4).map(letter).collect::<String>())
}

fn report(blocked: &str, page: u32, day: Date) -> Report {
    let (blocked, page) = (Name::kept(blocked), PageToken(page.to_be_bytes()));
    Report { site: "shop".into(), day, directive: "script-src-elem", blocked, page, times: 1 }
}

#[test]
fn a_name_is_added_up_with_its_days_and_ways_and_survives_a_restart() {
    let mut it = Fixture::new();
    let tomorrow = date(2026, 3, 11);
    it.see(&[cookie("_ga", Via::SetCookie, 1, TODAY), cookie("_ga", Via::Cookie, 5, TODAY)], TODAY);
    let mut it = it.restarted();
    it.see(&[cookie("_ga", Via::Cookie, 2, tomorrow)], tomorrow);
    let expected = SeenThing {
        thing: Thing::Cookie,
        name: "_ga".into(),
        via: vec![Via::Cookie, Via::SetCookie],
        first_day: "2026-03-10".into(),
        last_day: "2026-03-11".into(),
        seen: 8,
    };
    assert_eq!(it.restarted().inventory.of("shop").unwrap().things, vec![expected]);
}

#[test]
fn sites_do_not_see_each_other() {
    let mut it = Fixture::new();
    it.see(&[cookie("_ga", Via::Cookie, 1, TODAY)], TODAY);
    assert_eq!(it.inventory.of("other").unwrap(), Found::default());
}

#[test]
fn a_name_not_seen_for_400_days_is_forgotten() {
    let mut it = Fixture::new();
    it.inventory
        .add(&[cookie("old", Via::Cookie, 1, TODAY)], &[report("a.example", 1, TODAY)], TODAY)
        .unwrap();
    let last = date(2027, 4, 14);
    it.see(&[cookie("new", Via::Cookie, 1, last)], last);
    assert_eq!(it.names(), [("new".into(), 1), ("old".into(), 1)]);
    let day_after = date(2027, 4, 15);
    it.see(&[], day_after);
    assert_eq!(it.names(), [("new".into(), 1)]);
    assert!(it.inventory.of("shop").unwrap().reports.is_empty());
}

#[test]
fn a_flood_of_made_up_names_leaves_room_for_the_shops_and_for_frequent_ones() {
    let mut it = Fixture::new();
    it.see(&[cookie("till", Via::Cookie, 50, TODAY)], TODAY);
    let flood: Vec<_> = (0..3 * NAMES_MAX).map(|n| cookie(&letters(n), Via::Cookie, 1, TODAY)).collect();
    it.see(&flood, TODAY);
    let mut it = it.restarted();
    it.see(&[cookie("set", Via::SetCookie, 1, TODAY), cookie("often", Via::Witness, 9, TODAY)], TODAY);
    let names = it.names();
    assert_eq!(names.len(), BROWSER_NAMES_MAX + 2, "the others are one row");
    for (name, seen) in [("till", 50), ("set", 1), ("often", 9)] {
        assert!(names.contains(&(name.into(), seen)), "{name}");
    }
    let sum: u64 = names.iter().map(|(_, seen)| seen).sum();
    assert_eq!(sum, 50 + 3 * NAMES_MAX as u64 + 1 + 9, "what is folded is still counted");
    assert!(names.iter().any(|(name, _)| name == OTHER));
}

#[test]
fn the_shops_own_names_are_bounded_too() {
    let mut it = Fixture::new();
    let many: Vec<_> = (0..NAMES_MAX + 10).map(|n| cookie(&letters(n), Via::SetCookie, 1, TODAY)).collect();
    it.see(&many, TODAY);
    assert_eq!(it.names().len(), NAMES_MAX + 1);
    assert!(it.names().contains(&(OTHER.into(), 10)));
}

#[test]
fn reports_are_counted_by_host_and_directive_and_pages_told_apart_up_to_a_limit() {
    let mut it = Fixture::new();
    let reports: Vec<_> = (0..20).map(|page| report("ads.example", page, TODAY)).collect();
    it.inventory.add(&[], &reports, TODAY).unwrap();
    let it = it.restarted();
    let found = it.inventory.of("shop").unwrap().reports;
    let expected = SeenReport {
        directive: "script-src-elem".into(),
        blocked: "ads.example".into(),
        pages: PAGES_MAX as u64 + 1,
        first_day: "2026-03-10".into(),
        last_day: "2026-03-10".into(),
        times: 20,
    };
    assert_eq!(found, vec![expected]);
}

#[test]
fn a_flood_of_reports_drops_the_oldest_day_and_then_counts_the_rest_as_others() {
    let mut it = Fixture::new();
    let yesterday = date(2026, 3, 9);
    it.inventory.add(&[], &[report("old.example", 1, yesterday)], TODAY).unwrap();
    let flood: Vec<_> = (0..2 * REPORTS_MAX).map(|n| report(&letters(n), 1, TODAY)).collect();
    it.inventory.add(&[], &flood, TODAY).unwrap();
    let it = it.restarted();
    let found = it.inventory.of("shop").unwrap().reports;
    assert_eq!(found.len(), REPORTS_MAX + 1);
    assert!(!found.iter().any(|report| report.blocked == "old.example"));
    assert_eq!(found[0].blocked, OTHER);
    assert_eq!(found[0].times, REPORTS_MAX as u64);
}

#[test]
fn a_row_of_a_later_version_is_passed_over() {
    let it = Fixture::new();
    let row =
        "insert into things values ('shop', 'fingerprint', 'x', 'cookie', '2026-03-10', '2026-03-10', 1)";
    it.inventory.connection.execute(row, []).unwrap();
    assert_eq!(it.restarted().names(), []);
}
