use super::*;
use crate::counting::key_log::{Commitment, KeyName};

fn settings(directory: &tempfile::TempDir) -> Settings {
    Settings { path: directory.path().to_owned() }
}

fn event(site: &str, day: i32, fate: KeyFate) -> KeyEvent {
    let commitment = Commitment::to(&[u8::try_from(day % 100).unwrap(); 32]);
    KeyEvent { key: KeyName::of_day(&site.into(), day), commitment, fate }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Two days of one site and one of another, written by two openings of the file.
fn written(directory: &tempfile::TempDir) {
    let log = KeyLog::open(&settings(directory)).unwrap();
    log.append(&[event("shop", 20_522, KeyFate::Rekeyed), event("other", 20_522, KeyFate::Born)], at(100))
        .unwrap();
    let log = KeyLog::open(&settings(directory)).unwrap();
    log.append(&[event("shop", 20_523, KeyFate::Born), event("shop", 20_522, KeyFate::Destroyed)], at(200))
        .unwrap();
}

#[test]
fn chain_goes_on_after_a_restart_and_each_site_has_its_own() {
    let directory = tempfile::tempdir().unwrap();
    written(&directory);
    let log = KeyLog::open_to_read(&settings(&directory)).unwrap();
    let verified = log.verify().unwrap();
    assert_eq!(verified.entries, 4);
    let of_shop = log.of("shop").unwrap();
    let fates: Vec<_> = of_shop.iter().map(|entry| (&*entry.period, &*entry.fate)).collect();
    assert_eq!(fates, [("2026-03-10", "destroyed"), ("2026-03-11", "born"), ("2026-03-10", "rekeyed")]);
    assert_eq!(of_shop[0].previous, of_shop[1].hash);
    assert_eq!(verified.heads[1], ("shop".to_owned(), of_shop[0].hash));
    assert_eq!(log.of("other").unwrap()[0].previous, [0; 32]);
}

#[test]
fn changed_and_removed_rows_are_found() {
    for (damage, is_found) in [
        ("update keys set time = time + 1 where place = 2", true),
        ("update keys set fate = 'born' where place = 4", true),
        ("update keys set commitment = zeroblob(32) where place = 1", true),
        ("delete from keys where place = 1", true),
        ("delete from keys where place = 3", true),
        ("update keys set site = 'shop' where place = 2", true),
        ("update keys set hash = 7 where place = 2", false),
    ] {
        let directory = tempfile::tempdir().unwrap();
        written(&directory);
        let log = KeyLog::open(&settings(&directory)).unwrap();
        let damaged = log.lock().execute(damage, []);
        assert_eq!(damaged.is_ok(), is_found, "{damage}");
        assert_eq!(log.verify().is_err(), is_found, "{damage}");
    }
}

#[test]
fn keys_of_a_process_that_fell_are_lost_once() {
    let directory = tempfile::tempdir().unwrap();
    written(&directory);
    let log = KeyLog::open(&settings(&directory)).unwrap();
    assert_eq!(log.close_lost(at(300)).unwrap(), 2);
    assert_eq!(log.close_lost(at(400)).unwrap(), 0);
    let last = &log.of("shop").unwrap()[0];
    assert_eq!((&*last.period, &*last.fate, last.time), ("2026-03-11", "lost", at(300)));
    log.verify().unwrap();
}

#[test]
fn a_day_says_when_its_key_was_drawn_anew_and_not_when_its_first_was_drawn_late() {
    let directory = tempfile::tempdir().unwrap();
    written(&directory);
    let log = KeyLog::open(&settings(&directory)).unwrap();
    let rekeyed = |first: &str, last: &str| {
        log.rekeyed_at("shop", first.parse().unwrap(), last.parse().unwrap()).unwrap()
    };
    assert_eq!(rekeyed("2026-03-01", "2026-03-31"), None, "the program began on that day");
    log.append(&[event("other", 20_523, KeyFate::Rekeyed), event("shop", 20_523, KeyFate::Rekeyed)], at(300))
        .unwrap();
    assert_eq!(rekeyed("2026-03-01", "2026-03-31"), Some(at(300)), "the day had a key before");
    assert_eq!(rekeyed("2026-03-01", "2026-03-10"), None);
}

/// A clock that was set back over midnight leads to both days again.
#[test]
fn a_key_that_is_not_the_first_of_its_day_was_drawn_anew_whatever_its_process_knew() {
    let directory = tempfile::tempdir().unwrap();
    written(&directory);
    let log = KeyLog::open(&settings(&directory)).unwrap();
    log.append(&[event("shop", 20_522, KeyFate::Born), event("shop", 20_523, KeyFate::Born)], at(300))
        .unwrap();
    let days = ["2026-03-10", "2026-03-11"].map(|day| day.parse().unwrap());
    assert_eq!(days.map(|day| log.rekeyed_at("shop", day, day).unwrap()), [Some(at(300)); 2]);
    let of_shop = log.of("shop").unwrap();
    assert_eq!([&*of_shop[0].fate, &of_shop[1].fate], ["rekeyed"; 2]);
    assert_eq!(log.rekeyed_at("other", days[0], days[1]).unwrap(), None, "another site is another log");
    log.verify().unwrap();
}
