//! `[[site.allow]]` and `[[site.goal]]`: entries that are about one of two things.

use std::ops::Range;

use toml::Spanned;

use super::super::Goal;
use super::super::file::{Fault, Table};
use super::super::report::Problem;
use super::{doubt, value};
use crate::policy::{Allow, Allowed};

/// Every rule of the site that could be read, and where each stands.
pub(super) fn allow(site: &Table<'_>) -> (Vec<Allow>, Vec<Range<usize>>) {
    site.tables("allow", "site.allow").iter().filter_map(allow_one).unzip()
}

fn allow_one(table: &Table<'_>) -> Option<(Allow, Range<usize>)> {
    let host = table.parsed("host", value::host_rule);
    let cookie = table.parsed("cookie", value::cookie_rule);
    let is_one = one_of_two(
        table,
        "host",
        "cookie",
        "a rule is about one host or one cookie; write two rules for two",
    );
    let category =
        table.required("category", "write category = \"necessary\", or what it is", value::category);
    let why = table.parsed("why", value::filled);
    if !table.has("why") {
        let remedy = "the declaration shows it to visitors: say what it is needed for";
        doubt(table.notes(), table.at(), "why is missing in [[site.allow]]", remedy);
    }
    let paths = table.list("paths", value::path_prefix).map_or_else(Vec::new, Spanned::into_inner);
    let what = match (host, cookie) {
        (Some(host), None) => (host.span(), Allowed::Host(host.into_inner())),
        (None, Some(cookie)) => (cookie.span(), Allowed::Cookie(cookie.into_inner())),
        _ => return None,
    };
    let allow = Allow {
        what: what.1,
        category: category?.into_inner(),
        why: why.map_or_else(String::new, Spanned::into_inner),
        paths: paths.into_iter().map(Spanned::into_inner).collect(),
    };
    is_one.then_some((allow, what.0))
}

/// Every goal of the site that could be read.
pub(super) fn goals(site: &Table<'_>) -> Vec<Goal> {
    let mut goals = Vec::new();
    for table in site.tables("goal", "site.goal") {
        let event = table.parsed("name", value::filled).map(|name| Goal::Event(name.into_inner()));
        let page = table.parsed("path", page_pattern).map(|path| Goal::Page(path.into_inner()));
        if !one_of_two(&table, "name", "path", "a goal is an event or a page; write two goals for two") {
            continue;
        }
        let Some(goal) = event.or(page) else { continue };
        if goals.contains(&goal) {
            let reason = "this goal is listed twice";
            table.notes().add(Problem::error(table.at(), reason).remedy("write it once"));
        }
        goals.push(goal);
    }
    goals
}

fn page_pattern(text: &str) -> Result<String, Fault> {
    value::path_prefix(text).map_err(|fault| Fault {
        reason: format!("\"{text}\" is no path of a page"),
        remedy: "write it from the slash; * stands for any text: \"/thanks*\"".to_owned(),
        ..fault
    })
}

/// Is exactly one of two keys written? Otherwise that is noted.
fn one_of_two(table: &Table<'_>, one: &'static str, other: &'static str, remedy: &str) -> bool {
    match (table.has(one), table.has(other)) {
        (true, true) => {
            let reason = format!("both {one} and {other}");
            table.notes().add(Problem::error(table.at(), reason).remedy(remedy));
            false
        }
        (false, false) => {
            table.is_missing_either(one, other, remedy);
            false
        }
        _ => true,
    }
}
