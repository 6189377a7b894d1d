//! The list of every key there is. A reader that asks for a key that is not listed panics in a debug build.

/// Every key there is, by the table it stands in. `config/example.toml` shows each; a test compares.
pub const KEYS: [(&str, &[&str]); 23] = [
    ("", &["listen", "limits", "store", "places", "api", "site"]),
    ("listen", &["http", "admin"]),
    (
        "limits",
        &[
            "workers",
            "requests_max",
            "connections_max",
            "head_bytes_max",
            "head_timeout_seconds",
            "drain_timeout_seconds",
        ],
    ),
    ("store", &["kind", "path", "key", "previous_keys", "receipts_days", "clickhouse"]),
    (
        "store.clickhouse",
        &[
            "url",
            "more_urls",
            "database",
            "user",
            "password_file",
            "authorities",
            "cluster",
            "connect_timeout_seconds",
            "answer_timeout_seconds",
            "hours_days",
            "months",
        ],
    ),
    ("places", &["database"]),
    ("api", &["requests_per_minute"]),
    (
        "site",
        &[
            "name",
            "hosts",
            "origin",
            "origin_authorities",
            "time_zone",
            "languages",
            "trusted_proxies",
            "prefix",
            "limits",
            "controller",
            "consent",
            "statistics",
            "allow",
            "tracker",
            "goal",
            "funnel",
            "cross",
        ],
    ),
    (
        "site.limits",
        &["connect_timeout_seconds", "head_timeout_seconds", "idle_timeout_seconds", "idle_connections_max"],
    ),
    ("site.controller", &["name", "address", "email", "privacy_url", "complaint_url", "jurisdiction"]),
    ("site.consent", &["mode", "unknown_cookies", "unknown_hosts", "days", "uses"]),
    ("site.statistics", &["without_consent", "count", "beacon", "gpc", "sitemap", "k", "currency"]),
    ("site.statistics.k", &["city", "region", "text", "answer"]),
    ("site.allow", &["host", "cookie", "parameter", "service_worker", "category", "why", "paths"]),
    (
        "site.tracker",
        &[
            "id",
            "name",
            "category",
            "serves",
            "provider",
            "purpose",
            "hosts",
            "cookies",
            "storage",
            "inline",
            "globals",
            "parameters",
            "own",
            "signatures",
            "access",
            "embed",
            "source",
        ],
    ),
    ("site.tracker.provider", &["name", "country", "privacy"]),
    ("site.tracker.hosts", &["host", "paths", "sockets"]),
    ("site.tracker.cookies", &["name", "days", "domain", "http"]),
    ("site.tracker.own", &["path", "query", "script"]),
    ("site.goal", &["name", "path"]),
    ("site.funnel", &["name", "steps"]),
    ("site.funnel.steps", &["event", "path"]),
    ("site.cross", &["dimensions"]),
];

/// Tables that may stand several times.
const REPEATED: [&str; 9] = [
    "site",
    "site.allow",
    "site.tracker",
    "site.tracker.cookies",
    "site.tracker.own",
    "site.goal",
    "site.funnel",
    "site.funnel.steps",
    "site.cross",
];

/// The keys of the table `table`.
pub(super) fn known_keys(table: &str) -> &'static [&'static str] {
    KEYS.iter().find(|(name, _)| *name == table).map_or(&[], |(_, keys)| *keys)
}

/// Where the keys of the table `name` stand, in words.
pub(super) fn title(name: &str) -> String {
    match name {
        "" => "at the top of the file".to_owned(),
        _ if REPEATED.contains(&name) => format!("in [[{name}]]"),
        _ => format!("in [{name}]"),
    }
}
