//! The list of every key there is. A reader that asks for a key that is not listed panics in a debug build.

/// Every key there is, by the table it stands in. `config/example.toml` shows each; a test compares.
pub const KEYS: [(&str, &[&str]); 29] = [
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
    ("store", &["kind", "path", "key", "previous_keys", "receipts_days", "embedded", "clickhouse"]),
    ("store.embedded", &["hours_days", "months"]),
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
            "processor",
            "consent",
            "texts",
            "theme",
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
    ("site.processor", &["name", "country", "purpose", "url"]),
    ("site.theme", &["ink", "paper", "line", "accent", "radius", "font", "dark"]),
    ("site.theme.dark", &["ink", "paper", "line", "accent"]),
    (
        "site.consent",
        &["mode", "unknown_cookies", "unknown_hosts", "days", "domain", "gpc", "dnt", "google", "uses"],
    ),
    ("site.consent.google", &["mode", "url_passthrough", "ads_data_redaction", "region"]),
    ("site.consent.google.region", &["countries", "granted"]),
    (
        "site.statistics",
        &["without_consent", "count", "beacon", "gpc", "returns", "sitemap", "k", "properties", "currency"],
    ),
    ("site.statistics.k", &["city", "region", "text", "answer"]),
    ("site.allow", &["host", "cookie", "parameter", "service_worker", "frames", "category", "why", "paths"]),
    (
        "site.tracker",
        &[
            "id",
            "name",
            "category",
            "serves",
            "carries",
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
            "consent_mode",
            "source",
        ],
    ),
    ("site.tracker.provider", &["name", "country", "privacy"]),
    ("site.tracker.hosts", &["host", "paths", "sockets"]),
    ("site.tracker.cookies", &["name", "days", "domain", "http"]),
    ("site.tracker.own", &["path", "query", "script", "body"]),
    ("site.goal", &["name", "path", "display_name"]),
    ("site.funnel", &["name", "steps"]),
    ("site.funnel.steps", &["event", "path"]),
    ("site.cross", &["dimensions"]),
];

/// Tables that may stand several times.
const REPEATED: [&str; 11] = [
    "site",
    "site.consent.google.region",
    "site.processor",
    "site.allow",
    "site.tracker",
    "site.tracker.cookies",
    "site.tracker.own",
    "site.goal",
    "site.funnel",
    "site.funnel.steps",
    "site.cross",
];

/// Keys that other banners have and that would break a rule of a valid consent: a part of the key, the rule and what it
/// says.
const AGAINST_RULES: [(&str, &str, &[&str], &str); 5] = [
    (
        "R12",
        "site.theme",
        &["accept", "reject", "refuse", "button"],
        "yes and no are one button twice: neither has a look of its own",
    ),
    (
        "R10",
        "site.consent",
        &["hide", "reject", "refuse", "accept"],
        "both answers stand on the first layer, always",
    ),
    (
        "R04",
        "site.consent",
        &["ticked", "checked", "selected", "default", "legitimate"],
        "nothing is switched on before the visitor does it",
    ),
    (
        "R03",
        "site.consent",
        &["scroll", "implied", "implicit", "timeout", "auto"],
        "only an answer is an answer",
    ),
    ("R18", "site.consent", &["wall", "block_page", "overlay"], "the shop works without an answer"),
];

/// The rule that a key would break, and what it says.
pub(super) fn broken_rule(table: &str, key: &str) -> Option<(&'static str, &'static str)> {
    let breaks = |(_, of, parts, _): &&(_, &str, &[&str], _)| {
        *of == table && parts.iter().any(|part| key.contains(part))
    };
    AGAINST_RULES.iter().find(breaks).map(|(rule, _, _, says)| (*rule, *says))
}

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
