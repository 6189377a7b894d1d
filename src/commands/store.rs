//! `consentry store copy`: the statistics of the file go to ClickHouse, and both stores are compared.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Failure, load, print, say};
use crate::clock::{Clock as _, SystemClock};
use crate::store::StoreError;
use crate::store::copy::{Copy, Counts, Difference, Kind, file, named};

/// Differences that are listed; the rest is counted.
const LISTED_MAX: usize = 100;
/// What the command says after what passes.
const GO_ON: &str = "run the same command again: it goes on where it was, and nothing is counted twice";

/// Where it is said what a difference can be.
const SEE: &str = "see \"Moving up\" in docs/clickhouse.md for what that can be";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Copy all statistics from one store to another; what is there already is not copied again
    Copy(Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The config file: [store] path has the file, [store.clickhouse] names the server
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The store that is read
    #[arg(long, value_enum)]
    from: From,
    /// The store that is written to
    #[arg(long, value_enum)]
    to: To,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum From {
    /// statistics.db, which is only read
    Embedded,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum To {
    /// The server or cluster of [store.clickhouse]
    #[value(name = "clickhouse")]
    ClickHouse,
}

/// Does it.
pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let Command::Copy(Arguments { config, from: From::Embedded, to: To::ClickHouse }) = command;
    let config = load(config)?.config;
    let Some(server) = config.clickhouse else {
        return Err(Failure::Wrong(
            "error: the config names no server to copy to; write [store.clickhouse] with url, user and \
             password_file (docs/clickhouse.md)"
                .to_owned(),
        ));
    };
    let path = file(&config.store);
    if !path.is_file() {
        return Err(Failure::Failed(format!(
            "there is no file {}: [store] path is the directory that it is in",
            path.display()
        )));
    }
    let copy = Copy::open(&config.store, &server, SystemClock.now()).map_err(|error| told(&error))?;
    if copy.expired() > 0 {
        say(&format!(
            "{} left out: the server keeps {} only ([store.clickhouse] months)",
            count(copy.expired(), "day"),
            count(server.retention.months as usize, "month")
        ));
    }
    let Done { rows, new, changed } = send(&copy)?;
    let (days, sites) = (count(copy.days().len(), "day"), count(copy.sites().len(), "site"));
    print(&format!("{days} of {sites}: {}, {new} of them sent now", count(rows, "row")));
    compared(&copy.differences().map_err(|error| told(&error))?)?;
    if changed > 0 {
        let days = count(changed, "day");
        return Err(Failure::Failed(format!("{days} changed in the file after the copy: {SEE}")));
    }
    Ok(())
}

/// What a copy did.
#[derive(Default)]
struct Done {
    /// Rows of the days.
    rows: usize,
    /// Those of them that were sent now.
    new: usize,
    /// Days that were copied before, and are others now.
    changed: usize,
}

/// Sends names, then days.
fn send(copy: &Copy) -> Result<Done, Failure> {
    for site in copy.sites() {
        copy.names(&site).map_err(|error| told(&error))?;
    }
    let progress = Progress::of(copy.days().len());
    let mut done = Done::default();
    for (number, (site, day)) in (1..).zip(copy.days()) {
        let sent = copy.day(site, *day).map_err(|error| told(&error))?;
        done.rows += sent.rows;
        done.new += sent.new;
        done.changed += usize::from(sent.is_changed);
        let what = match sent {
            _ if sent.is_changed => "changed in the file since it was copied: left as it is there".to_owned(),
            _ if sent.new == 0 => "is there".to_owned(),
            _ => count(sent.new, "row"),
        };
        progress.day(number, &format!("{site} {}: {what}", named(*day)), sent.is_changed);
    }
    progress.bar.finish_and_clear();
    Ok(done)
}

/// How far it is: a bar on a terminal, else a line for each site and day.
struct Progress {
    bar: ProgressBar,
    days: usize,
    is_terminal: bool,
}

impl Progress {
    fn of(days: usize) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(u64::try_from(days).ok(), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} days  {msg}  {eta} to go") {
            bar.set_style(style.progress_chars("█▌ "));
        }
        Self { bar, days, is_terminal }
    }

    fn day(&self, number: u64, what: &str, is_problem: bool) {
        self.bar.set_position(number);
        self.bar.set_message(what.to_owned());
        if is_problem || !self.is_terminal {
            self.bar.suspend(|| say(&format!("{what} · {number} of {} days", self.days)));
        }
    }
}

/// Tells what differs; fails where it is more than what was counted on the server since.
fn compared(differences: &[Difference]) -> Result<(), Failure> {
    let (gone_on, wrong): (Vec<_>, Vec<_>) = differences.iter().partition(|difference| difference.is_gone_on);
    if !gone_on.is_empty() {
        print("The server has more of the last day, as it does where gateways went on counting there:");
        print(&table(&gone_on));
    }
    if wrong.is_empty() {
        print("Both stores add up to the same.");
        return Ok(());
    }
    print("Not the same in both stores (in the file / on the server):");
    print(&table(&wrong));
    let lines = count(wrong.len(), "sum");
    Err(Failure::Failed(format!("{lines} of a day not the same in both stores: {SEE}")))
}

fn table(differences: &[&Difference]) -> String {
    let head = ["site", "day", "rows", "visitors", "visits", "pageviews", "events"].map(str::to_owned);
    let lines: Vec<[String; 7]> =
        std::iter::once(head).chain(differences.iter().take(LISTED_MAX).map(|one| line(one))).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text: Vec<String> = lines
        .iter()
        .map(|line| {
            let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    if let Some(more) = differences.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
        text.push(format!("and {more} more"));
    }
    text.join("\n")
}

fn line(one: &Difference) -> [String; 7] {
    let kind = match one.kind {
        Kind::Totals => "totals",
        Kind::Values => "values",
        Kind::Pairs => "pairs",
    };
    let [visitors, visits, views, events] = both(one.here, one.there);
    [one.site.to_string(), named(one.day), kind.to_owned(), visitors, visits, views, events]
}

/// Each figure once where it is the same.
fn both(here: Counts, there: Counts) -> [String; 4] {
    std::array::from_fn(|place| match (here[place], there[place]) {
        (here, there) if here == there => here.to_string(),
        (here, there) => format!("{here} / {there}"),
    })
}

/// A number of things.
fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// The error with its cause, and how to go on where it may pass.
fn told(error: &StoreError) -> Failure {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let way = if error.is_transient() { GO_ON } else { "when that is put right, run the same command again" };
    Failure::Failed(format!("{error}{cause}. To go on, {way}"))
}
