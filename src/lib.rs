//! Consentry: a reverse proxy that asks before it lets a tracker through, and counts visits without keeping who made
//! them.
//!
//! Four ways lead through the rooms, left to right; a room knows only those before it:
//!
//! - a page: [`server`] → [`proxy`] → the origin → [`proxy::rewrite`] (which asks [`policy`]) → the visitor
//! - a choice: [`server`] → [`policy::consent`] → [`store`] (the ledger) → the consent cookie
//! - a page view: [`server`] → [`counting`] → [`store`] (spool, then statistics)
//! - a question: [`server`] → [`store`] → small cells folded → JSON

pub mod clock;
pub mod telemetry;

pub mod policy;

pub mod counting;

pub mod store;

pub mod proxy;

pub mod banner;

pub mod server;

pub mod config;

pub mod app;

pub mod commands;
