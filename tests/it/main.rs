//! One binary of integration tests: a real gateway before a real origin, over real sockets.
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no readers of its documentation")]

mod bad_input;
mod caching;
mod choices;
mod encodings;
mod faults;
mod fuzz;
mod heads;
mod inventory;
mod link_decoration;
mod modes;
mod own_paths;
mod page_views;
mod pages;
mod policies;
mod privacy;
mod receipts;
mod redirects;
mod reports;
mod requests;
mod scans;
mod service_workers;
mod shop_pages;
mod support;
mod tidy;
mod untouched;
