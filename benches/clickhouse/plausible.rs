//! The tables that Plausible's public schema has, in our words: an event a row, and a row for each state of a visit.
//! Columns, types, keys and engines are theirs; the questions are those their dashboard asks.

use std::collections::HashMap;

use clickhouse::{Client, Row};
use serde::Serialize;

use super::traffic::{AGENTS, START, View, WAYS};

const TABLES: [&str; 2] = [
    "create table events (timestamp DateTime codec(Delta(4), LZ4), name LowCardinality(String), site_id UInt64, \
     user_id UInt64, session_id UInt64, hostname String codec(ZSTD(3)), pathname String codec(ZSTD(3)), \
     referrer String codec(ZSTD(3)), referrer_source String codec(ZSTD(3)), country_code FixedString(2), \
     screen_size LowCardinality(String), operating_system LowCardinality(String), browser LowCardinality(String), \
     utm_medium String codec(ZSTD(3)), utm_source String codec(ZSTD(3)), utm_campaign String codec(ZSTD(3)), \
     `meta.key` Array(String) default [] codec(ZSTD(3)), `meta.value` Array(String) default [] codec(ZSTD(3)), \
     browser_version LowCardinality(String), operating_system_version LowCardinality(String) default '', \
     subdivision1_code LowCardinality(String), subdivision2_code LowCardinality(String) default '', city_geoname_id UInt32, \
     utm_content String default '' codec(ZSTD(3)), utm_term String default '' codec(ZSTD(3)), scroll_depth UInt8 default 0, engagement_time UInt32 default 0, \
     channel LowCardinality(String)) \
     engine = MergeTree partition by toYYYYMM(timestamp) primary key (site_id, toDate(timestamp), name, user_id) \
     order by (site_id, toDate(timestamp), name, user_id, timestamp) sample by user_id",
    "create table sessions (session_id UInt64, sign Int8, site_id UInt64, user_id UInt64, \
     hostname String codec(ZSTD(3)), timestamp DateTime codec(Delta(4), LZ4), start DateTime codec(Delta(4), LZ4), \
     is_bounce UInt8, entry_page String codec(ZSTD(3)), exit_page String codec(ZSTD(3)), pageviews Int32, \
     events Int32, duration UInt32, referrer String codec(ZSTD(3)), referrer_source String codec(ZSTD(3)), \
     country_code LowCardinality(FixedString(2)), screen_size LowCardinality(String), \
     operating_system LowCardinality(String), browser LowCardinality(String), utm_medium String codec(ZSTD(3)), \
     utm_source String codec(ZSTD(3)), utm_campaign String codec(ZSTD(3)), browser_version LowCardinality(String), \
     operating_system_version LowCardinality(String) default '', subdivision1_code LowCardinality(String), \
     subdivision2_code LowCardinality(String) default '', city_geoname_id UInt32, utm_content String default '' codec(ZSTD(3)), \
     utm_term String default '' codec(ZSTD(3)), channel LowCardinality(String)) \
     engine = VersionedCollapsingMergeTree(sign, events) partition by toYYYYMM(start) \
     primary key (site_id, toDate(start), user_id, session_id) \
     order by (site_id, toDate(start), user_id, session_id) sample by user_id \
     settings allow_nullable_key = 0",
];

/// Makes the database `plausible` and its tables.
pub(crate) async fn make(client: &Client) -> Result<(), clickhouse::error::Error> {
    client.query("create database plausible").execute().await?;
    for table in TABLES {
        client.clone().with_database("plausible").query(table).execute().await?;
    }
    Ok(())
}

/// The questions of `main`, in their order.
pub(crate) fn questions() -> [String; 12] {
    let until = START + 30 * 86_400;
    let of_events = format!("from events where site_id = 1 and timestamp >= {START} and timestamp < {until}");
    let of_visits = format!(
        "from sessions where site_id = 1 and start >= {} and timestamp >= {START} and start < {until}",
        START - 7 * 86_400
    );
    let visit = "uniq(user_id) as visitors, sum(sign) as visits, sum(sign * pageviews) as pageviews, \
                 round(100 * sum(is_bounce * sign) / sum(sign)) as bounce_rate, \
                 round(sum(duration * sign) / sum(sign)) as visit_duration";
    let event =
        "uniq(user_id) as visitors, uniq(session_id) as visits, countIf(name = 'pageview') as pageviews";
    let best = "order by visitors desc limit 100";
    let local = "'Europe/Oslo'";
    let of_page =
        format!("session_id in (select session_id {of_events} and pathname = '/dekk/sommerdekk/produkt-1')");
    [
        format!("select {visit} {of_visits}"),
        format!(
            "select toDate(toTimeZone(timestamp, {local})) as day, {event} {of_events} group by day order by day"
        ),
        format!(
            "select toStartOfHour(toTimeZone(timestamp, {local})) as hour, {event} {of_events} \
             and timestamp >= {} group by hour order by hour",
            until - 86_400
        ),
        format!("select referrer_source, {visit} {of_visits} group by referrer_source {best}"),
        format!("select pathname, {event} {of_events} group by pathname {best}"),
        format!("select entry_page, {visit} {of_visits} group by entry_page {best}"),
        format!("select exit_page, {visit} {of_visits} group by exit_page {best}"),
        format!("select country_code, {visit} {of_visits} group by country_code {best}"),
        format!("select screen_size, {visit} {of_visits} group by screen_size {best}"),
        format!(
            "select pathname, {event} {of_events} and referrer_source = 'Google' group by pathname {best}"
        ),
        format!("select referrer_source, {visit} {of_visits} and {of_page} group by referrer_source {best}"),
        format!(
            "select country_code, {visit} {of_visits} and browser = 'Firefox' group by country_code {best}"
        ),
    ]
}

#[derive(Row, Serialize)]
struct Event<'a> {
    timestamp: u32,
    name: &'a str,
    site_id: u64,
    user_id: u64,
    session_id: u64,
    hostname: &'a str,
    pathname: &'a str,
    referrer: &'a str,
    referrer_source: &'a str,
    country_code: [u8; 2],
    screen_size: &'a str,
    operating_system: &'a str,
    browser: &'a str,
    utm_medium: &'a str,
    utm_source: &'a str,
    utm_campaign: &'a str,
    browser_version: &'a str,
    subdivision1_code: &'a str,
    city_geoname_id: u32,
    channel: &'a str,
}

#[derive(Row, Serialize)]
#[allow(clippy::struct_field_names, reason = "the names are those of the table")]
struct Session<'a> {
    session_id: u64,
    sign: i8,
    site_id: u64,
    user_id: u64,
    hostname: &'a str,
    timestamp: u32,
    start: u32,
    is_bounce: u8,
    entry_page: &'a str,
    exit_page: &'a str,
    pageviews: i32,
    events: i32,
    duration: u32,
    referrer: &'a str,
    referrer_source: &'a str,
    country_code: [u8; 2],
    screen_size: &'a str,
    operating_system: &'a str,
    browser: &'a str,
    utm_medium: &'a str,
    utm_source: &'a str,
    utm_campaign: &'a str,
    browser_version: &'a str,
    subdivision1_code: &'a str,
    city_geoname_id: u32,
    channel: &'a str,
}

/// A hash as ids are: spread over all 64 bits.
fn id(number: u32, salt: u64) -> u64 {
    let mixed = (u64::from(number) ^ salt).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

/// Writes the views of one day, and the last state of each of its visits.
pub(crate) async fn write(client: &Client, views: &[View]) -> Result<(), clickhouse::error::Error> {
    let mut visits: HashMap<u32, Vec<&View>> = HashMap::new();
    let mut events = client.insert::<Event<'_>>("events").await?;
    for view in views {
        visits.entry(view.visit).or_default().push(view);
        let said = Said::of(view);
        let row = Event {
            timestamp: u32::try_from(view.at).unwrap_or(0),
            name: "pageview",
            site_id: 1,
            user_id: id(view.visitor, 7),
            session_id: id(view.visit, 11),
            hostname: "shop.example",
            pathname: &view.path(),
            referrer: said.referrer,
            referrer_source: said.source,
            country_code: said.country,
            screen_size: said.device,
            operating_system: said.system,
            browser: said.browser,
            utm_medium: said.medium,
            utm_source: said.utm_source,
            utm_campaign: said.campaign,
            browser_version: &said.version,
            subdivision1_code: &said.region,
            city_geoname_id: u32::from(view.place),
            channel: said.channel,
        };
        events.write(&row).await?;
    }
    events.end().await?;
    write_visits(client, visits).await
}

async fn write_visits(
    client: &Client,
    visits: HashMap<u32, Vec<&View>>,
) -> Result<(), clickhouse::error::Error> {
    let mut sessions = client.insert::<Session<'_>>("sessions").await?;
    for (visit, views) in visits {
        let (first, last) = (views[0], views[views.len() - 1]);
        let said = Said::of(first);
        let count = i32::try_from(views.len()).unwrap_or(0);
        let row = Session {
            session_id: id(visit, 11),
            sign: 1,
            site_id: 1,
            user_id: id(first.visitor, 7),
            hostname: "shop.example",
            timestamp: u32::try_from(last.at).unwrap_or(0),
            start: u32::try_from(first.at).unwrap_or(0),
            is_bounce: u8::from(count == 1),
            entry_page: &first.path(),
            exit_page: &last.path(),
            pageviews: count,
            events: count,
            duration: u32::try_from(last.at - first.at).unwrap_or(0),
            referrer: said.referrer,
            referrer_source: said.source,
            country_code: said.country,
            screen_size: said.device,
            operating_system: said.system,
            browser: said.browser,
            utm_medium: said.medium,
            utm_source: said.utm_source,
            utm_campaign: said.campaign,
            browser_version: &said.version,
            subdivision1_code: &said.region,
            city_geoname_id: u32::from(first.place),
            channel: said.channel,
        };
        sessions.write(&row).await?;
    }
    sessions.end().await
}

/// What a row says of a view's visit.
struct Said {
    referrer: &'static str,
    source: &'static str,
    medium: &'static str,
    utm_source: &'static str,
    campaign: &'static str,
    channel: &'static str,
    browser: &'static str,
    system: &'static str,
    device: &'static str,
    country: [u8; 2],
    version: String,
    region: String,
}

impl Said {
    fn of(view: &View) -> Self {
        let (referrer, source, medium) = WAYS[usize::from(view.way)];
        let (_, browser, system, device) = AGENTS[usize::from(view.agent)];
        let is_campaign = !medium.is_empty();
        let code = view.country().as_bytes();
        Self {
            referrer,
            source,
            medium,
            utm_source: if is_campaign { source } else { "" },
            campaign: if is_campaign { "host26" } else { "" },
            channel: if source.is_empty() { "Direct" } else { "Organic Search" },
            browser,
            system,
            device,
            country: [code[0], code[1]],
            version: format!("14{}", view.version),
            region: format!("{}-{:02}", view.country(), view.place / 8),
        }
    }
}
