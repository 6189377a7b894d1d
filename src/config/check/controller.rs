//! `[site.controller]`: who asks, and where a visitor reads, writes and complains.

use super::super::file::{Fault, Table};
use super::{doubt, or, texts, value};
use crate::banner::{Controller, is_no_page, refused_name};

/// Who answers for the data. Name and a way to reach them are what no notice may lack (GDPR art. 13(1)(a)).
pub(super) fn controller(site: &Table<'_>, languages: &[String], prefix: &str) -> Option<Controller> {
    if !site.has("controller") {
        let remedy =
            "write [site.controller] with name and email: visitors must be told who asks (GDPR art. 13)";
        site.is_missing("controller", remedy);
        return None;
    }
    let table = site.table("controller", "site.controller");
    let name = table.required("name", "write the legal name of the shop (GDPR art. 13(1)(a))", |text| {
        name(text, languages)
    });
    let remedy = "write an address that is read: visitors use it for their rights (GDPR art. 13(1)(a))";
    let email = table.required("email", remedy, value::email);
    let advised = |key: &'static str, why: &str, parse: &dyn Fn(&str) -> Result<String, Fault>| {
        let is_written = table.text(key).is_none_or(|text| !text.get_ref().is_empty());
        if table.has(key) && is_written {
            return or(table.parsed(key, parse), String::new());
        }
        doubt(table.notes(), table.at_value(key), format!("{key} is missing in [site.controller]"), why);
        String::new()
    };
    let address =
        advised("address", "visitors are told who asks, and where (GDPR art. 13(1)(a))", &texts::shown);
    let privacy_url =
        advised("privacy_url", "the banner links to the shop's privacy statement (GDPR art. 13)", &|text| {
            privacy_page(text, prefix)
        });
    let remedy = "visitors must be told where they can complain (GDPR art. 13(2)(d)), such as \
                  \"https://www.datatilsynet.no/\"";
    let complaint_url = advised("complaint_url", remedy, &|text| complaint_page(text, prefix));
    let jurisdiction = or(table.parsed("jurisdiction", value::filled), "EEA".into());
    let (name, email) = (name?.into_inner(), email?.into_inner());
    Some(Controller { name, address, email, privacy_url, complaint_url, jurisdiction })
}

/// The name of who asks, which stands in the question.
fn name(text: &str, languages: &[String]) -> Result<String, Fault> {
    let name = texts::shown(text)?;
    match languages.iter().find_map(|language| refused_name(language, &name)) {
        Some(refused) => Err(Fault::new(refused.reason, refused.remedy)),
        None => Ok(name),
    }
}

/// A page that can be read behind "Privacy".
fn privacy_page(text: &str, prefix: &str) -> Result<String, Fault> {
    let page = value::page(text)?;
    if !leads_to_no_page(&page, prefix) {
        return Ok(page);
    }
    let reason = format!("R15: \"{text}\" is no page that can be read");
    Err(Fault::new(reason, format!("what lies below {prefix} is ours; name the shop's privacy statement")))
}

/// Whom a visitor can complain to: somebody else's page.
fn complaint_page(text: &str, prefix: &str) -> Result<String, Fault> {
    let page = value::web_address(text)?;
    if !leads_to_no_page(&page, prefix) {
        return Ok(page);
    }
    let reason = format!("R43: nobody can complain at \"{text}\"");
    Err(Fault::new(reason, format!("what lies below {prefix} is ours; name the data protection authority")))
}

/// Does an address lead below the prefix, and there to no page?
///
/// The prefix is the same on all hosts of a site, and no other shop's is a privacy statement either.
fn leads_to_no_page(address: &str, prefix: &str) -> bool {
    let address: String = address.chars().filter(|c| !c.is_control()).collect();
    let address = address.split(['?', '#']).next().unwrap_or_default().replace('\\', "/");
    let of_host = || address.split_once("://")?.1.split_once('/').map(|(_, path)| path);
    let path = address.strip_prefix('/').or_else(of_host);
    path.is_some_and(|path| is_no_page(path, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r43_a_complaint_leads_away() {
        let told = complaint_page("https://shop.example/_consentry/choice", "/_consentry");
        assert!(told.is_err_and(|fault| fault.reason.starts_with("R43: ")));
        assert!(complaint_page("https://www.datatilsynet.no/", "/_consentry").is_ok());
    }

    #[test]
    fn r15_behind_privacy_is_a_page() {
        for address in [
            "/_consentry/choice",
            "/_consentry/choice?a=/",
            "/_consentry",
            "/_consentry/",
            "/_consentry/consent/",
            "/_consentry/nothing",
            "/shop/../_consentry/choice",
            "/a://b/../../../_consentry/choice",
            "/shop/%2E./_consentry/./erase",
            "/shop\\..\\_consentry\\choice",
            "https://shop.example/_consentry/choice#a",
        ] {
            let told = privacy_page(address, "/_consentry").map_err(|fault| fault.reason);
            assert!(told.as_ref().is_err_and(|told| told.starts_with("R15: ")), "{address}: {told:?}");
        }
        for address in [
            "/personvern",
            "/_consentry/cookies",
            "/_consentry/my-data#a",
            "/_consentryx",
            "/a/_consentry/choice",
            "https://shop.example",
            "https://shop.example/privacy?of=/_consentry/choice",
        ] {
            assert_eq!(privacy_page(address, "/_consentry").unwrap(), address);
        }
    }
}
