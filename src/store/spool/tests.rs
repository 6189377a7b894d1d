use std::sync::atomic::AtomicBool;

use super::*;
use crate::clock::{Entropy, SteppedClock, SystemEntropy};
use crate::counting::tally::{Dimension, Value};
use crate::store::embedded::Embedded;
use crate::store::question::{Question, Rows};
use crate::store::{BoxFuture, EventStore, Fault};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

struct Room {
    directory: tempfile::TempDir,
    clock: Arc<SteppedClock>,
}

impl Room {
    fn new() -> Self {
        let clock = Arc::new(SteppedClock::at(Timestamp::UNIX_EPOCH));
        Self { directory: tempfile::tempdir().unwrap(), clock }
    }

    fn settings(&self) -> Settings {
        Settings { path: self.directory.path().to_owned() }
    }

    fn spool(&self, bytes_max: u64) -> Spool {
        Spool::open(&self.settings(), bytes_max, self.clock.clone(), &SystemEntropy).unwrap()
    }
}

fn tally(page: u64, views: i64) -> Tally {
    Tally {
        site: "shop".into(),
        hour: Hour(1),
        day: LocalDay(0),
        cell: Cell::One(Dimension::Page, Value::Token(page)),
        sums: Sums { views, ..Sums::default() },
    }
}

fn views(spool: &Spool) -> i64 {
    let mut views = 0;
    while let Some(batch) = spool.next().unwrap() {
        views += batch.tallies.iter().map(|tally| tally.sums.views).sum::<i64>();
        spool.remove(batch.id).unwrap();
    }
    views
}

#[test]
fn batches_leave_in_the_order_in_which_they_came() {
    let room = Room::new();
    let spool = room.spool(BYTES_MAX);
    let ids: Vec<BatchId> =
        (0..3).map(|page| spool.append(&Body::of(&[tally(page, 1)], &[])).unwrap()).collect();
    for id in ids {
        assert_eq!(spool.next().unwrap().unwrap().id, id);
        spool.remove(id).unwrap();
    }
    assert_eq!(spool.next().unwrap(), None);
}

#[test]
fn batch_keeps_its_id_and_content_over_a_restart() {
    let room = Room::new();
    let id = room.spool(BYTES_MAX).append(&Body::of(&[tally(1, 7)], &[])).unwrap();
    let spool = room.spool(BYTES_MAX);
    let batch = spool.next().unwrap().unwrap();
    assert_eq!((batch.id, &batch.tallies[..]), (id, &[tally(1, 7)][..]));
    assert_ne!(spool.append(&Body::of(&[], &[])).unwrap(), id);
}

#[test]
fn full_spool_merges_and_loses_nothing() {
    let room = Room::new();
    let spool = room.spool(4096);
    for round in 0..500 {
        spool.append(&Body::of(&[tally(round % 10, 1), tally(round % 7, 2)], &[])).unwrap();
    }
    let depth = spool.depth().unwrap();
    assert!(depth.bytes <= 4096 && depth.merged_batches > 0, "{depth:?}");
    assert_eq!((depth.lost_batches, depth.lost_tallies), (0, 0));
    assert_eq!(views(&spool), 1500);
}

/// Every sum: revenue, orders and attention were once left behind.
#[test]
fn merging_adds_every_sum_of_a_tally() {
    let one = Sums {
        visitors: 1,
        visitors_hour: 2,
        visits: 3,
        visits_hour: 4,
        carried: 5,
        views: 6,
        events: 7,
        bounces: 8,
        seconds: 9,
        entries: 10,
        exits: 11,
        revenue: 12,
        orders: 13,
        engaged_ms: 14,
        scroll: 15,
        scrolls: 16,
    };
    let tallies = vec![Tally { sums: one, ..tally(1, 0) }];
    let mut twice = one;
    twice += &one;
    let (added, _) = added((tallies.clone(), vec![]), (tallies, vec![]));
    assert_eq!(added, [Tally { sums: twice, ..tally(1, 0) }]);
}

#[test]
fn batch_that_was_sent_is_never_merged() {
    let room = Room::new();
    let spool = room.spool(1024);
    let sent = spool.append(&Body::of(&[tally(1, 1)], &[])).unwrap();
    let before = spool.next().unwrap().unwrap();
    for _ in 0..200 {
        spool.append(&Body::of(&[tally(1, 1)], &[])).unwrap();
    }
    let again = spool.next().unwrap().unwrap();
    assert_eq!((again.id, &again), (sent, &before));
    assert_eq!(views(&spool), 201);
}

#[test]
fn what_cannot_be_kept_is_refused_and_counted_as_lost() {
    let room = Room::new();
    let spool = room.spool(600);
    let pages: Vec<Tally> = (0..20).map(|page| tally(page, 1)).collect();
    spool.append(&Body::of(&pages, &[])).unwrap();
    let more: Vec<Tally> = (100..120).map(|page| tally(page, 1)).collect();
    let error = spool.append(&Body::of(&more, &[])).unwrap_err();
    assert!(matches!(error, StoreError::SpoolFull { limit_bytes: 600 }), "{error}");
    let depth = room.spool(600).depth().unwrap();
    assert_eq!((depth.lost_batches, depth.lost_tallies), (1, 20));
    assert_eq!(views(&spool), 20);
}

#[test]
fn batch_that_cannot_be_read_is_set_aside() {
    let room = Room::new();
    let spool = room.spool(BYTES_MAX);
    spool.append(&Body::of(&[tally(1, 1)], &[])).unwrap();
    spool.append(&Body::of(&[tally(2, 5)], &[])).unwrap();
    spool.lock().execute("update batches set body = x'00' where place = 1", []).unwrap();
    assert_eq!(views(&spool), 5);
    let depth = spool.depth().unwrap();
    assert_eq!((depth.set_aside_batches, depth.batches), (1, 1));
}

#[test]
fn depth_tells_how_long_the_oldest_has_waited() {
    let room = Room::new();
    let spool = room.spool(BYTES_MAX);
    spool.append(&Body::of(&[tally(1, 1)], &[])).unwrap();
    room.clock.step(SignedDuration::from_secs(90));
    assert_eq!(spool.depth().unwrap().oldest_seconds, 90);
}

/// A store that fails after it has stored, as when the connection is cut before the answer.
struct Cut {
    store: Embedded,
    spool: Arc<Spool>,
    was_in_spool: AtomicBool,
}

impl EventStore for Cut {
    fn insert_shared(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.was_in_spool.store(self.spool.depth()?.batches == 1, Ordering::Relaxed);
            self.store.insert_shared(batch).await?;
            Err(StoreError::Timeout { limit_ms: 1 })
        })
    }

    fn answer<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Rows, StoreError>> {
        self.store.answer(question)
    }

    fn first_day<'a>(&'a self, site: &'a str) -> BoxFuture<'a, Result<Option<LocalDay>, StoreError>> {
        self.store.first_day(site)
    }
}

#[test]
fn batch_whose_answer_was_lost_is_sent_again_and_counted_once() {
    let room = Room::new();
    let spool = Arc::new(room.spool(BYTES_MAX));
    spool.append(&Body::of(&[tally(1, 3)], &[])).unwrap();
    let store = Embedded::open(&room.settings(), room.clock.clone()).unwrap();
    let cut = Cut { store, spool: Arc::clone(&spool), was_in_spool: AtomicBool::new(false) };
    assert!(run(deliver(&spool, &cut)).unwrap_err().is_transient());
    assert!(cut.was_in_spool.load(Ordering::Relaxed));
    assert_eq!(run(deliver(&spool, &cut.store)).unwrap(), 1);
    assert_eq!(spool.depth().unwrap().batches, 0);
    drop(cut);
    let views = rusqlite::Connection::open(room.directory.path().join("statistics.db"))
        .unwrap()
        .query_row("select sum(views) from cells_hour", [], |row| row.get::<_, i64>(0))
        .unwrap();
    assert_eq!(views, 3);
}

/// Always the same byte.
struct Same(u8);

impl Entropy for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[test]
fn waits_double_up_to_a_minute_and_are_shortened_by_half_at_most() {
    let longest = |failures| retry_after(failures, &Same(0)).as_secs();
    assert_eq!((0..9).map(longest).collect::<Vec<u64>>(), [1, 1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(longest(u32::MAX), 60);
    let shortest = retry_after(7, &Same(255));
    assert!((30.0..31.0).contains(&shortest.as_secs_f64()), "{shortest:?}");
}

#[test]
fn batches_that_were_never_sent_go_out_together_and_the_one_in_doubt_as_it_was() {
    let room = Room::new();
    let spool = room.spool(BYTES_MAX);
    let doubted = spool.append(&Body::of(&[tally(1, 1)], &[])).unwrap();
    let as_sent = spool.next().unwrap();
    for page in 0..100 {
        spool.append(&Body::of(&[tally(page % 10, 2)], &[])).unwrap();
    }
    spool.join().unwrap();
    assert_eq!(spool.depth().unwrap().batches, 2);
    assert_eq!(spool.next().unwrap(), as_sent);
    spool.remove(doubted).unwrap();
    let joined = spool.next().unwrap().unwrap();
    assert_eq!((joined.tallies.len(), views(&spool)), (10, 200));
}

#[test]
fn what_waited_too_long_is_given_up_and_counted_as_lost() {
    let room = Room::new();
    let spool = room.spool(BYTES_MAX);
    spool.append(&Body::of(&[tally(1, 1)], &[])).unwrap();
    spool.next().unwrap();
    spool.append(&Body::of(&[tally(2, 2)], &[])).unwrap();
    let day = SignedDuration::from_secs(DAY_SECONDS);
    // Nobody knows any more whether the store has the first.
    room.clock.step(day * (i32::try_from(DOUBT_DAYS_MAX).unwrap() + 1));
    spool.give_up_outdated().unwrap();
    let depth = spool.depth().unwrap();
    assert_eq!((depth.batches, depth.lost_batches, depth.lost_tallies), (1, 1, 1));
    room.clock.step(day * i32::try_from(DAYS_MAX).unwrap());
    spool.give_up_outdated().unwrap();
    assert_eq!(spool.depth().unwrap().lost_batches, 2);
}

/// A store that cannot read pages with the number 7.
struct Picky(Embedded);

impl EventStore for Picky {
    fn insert_shared(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let is_bad = |tally: &Tally| tally.cell == Cell::One(Dimension::Page, Value::Token(7));
            if batch.tallies.iter().any(is_bad) {
                let sentence = "Code: 33".to_owned();
                return Err(StoreError::Refused { url: "x".to_owned(), sentence, fault: Fault::OfBatch });
            }
            self.0.insert_shared(batch).await
        })
    }

    fn answer<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Rows, StoreError>> {
        self.0.answer(question)
    }

    fn first_day<'a>(&'a self, site: &'a str) -> BoxFuture<'a, Result<Option<LocalDay>, StoreError>> {
        self.0.first_day(site)
    }
}

#[test]
fn batch_that_the_store_cannot_take_is_set_aside_and_the_next_goes_on() {
    let room = Room::new();
    let spool = room.spool(BYTES_MAX);
    spool.append(&Body::of(&[tally(7, 1)], &[])).unwrap();
    spool.next().unwrap();
    spool.append(&Body::of(&[tally(8, 1)], &[])).unwrap();
    let store = Picky(Embedded::open(&room.settings(), room.clock.clone()).unwrap());
    run(deliver(&spool, &store)).unwrap();
    let depth = spool.depth().unwrap();
    assert_eq!((depth.set_aside_batches, depth.lost_batches, spool.next().unwrap()), (1, 0, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_limit_keeps_every_sum_that_was_taken(
        batches in proptest::collection::vec(proptest::collection::vec((0_u64..50, 1_i64..9), 1..20), 1..40),
        bytes_max in 400_u64..4000,
    ) {
        let room = Room::new();
        let spool = room.spool(bytes_max);
        let mut taken = 0;
        for batch in &batches {
            let tallies: Vec<Tally> = batch.iter().map(|(page, views)| tally(*page, *views)).collect();
            if spool.append(&Body::of(&tallies, &[])).is_ok() {
                taken += batch.iter().map(|(_, views)| views).sum::<i64>();
            }
        }
        prop_assert!(spool.depth().unwrap().bytes <= bytes_max);
        prop_assert_eq!(views(&spool), taken);
    }
}
