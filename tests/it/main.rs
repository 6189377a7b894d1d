//! One binary of integration tests: a real gateway before a real origin, over real sockets.
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no readers of its documentation")]

mod choices;
mod faults;
mod link_decoration;
mod own_paths;
mod page_views;
mod pages;
mod privacy;
mod requests;
mod scans;
mod support;
mod tidy;
