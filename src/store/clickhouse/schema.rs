//! The tables: written out from one template for a server or a cluster, made when missing, brought on when older, and
//! left alone when they are a later version's or not ours.

use clickhouse::Row;
use serde::Deserialize;

use super::super::StoreError;
use super::link::Link;
use super::{DATABASE, Fault, Retention, Settings};

/// The statements that make each version from the one before, in files of their own. A version that was released is
/// never changed.
const VERSIONS: [&[&str]; 1] = [&[
    include_str!("../sql/clickhouse/schema_1.sql"),
    DISTRIBUTED,
    include_str!("../sql/clickhouse/views_1.sql"),
]];
/// One table over all servers of a cluster.
const DISTRIBUTED: &str = include_str!("../sql/clickhouse/distributed.sql");
/// Tables that every server of a cluster has of its own, and what tells which shard a row is on.
const TABLES: [(&str, &str); 7] = [
    ("schema", "version"),
    ("tallies", "site"),
    ("totals_hour", "site"),
    ("cells_hour", "site"),
    ("pairs_day", "site"),
    ("names", "site"),
    ("receipts", "ledger"),
];
/// Inserts that a table remembers by their token. A gateway sends one in 1.5 s at most and the one in doubt first,
/// so this many are 41 hours of one other gateway.
const WINDOW: u32 = 100_000;
/// Tables of a database that are looked at: more than we have, fewer than a foreign one may have.
const TABLES_MAX: u64 = 1000;

/// What the template's words stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The database.
    pub database: String,
    /// The cluster; `None` for one server.
    pub cluster: Option<String>,
    /// How long what is kept.
    pub retention: Retention,
}

impl Layout {
    /// That of a store.
    pub fn of(settings: &Settings) -> Self {
        Self {
            database: settings.database.clone(),
            cluster: settings.cluster.clone(),
            retention: settings.retention,
        }
    }

    /// Every statement, in order, from nothing to the version of this program, as one text.
    pub fn text(&self) -> String {
        let statements = VERSIONS.iter().flat_map(|files| self.version(files)).chain(self.noted());
        statements.flat_map(|statement| [statement, ";\n\n".to_owned()]).collect()
    }

    /// The row that says what was done.
    fn noted(&self) -> Vec<String> {
        self.fill(include_str!("../sql/clickhouse/schema_noted.sql"))
    }

    fn version(&self, files: &[&str]) -> Vec<String> {
        files
            .iter()
            .flat_map(|file| if *file == DISTRIBUTED { self.distributed() } else { self.fill(file) })
            .collect()
    }

    fn distributed(&self) -> Vec<String> {
        if self.cluster.is_none() {
            return Vec::new();
        }
        let of = |(table, by): &(&str, &str)| {
            self.fill(&DISTRIBUTED.replace("$table", table).replace("$shard_by", by))
        };
        TABLES.iter().flat_map(of).collect()
    }

    /// The statements of a template.
    pub(super) fn fill(&self, template: &str) -> Vec<String> {
        let database = quoted(&self.database);
        let cluster = self.cluster.as_deref().map(quoted);
        let mut text = template.to_owned();
        for (table, _) in TABLES {
            for (word, engine) in [("$summing", "SummingMergeTree"), ("$replacing", "ReplacingMergeTree")] {
                text = text.replace(&format!("{word}({table})"), &self.engine(engine, table));
            }
        }
        let on_cluster = cluster.as_ref().map(|name| format!(" on cluster {name}")).unwrap_or_default();
        let window = match cluster {
            Some(_) => format!(
                "replicated_deduplication_window = {WINDOW}, replicated_deduplication_window_seconds = 2592000"
            ),
            None => format!("non_replicated_deduplication_window = {WINDOW}"),
        };
        let text = text
            .replace("$on_cluster", &on_cluster)
            .replace("$cluster", cluster.as_deref().unwrap_or_default())
            .replace("$database", &database)
            .replace("$local", if cluster.is_some() { "_local" } else { "" })
            .replace("$window", &window)
            .replace("$hours_days", &self.retention.hours_days.to_string())
            .replace("$months", &self.retention.months.to_string())
            .replace("$version", &VERSIONS.len().to_string());
        text.split(";\n")
            .map(str::trim)
            .filter(|statement| !statement.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn engine(&self, engine: &str, table: &str) -> String {
        if self.cluster.is_none() {
            return engine.to_owned();
        }
        let place = self.database.replace(['\'', '\\', '/'], "_");
        format!("Replicated{engine}('/clickhouse/tables/{{shard}}/{place}/{table}', '{{replica}}')")
    }
}

/// A name as it stands in a statement, whatever it is.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// What the table `schema` says last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
struct Applied {
    version: u32,
    hours_days: u32,
    months: u32,
}

#[derive(Row, Deserialize)]
struct Table {
    name: String,
}

/// Makes the tables, or brings them on.
pub(super) async fn prepare(link: &Link, layout: &Layout) -> Result<(), StoreError> {
    let known = u32::try_from(VERSIONS.len()).unwrap_or(u32::MAX);
    let found = applied(link, layout).await?;
    if let Some(found) = found.filter(|found| found.version > known) {
        let found = i32::try_from(found.version).unwrap_or(i32::MAX);
        return Err(StoreError::Newer {
            file: DATABASE,
            found,
            known: i32::try_from(known).unwrap_or(i32::MAX),
        });
    }
    let retention = layout.retention;
    let wanted = Applied { version: known, hours_days: retention.hours_days, months: retention.months };
    if found == Some(wanted) {
        return Ok(());
    }
    let version = found.map_or(0, |found| found.version as usize);
    for statement in VERSIONS.iter().skip(version).flat_map(|files| layout.version(files)) {
        run(link, &statement).await?;
    }
    if found.is_some_and(|found| (found.hours_days, found.months) != (wanted.hours_days, wanted.months)) {
        for statement in layout.fill(include_str!("../sql/clickhouse/retention.sql")) {
            run(link, &statement).await?;
        }
    }
    for statement in layout.noted() {
        run(link, &statement).await?;
    }
    tracing::info!(database = layout.database, version = known, "tables were made or brought on");
    Ok(())
}

/// What stands in the database; `None` where there is nothing.
async fn applied(link: &Link, layout: &Layout) -> Result<Option<Applied>, StoreError> {
    let tables: Vec<Table> = link
        .at_any(|client| {
            let tables = client.query(include_str!("../sql/clickhouse/tables.sql"));
            tables.param("database", &layout.database).param("limit", TABLES_MAX).fetch_all()
        })
        .await?;
    if tables.is_empty() {
        return Ok(None);
    }
    let is_begun = |table: &Table| table.name.starts_with("schema");
    if !tables.iter().any(is_begun) {
        return Err(StoreError::Foreign { database: layout.database.clone(), table: tables[0].name.clone() });
    }
    if !tables.iter().any(|table| table.name == "schema") {
        // Making the tables of a cluster was cut short.
        return Ok(None);
    }
    let applied = |client: clickhouse::Client| async move {
        client.query(include_str!("../sql/clickhouse/schema_found.sql")).fetch_optional::<Applied>().await
    };
    match link.within(applied).await {
        Err(StoreError::Refused { fault: Fault::Standing, sentence, .. }) if sentence.contains("version") => {
            Err(StoreError::Foreign { database: layout.database.clone(), table: "schema".to_owned() })
        }
        other => other,
    }
}

async fn run(link: &Link, statement: &str) -> Result<(), StoreError> {
    // A statement may hold what the client would take for its own placeholder.
    link.at_any(|client| client.query_raw(statement).execute()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_whatever_they_are() {
        assert_eq!(quoted("a`b\\c"), "`a\\`b\\\\c`");
        let odd = Layout { database: "it's".to_owned(), cluster: None, retention: Retention::default() };
        assert!(!odd.text().contains('$'), "{}", odd.text());
    }
}
