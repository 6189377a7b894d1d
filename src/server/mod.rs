//! Who is talking to us: listeners, the stack of layers, the endpoints.

pub mod admin;
pub mod asking;
pub mod beacon;
mod body_limit;
mod cache;
mod catch_panic;
mod change;
mod choice;
mod choice_form;
mod consent_cookie;
pub mod count;
mod event;
pub mod fences;
pub mod files;
pub mod first_views;
mod form;
mod from_here;
mod guard;
pub mod inventory;
mod keys;
pub mod known_scripts;
mod let_in;
pub mod limits;
mod listen;
mod made_frames;
mod navigation;
mod objection;
mod observe;
mod own_path;
mod own_sent;
mod page;
mod patient;
pub mod practice;
mod privacy;
mod receipts;
mod redirect;
mod refusal;
mod report;
mod rescue;
mod service_worker;
pub mod sightings;
pub mod site;
pub mod sitemap;
pub mod stack;
pub mod stats;
pub mod validator;
mod visit;
mod weeks;
pub mod worker;

use std::net::SocketAddr;

pub use listen::{Bound, Door, Inherited, ListenError, Serving, Shared, bind, serve};

/// Where the gateway listens, and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Addresses for visitors.
    pub http: Vec<SocketAddr>,
    /// Address for operators and analysts.
    pub admin: SocketAddr,
    /// Worker threads. Default: one per core.
    pub workers: usize,
    /// Most requests waiting for their response head, over all workers. Default 4096; more get 503 (RFC 9110 section 15.6.4).
    pub requests_max: usize,
    /// Most open visitor connections, over all workers. Default 16384; more wait in the kernel's queue.
    pub connections_max: usize,
    /// Longest request head. Unit: bytes. Default 65536; longer is 431 (RFC 6585 section 5), told by us
    /// and not by hyper (`listen/heads.rs`).
    pub head_bytes_max: usize,
    /// Longest wait for a request head, and idle time between two. Default 30 s.
    pub head_timeout: std::time::Duration,
    /// How long open requests may go on after SIGTERM. Default 30 s.
    pub drain_timeout: std::time::Duration,
}
