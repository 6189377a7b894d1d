//! What the program tells its operator: every metric with its unit, and the form of the log.
//!
//! A metric's labels come from closed sets written here; no address, agent, query, cookie value or mark can reach
//! one. Reading is rare and writing is a relaxed atomic add, so a request pays a few nanoseconds.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that only grows, or a gauge that is set.
#[derive(Debug, Default)]
pub struct Figure(AtomicU64);

impl Figure {
    /// One more.
    pub fn increment(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// `count` more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// One fewer; for gauges.
    pub fn decrement(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    /// Sets a gauge.
    pub fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// What it stands at.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Upper bounds of the time to a response head. Unit: seconds.
const HEAD_SECONDS: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, f64::INFINITY];

/// Every figure of the process.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Answers by status class, 1xx to 5xx.
    pub answers: [Figure; 5],
    /// Answers whose head took at most [`HEAD_SECONDS`].
    head_buckets: [Figure; 8],
    /// Microseconds until response heads, summed.
    head_micros: Figure,
    /// Requests refused because too many were waiting.
    pub requests_shed: Figure,
    /// Requests that were malformed and not forwarded.
    pub requests_malformed: Figure,
    /// Requests that ended in a bug.
    pub panics: Figure,
    /// Requests the origin did not answer.
    pub origin_failures: Figure,
    /// Pages rewritten.
    pub pages_rewritten: Figure,
    /// Pages that the browser had: answered 304, without a body.
    pub pages_confirmed: Figure,
    /// Pages cut because they could not be rewritten.
    pub pages_cut: Figure,
    /// HTML that could only pass under its fence.
    pub pages_fenced_only: Figure,
    /// Tags left inert.
    pub tags_held: Figure,
    /// Tags too long to wait for, decided on attribute by attribute.
    pub tags_long: Figure,
    /// `Set-Cookie` lines dropped.
    pub cookies_held: Figure,
    /// Request cookies kept from the origin.
    pub cookies_withheld: Figure,
    /// Requests of held trackers to the shop's own hosts, answered here.
    pub requests_held: Figure,
    /// Scripts of held trackers from the shop's own hosts, answered with stand-ins or nothing.
    pub scripts_held: Figure,
    /// Requests that reached the origin without their link decoration.
    pub links_undecorated: Figure,
    /// Header fields of answers dropped, in whole or in part.
    pub fields_held: Figure,
    /// Redirects of parts of pages to held hosts, answered with nothing.
    pub redirects_held: Figure,
    /// Service workers refused: a worker that removes itself was answered.
    pub workers_refused: Figure,
    /// Choices taken.
    pub choices: Figure,
    /// Choices that could not be recorded and were refused.
    pub choices_failed: Figure,
    /// Hits handed to the counter.
    pub hits: Figure,
    /// Hits dropped because the counter's queue was full.
    pub hits_dropped: Figure,
    /// Times the shop's sitemaps could not be read in full.
    pub sitemaps_failed: Figure,
    /// Batches the store has not confirmed.
    pub batches_pending: Figure,
    /// Batches the store confirmed.
    pub batches_stored: Figure,
    /// Attempts of the store that failed.
    pub batches_failed: Figure,
    /// Batches that could not be written to the spool; their counts are tried again with the next one.
    pub spool_failures: Figure,
    /// Tallies lost because the spool could not be written for too long, or had no room.
    pub tallies_lost: Figure,
    /// Is the store failing now? 1, or 0.
    pub store_failing: Figure,
    /// Bytes that wait in the spool.
    pub spool_bytes: Figure,
    /// How long the oldest batch has waited. Unit: seconds.
    pub spool_oldest_seconds: Figure,
    /// Batches merged because the spool was full; nothing of them is lost.
    pub batches_merged: Figure,
    /// Batches that found no room in the spool, or waited too long.
    pub batches_lost: Figure,
    /// Places of the ledger that were copied to the server.
    pub receipts_copied: Figure,
    /// Places of the ledger that are not known to be on the server.
    pub receipts_not_copied: Figure,
    /// Does copying receipts fail now? 1, or 0.
    pub receipts_copy_failing: Figure,
    /// Is the date one that nothing is destroyed by? 1, or 0.
    pub date_in_doubt: Figure,
    /// Batches that cannot be read, or that the store cannot take.
    pub batches_set_aside: Figure,
    /// Sightings that found no room among those counted.
    pub sightings_dropped: Figure,
    /// Reports about the fence, and words of the witness, that were taken.
    pub reports: Figure,
    /// Those that were dropped: too many in a second, more than a body may hold, or the queue was full.
    pub reports_dropped: Figure,
    /// Times the inventory could not be opened or written.
    pub inventory_failures: Figure,
    /// Is the inventory failing now? 1, or 0.
    pub inventory_failing: Figure,
    /// Is the log of keys failing now? 1, or 0.
    pub key_log_failing: Figure,
    /// When the process began to serve. Unit: seconds since 1970.
    pub started_seconds: Figure,
    /// When the settings that are in force were read. Unit: seconds since 1970.
    pub settings_read_seconds: Figure,
    /// Were the settings that were read last refused? 1, or 0.
    pub settings_refused: Figure,
}

impl Metrics {
    /// Notes an answer's head: its status and how long it took.
    pub fn answered(&self, status: u16, taken: std::time::Duration) {
        let class = usize::from(status / 100).clamp(1, self.answers.len()) - 1;
        self.answers[class].increment();
        let seconds = taken.as_secs_f64();
        let bucket =
            HEAD_SECONDS.iter().position(|limit| seconds <= *limit).unwrap_or(HEAD_SECONDS.len() - 1);
        self.head_buckets[bucket].increment();
        self.head_micros.add(u64::try_from(taken.as_micros()).unwrap_or(u64::MAX));
    }

    /// The text exposition format of Prometheus, version 0.0.4.
    pub fn expose(&self) -> String {
        let mut text = String::with_capacity(4096);
        let (name, version) = ("app_build_info", env!("CARGO_PKG_VERSION"));
        let _ = write!(text, "# HELP {name} The program.\n# TYPE {name} gauge\n");
        let _ = writeln!(text, "{name}{{version=\"{version}\"}} 1");
        self.expose_answers(&mut text);
        for (name, kind, help, figure) in self.list() {
            let value = figure.get();
            // writing to a String cannot fail
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        }
        text
    }

    fn expose_answers(&self, text: &mut String) {
        let name = "server_answers_total";
        let _ = write!(text, "# HELP {name} Answers by status class.\n# TYPE {name} counter\n");
        for (class, figure) in self.answers.iter().enumerate() {
            let _ = writeln!(text, "{name}{{class=\"{}xx\"}} {}", class + 1, figure.get());
        }
        let name = "server_head_seconds";
        let _ = write!(text, "# HELP {name} Time until the response head.\n# TYPE {name} histogram\n");
        let mut sum = 0;
        for (limit, figure) in HEAD_SECONDS.iter().zip(&self.head_buckets) {
            sum += figure.get();
            let limit = if limit.is_finite() { limit.to_string() } else { "+Inf".to_owned() };
            let _ = writeln!(text, "{name}_bucket{{le=\"{limit}\"}} {sum}");
        }
        let micros = self.head_micros.get();
        let _ =
            writeln!(text, "{name}_sum {}.{:06}\n{name}_count {sum}", micros / 1_000_000, micros % 1_000_000);
    }

    fn list(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str, &Figure)> {
        self.counters().map(|(name, help, figure)| (name, "counter", help, figure)).chain([
            ("store_batches_pending", "gauge", "Batches the store has not confirmed.", &self.batches_pending),
            ("store_spool_bytes", "gauge", "Bytes waiting in the spool.", &self.spool_bytes),
            (
                "store_spool_oldest_seconds",
                "gauge",
                "How long the oldest batch has waited.",
                &self.spool_oldest_seconds,
            ),
            (
                "store_receipts_not_copied",
                "gauge",
                "Records of the ledger not copied yet.",
                &self.receipts_not_copied,
            ),
            (
                "store_receipts_copy_failing",
                "gauge",
                "1 while no record can be copied.",
                &self.receipts_copy_failing,
            ),
            ("store_failing", "gauge", "1 while the store takes no batch.", &self.store_failing),
            ("process_start_time_seconds", "gauge", "When it began to serve.", &self.started_seconds),
            (
                "app_settings_read_seconds",
                "gauge",
                "When the settings in force were read.",
                &self.settings_read_seconds,
            ),
            (
                "app_settings_refused",
                "gauge",
                "1 while the last settings are refused.",
                &self.settings_refused,
            ),
            ("app_date_in_doubt", "gauge", "1 while nothing old is erased.", &self.date_in_doubt),
            (
                "store_key_log_failing",
                "gauge",
                "1 while the log of keys is not written.",
                &self.key_log_failing,
            ),
            ("store_inventory_failing", "gauge", "1 while names are not written.", &self.inventory_failing),
        ])
    }

    fn counters(&self) -> impl Iterator<Item = (&'static str, &'static str, &Figure)> {
        [
            ("server_requests_shed_total", "Requests refused: too many were waiting.", &self.requests_shed),
            ("server_requests_malformed_total", "Requests not forwarded.", &self.requests_malformed),
            ("server_panics_total", "Requests that ended in a bug.", &self.panics),
            ("server_choices_total", "Choices taken.", &self.choices),
            ("server_choices_failed_total", "Choices that could not be recorded.", &self.choices_failed),
            ("proxy_origin_failures_total", "Requests the origin did not answer.", &self.origin_failures),
            ("proxy_pages_rewritten_total", "Pages rewritten.", &self.pages_rewritten),
            ("server_pages_confirmed_total", "Pages the browser had: 304.", &self.pages_confirmed),
            ("proxy_pages_cut_total", "Pages cut: they could not be rewritten.", &self.pages_cut),
            ("proxy_pages_fenced_only_total", "HTML passed under its fence.", &self.pages_fenced_only),
            ("policy_tags_held_total", "Tags left inert.", &self.tags_held),
            ("proxy_tags_long_total", "Tags too long to wait for.", &self.tags_long),
            ("policy_cookies_held_total", "Set-Cookie lines dropped.", &self.cookies_held),
            ("policy_cookies_withheld_total", "Requests with cookies taken out.", &self.cookies_withheld),
            ("policy_requests_held_total", "Own-path requests of trackers held.", &self.requests_held),
            ("policy_scripts_held_total", "Own-path scripts of trackers left empty.", &self.scripts_held),
            ("policy_links_undecorated_total", "Requests rid of link decoration.", &self.links_undecorated),
            ("policy_fields_held_total", "Header fields dropped, or parts of them.", &self.fields_held),
            ("policy_redirects_held_total", "Redirects of parts of pages held.", &self.redirects_held),
            ("policy_workers_refused_total", "Service workers refused.", &self.workers_refused),
            ("counting_hits_total", "Hits handed to the counter.", &self.hits),
            ("counting_hits_dropped_total", "Hits dropped: the queue was full.", &self.hits_dropped),
            ("server_sitemaps_failed_total", "Times sitemaps could not be read.", &self.sitemaps_failed),
            ("store_batches_stored_total", "Batches the store confirmed.", &self.batches_stored),
            ("store_batches_failed_total", "Attempts of the store that failed.", &self.batches_failed),
            ("store_spool_failures_total", "Times the spool failed.", &self.spool_failures),
            ("store_receipts_copied_total", "Records of the ledger copied.", &self.receipts_copied),
            ("store_batches_merged_total", "Batches merged in a full spool.", &self.batches_merged),
            ("store_batches_lost_total", "Batches without room, or too old.", &self.batches_lost),
            ("store_batches_set_aside_total", "Batches the store cannot take.", &self.batches_set_aside),
            ("store_tallies_lost_total", "Tallies the spool could not take.", &self.tallies_lost),
            ("server_sightings_dropped_total", "Names seen that found no room.", &self.sightings_dropped),
            ("server_reports_total", "Reports of browsers taken.", &self.reports),
            ("server_reports_dropped_total", "Reports of browsers dropped.", &self.reports_dropped),
            ("store_inventory_failures_total", "Times the inventory failed.", &self.inventory_failures),
        ]
        .into_iter()
    }
}

/// Sends the log to standard error, filtered by `RUST_LOG` (default `info`).
pub fn start_log() {
    start_log_from("info");
}

/// Sends the log to standard error, filtered by `RUST_LOG`, or by `level` where that is not set.
pub fn start_log_from(level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    // A second call in one process (tests) keeps the first log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn answers_are_counted_by_class_and_time() {
        let metrics = Metrics::default();
        metrics.answered(200, Duration::from_micros(300));
        metrics.answered(503, Duration::from_secs(3));
        let text = metrics.expose();
        assert!(text.contains("server_answers_total{class=\"2xx\"} 1\n"), "{text}");
        assert!(text.contains("server_answers_total{class=\"5xx\"} 1\n"), "{text}");
        assert!(text.contains("server_head_seconds_bucket{le=\"0.001\"} 1\n"), "{text}");
        assert!(text.contains("server_head_seconds_bucket{le=\"10\"} 2\n"), "{text}");
        assert!(text.contains("server_head_seconds_sum 3.000300\n"), "{text}");
    }

    #[test]
    fn every_metric_has_help_and_type() {
        let text = Metrics::default().expose();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split([' ', '{']).next().unwrap();
            let family = name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count");
            assert!(text.contains(&format!("# TYPE {family} ")), "{line}");
        }
    }
}
