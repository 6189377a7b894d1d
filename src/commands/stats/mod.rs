//! `consentry stats`: any question the API answers, asked of the store itself, with or without a running gateway.
//!
//! The words of the command line are put together to the question that the API takes, and go its way from there: the same
//! refusals, the same folding, the same figures.

mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Failure, failed, load, print, say};
use crate::app;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::server::stats::{self, Query, Site};
use crate::store::disclosure::Answer;
use crate::store::key_log::KeyLog;
use crate::store::question::LIMIT_MAX;

/// Rows of a table, unless more are asked for.
const TABLE_ROWS: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The config file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The site; not needed where there is one
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// The figures, between commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "visitors,visits,pageviews")]
    metrics: Vec<String>,
    /// What rows are told apart by, between commas: visit:source, time:day, event:page …
    #[arg(long, value_name = "DIMENSIONS", value_delimiter = ',')]
    by: Vec<String>,
    /// Only what has this value; of the same dimension several may be given
    #[arg(long, value_name = "DIMENSION=VALUE")]
    filter: Vec<String>,
    /// The time: day, 24h, 7d, month, 6mo, year, all, or two dates as 2026-01-01,2026-01-31
    #[arg(long, value_name = "RANGE", default_value = "7d")]
    period: String,
    /// What rows are sorted by, and which way: visits:asc
    #[arg(long, value_name = "NAME[:asc|:desc]")]
    order: Vec<String>,
    /// Most rows; 20 of a table, else all
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns, for people
    Table,
    /// As the API answers
    Json,
    /// Comma-separated values
    Csv,
}

/// Asks, and prints the answer; what can be done next is said at the end.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = load(&arguments.config)?.config;
    let site = site(&config, arguments.site.as_deref())?;
    let body = question(arguments, &site.name)?.to_string();
    let (query, answer) = ask(&config, site, body.as_bytes())?;
    match arguments.format {
        Format::Table => print(&table::table(&query, &answer)),
        Format::Json => {
            let json = stats::render(&query, &answer).map_err(failed)?;
            print(&String::from_utf8_lossy(&json));
            say(&table::next(&query, &answer));
        }
        Format::Csv => {
            print(String::from_utf8_lossy(&stats::csv(&query, &answer)).trim_end_matches("\r\n"));
            say(&table::next(&query, &answer));
        }
    }
    Ok(())
}

fn ask(config: &Config, site: Site, body: &[u8]) -> Result<(Query, Answer), Failure> {
    let directory = &config.store.path;
    if !directory.join("statistics.db").exists() {
        let path = directory.display();
        return Err(failed(format!("there are no statistics in {path}: nothing has been counted yet")));
    }
    let store = config.statistics.open(&config.store, Arc::new(SystemClock)).map_err(failed)?;
    let has_keys = directory.join("keys.db").exists();
    let keys = has_keys.then(|| KeyLog::open_to_read(&config.store)).transpose().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(failed)?;
    let first_day = runtime.block_on(store.first_day(&site.name)).map_err(failed)?;
    let site = Site { first_day, ..site };
    let query = stats::parse(body, |_| Some(site), SystemClock.now())
        .map_err(|error| wrong(format!("{error}\nnext: consentry stats --help shows how to ask")))?;
    let answer = runtime.block_on(stats::answer(&*store, keys.as_ref(), &query)).map_err(failed)?;
    Ok((query, answer))
}

fn site(config: &Config, name: Option<&str>) -> Result<Site, Failure> {
    let sites = app::sites::analysed(config);
    let known: Vec<String> = sites.iter().map(|site| site.name.to_string()).collect();
    let found = match name {
        Some(name) => sites.into_iter().find(|site| *site.name == *name),
        None if sites.len() == 1 => sites.into_iter().next(),
        None => None,
    };
    found.ok_or_else(|| {
        let which = name.map_or("there are several sites".to_owned(), |name| format!("no site \"{name}\""));
        wrong(format!("{which}; say --site with one of: {}", known.join(", ")))
    })
}

/// The question as the API takes it.
fn question(arguments: &Arguments, site: &str) -> Result<Value, Failure> {
    let mut filters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for filter in &arguments.filter {
        let (dimension, value) = filter.split_once('=').ok_or_else(|| {
            wrong(format!("\"{filter}\" is no filter; write it as --filter visit:source=Google"))
        })?;
        filters.entry(dimension).or_default().push(value);
    }
    let range = match arguments.period.split_once(',') {
        Some((first, last)) => json!([first, last]),
        None => json!(arguments.period),
    };
    let order = arguments.order.iter().map(|order| match order.rsplit_once(':') {
        Some((name, direction @ ("asc" | "desc"))) => json!([name, direction]),
        _ => json!([order, "desc"]),
    });
    let rows = if arguments.format == Format::Table { TABLE_ROWS } else { LIMIT_MAX };
    Ok(json!({
        "site_id": site,
        "metrics": arguments.metrics,
        "dimensions": arguments.by,
        "filters": filters.iter().map(|(dimension, values)| json!(["is", dimension, values])).collect::<Vec<_>>(),
        "date_range": range,
        "order_by": order.collect::<Vec<_>>(),
        "include": { "total_rows": true },
        "pagination": { "limit": arguments.limit.unwrap_or(rows) },
    }))
}

fn wrong(sentence: impl std::fmt::Display) -> Failure {
    Failure::Wrong(format!("error: {sentence}"))
}
