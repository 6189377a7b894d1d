//! Handing over to the next process: what is known of the day goes on there, to the last visit.
//!
//! The process before drains its sums first, so that nothing is counted in both. Then [`Counter::hand_over`] gives
//! everything that only memory knows: keys, open visits, who was seen. Hits of requests that are still going on in the
//! process before are packed one by one ([`pack_hit`]) and counted in the next. All this goes over a socket between two
//! processes of one user; nothing touches the disk.

mod hit;

use super::pack::{Pack, Packed, Reader, layout};
use super::site::Kept;
use super::{Counter, Hit, SiteIndex};

pub use super::pack::Unreadable;

/// Goes up when the same fields come to mean something else.
const MEANING: u32 = 1;

/// Identifies what this version hands over: another version takes it only if it says the same.
pub fn format() -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&MEANING.to_le_bytes()).update(&layout::<Kept>()).update(&layout::<Hit>());
    *hasher.finalize().as_bytes()
}

/// A hit for the next process, where the site may have another place in the list.
pub fn pack_hit(hit: &Hit, site: &str) -> Packed {
    let mut out = Packed::default();
    site.to_owned().pack(&mut out);
    hit.pack(&mut out);
    out
}

/// A hit from the process before; `None` where there is no such site any more.
pub fn unpack_hit(
    bytes: &[u8],
    site: impl FnOnce(&str) -> Option<SiteIndex>,
) -> Result<Option<Hit>, Unreadable> {
    let mut from = Reader::of(bytes);
    let name = String::unpack(&mut from)?;
    let hit = Hit::unpack(&mut from)?;
    Ok(site(&name).map(|site| Hit { site, ..hit }))
}

impl Counter {
    /// Everything that is to go on in the next process. Drain before, and count nothing after it until it is known
    /// whether the other process took it: then either [`leave`](Self::leave), or go on.
    pub fn hand_over(&self) -> Packed {
        let mut out = Packed::default();
        u32::try_from(self.sites.len()).unwrap_or(u32::MAX).pack(&mut out);
        for site in &self.sites {
            site.keep(&mut out);
        }
        out
    }

    /// Goes on where the process before stopped. Sites that it did not have, or counted by other settings, begin anew;
    /// what it knew of those is forgotten.
    pub fn take_over(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let mut from = Reader::into_vault(bytes, &self.vault);
        let count = u32::unpack(&mut from)?;
        let mut before = (0..count).map(|_| Kept::unpack(&mut from)).collect::<Result<Vec<_>, _>>()?;
        if !from.is_at_end() {
            return Err(Unreadable);
        }
        for site in &mut self.sites {
            if let Some(at) = before.iter().position(|kept| site.goes_on_from(kept)) {
                site.go_on(before.swap_remove(at));
            }
        }
        Ok(())
    }

    /// Forgets everything: the next process has it. The keys are wiped here without that being their end.
    pub fn leave(mut self) {
        for site in self.sites.drain(..) {
            site.leave();
        }
        super::secret::wipe_stack();
    }
}

#[cfg(test)]
mod tests;
