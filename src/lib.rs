//! Consentry: a reverse proxy that asks before it lets a tracker through, and counts visits without keeping who made
//! them.

pub mod clock;
pub mod telemetry;

pub mod policy;

pub mod counting;

pub mod store;

pub mod proxy;

pub mod banner;

pub mod server;

pub mod config;
