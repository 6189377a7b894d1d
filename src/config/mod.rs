//! What the operator wrote.
//!
//! [`load`] reads a TOML file and gives either a [`Config`] that every room can start from, or a [`Report`] of
//! everything that is wrong with it, each with its line, its reason and its remedy. It starts nothing and never
//! changes a file. From here the flow goes to `app`, which makes a running program of a [`Config`].
//!
//! [`file`] knows the keys and their types, `check` what their values must be, [`report`] how a problem is told.

mod check;
pub mod file;
pub mod report;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

pub use report::Report;

use crate::policy::catalog::{Catalog, CatalogError, TrackerEntry};
use crate::proxy::networks::Networks;
use crate::server::site::Mode;
use crate::{banner, counting, policy, proxy, server, store};

/// Longest settings file. Unit: bytes. A site of some hundred rules is under 64 KiB.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// Everything the program is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Listeners and their limits.
    pub server: server::Settings,
    /// Where things are kept.
    pub store: store::Settings,
    /// Where statistics are kept.
    pub statistics: store::Statistics,
    /// The server that `[store.clickhouse]` names, whether statistics are kept there or not yet.
    pub clickhouse: Option<store::clickhouse::Settings>,
    /// The keys that consents are sealed with.
    pub seal: SealKeys,
    /// How long receipts are kept. Unit: days. Default 1277: half a year of consent, and three years in which it can be
    /// disputed.
    pub receipts_days: u32,
    /// The place table (MMDB); without it every place is unknown.
    pub places: Option<PathBuf>,
    /// Most questions a token may ask in a minute. Default 6000; more get 429 (RFC 6585 section 4).
    pub requests_per_minute: u32,
    /// The sites, at least one; no two have the same name or share a host.
    pub sites: Vec<Site>,
}

/// The files of the keys that consents are sealed with.
#[derive(Clone, Debug)]
pub struct SealKeys {
    /// The key in use; made on the first start when the file is not there. Default: `consent.key` in the store's
    /// directory. Gateways that serve the same site must have the same key.
    pub key: PathBuf,
    /// Keys used before: consents sealed with them are still believed.
    pub previous_keys: Vec<PathBuf>,
}

/// One shop.
#[derive(Clone, Debug)]
pub struct Site {
    /// `site_id` in questions.
    pub name: Arc<str>,
    /// Hosts it is asked for under: lower case, no port, IPv6 in brackets; `*` takes all that no site names.
    pub hosts: Vec<String>,
    /// How its origin is reached.
    pub origin: proxy::Settings,
    /// Networks whose `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` are believed.
    pub trusted_proxies: Networks,
    /// Is consent enforced?
    pub mode: Mode,
    /// What is allowed.
    pub policy: policy::Settings,
    /// Trackers beside, or in place of, the built-in ones.
    pub trackers: Vec<TrackerEntry>,
    /// The trackers that it uses, by id. Only these can be agreed to and are declared; all others that need consent stay
    /// held. `None`: all. Some of the necessary may be named, too: then the others work, and are not told of.
    pub uses: Option<Vec<String>>,
    /// What texts name: controller, languages, days a choice stands.
    pub banner: banner::Settings,
    /// The domain that an answer is kept for, when it is to hold on all hosts below it.
    pub cookie_domain: Option<String>,
    /// How signals of browsers are taken.
    pub asking: server::asking::Asking,
    /// How its visitors are counted: time zone, thresholds, goals, funnels, crosses, currency.
    pub counting: counting::SiteSettings,
    /// How its visits are counted, as far as requests see it.
    pub practice: server::practice::Practice,
}

impl Site {
    /// Every tracker this site knows: the built-in ones and its own, with those marked that it uses.
    pub fn catalog(&self) -> Result<Catalog, CatalogError> {
        let catalog = Catalog::of_site(&self.trackers, &self.hosts)?;
        let catalog = if self.practice.remembers_returns { catalog } else { catalog.forgetting_returns() };
        let catalog = match &self.uses {
            Some(uses) => catalog.using(uses),
            None => catalog,
        };
        let catalog = if self.banner.signals.is_advanced { catalog.advanced() } else { catalog };
        Ok(catalog.asked_by(&self.banner.controller.name, &self.policy.allow, &self.hosts))
    }
}

/// Settings that the program can start from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// What is allowed and yet doubtful. To be shown; it stops nothing.
    pub warnings: Report,
}

/// Reads the settings file at `path`.
///
/// A path in the file is relative to the file's own directory, so that it means the same wherever a command is
/// run from.
pub fn load(path: &Path) -> Result<Loaded, Report> {
    let shown = path.display().to_string();
    parse(&read(path, &shown)?, &shown)
}

/// Reads settings from `text`, which stands in the file `file_name`. The only files looked at are those that
/// the settings name, and of these only whether they are there.
pub fn parse(text: &str, file_name: &str) -> Result<Loaded, Report> {
    parse_with(text, file_name, Catalog::built_in())
}

fn parse_with(
    text: &str,
    file_name: &str,
    built_in: Result<Vec<TrackerEntry>, CatalogError>,
) -> Result<Loaded, Report> {
    let built_in = built_in.map_err(|error| {
        Report::of_file(
            file_name,
            format!("the built-in trackers: {error}"),
            "this is a fault of the program: report it",
        )
    })?;
    let (document, errors) = DeTable::parse_recoverable(text);
    let notes = report::Notes::new(text, errors.iter().map(|error| syntax_problem(text, error)).collect());
    let directory = Path::new(file_name).parent().unwrap_or(Path::new(""));
    let given = check::Given { directory, built_in: &built_in, languages: &banner::LANGUAGES };
    let config = check::config(&file::Table::root(document.get_ref(), &notes), &given);
    let report = notes.into_report(file_name);
    match config {
        Some(config) if report.errors() == 0 => Ok(Loaded { config, warnings: report }),
        _ => Err(report),
    }
}

/// What the parser says, and in the operator's words what is written twice.
fn syntax_problem(text: &str, error: &toml::de::Error) -> report::Problem {
    let at = error.span().unwrap_or(0..0);
    if error.message() == "duplicate key" {
        let key = text.get(at.clone()).unwrap_or_default();
        return report::Problem::error(at, format!("{key} is written twice"))
            .remedy("a key stands once in its table, and a [table] once in the file: join the two");
    }
    report::Problem::error(at, error.message())
        .remedy("a line is a [table], a key = value or a # comment; texts are in double quotes, lists in [ ]")
}

fn read(path: &Path, shown: &str) -> Result<String, Report> {
    let io_failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Report::of_file(
            shown,
            "there is no such file",
            "name another with --config, or begin with a copy of config/example.toml",
        ),
        _ => {
            Report::of_file(shown, format!("cannot be read: {error}"), "name a file that this user may read")
        }
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(io_failed)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io_failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let reason = format!("longer than {FILE_BYTES_MAX} bytes");
        return Err(Report::of_file(
            shown,
            reason,
            "is it the settings file? a site of some hundred rules is shorter",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|error| not_utf8(error.as_bytes(), error.utf8_error().valid_up_to(), shown))
}

/// Shows the first line that is not UTF-8, with what cannot be read replaced.
fn not_utf8(bytes: &[u8], valid: usize, shown: &str) -> Report {
    let text = String::from_utf8_lossy(bytes);
    let problem = report::Problem::error(valid..valid + char::REPLACEMENT_CHARACTER.len_utf8(), "not UTF-8")
        .remedy("save the file as UTF-8; TOML knows no other encoding");
    let notes = report::Notes::new(&text, vec![problem]);
    notes.into_report(shown)
}

#[cfg(test)]
mod tests;
