//! Secrets that stand in locked memory: never swapped, never in a core dump, wiped the moment they are dropped.
//!
//! All keys of a counter share pages of their own, apart from the heap: one page of 4 KiB holds 128 keys, so the few
//! kilobytes that a system lets anybody lock are enough for hundreds of sites. Where the system refuses, the operator
//! is told once and counting goes on; the keys are wiped all the same.
//!
//! A [`Vault`] also writes down what becomes of each key ([`KeyEvent`]): born when it was drawn, destroyed when its
//! bytes were wiped. The second is written by the wiping itself, so it can be neither forgotten nor early.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::{Advice, MmapMut};
use zeroize::{Zeroize, Zeroizing};

use super::key_log::{Commitment, KeyEvent, KeyFate, KeyName};
use crate::clock::Entropy;

/// Length of a secret. Unit: bytes.
pub(super) const SECRET_BYTES: usize = 32;
/// Secrets that share a page.
const SLOTS: usize = 128;
/// Most events that wait to be written down. A site has four a day and two a month; beyond it the log would lack some,
/// and says so ([`Vault::take_events`]).
const EVENTS_MAX: usize = 65_536;
/// How much of the stack below the caller [`wipe_stack`] covers. Unit: bytes. The deepest way of a hit takes 20 KiB, that of a
/// request 130 KiB in an unoptimised build.
const STACK_BYTES: usize = 256 * 1024;

/// Where the secrets of one counter stand.
pub struct Vault {
    pages: Mutex<Vec<Arc<Page>>>,
    events: Mutex<Vec<KeyEvent>>,
    problem: Mutex<Option<String>>,
}

/// Memory for [`SLOTS`] secrets.
struct Page(Mutex<Slots>);

struct Slots {
    bytes: Bytes,
    /// One bit for each slot that is taken.
    taken: u128,
}

/// Pages of the system's; of the heap where it gives none.
enum Bytes {
    Mapped(MmapMut),
    Heap(Box<[u8; SLOTS * SECRET_BYTES]>),
}

/// 32 bytes that never leave locked memory. It cannot be cloned, compared, printed or serialised.
pub(super) struct Secret {
    vault: Arc<Vault>,
    page: Arc<Page>,
    slot: usize,
    name: KeyName,
    commitment: Commitment,
    is_handed_over: bool,
}

impl Vault {
    /// A vault with its first page locked, or with the reason why it is not.
    pub fn open() -> Arc<Self> {
        let vault = Self { pages: Mutex::default(), events: Mutex::default(), problem: Mutex::default() };
        let page = vault.new_page();
        lock(&vault.pages).push(page);
        Arc::new(vault)
    }

    /// Why keys can be swapped out, where they can; for the operator.
    pub fn problem(&self) -> Option<String> {
        lock(&self.problem).clone()
    }

    /// Takes what became of keys since the last time, in its order. What could not be written is to be given back
    /// ([`give_back`](Self::give_back)).
    pub fn take_events(&self) -> Vec<KeyEvent> {
        std::mem::take(&mut *lock(&self.events))
    }

    /// Takes events back that could not be written.
    pub fn give_back(&self, mut events: Vec<KeyEvent>) {
        let mut waiting = lock(&self.events);
        events.append(&mut waiting);
        events.truncate(EVENTS_MAX);
        *waiting = events;
    }

    /// Draws a new secret; `fate` says whether at the beginning of its time.
    pub(super) fn draw(self: &Arc<Self>, name: KeyName, fate: KeyFate, entropy: &dyn Entropy) -> Secret {
        let secret = self.place(name, |bytes| entropy.fill(bytes));
        self.note(&secret, fate);
        secret
    }

    /// Takes a secret over from another process: it was born there.
    pub(super) fn take_over(
        self: &Arc<Self>,
        name: KeyName,
        secret: &Zeroizing<[u8; SECRET_BYTES]>,
    ) -> Secret {
        self.place(name, |bytes| bytes.copy_from_slice(&**secret))
    }

    /// Puts a secret into a free slot.
    fn place(self: &Arc<Self>, name: KeyName, fill: impl FnOnce(&mut [u8])) -> Secret {
        let (page, slot) = self.free_slot();
        let commitment = page.with(slot, |bytes| {
            fill(bytes);
            Commitment::to(key(bytes))
        });
        Secret { vault: Arc::clone(self), page, slot, name, commitment, is_handed_over: false }
    }

    fn free_slot(&self) -> (Arc<Page>, usize) {
        let mut pages = lock(&self.pages);
        for page in &*pages {
            if let Some(slot) = page.claim() {
                return (Arc::clone(page), slot);
            }
        }
        let page = self.new_page();
        // A new page is empty, so its first slot is free.
        let slot = page.claim().unwrap_or(0);
        pages.push(Arc::clone(&page));
        (page, slot)
    }

    fn new_page(&self) -> Arc<Page> {
        let bytes = locked_page().unwrap_or_else(|(bytes, error)| {
            let mut problem = lock(&self.problem);
            if problem.is_none() {
                tracing::warn!(%error, "keys cannot be locked in memory and could be swapped out");
                *problem = Some(error.to_string());
            }
            bytes
        });
        Arc::new(Page(Mutex::new(Slots { bytes, taken: 0 })))
    }

    fn note(&self, secret: &Secret, fate: KeyFate) {
        let mut events = lock(&self.events);
        if events.len() < EVENTS_MAX {
            events.push(KeyEvent { key: secret.name.clone(), commitment: secret.commitment, fate });
        }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<vault>")
    }
}

/// A page of the system's, locked and kept out of core dumps; or what there is instead, and why.
fn locked_page() -> Result<Bytes, (Bytes, io::Error)> {
    let page = MmapMut::map_anon(SLOTS * SECRET_BYTES)
        .map_err(|error| (Bytes::Heap(Box::new([0; SLOTS * SECRET_BYTES])), error))?;
    match page.advise(Advice::DontDump).and_then(|()| page.lock()) {
        Ok(()) => Ok(Bytes::Mapped(page)),
        Err(error) => Err((Bytes::Mapped(page), error)),
    }
}

impl Page {
    fn claim(&self) -> Option<usize> {
        let mut slots = lock(&self.0);
        let slot = slots.taken.trailing_ones() as usize;
        (slot < SLOTS).then(|| {
            slots.taken |= 1 << slot;
            slot
        })
    }

    fn with<T>(&self, slot: usize, work: impl FnOnce(&mut [u8]) -> T) -> T {
        let mut slots = lock(&self.0);
        let bytes: &mut [u8] = match &mut slots.bytes {
            Bytes::Mapped(page) => page,
            Bytes::Heap(page) => &mut **page,
        };
        work(&mut bytes[slot * SECRET_BYTES..][..SECRET_BYTES])
    }

    fn release(&self, slot: usize) {
        self.with(slot, Zeroize::zeroize);
        lock(&self.0).taken &= !(1 << slot);
    }
}

impl Secret {
    /// The first eight bytes of BLAKE3 of `input`, keyed with this secret.
    pub(super) fn hash(&self, input: &[u8]) -> u64 {
        first_eight(&self.page.with(self.slot, |bytes| blake3::keyed_hash(key(bytes), input)))
    }

    /// The same of a kind and a text, in one.
    pub(super) fn hash_of_kind(&self, kind: u8, text: &[u8]) -> u64 {
        let mut hasher = self.page.with(self.slot, |bytes| blake3::Hasher::new_keyed(key(bytes)));
        first_eight(&hasher.update(&[kind]).update(text).finalize())
    }

    /// Which key it is.
    pub(super) const fn name(&self) -> &KeyName {
        &self.name
    }

    /// A copy for the next process, wiped when dropped.
    pub(super) fn copy(&self) -> Zeroizing<[u8; SECRET_BYTES]> {
        let mut copy = Zeroizing::new([0; SECRET_BYTES]);
        self.page.with(self.slot, |bytes| copy.copy_from_slice(bytes));
        copy
    }

    /// The next process has it: wiping it here is not its end.
    pub(super) fn leave(mut self) {
        self.is_handed_over = true;
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.page.release(self.slot);
        if !self.is_handed_over {
            self.vault.note(self, KeyFate::Destroyed);
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

/// Wipes what functions that have returned left on this thread's stack, copies of keys and addresses among it: hashing
/// spreads a key over registers and stack, and no language says what becomes of those.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "covering the stack is what it is for")]
pub fn wipe_stack() {
    let mut below = [0_u8; STACK_BYTES];
    // Whoever might read and write it is told of it, so the zeros are there.
    std::hint::black_box(&mut below);
}

/// The bytes of a slot as a key.
fn key(bytes: &[u8]) -> &[u8; SECRET_BYTES] {
    bytes.first_chunk().expect("a slot is as long as a key")
}

/// The first eight bytes of a hash, as a number.
fn first_eight(hash: &blake3::Hash) -> u64 {
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn name(period: i32) -> KeyName {
        KeyName::of_day(&"shop".into(), period)
    }

    #[test]
    fn secrets_share_locked_pages_and_slots_are_used_again() {
        let vault = Vault::open();
        assert_eq!(vault.problem(), None, "a page can be locked");
        let first: Vec<_> = (0..i32::try_from(SLOTS).unwrap())
            .map(|day| vault.draw(name(day), KeyFate::Born, &SystemEntropy))
            .collect();
        assert_eq!(lock(&vault.pages).len(), 1);
        let one_more = vault.draw(name(-1), KeyFate::Born, &SystemEntropy);
        assert_eq!(lock(&vault.pages).len(), 2);
        drop(first);
        let _again = vault.draw(name(0), KeyFate::Born, &SystemEntropy);
        assert_eq!((lock(&vault.pages).len(), one_more.slot), (2, 0));
    }

    #[test]
    fn dropped_secret_is_wiped_and_its_end_is_noted() {
        let vault = Vault::open();
        let secret = vault.draw(name(1), KeyFate::Born, &SystemEntropy);
        let (page, slot, commitment) = (Arc::clone(&secret.page), secret.slot, secret.commitment);
        assert!(page.with(slot, |bytes| bytes.iter().any(|byte| *byte != 0)));
        drop(secret);
        assert!(page.with(slot, |bytes| bytes.iter().all(|byte| *byte == 0)));
        let fates: Vec<_> =
            vault.take_events().into_iter().map(|event| (event.commitment, event.fate)).collect();
        assert_eq!(fates, [(commitment, KeyFate::Born), (commitment, KeyFate::Destroyed)]);
    }

    #[test]
    fn secret_that_is_handed_over_is_the_same_there_and_did_not_end_here() {
        let (here, there) = (Vault::open(), Vault::open());
        let secret = here.draw(name(1), KeyFate::Born, &SystemEntropy);
        let taken = there.take_over(name(1), &secret.copy());
        assert_eq!(secret.hash(b"a"), taken.hash(b"a"));
        secret.leave();
        assert_eq!(here.take_events().len(), 1, "born, and not destroyed");
        assert!(there.take_events().is_empty());
        drop(taken);
        assert_eq!(there.take_events()[0].fate, KeyFate::Destroyed);
    }

    #[test]
    fn secret_cannot_be_printed() {
        let vault = Vault::open();
        assert_eq!(
            format!("{:?} {vault:?}", vault.draw(name(1), KeyFate::Born, &SystemEntropy)),
            "<secret> <vault>"
        );
    }
}
