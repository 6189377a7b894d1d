//! `consentry schema`: the statements that make the tables on ClickHouse, for somebody who makes them by hand.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, load, print};
use crate::store::clickhouse::schema::Layout;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The config file, for database, cluster and how long what is kept; without it the defaults
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// The cluster's name in the servers' settings: ON CLUSTER, Replicated… and Distributed
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
}

/// Prints them. A gateway that finds them applied makes nothing.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.config.as_deref().map(load).transpose()?;
    let mut settings = config.and_then(|loaded| loaded.config.clickhouse).unwrap_or_default();
    if let Some(database) = &arguments.database {
        settings.database.clone_from(database);
    }
    if arguments.cluster.is_some() {
        settings.cluster.clone_from(&arguments.cluster);
    }
    print(Layout::of(&settings).text().trim_end());
    Ok(())
}
