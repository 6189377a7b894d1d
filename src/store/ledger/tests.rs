mod flips;

use super::*;
use crate::store::ledger::write::append;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn settings(directory: &tempfile::TempDir) -> Settings {
    Settings { path: directory.path().to_owned() }
}

fn entry(number: u8) -> Entry {
    Entry {
        id: ReceiptNumber([number; 16]),
        time: "2026-03-02T12:00:00.75Z".parse().unwrap(),
        site: "shop".to_owned(),
        action: "granted".to_owned(),
        layer: "banner".to_owned(),
        language: "nb".to_owned(),
        granted: vec!["statistics".to_owned()],
        refused: vec!["preferences".to_owned(), "marketing".to_owned()],
        texts: Hash([9; 32]),
    }
}

/// A ledger with three receipts, closed.
fn ledger() -> (tempfile::TempDir, Hash) {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&settings(&directory)).unwrap();
    for number in 1..=3 {
        run(ledger.append(entry(number))).unwrap();
    }
    let head = run(ledger.head()).unwrap();
    drop(ledger);
    (directory, head)
}

fn change(directory: &tempfile::TempDir, sql: &str) {
    rusqlite::Connection::open(directory.path().join("ledger.db")).unwrap().execute(sql, []).unwrap();
}

fn broken_at(directory: &tempfile::TempDir) -> Option<i64> {
    match Receipts::open(&settings(directory)).unwrap().verify(None) {
        Ok(_) => None,
        Err(VerifyError::Broken { place, .. }) => Some(place),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn receipt_is_found_by_its_number_after_a_restart() {
    let (directory, _) = ledger();
    let ledger = Ledger::open(&settings(&directory)).unwrap();
    let receipts = run(ledger.get(ReceiptNumber([2; 16]))).unwrap();
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0].refused, ["preferences", "marketing"]);
    assert_eq!(receipts[0].time.to_string(), "2026-03-02T12:00:00Z");
    assert_eq!(run(ledger.get(ReceiptNumber([9; 16]))).unwrap(), []);
}

#[test]
fn whole_ledger_verifies_with_a_head_it_had_once() {
    let (directory, head) = ledger();
    let later = Ledger::open(&settings(&directory)).unwrap();
    run(later.append(entry(4))).unwrap();
    let receipts = Receipts::open(&settings(&directory)).unwrap();
    let verified = receipts.verify(Some(head)).unwrap();
    assert_eq!(verified, Verified { receipts: 4, erased: 0, head: receipts.head().unwrap() });
    assert_ne!(verified.head, head);
}

#[test]
fn flipped_byte_is_found_and_its_receipt_named() {
    for column in ["site", "action", "layer", "language", "granted", "refused"] {
        let (directory, _) = ledger();
        change(&directory, &format!("update receipts set {column} = 'x' where place = 2"));
        assert_eq!(broken_at(&directory), Some(2), "{column}");
    }
    for column in ["texts", "previous", "hash"] {
        let (directory, _) = ledger();
        change(&directory, &format!("update receipts set {column} = zeroblob(32) where place = 2"));
        assert_eq!(broken_at(&directory), Some(2), "{column}");
    }
    let (directory, _) = ledger();
    change(&directory, "update receipts set time = time + 1 where place = 3");
    assert_eq!(broken_at(&directory), Some(3));
}

#[test]
fn removed_receipt_is_found() {
    let (directory, _) = ledger();
    change(&directory, "delete from receipts where place = 1");
    assert_eq!(broken_at(&directory), Some(1));
}

#[test]
fn names_moved_from_refused_to_granted_are_found() {
    let (directory, _) = ledger();
    change(
        &directory,
        "update receipts set granted = granted || char(10) || 'preferences', refused = 'marketing' where place = 1",
    );
    assert_eq!(broken_at(&directory), Some(1));
}

#[test]
fn cut_off_end_is_found_by_who_noted_the_head() {
    let (directory, head) = ledger();
    change(&directory, "delete from receipts where place = 3");
    assert_eq!(broken_at(&directory), None);
    let error = Receipts::open(&settings(&directory)).unwrap().verify(Some(head)).unwrap_err();
    assert!(matches!(error, VerifyError::CutOff { .. }), "{error}");
}

#[test]
fn receipts_that_wait_together_are_chained_in_one_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = LEDGER.open(directory.path()).unwrap();
    let receipts = append(&mut connection, (1..=100).map(entry).collect()).unwrap();
    assert!(receipts.windows(2).all(|pair| pair[1].previous == pair[0].hash));
    let verified = Receipts::open(&settings(&directory)).unwrap().verify(None).unwrap();
    assert_eq!(verified.receipts, 100);
}

#[test]
fn many_visitors_at_once_get_their_own_receipts() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(&settings(&directory)).unwrap());
    run(async {
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                let tasks: Vec<_> = (0..200)
                    .map(|number| {
                        let ledger = Arc::clone(&ledger);
                        tokio::task::spawn_local(async move { ledger.append(entry(number)).await })
                    })
                    .collect();
                for (number, task) in (0..).zip(tasks) {
                    assert_eq!(task.await.unwrap().unwrap().id, Some(ReceiptNumber([number; 16])));
                }
            })
            .await;
    });
    let receipts = Receipts::open(&settings(&directory)).unwrap();
    assert_eq!(receipts.verify(None).unwrap().receipts, 200);
}

#[test]
fn export_hands_over_all_receipts_in_order() {
    let (directory, head) = ledger();
    let mut numbers = Vec::new();
    let mut last = Hash::NONE;
    Receipts::open(&settings(&directory))
        .unwrap()
        .export(|link| {
            let Link::Whole(receipt) = link else { panic!("nothing was erased") };
            numbers.push(receipt.id.unwrap().0[0]);
            last = receipt.hash;
            Ok::<(), StoreError>(())
        })
        .unwrap();
    assert_eq!((numbers, last), (vec![1, 2, 3], head));
}

#[test]
fn entry_that_could_be_read_in_two_ways_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&settings(&directory)).unwrap();
    let two = Entry { granted: vec!["statistics\nmarketing".to_owned()], ..entry(1) };
    let long = Entry { site: "x".repeat(257), ..entry(1) };
    assert!(run(ledger.append(two)).is_err());
    assert!(run(ledger.append(long)).is_err());
    assert_eq!(run(ledger.head()).unwrap(), Hash::NONE);
}

#[test]
fn hash_is_read_back_from_its_digits() {
    let hash = Hash([0xab; 32]);
    assert_eq!(Hash::from_hex(&hash.to_string()), Some(hash));
    assert_eq!(Hash::from_hex("ab"), None);
}

fn erased(directory: &tempfile::TempDir, what: Erase) -> u64 {
    let ledger = Ledger::open(&settings(directory)).unwrap();
    run(ledger.erase(what, "2026-04-01T00:00:00Z".parse().unwrap())).unwrap()
}

#[test]
fn erased_receipt_is_gone_and_the_chain_still_verifies() {
    let (directory, head) = ledger();
    assert_eq!(erased(&directory, Erase::Number(ReceiptNumber([2; 16]))), 1);
    let receipts = Receipts::open(&settings(&directory)).unwrap();
    assert_eq!(receipts.get(ReceiptNumber([2; 16])).unwrap(), []);
    let verified = receipts.verify(Some(head)).unwrap();
    assert_eq!((verified.receipts, verified.erased), (4, 1));
    assert_eq!(erased(&directory, Erase::Number(ReceiptNumber([2; 16]))), 0, "once");
}

#[test]
fn nothing_of_an_erased_receipt_is_left_in_any_file() {
    let (directory, _) = ledger();
    let number = [0xc7; 16];
    let later = Ledger::open(&settings(&directory)).unwrap();
    run(later.append(Entry { id: ReceiptNumber(number), layer: "planted-word".to_owned(), ..entry(4) }))
        .unwrap();
    drop(later);
    let is_anywhere = |what: &[u8]| {
        std::fs::read_dir(directory.path())
            .unwrap()
            .any(|file| memchr::memmem::find(&std::fs::read(file.unwrap().path()).unwrap(), what).is_some())
    };
    assert!(is_anywhere(&number) && is_anywhere(b"planted-word"));
    assert_eq!(erased(&directory, Erase::Number(ReceiptNumber(number))), 1);
    assert!(!is_anywhere(&number) && !is_anywhere(b"planted-word"));
}

#[test]
fn r42_receipts_go_when_their_days_are_over() {
    let (directory, _) = ledger();
    let at = |time: &str| Erase::Before(time.parse().unwrap());
    assert_eq!(erased(&directory, at("2026-03-02T12:00:00Z")), 0, "not a second too early");
    assert_eq!(erased(&directory, at("2026-03-02T12:00:01Z")), 3);
    assert_eq!(erased(&directory, at("2036-01-01T00:00:00Z")), 0, "the record of it stays");
    assert_eq!(broken_at(&directory), None);
}

#[test]
fn receipt_that_somebody_blanked_is_no_erased_one() {
    let (directory, _) = ledger();
    assert_eq!(erased(&directory, Erase::Number(ReceiptNumber([2; 16]))), 1);
    change(&directory, "update receipts set id = x'', erased_by = 4 where place = 1");
    assert_eq!(broken_at(&directory), Some(1), "it has content");
    let bare = "form = 0, id = x'', time = 0, site = '', action = '', layer = '', language = '', granted = '', \
                refused = '', texts = x''";
    change(&directory, &format!("update receipts set {bare} where place = 1"));
    assert_eq!(broken_at(&directory), Some(4), "the record does not name it");
    change(&directory, "update receipts set erased_by = 9 where place = 1");
    assert_eq!(broken_at(&directory), Some(9), "there is no such record");
    change(&directory, "update receipts set erased_by = 1 where place = 1");
    assert_eq!(broken_at(&directory), Some(1), "nothing erases itself");
}

#[test]
fn content_that_comes_back_to_an_erased_receipt_is_found() {
    for column in ["form = 2", "time = 1", "site = 'shop'", "granted = 'marketing'", "texts = x'00'"] {
        let (directory, _) = ledger();
        assert_eq!(erased(&directory, Erase::Number(ReceiptNumber([2; 16]))), 1);
        change(&directory, &format!("update receipts set {column} where place = 2"));
        assert_eq!(broken_at(&directory), Some(2), "{column}");
    }
}

#[test]
fn notice_is_kept_under_the_hash_of_its_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&settings(&directory)).unwrap();
    let keep = || ledger.keep_notice("{\"form\":1}".into()).unwrap();
    let hash = keep();
    assert_eq!(keep(), hash, "again");
    run(ledger.append(entry(1))).unwrap();
    assert_eq!(run(ledger.notice(hash)).unwrap().as_deref(), Some("{\"form\":1}"));
    assert_eq!(run(ledger.notice(Hash([1; 32]))).unwrap(), None);
}

#[test]
fn ledger_of_the_first_version_is_brought_up_and_verifies() {
    let directory = tempfile::tempdir().unwrap();
    let old = rusqlite::Connection::open(directory.path().join("ledger.db")).unwrap();
    old.execute_batch(include_str!("../../../tests/data/ledger_1.sql")).unwrap();
    drop(old);
    let ledger = Ledger::open(&settings(&directory)).unwrap();
    run(ledger.append(entry(3))).unwrap();
    drop(ledger);
    let verified = Receipts::open(&settings(&directory)).unwrap().verify(None).unwrap();
    assert_eq!(verified.receipts, 3);
    change(&directory, "update receipts set layer = 'banner' where place = 2");
    assert_eq!(broken_at(&directory), Some(2), "what the first form did not have must be empty");
}
