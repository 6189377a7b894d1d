//! `[store] kind` and `[store.clickhouse]`: where statistics are kept.

use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;

use super::super::file::{Fault, Table};
use super::super::report::Problem;
use super::{Given, or, value};
use crate::store::clickhouse::Settings;
use crate::store::{Retention, Statistics};

/// Longest name of a database, user or cluster: as long as a file name may be.
const NAME_BYTES_MAX: usize = 128;

/// Where statistics are kept, and the server, if one is named. `[store.clickhouse]` is checked also where it is not used.
pub(super) fn statistics(store: &Table<'_>, given: &Given<'_>) -> (Statistics, Option<Settings>) {
    let is_server =
        store.one_of("kind", &[("embedded", false), ("clickhouse", true)]).is_some_and(Spanned::into_inner);
    let server = server(&store.table("clickhouse", "store.clickhouse"), given, is_server);
    let file = retention(&store.table("embedded", "store.embedded"));
    let named = store.has("clickhouse").then(|| server.clone());
    (if is_server { Statistics::ClickHouse(server) } else { Statistics::Embedded(file) }, named)
}

fn server(table: &Table<'_>, given: &Given<'_>, is_used: bool) -> Settings {
    let default = Settings::default();
    let mut urls =
        vec![table.parsed("url", address).map_or_else(|| default.urls[0].clone(), Spanned::into_inner)];
    for more in table.list("more_urls", address).into_iter().flat_map(Spanned::into_inner) {
        let at = more.span();
        if urls.contains(more.get_ref()) {
            let reason = format!("{} is named twice", more.get_ref());
            table
                .notes()
                .add(Problem::error(at, reason).remedy("an address is tried once a turn; take one out"));
            continue;
        }
        urls.push(more.into_inner());
    }
    let user = table.parsed("user", name).map_or(default.user, Spanned::into_inner);
    let password_file =
        file(table, "password_file", given, "write the password there, or leave the key empty", is_used);
    if is_used && password_file.is_some() {
        warn_of_open_password(table, &urls);
    }
    Settings {
        urls,
        database: table.parsed("database", name).map_or(default.database, Spanned::into_inner),
        user,
        password_file,
        authorities: file(
            table,
            "authorities",
            given,
            "put the PEM file there, or leave the key empty",
            is_used,
        ),
        cluster: cluster(table),
        connect_timeout: seconds(table, "connect_timeout_seconds", default.connect_timeout),
        answer_timeout: seconds(table, "answer_timeout_seconds", default.answer_timeout),
        retention: retention(table),
    }
}

fn retention(table: &Table<'_>) -> Retention {
    let default = Retention::default();
    Retention {
        hours_days: or(
            table.whole("hours_days", 1..=36_500, "the unit is days; 90 is the default"),
            default.hours_days,
        ),
        months: or(table.whole("months", 1..=1200, "25 is the default"), default.months),
    }
}

/// An address of a server: no path, and nobody's name in it.
fn address(text: &str) -> Result<String, Fault> {
    let address = value::web_address(text)?;
    let uri: http::Uri =
        address.parse().map_err(|_| Fault::new("this is no web address", "write http://host:8123"))?;
    if uri.path() != "/" || uri.query().is_some() {
        return Err(Fault::new(
            format!("\"{text}\" has more than scheme, host and port"),
            "write http://host:8123; the database has a key of its own",
        ));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(Fault::new(
            "a user or password stands in the address",
            "write them under user and in password_file: addresses are logged",
        ));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

fn name(text: &str) -> Result<String, Fault> {
    let name = value::filled(text)?;
    if name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) || name.contains(['$', ';']) {
        return Err(Fault::new(
            format!("\"{}\" is no name", name.escape_debug()),
            format!("at most {NAME_BYTES_MAX} bytes, without control characters, \"$\" and \";\""),
        ));
    }
    Ok(name)
}

/// Empty means: one server.
fn cluster(table: &Table<'_>) -> Option<String> {
    let is_empty = table.text("cluster").is_none_or(|cluster| cluster.get_ref().is_empty());
    if is_empty { None } else { table.parsed("cluster", name).map(Spanned::into_inner) }
}

/// A file that must be there when the store is used; empty means none.
fn file(
    table: &Table<'_>,
    key: &'static str,
    given: &Given<'_>,
    remedy: &str,
    is_used: bool,
) -> Option<PathBuf> {
    let written = table.text(key)?;
    if written.get_ref().is_empty() {
        return None;
    }
    let path = given.directory.join(written.get_ref());
    if is_used && !path.is_file() {
        table.notes().add(
            Problem::error(written.span(), format!("there is no file {}", path.display())).remedy(remedy),
        );
    }
    Some(path)
}

fn seconds(table: &Table<'_>, key: &'static str, default: Duration) -> Duration {
    let remedy = format!("the unit is seconds; {} is the default", default.as_secs());
    table
        .whole(key, 1..=600, &remedy)
        .map_or(default, |read| Duration::from_secs(u64::from(read.into_inner())))
}

/// A password goes over the network for everybody to read.
fn warn_of_open_password(table: &Table<'_>, urls: &[String]) {
    let is_open = |url: &&String| {
        let uri: Option<http::Uri> = url.parse().ok();
        uri.is_some_and(|uri| {
            let host = uri.host().unwrap_or_default();
            let is_here = host == "localhost" || host.starts_with("127.") || host == "[::1]";
            uri.scheme_str() == Some("http") && !is_here
        })
    };
    if let Some(url) = urls.iter().find(is_open) {
        let reason = format!("the password goes to {url} unencrypted");
        let remedy = "write https:// and the port that the server has for it, 8443 by default";
        table.notes().add(Problem::warning(table.at_value("password_file"), reason).remedy(remedy));
    }
}
