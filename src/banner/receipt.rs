//! A receipt as its holder reads it: who asked, what for, who receives what, what was answered and when.
//!
//! The fields are those of ISO/IEC TS 27560:2023, under the names that the Data Privacy Vocabulary gives them
//! (`dpv:`), and the ones of the Kantara Consent Receipt 1.1 that it took over. Who gave the consent is named by the
//! number of the receipt alone.

use serde_json::{Value, json};

use super::Banner;
use crate::policy::consent::{Category, ReceiptNumber};
use crate::store::ledger::Receipt;

/// Which standard the fields follow.
const CONFORMS_TO: &str = "ISO/IEC TS 27560:2023";

impl Banner {
    /// The document of one number: `receipts` are its records, oldest first, each with the notice that was shown, where
    /// it is kept. The latest notice says what stands and who receives it.
    pub fn receipt_document(&self, number: ReceiptNumber, receipts: &[(Receipt, Option<Value>)]) -> Value {
        let controller = &self.settings.controller;
        let standing = receipts.last();
        let notice = standing.and_then(|(_, notice)| notice.as_ref());
        let process: Vec<Value> = standing
            .map(|(receipt, _)| purposes(&receipt.granted, notice, self.settings.days))
            .unwrap_or_default();
        json!({
            "@context": { "dct": "http://purl.org/dc/terms/", "dpv": "https://w3id.org/dpv#" },
            "dct:conformsTo": CONFORMS_TO,
            "dct:created": receipts.first().map(|(receipt, _)| receipt.time.to_string()),
            "dpv:hasIdentifier": number.to_string(),
            "dpv:hasDataSubject": number.to_string(),
            "dpv:hasDataController": {
                "dpv:hasName": controller.name,
                "dpv:hasAddress": controller.address,
                "dpv:hasContact": controller.email,
                "dpv:hasPrivacyNotice": controller.privacy_url,
            },
            "dpv:hasAuthority": controller.complaint_url,
            "dpv:hasJurisdiction": controller.jurisdiction,
            "dpv:hasLegalBasis": ["GDPR art. 6(1)(a)", "Directive 2002/58/EC art. 5(3)"],
            "dpv:hasConsentType": "dpv:ExplicitlyExpressedConsent",
            "dpv:hasPersonalData": ["dpv:DeviceIdentifier", "dpv:BrowsingBehaviour", "dpv:IPAddress"],
            "dpv:hasSensitivePersonalData": [],
            "dpv:hasWithdrawalMethod": self.address("/my-data"),
            "dpv:hasRight": ["GDPR art. 7(3)", "GDPR art. 15", "GDPR art. 16", "GDPR art. 17", "GDPR art. 18", "GDPR art. 20", "GDPR art. 21", "GDPR art. 77"],
            "dpv:hasStorageDuration": format!("P{}D", self.settings.days),
            "dpv:hasProcess": process,
            "dpv:hasConsentStatus": receipts.iter().map(|(receipt, _)| event(receipt)).collect::<Vec<_>>(),
            "dpv:hasNotice": notice,
        })
    }
}

/// One record: what was answered, where, in which language, under which notice, and its place in the chain.
fn event(receipt: &Receipt) -> Value {
    json!({
        "dpv:isIndicatedAtTime": receipt.time.to_string(),
        "dpv:hasConsentStatus": if receipt.granted.is_empty() { "dpv:ConsentWithdrawn" } else { "dpv:ConsentGiven" },
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
fn purposes(granted: &[String], notice: Option<&Value>, days: u32) -> Vec<Value> {
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
                "dpv:hasRecipientThirdParty": trackers,
            }));
        }
    }
    purposes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::tests::banner;
    use crate::store::ledger::Hash;

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
        banner().receipt_document(ReceiptNumber([0xab; 16]), &receipts)
    }

    #[test]
    fn r40_document_has_every_field_the_standard_asks_for() {
        let document = document(&[receipt("granted", &["statistics"])]);
        for field in [
            "dct:conformsTo",
            "dct:created",
            "dpv:hasIdentifier",
            "dpv:hasDataSubject",
            "dpv:hasDataController",
            "dpv:hasNotice",
            "dpv:hasJurisdiction",
            "dpv:hasWithdrawalMethod",
            "dpv:hasStorageDuration",
            "dpv:hasPersonalData",
            "dpv:hasProcess",
            "dpv:hasConsentStatus",
            "dpv:hasAuthority",
            "dpv:hasRight",
        ] {
            assert!(document.get(field).is_some_and(|value| !value.is_null()), "{field}");
        }
        let event = &document["dpv:hasConsentStatus"][0];
        assert_eq!((&event["collection_method"], &event["language"]), (&json!("banner"), &json!("en")));
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
