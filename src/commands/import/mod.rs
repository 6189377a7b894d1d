//! `consentry import`: past visits into the statistics, through the same anonymisation as live ones.
//!
//! Addresses and agents are read from the file, counted in memory and forgotten; nothing of them is written. An import's
//! keys are its own ([`keys`]), so a visitor of the same day who also came live counts twice.
//!
//! ```text
//! source ─ lines ─ jsonl │ combined ─ order ─ Counter ─ session: batches ─ write ─ store
//! ```
//!
//! A file is known again by its content ([`plan`]): what of it is in the statistics is not counted twice, an import that was
//! interrupted goes on, a log that has grown gives its new lines.

mod combined;
mod jsonl;
mod keys;
mod known;
mod line;
mod lines;
mod order;
mod pages;
mod plan;
mod progress;
mod session;
mod source;
mod tell;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use clap::{Args, ValueEnum};
use jiff::SignedDuration;

use self::combined::Combined;
use self::keys::{FromFile, HEAD_BYTES};
use self::known::Known;
use self::line::Span;
use self::lines::Lines;
use self::plan::{Plan, unopened};
use self::progress::Progress;
use self::session::{LINES_A_BATCH, Parts, Reader, Session};
use self::tell::End;
use self::write::{Aim, Parcel, WAITING_MAX, Writer};
use super::stop::Stop;
use super::{Failure, failed, load, print, say};
use crate::clock::{Clock as _, Entropy, SystemClock, SystemEntropy};
use crate::config::{Config, Site};
use crate::counting::place::WatchedPlaces;
use crate::counting::{Counter, WithoutConsent};
use crate::store::imports::{Hash, Imports};

/// How far the clock of who wrote the file may be ahead. Unit: hours.
const AHEAD_HOURS_MAX: i64 = 24;

/// What is imported, and how.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Arguments {
    /// The config file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The site the visits belong to
    #[arg(long, value_name = "NAME")]
    site: String,
    /// How the file is written
    #[arg(long, value_enum)]
    format: Format,
    /// Read all and tell the figures, but write nothing
    #[arg(long, conflicts_with_all = ["undo", "again"])]
    dry_run: bool,
    /// Take out of the statistics what this file brought in
    #[arg(long, conflicts_with = "again")]
    undo: bool,
    /// Count the file as if it had never been imported, beside what it brought in before
    #[arg(long)]
    again: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// Write after so many lines at the latest: fewer take less memory and more time
    #[arg(long, value_name = "LINES", default_value_t = LINES_A_BATCH, value_parser = clap::value_parser!(u64).range(1..))]
    batch: u64,
    /// The file, in time order; with .gz, .zst or .br at its end it is unpacked; - is standard input
    file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line
    Jsonl,
    /// The combined log format of Apache and nginx
    Combined,
}

/// Counts the visits in a file, or takes them back.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = load(&arguments.config)?.config;
    let site = site(&config, &arguments.site)?;
    warn_where_nobody_is_counted(site);
    let stop = Stop::listen()?;
    let source = source::open(&arguments.file).map_err(|error| unopened(&arguments.file, &error))?;
    let progress = Progress::start(source.read, source.size);
    let mut lines = Lines::new(source.bytes);
    let head = lines.head(HEAD_BYTES);
    let aim = arguments.aim();
    let rules = rules(&config, site, arguments.format);
    let (room, given_back) = sync_channel(WAITING_MAX);
    let (import, writer) = if aim == Aim::Tell {
        (None, None)
    } else {
        let imports = open(&config)?;
        let import = match known::find(arguments, &imports, &head, rules)? {
            Known::File(import) => import,
            Known::Nothing => {
                nothing_new(arguments);
                return Ok(());
            }
        };
        let store = config.statistics.open_to_import(&config.store, Arc::new(SystemClock)).map_err(failed)?;
        (
            import.clone(),
            Some(Writer {
                imports,
                import,
                site: arguments.site.clone(),
                head: head.to_vec(),
                rules,
                store,
                aim,
                room,
            }),
        )
    };
    let plan = Plan::of(import.as_ref(), aim);
    let (parcels, waiting) = sync_channel(WAITING_MAX);
    let mut session = Session::new(Parts {
        path: &arguments.file,
        lines,
        reader: arguments.reader(site),
        span: span(&config)?,
        counter: counter(&config, site, &head, plan.base),
        plan,
        aim,
        parcels: writer.is_some().then_some(parcels),
        room: given_back,
        progress,
        stop,
        lines_a_batch: arguments.batch,
    });
    let end = match writer {
        None => session.run()?,
        Some(writer) => with_writer(&mut session, writer, waiting)?,
    };
    told(arguments, &session, aim, end)
}

impl Arguments {
    const fn aim(&self) -> Aim {
        match (self.dry_run, self.undo) {
            (true, _) => Aim::Tell,
            (false, true) => Aim::TakeBack,
            (false, false) => Aim::Add,
        }
    }

    fn reader(&self, site: &Site) -> Reader {
        match self.format {
            Format::Jsonl => Reader::Jsonl,
            Format::Combined => Reader::Combined(Box::new(Combined::new(&site.hosts, &site.banner.prefix))),
        }
    }
}

fn site<'a>(config: &'a Config, name: &str) -> Result<&'a Site, Failure> {
    config.sites.iter().find(|site| &*site.name == name).ok_or_else(|| {
        let known: Vec<&str> = config.sites.iter().map(|site| &*site.name).collect();
        Failure::Wrong(format!("error: no site \"{name}\"; sites are: {}", known.join(", ")))
    })
}

fn warn_where_nobody_is_counted(site: &Site) {
    if site.counting.without_consent == WithoutConsent::Off {
        say(
            "warning: the site counts nobody who did not agree, and a file does not say who did: nothing is counted",
        );
    }
}

fn open(config: &Config) -> Result<Imports, Failure> {
    let imports = Imports::open(&config.store).map_err(failed)?;
    imports.ok_or_else(|| failed("another import into this store is running; wait until it has ended"))
}

fn span(config: &Config) -> Result<Span, Failure> {
    let now = SystemClock.now();
    let until = now.checked_add(SignedDuration::from_hours(AHEAD_HOURS_MAX)).map_err(failed)?;
    Ok(Span { kept_from: config.statistics.retention().kept_from(now), until })
}

fn counter(config: &Config, site: &Site, head: &[u8], base: u64) -> Counter {
    let entropy: Arc<dyn Entropy> = match FromFile::new(head, &site.name, base) {
        Some(keys) => Arc::new(keys),
        None => Arc::new(SystemEntropy),
    };
    let places = Arc::new(WatchedPlaces::open(config.places.as_deref()));
    if let Some(problem) = places.problem() {
        say(&format!("warning: places are unknown: {problem}"));
    }
    Counter::new(vec![site.counting.clone()], places, entropy)
}

/// What figures depend on beside the file, hashed: counting the same lines under other rules gives other sums.
fn rules(config: &Config, site: &Site, format: Format) -> Hash {
    let places = config.places.as_deref().and_then(|path| std::fs::metadata(path).ok());
    let places = places.map(|metadata| (metadata.len(), metadata.modified().ok()));
    let version = env!("CARGO_PKG_VERSION");
    let text = format!("{version} {format:?} {:?} {:?} {places:?}", site.counting, site.hosts);
    *blake3::hash(text.as_bytes()).as_bytes()
}

/// Runs with the store on a thread of its own. What went wrong there comes first: it is why the rest ended.
fn with_writer(session: &mut Session<'_>, writer: Writer, waiting: Receiver<Parcel>) -> Result<End, Failure> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("import-write".into());
        let thread = thread.spawn_scoped(scope, move || writer.run(&waiting)).map_err(failed)?;
        let end = session.run();
        session.parts.parcels = None;
        let written = thread.join().map_err(|_| failed("writing ended in a bug of ours"))?;
        written.and(end)
    })
}

fn nothing_new(arguments: &Arguments) {
    let name = source::shown(&arguments.file);
    let next =
        "all of the file is in the statistics already; --again counts it a second time, --undo takes it out";
    if arguments.json {
        print(&serde_json::json!({ "end": "nothing_new", "lines": 0, "next": next }).to_string());
    } else {
        print(&format!("{}: nothing new\nnext: {next}", name.display()));
    }
}

fn told(arguments: &Arguments, session: &Session<'_>, aim: Aim, end: End) -> Result<(), Failure> {
    let took = session.parts.progress.end();
    let line = tell::grouped(session.lines_taken());
    let (word, next) = match (end, aim) {
        (End::All, Aim::Add) => {
            ("all", "ask for the figures in the dashboard or with POST /api/v2/query".to_owned())
        }
        (End::All, Aim::Tell) => ("all", "nothing was written; run it without --dry-run to do so".to_owned()),
        (End::All, Aim::TakeBack) => ("all", "the file can be imported again".to_owned()),
        (End::Unfinished, _) => (
            "unfinished",
            format!("what follows line {line} has no end yet; run the same command when it has"),
        ),
        (End::Stopped, _) => {
            ("stopped", format!("run the same command again: it goes on behind line {line}"))
        }
        (End::Broken, _) => {
            ("broken", format!("get the file whole and run the same command: it goes on behind line {line}"))
        }
    };
    if arguments.json {
        print(&session.figures.json(&session.dropped_before, took, word, &next).to_string());
    } else {
        let name = source::shown(&arguments.file);
        print(&session.figures.table(&name.display().to_string(), aim, &session.dropped_before, took));
    }
    if matches!(end, End::Stopped | End::Broken) {
        return Err(failed(format!("the import did not come to the end of the file; {next}")));
    }
    if !arguments.json {
        print(&format!("next: {next}"));
    }
    Ok(())
}
