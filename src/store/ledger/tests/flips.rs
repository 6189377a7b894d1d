//! One flipped byte anywhere in the file is found, or says nothing.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;

use super::*;

/// Of bytes that are zero, one in so many is flipped: most of them are space between the pages' cells.
const ZEROS_STEP: u64 = 16;

/// What can be read of a ledger, all of it.
fn everything(directory: &tempfile::TempDir) -> Result<Vec<String>, StoreError> {
    let receipts = Receipts::open(&settings(directory))?;
    let mut told = Vec::new();
    receipts.export(|link| {
        told.push(format!("{link:?}"));
        Ok::<_, StoreError>(())
    })?;
    for number in 1..=4 {
        told.push(format!("{:?}", receipts.get(ReceiptNumber([number; 16]))?));
    }
    told.push(format!("{:?}", receipts.notice(Hash::of("shown"))?));
    Ok(told)
}

fn flip(file: &File, at: u64) -> u8 {
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[!byte[0]], at).unwrap();
    byte[0]
}

#[test]
fn one_flipped_byte_anywhere_is_found_or_says_nothing() {
    let (directory, _) = ledger();
    let later = Ledger::open(&settings(&directory)).unwrap();
    later.keep_notice("shown".into()).unwrap();
    run(later.append(entry(4))).unwrap();
    run(later.erase(Erase::Number(ReceiptNumber([2; 16])), entry(1).time)).unwrap();
    let head = run(later.head()).unwrap();
    drop(later);
    let whole = everything(&directory).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(directory.path().join("ledger.db")).unwrap();
    let length = file.metadata().unwrap().len();
    let (mut found, mut silent) = (0, 0);
    for at in 0..length {
        let byte = flip(&file, at);
        if byte == 0 && at % ZEROS_STEP != 0 {
            file.write_all_at(&[byte], at).unwrap();
            continue;
        }
        let verified = Receipts::open(&settings(&directory)).map_err(VerifyError::from);
        if verified.and_then(|receipts| receipts.verify(Some(head))).is_err() {
            found += 1;
        } else {
            silent += 1;
            assert_eq!(everything(&directory).unwrap(), whole, "byte {at} was changed and not found");
        }
        file.write_all_at(&[byte], at).unwrap();
    }
    assert!(found > 1000, "{found} were found, {silent} say nothing");
    assert_eq!(Receipts::open(&settings(&directory)).unwrap().verify(Some(head)).unwrap().receipts, 5);
}
