//! `[site.controller]`: who asks, and where a visitor reads, writes and complains.

use super::super::file::{Fault, Table};
use super::{doubt, or, texts, value};
use crate::banner::Controller;

/// Who answers for the data. Name and a way to reach them are what no notice may lack (GDPR art. 13(1)(a)).
pub(super) fn controller(site: &Table<'_>) -> Option<Controller> {
    if !site.has("controller") {
        let remedy =
            "write [site.controller] with name and email: visitors must be told who asks (GDPR art. 13)";
        site.is_missing("controller", remedy);
        return None;
    }
    let table = site.table("controller", "site.controller");
    let name = table.required("name", "write the legal name of the shop (GDPR art. 13(1)(a))", texts::shown);
    let remedy = "write an address that is read: visitors use it for their rights (GDPR art. 13(1)(a))";
    let email = table.required("email", remedy, value::email);
    let advised = |key: &'static str, why: &str, parse: fn(&str) -> Result<String, Fault>| {
        let is_written = table.text(key).is_none_or(|text| !text.get_ref().is_empty());
        if table.has(key) && is_written {
            return or(table.parsed(key, parse), String::new());
        }
        doubt(table.notes(), table.at_value(key), format!("{key} is missing in [site.controller]"), why);
        String::new()
    };
    let address =
        advised("address", "visitors are told who asks, and where (GDPR art. 13(1)(a))", texts::shown);
    let privacy_url = advised(
        "privacy_url",
        "the banner links to the shop's privacy statement (GDPR art. 13)",
        value::page,
    );
    let remedy = "visitors must be told where they can complain (GDPR art. 13(2)(d)), such as \
                  \"https://www.datatilsynet.no/\"";
    let complaint_url = advised("complaint_url", remedy, value::web_address);
    let jurisdiction = or(table.parsed("jurisdiction", value::filled), "EEA".into());
    let (name, email) = (name?.into_inner(), email?.into_inner());
    Some(Controller { name, address, email, privacy_url, complaint_url, jurisdiction })
}
