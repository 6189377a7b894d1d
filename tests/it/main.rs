//! One binary of integration tests: a real gateway before a real origin, over real sockets.
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no readers of its documentation")]

use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// The program's own, so that a process of this binary can be looked into in its stead.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

mod ahead;
mod asked;
mod asking;
mod bad_choices;
mod bad_input;
mod beacons;
mod caching;
mod choices;
mod consent_figures;
mod consent_mode;
mod cut_pages;
mod declared;
mod encodings;
mod events;
mod faults;
mod files;
mod fragments;
mod fuzz;
mod hand_over;
mod heads;
mod imports;
mod inventory;
mod learning;
mod link_decoration;
mod machines;
mod made_frames;
mod memory;
mod modes;
mod objections;
mod old_cookies;
mod own_paths;
mod own_sent;
mod packed_scripts;
mod page_views;
mod pages;
mod policies;
mod privacy;
mod public_pages;
mod questions;
mod rare_services;
mod receipt_copies;
mod receipts;
mod redirects;
mod reports;
mod requests;
mod scans;
mod schema;
mod sent_pages;
mod service_workers;
mod shop_pages;
mod stand_ins;
mod standing;
mod store_copy;
mod store_faults;
mod store_tls;
mod store_tokens;
mod stores;
mod support;
mod tidy;
mod told;
mod unchanged;
mod untouched;
mod untyped;
mod vouched;
mod ways;
