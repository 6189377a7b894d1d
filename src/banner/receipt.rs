//! A receipt as its holder reads it: who asked, what for, who receives what, what was answered and when.
//!
//! The fields are those of ISO/IEC TS 27560:2023, under the names that the Data Privacy Vocabulary gives them
//! (`dpv:`), and the ones of the Kantara Consent Receipt 1.1 that it took over. Who gave the consent is named by the
//! number of the receipt alone.

use serde_json::{Value, json};

use super::Banner;
use crate::policy::consent::{Category, ReceiptNumber};
use crate::store::ledger::{Hash, Receipt};

/// Which standard the fields follow.
const CONFORMS_TO: &str = "ISO/IEC TS 27560:2023";

/// Where a receipt is handed out, and how long what it says is kept.
#[derive(Clone, Copy, Debug)]
pub struct Issue<'a> {
    /// Scheme and host of the site, such as `https://shop.example`: whoever reads the file has no page to resolve a path at.
    pub origin: &'a str,
    /// How long the ledger keeps a record. Unit: days.
    pub kept_days: u32,
}

impl Banner {
    /// The document of one number: `receipts` are its records, oldest first, each with the notice that was shown, where
    /// it is kept. The latest notice says what stands and who receives it.
    pub fn receipt_document(
        &self,
        number: ReceiptNumber,
        receipts: &[(Receipt, Option<Value>)],
        issue: Issue<'_>,
    ) -> Value {
        let controller = &self.settings.controller;
        let standing = receipts.last();
        let notice = standing.and_then(|(_, notice)| notice.as_ref());
        let days = self.days_of(notice);
        let process: Vec<Value> =
            standing.map(|(receipt, _)| purposes(&receipt.granted, notice, days)).unwrap_or_default();
        let events = receipts.iter().map(|(receipt, notice)| event(receipt, self.days_of(notice.as_ref())));
        let privacy_notice = match controller.privacy_url.as_str() {
            "" => format!("{}{}", issue.origin, self.address("/cookies")),
            path if path.starts_with('/') => format!("{}{path}", issue.origin),
            url => url.to_owned(),
        };
        json!({
            "@context": context(),
            "dct:conformsTo": CONFORMS_TO,
            "dct:created": receipts.first().map(|(receipt, _)| receipt.time.to_string()),
            "dct:language": standing.map(|(receipt, _)| &receipt.language),
            "dct:source": { "@type": "dpv:ConsentRecord", "dpv:hasIdentifier": record_id(number).to_string() },
            "dpv:hasIdentifier": number.to_string(),
            "dpv:hasDataSubject": number.to_string(),
            "dpv:hasDataController": {
                "@type": "dpv:DataController",
                "dpv:hasIdentifier": issue.origin,
                "dpv:hasName": controller.name,
                "dpv:hasAddress": controller.address,
                "dpv:hasContact": controller.email,
                "dpv:hasPrivacyNotice": privacy_notice,
            },
            "dpv:hasAuthority": controller.complaint_url,
            "dpv:hasJurisdiction": controller.jurisdiction,
            "dpv:hasLegalBasis": ["GDPR art. 6(1)(a)", "Directive 2002/58/EC art. 5(3)"],
            "dpv:hasConsentType": "dpv:ExplicitlyExpressedConsent",
            "dpv:hasPersonalData": ["dpv:DeviceIdentifier", "dpv:BrowsingBehaviour", "dpv:IPAddress"],
            "dpv:hasSensitivePersonalData": [],
            "dpv:hasConsentControl": format!("{}{}", issue.origin, self.address("/my-data")),
            "dpv:hasRight": ["GDPR art. 7(3)", "GDPR art. 15", "GDPR art. 16", "GDPR art. 17", "GDPR art. 18", "GDPR art. 20", "GDPR art. 21", "GDPR art. 77"],
            // The record stands with the controller, its number with the visitor.
            "dpv:hasStorageCondition": {
                "dpv:hasDuration": format!("P{}D", issue.kept_days),
                "dpv:hasLocation": [issue.origin, "dpv:WithinDevice"],
            },
            "dpv:hasProcess": process,
            "dpv:hasConsentStatus": events.collect::<Vec<_>>(),
            "dpv:hasNotice": notice,
        })
    }

    /// How long an answer stood that was given to that notice. Unit: days.
    fn days_of(&self, notice: Option<&Value>) -> u64 {
        notice.and_then(|notice| notice["days"].as_u64()).unwrap_or_else(|| self.settings.days.into())
    }
}

/// What the names stand for, to readers of JSON-LD 1.1: those without a prefix are the gateway's own, and where the vocabulary
/// has names for values these are names.
fn context() -> Value {
    let names = |property: &str| json!({ "@id": property, "@type": "@vocab" });
    json!({
        "@vocab": "urn:consentry:",
        "dct": "http://purl.org/dc/terms/",
        "dpv": "https://w3id.org/dpv#",
        "dpv:hasConsentType": names("dpv:hasConsentType"),
        "dpv:hasConsentStatus": names("dpv:hasConsentStatus"),
        "dpv:hasPersonalData": names("dpv:hasPersonalData"),
    })
}

/// What the record of a number is called: another name than the receipt's, and the same for as long as there is one.
fn record_id(number: ReceiptNumber) -> Hash {
    Hash::of(&format!("consentry record {number}"))
}

/// One record: what was answered, by whom, where, in which language, under which notice, and its place in the chain.
fn event(receipt: &Receipt, days: u64) -> Value {
    let is_given = !receipt.granted.is_empty();
    json!({
        "@type": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasIdentifier": receipt.hash.to_string(),
        "dpv:isIndicatedBy": receipt.id.map(|number| number.to_string()),
        "dpv:isIndicatedAtTime": receipt.time.to_string(),
        // What was taken back holds until something else is said.
        "dpv:hasDuration": if is_given { format!("P{days}D") } else { "dpv:UntilEventDuration".to_owned() },
        "dpv:hasConsentStatus": if is_given { "dpv:ConsentGiven" } else { "dpv:ConsentWithdrawn" },
        "action": receipt.action,
        "collection_method": receipt.layer,
        "language": receipt.language,
        "site": receipt.site,
        "granted": receipt.granted,
        "refused": receipt.refused,
        "notice": receipt.texts.to_string(),
        "previous": receipt.previous.to_string(),
        "hash": receipt.hash.to_string(),
    })
}

/// What was agreed to, one entry a purpose, with who receives what, as the notice of that day declared it.
fn purposes(granted: &[String], notice: Option<&Value>, days: u64) -> Vec<Value> {
    let categories = notice.and_then(|notice| notice["categories"].as_array()).map_or(&[][..], Vec::as_slice);
    let mut purposes = Vec::new();
    for category in categories {
        let name = category["category"].as_str().unwrap_or_default();
        if name == Category::Necessary.name() {
            continue;
        }
        let is_whole = granted.iter().any(|granted| granted == name);
        let is_granted = |tracker: &&Value| is_whole || granted.iter().any(|id| tracker["id"] == **id);
        let trackers: Vec<&Value> =
            category["trackers"].as_array().into_iter().flatten().filter(is_granted).collect();
        if is_whole || !trackers.is_empty() {
            purposes.push(json!({
                "dpv:hasPurpose": category["name"],
                "purpose_category": name,
                "is_whole": is_whole,
                "dpv:hasDuration": format!("P{days}D"),
                "dpv:hasStorageCondition": { "dpv:hasLocation": places(&trackers) },
                "dpv:hasRecipientThirdParty": trackers,
                // What goes with the whole category: hosts, cookies and the like that the operator vouches for.
                "vouched": if is_whole { category["vouched"].clone() } else { json!([]) },
            }));
        }
    }
    purposes
}

/// Where what these trackers collect is stored: the visitor's own device, and the country of each provider.
fn places<'a>(trackers: &[&'a Value]) -> Vec<&'a str> {
    let mut places = vec!["dpv:WithinDevice"];
    for country in trackers.iter().filter_map(|tracker| tracker["provider"]["country"].as_str()) {
        if !country.is_empty() && !places.contains(&country) {
            places.push(country);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::tests::banner;

    const ISSUE: Issue<'_> = Issue { origin: "https://shop.example", kept_days: 1277 };

    fn receipt(action: &str, granted: &[&str]) -> Receipt {
        Receipt {
            id: Some(ReceiptNumber([0xab; 16])),
            time: "2026-03-02T12:00:00Z".parse().unwrap(),
            site: "shop".into(),
            action: action.into(),
            layer: "banner".into(),
            language: "en".into(),
            granted: granted.iter().map(|name| (*name).to_owned()).collect(),
            refused: Vec::new(),
            texts: Hash([9; 32]),
            previous: Hash::NONE,
            hash: Hash([1; 32]),
        }
    }

    fn document(receipts: &[Receipt]) -> Value {
        let notice: Value = serde_json::from_str(&banner().notice(1)).unwrap();
        let receipts: Vec<_> =
            receipts.iter().map(|receipt| (receipt.clone(), Some(notice.clone()))).collect();
        banner().receipt_document(ReceiptNumber([0xab; 16]), &receipts, ISSUE)
    }

    #[test]
    fn r40_document_has_every_field_the_standard_asks_for() {
        let document = document(&[receipt("granted", &["statistics"]), receipt("withdrawn", &[])]);
        let granted = self::document(&[receipt("granted", &["statistics"])]);
        for field in [
            // Header: schema version, record id, receipt id, PII principal id.
            "/dct:conformsTo",
            "/dct:source/dpv:hasIdentifier",
            "/dpv:hasIdentifier",
            "/dpv:hasDataSubject",
            // Processing: privacy notice, language, purpose, PII and its type, controllers, storage locations, retention,
            // jurisdiction, recipients, withdrawal method.
            "/dpv:hasNotice",
            "/dpv:hasDataController/dpv:hasPrivacyNotice",
            "/dct:language",
            "/dpv:hasPersonalData/0",
            "/dpv:hasStorageCondition/dpv:hasLocation/0",
            "/dpv:hasStorageCondition/dpv:hasDuration",
            "/dpv:hasJurisdiction",
            "/dpv:hasConsentControl",
            // Party: id, address, name, contact, type.
            "/dpv:hasDataController/dpv:hasIdentifier",
            "/dpv:hasDataController/dpv:hasAddress",
            "/dpv:hasDataController/dpv:hasName",
            "/dpv:hasDataController/dpv:hasContact",
            "/dpv:hasDataController/@type",
            // Event: time, validity duration, entity id, type, state; of a yes and of what took it back.
            "/dpv:hasConsentStatus/0/dpv:isIndicatedAtTime",
            "/dpv:hasConsentStatus/0/dpv:hasDuration",
            "/dpv:hasConsentStatus/0/dpv:isIndicatedBy",
            "/dpv:hasConsentStatus/0/@type",
            "/dpv:hasConsentStatus/0/dpv:hasConsentStatus",
            "/dpv:hasConsentStatus/1/dpv:isIndicatedAtTime",
            "/dpv:hasConsentStatus/1/dpv:hasDuration",
            "/dpv:hasConsentStatus/1/dpv:isIndicatedBy",
            "/dpv:hasConsentStatus/1/@type",
            "/dpv:hasConsentStatus/1/dpv:hasConsentStatus",
            // Beside what is mandatory.
            "/dct:created",
            "/dpv:hasAuthority",
            "/dpv:hasRight/0",
        ] {
            let said = document.pointer(field).and_then(Value::as_str).unwrap_or_default();
            assert!(!said.is_empty() || document.pointer(field).is_some_and(Value::is_object), "{field}");
        }
        for field in
            ["dpv:hasPurpose", "dpv:hasStorageCondition/dpv:hasLocation/1", "dpv:hasRecipientThirdParty/0/id"]
        {
            let said = granted.pointer(&format!("/dpv:hasProcess/0/{field}"));
            assert!(said.is_some_and(Value::is_string), "{field}");
        }
        let event = &document["dpv:hasConsentStatus"][0];
        assert_eq!((&event["collection_method"], &event["language"]), (&json!("banner"), &json!("en")));
    }

    #[test]
    fn r40_document_says_where_it_is_from_and_how_long_what_is_kept() {
        let document = document(&[receipt("granted", &["statistics"])]);
        assert_eq!(document["dpv:hasDataController"]["dpv:hasIdentifier"], "https://shop.example");
        assert_eq!(
            document["dpv:hasDataController"]["dpv:hasPrivacyNotice"],
            "https://shop.example/personvern"
        );
        assert_eq!(document["dpv:hasConsentControl"], "https://shop.example/_consentry/my-data");
        assert_eq!(document["dpv:hasStorageCondition"]["dpv:hasDuration"], "P1277D");
        assert_eq!(document["dpv:hasConsentStatus"][0]["dpv:hasDuration"], "P182D");
        assert_eq!(document["dpv:hasProcess"][0]["dpv:hasDuration"], "P182D");
    }

    #[test]
    fn r40_record_and_receipt_have_names_of_their_own() {
        let once = document(&[receipt("granted", &["statistics"])]);
        let later = document(&[receipt("changed", &["marketing"])]);
        assert_ne!(once["dct:source"]["dpv:hasIdentifier"], once["dpv:hasIdentifier"]);
        assert_eq!(once["dct:source"], later["dct:source"], "also when the first record has expired");
    }

    #[test]
    fn only_what_was_agreed_to_is_listed_with_who_receives_it() {
        let document = document(&[receipt("granted", &["statistics", "video"])]);
        let process = document["dpv:hasProcess"].as_array().unwrap();
        let listed: Vec<_> = process
            .iter()
            .map(|purpose| {
                (purpose["purpose_category"].as_str().unwrap(), purpose["is_whole"].as_bool().unwrap())
            })
            .collect();
        assert_eq!(listed, [("statistics", true), ("marketing", false)]);
        assert_eq!(process[1]["dpv:hasRecipientThirdParty"][0]["provider"]["name"], "Vid <Inc>");
    }

    #[test]
    fn what_was_taken_back_is_no_longer_granted() {
        let document = document(&[receipt("granted", &["statistics"]), receipt("withdrawn", &[])]);
        assert_eq!(document["dpv:hasProcess"], json!([]));
        assert_eq!(document["dpv:hasConsentStatus"][1]["dpv:hasConsentStatus"], "dpv:ConsentWithdrawn");
    }
}
