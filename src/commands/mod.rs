//! What the operator can ask for: one command a file, each thin.
//!
//! Exit codes: 0 done; 1 failed while running; 2 the command line or the config is wrong.

mod check;
pub mod demo;
mod import;
mod keys;
mod receipts;
mod scan;
mod schema;
mod serve;
mod stats;
mod stop;
mod store;
mod token;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Loaded};

/// A reverse proxy that asks before it lets a tracker through, and counts visits without keeping who made them.
#[derive(Debug, Parser)]
#[command(name = "consentry", version, about, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole product on loopback: a shop, the gateway before it, and a dashboard with a week of simulated visits
    Demo(Demo),
    /// Serve
    Run(Config),
    /// Read the config and say everything that is wrong with it
    Check(Config),
    /// What a page sets and loads before anybody has agreed to anything, seen from outside
    Scan(Scan),
    /// Past visits into the statistics, through the same anonymisation
    Import(import::Arguments),
    /// Any question of the API, answered from the store: a table, JSON or CSV
    Stats(stats::Arguments),
    /// The ledger of consents: verify, export, show, erase
    #[command(subcommand)]
    Receipts(receipts::Command),
    /// The log of what became of keys
    #[command(subcommand)]
    Keys(Keys),
    /// Access for analysts
    #[command(subcommand)]
    Token(Token),
    /// The statements that make the tables on ClickHouse
    Schema(schema::Arguments),
    /// Where statistics are kept: move them to another store
    #[command(subcommand)]
    Store(store::Command),
}

/// A command that needs nothing but the config.
#[derive(Debug, Args)]
struct Config {
    /// The config file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Args)]
struct Demo {
    /// Address for visitors
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address of the dashboard
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    admin: SocketAddr,
    /// Directory for what is stored; a temporary one when not given
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Days of simulated visits; 0 starts empty and folds nothing
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(0..=31))]
    days: u16,
}

#[derive(Debug, Args)]
struct Scan {
    /// The address of the page; without a scheme it is https
    url: String,
    /// Print lines for the settings instead of a report
    #[arg(long, conflicts_with = "json")]
    toml: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// The Chromium to look with; when not given, the one named in CHROMIUM, or the first on the PATH
    #[arg(long, value_name = "PATH", conflicts_with = "no_browser")]
    browser: Option<PathBuf>,
    /// Look without a browser: heads and tags alone
    #[arg(long)]
    no_browser: bool,
    /// A further argument for the browser, such as a proxy; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    browser_arg: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Keys {
    /// Check that no row of the log was changed, removed or put in
    Verify(Config),
}

#[derive(Debug, Subcommand)]
enum Token {
    /// Make a token and print it, once
    New {
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// What the token is for
        #[arg(long)]
        name: String,
        /// The one site it may read; all when not given
        #[arg(long)]
        site: Option<String>,
    },
}

/// Why a command ended.
#[derive(Debug)]
enum Failure {
    /// The command line or the config is wrong; the text is a whole report.
    Wrong(String),
    /// It failed while running; the text is one sentence.
    Failed(String),
}

/// Runs the command and gives its exit code.
pub fn run(arguments: Arguments) -> ExitCode {
    let outcome = match arguments.command {
        Command::Demo(demo) => demo::run(demo.listen, demo.admin, demo.dir.as_deref(), demo.days),
        Command::Run(Config { config }) => serve::run(&config),
        Command::Check(Config { config }) => check::run(&config),
        Command::Scan(scan) => scan::run(&scan),
        Command::Import(import) => import::run(&import),
        Command::Stats(stats) => stats::run(&stats),
        Command::Receipts(command) => receipts::run(command),
        Command::Keys(Keys::Verify(Config { config })) => keys::verify(&config),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Store(command) => store::run(&command),
        Command::Token(Token::New { config, name, site }) => token::new(&config, &name, site.as_deref()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Wrong(report)) => {
            say(&report);
            ExitCode::from(2)
        }
        Err(Failure::Failed(sentence)) => {
            say(&format!("error: {sentence}"));
            ExitCode::from(1)
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}

/// Reads the config; warnings go to standard error, and work goes on.
fn load(path: &Path) -> Result<Loaded, Failure> {
    let loaded = config::load(path).map_err(|report| Failure::Wrong(report.to_string()))?;
    if !loaded.warnings.is_empty() {
        say(&loaded.warnings.to_string());
    }
    Ok(loaded)
}

/// Tells the operator something, on standard error. Who reads it may have enough, as `head` does; where nobody can be told,
/// that cannot be told either, and the exit code says how it went.
fn say(text: &str) {
    let _is_told = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// Prints a result, on standard output. Who reads it may have enough, as `head` does; a result that is lost otherwise ends
/// the command.
fn print(text: &str) {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            panic!("the result could not be written: {error}")
        }
        _ => {}
    }
}
