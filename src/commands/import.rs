//! `consentry import`: past visits into the statistics, through the same anonymisation as live ones.
//!
//! Addresses and agents are read from the file, counted in memory and forgotten; nothing of them is written. An
//! import's keys are its own and die with it, so a visitor of the same day who also came live counts twice.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Failure, Format, failed, load, print, say};
use crate::clock::{Entropy as _, SystemClock, SystemEntropy};
use crate::counting::place::WatchedPlaces;
use crate::counting::{Counter, Hit, HitKind, SiteIndex, Standing};
use crate::store::embedded::Embedded;
use crate::store::{Batch, BatchId, EventStore as _};

/// Longest line. Unit: bytes.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Lines counted between two batches.
const LINES_A_BATCH: u64 = 200_000;

/// Faulty lines told one by one; the rest is only counted.
const FAULTS_TOLD_MAX: u64 = 10;

/// One line of a jsonl file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    t: Timestamp,
    ip: IpAddr,
    #[serde(default, borrow)]
    ua: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    path: std::borrow::Cow<'a, str>,
    #[serde(default, borrow)]
    referrer: Option<std::borrow::Cow<'a, str>>,
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(default, borrow)]
    name: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    interactive: Option<bool>,
    #[serde(default)]
    engaged_ms: Option<u64>,
    #[serde(default)]
    status: Option<u16>,
    /// Kept for later versions; not counted yet.
    #[serde(default, rename = "props")]
    _props: Option<serde::de::IgnoredAny>,
    #[serde(default, rename = "revenue")]
    _revenue: Option<serde::de::IgnoredAny>,
}

/// What became of a file.
#[derive(Default)]
struct Progress {
    lines: u64,
    faults: u64,
    late: u64,
    latest: Option<Timestamp>,
}

/// Counts the visits in `file` for `site`.
pub(super) fn run(config: &Path, site: &str, format: Format, file: &Path) -> Result<(), Failure> {
    let Format::Jsonl = format;
    let config = load(config)?.config;
    let Some(settings) = config.sites.iter().find(|known| &*known.name == site) else {
        let known: Vec<&str> = config.sites.iter().map(|site| &*site.name).collect();
        return Err(Failure::Wrong(format!("error: no site \"{site}\"; sites are: {}", known.join(", "))));
    };
    let store = Embedded::open(&config.store, Arc::new(SystemClock)).map_err(failed)?;
    let places = Arc::new(WatchedPlaces::open(config.places.as_deref()));
    let counter = Counter::new(vec![settings.counting.clone()], places, Arc::new(SystemEntropy));
    let opened = File::open(file).map_err(|error| failed(format!("{}: {error}", file.display())))?;
    let bytes = opened.metadata().map_or(0, |metadata| metadata.len());
    let mut batches = Batches::new(counter, &store)?;
    let progress = read(BufReader::new(opened), bytes, &mut batches)?;
    batches.write()?;
    tell(file, &progress);
    if progress.lines == 0 && progress.faults > 0 {
        return Err(failed("no line could be read; is the file in another format?"));
    }
    Ok(())
}

fn tell(file: &Path, progress: &Progress) {
    print(&format!("{}: {} lines counted, {} faulty", file.display(), progress.lines, progress.faults));
    if progress.late > 0 {
        say(&format!(
            "warning: {} lines were out of time order and counted at the time before them",
            progress.late
        ));
    }
    print("next: ask for the figures in the dashboard or with POST /api/v2/query");
}

/// The counter, and the way of its sums to the store.
struct Batches<'a> {
    counter: Counter,
    store: &'a Embedded,
    runtime: tokio::runtime::Runtime,
    next: BatchId,
}

impl<'a> Batches<'a> {
    fn new(counter: Counter, store: &'a Embedded) -> Result<Self, Failure> {
        let mut boot = [0; 8];
        SystemEntropy.fill(&mut boot);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        Ok(Self { counter, store, runtime, next: BatchId { boot: u64::from_be_bytes(boot), sequence: 1 } })
    }

    fn write(&mut self) -> Result<(), Failure> {
        let drained = self.counter.drain();
        let batch = Batch { id: self.next, tallies: drained.tallies, names: drained.names };
        self.next.sequence += 1;
        self.runtime.block_on(self.store.insert(&batch)).map_err(failed)
    }
}

fn read(mut lines: BufReader<File>, bytes: u64, batches: &mut Batches<'_>) -> Result<Progress, Failure> {
    let (mut progress, mut line, mut done) = (Progress::default(), Vec::new(), 0);
    let (mut number, shows) = (0_u64, std::io::stderr().is_terminal());
    loop {
        line.clear();
        let read = lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            return Ok(progress);
        }
        number += 1;
        done += read as u64;
        if line.last() != Some(&b'\n') && read as u64 == LINE_BYTES_MAX {
            fault(&mut progress, number, &format!("it is longer than {LINE_BYTES_MAX} bytes"));
            done += lines.skip_until(b'\n').map_err(failed)? as u64;
            continue;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match hit(&line) {
            Ok(hit) => count(&mut progress, batches, hit),
            Err(problem) => fault(&mut progress, number, &problem),
        }
        if number.is_multiple_of(LINES_A_BATCH) {
            batches.write()?;
            if shows {
                say(&format!("{number} lines, {} %", (done * 100).checked_div(bytes).unwrap_or(100)));
            }
        }
    }
}

fn count(progress: &mut Progress, batches: &mut Batches<'_>, hit: Option<Hit>) {
    progress.lines += 1;
    let Some(hit) = hit else { return };
    match progress.latest {
        Some(latest) if hit.at < latest => progress.late += 1,
        _ => {
            progress.latest = Some(hit.at);
            batches.counter.advance(hit.at);
        }
    }
    batches.counter.count(hit);
}

fn fault(progress: &mut Progress, number: u64, problem: &str) {
    progress.faults += 1;
    if progress.faults <= FAULTS_TOLD_MAX {
        say(&format!("line {number}: {problem}"));
    }
}

/// Reads one line. A page view that was answered with an error is none, and counts as nothing.
fn hit(line: &[u8]) -> Result<Option<Hit>, String> {
    // serde's messages name the field and the place, never the value of an address or agent.
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let kind = match &*line.kind {
        "pageview" if line.status.is_some_and(|status| !(200..300).contains(&status) && status != 304) => {
            return Ok(None);
        }
        "pageview" => HitKind::View { status: 200, is_public: false },
        "event" => HitKind::Event {
            name: line.name.ok_or("an event needs a name")?.into(),
            interactive: line.interactive.unwrap_or(true),
            properties: Box::default(),
            revenue: None,
        },
        "engagement" => HitKind::Engagement { engaged_ms: line.engaged_ms.unwrap_or(0), scroll: None },
        _ => return Err("type must be pageview, event or engagement".to_owned()),
    };
    let header = |text: std::borrow::Cow<'_, str>| HeaderValue::from_str(&text).ok();
    Ok(Some(Hit {
        site: SiteIndex(0),
        at: line.t,
        address: line.ip,
        user_agent: line.ua.and_then(header),
        host: None,
        target: line.path.parse::<PathAndQuery>().map_err(|_| "path is no path".to_owned())?,
        referrer: line.referrer.and_then(header),
        accept_language: None,
        consent: Standing::Unanswered,
        weeks: None,
        objects: false,
        kind,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_interface_says() {
        let line =
            br#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","ua":"x","path":"/a?b=1","type":"pageview"}"#;
        let read = hit(line).unwrap().unwrap();
        assert_eq!(read.target.as_str(), "/a?b=1");
        assert!(matches!(read.kind, HitKind::View { status: 200, is_public: false }));
        let event = br#"{"t":"2026-03-10T08:00:00Z","ip":"::1","path":"/","type":"event","name":"Kjop","props":{"a":1},
            "revenue":{"amount":"12.5","currency":"NOK"}}"#;
        assert!(matches!(hit(event).unwrap().unwrap().kind, HitKind::Event { interactive: true, .. }));
    }

    #[test]
    fn faulty_lines_say_what_is_wrong() {
        let cases: [(&[u8], &str); 4] = [
            (b"not json", "expected"),
            (br#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"click"}"#, "type must be"),
            (br#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"event"}"#, "needs a name"),
            (
                br#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"pageview","colour":1}"#,
                "unknown field",
            ),
        ];
        for (line, problem) in cases {
            let said = hit(line).err().expect("a fault");
            assert!(said.contains(problem), "{said}");
        }
    }

    #[test]
    fn a_page_view_answered_with_an_error_is_none() {
        let line =
            br#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"pageview","status":404}"#;
        assert!(hit(line).unwrap().is_none());
    }
}
