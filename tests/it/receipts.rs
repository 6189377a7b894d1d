//! The receipt of a consent: what its holder can do with it, and what the ledger keeps.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};
use std::sync::Arc;

use consentry::clock::SteppedClock;
use consentry::store::Settings;
use consentry::store::ledger::signed::{self, PublicKey};
use consentry::store::ledger::{Link, Receipts};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pages::{PLAIN, SHOP};
use crate::support::{Gateway, Origin, Program, RULES, Visitor, get, noon, settings, start, start_in};

/// Connections that choose at the same time when the program is killed.
const CHOOSERS: usize = 500;
/// Choices of each of them.
const CHOICES: usize = 10;

fn read(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}

fn receipts(directory: &TempDir) -> Receipts {
    Receipts::open(&Settings { path: directory.path().into() }).expect("a ledger")
}

/// Every record of the ledger that is not erased.
pub fn records(gateway: &Gateway) -> Vec<consentry::store::ledger::Receipt> {
    let mut all = Vec::new();
    receipts(&gateway.directory)
        .export(|link| {
            if let Link::Whole(receipt) = link {
                all.push(receipt);
            }
            Ok::<_, consentry::store::StoreError>(())
        })
        .expect("a ledger");
    all
}

#[test]
fn r41_a_visitor_takes_a_signed_receipt_along() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/&layer=banner");
    let file = visitor.get("/_consentry/receipt.json", &[]);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"consent-receipt.json\""));
    let key = read(&get(gateway.visitors, "/_consentry/receipt-key.json", &[]).body);
    let key = PublicKey::from_hex(key["public_key"].as_str().expect("a key")).expect("a key");
    let (document, _) = signed::verify(&file.body, Some(key)).expect("a signature that fits");
    assert_eq!(document["dpv:hasDataController"]["dpv:hasName"], "Dekk og Felg AS");
    assert_eq!(document["dpv:hasProcess"][0]["purpose_category"], "statistics");
    assert_eq!(document["dpv:hasConsentStatus"][0]["collection_method"], "banner");
    assert_eq!(document["dpv:hasDataController"]["dpv:hasIdentifier"], "http://shop.example");
    assert_eq!(document["dpv:hasConsentControl"], "http://shop.example/_consentry/my-data");
    assert_eq!(document["dpv:hasStorageCondition"]["dpv:hasDuration"], "P1277D");
    let first_layer = document["dpv:hasNotice"]["first_layer"].as_str().expect("what was shown");
    assert!(first_layer.contains("data-role=\"reject-all\""), "{first_layer}");

    let mut changed = read(&file.body);
    changed["document"]["dpv:hasConsentStatus"][0]["granted"][0] = "marketing".into();
    assert!(signed::verify(changed.to_string().as_bytes(), Some(key)).is_err());
}

#[test]
fn nobody_without_a_receipt_can_read_or_erase_one() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    Visitor::of(gateway.visitors).choose("choice=all&return=/");
    let mut stranger = Visitor::of(gateway.visitors);
    assert_eq!(stranger.get("/_consentry/receipt.json", &[]).status, 404);
    assert_eq!(stranger.post_to("/_consentry/erase", "choice=none", &[]).status, 303);
    stranger.jar.insert("consentry".into(), "1.20000.psm..00000000000000000000000000000000.0000".into());
    assert_eq!(stranger.get("/_consentry/receipt.json", &[]).status, 404);
    stranger.post_to("/_consentry/erase", "choice=none", &[]);
    let verified = receipts(&gateway.directory).verify(None).expect("an unbroken chain");
    assert_eq!((verified.receipts, verified.erased), (1, 0));
}

#[test]
fn r40_one_number_tells_the_whole_story_of_a_consent() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=none&return=/");
    visitor.choose("choice=some&category=statistics&return=/&layer=banner");
    visitor.choose("choice=all&return=/&layer=page");
    visitor.choose("choice=none&return=/&layer=page");
    let records = records(&gateway);
    let story: Vec<_> =
        records.iter().map(|receipt| (receipt.action.as_str(), receipt.layer.as_str())).collect();
    assert_eq!(story, [("granted", "banner"), ("changed", "page"), ("withdrawn", "page")]);
    assert!(records.iter().all(|receipt| receipt.id == records[0].id && receipt.language == "nb"));
}

/// The page is English, the browser Norwegian: what was read is the page's.
#[test]
fn r40_a_record_names_the_text_that_was_shown_in_each_layer() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let norwegian = [("accept-language", "nb-NO")];
    let mut visitor = Visitor::of(gateway.visitors);
    let banner = visitor.asked("/", "nb-NO");
    visitor.post(&format!("choice=all&return=/&layer=banner&notice={banner}"), &norwegian);
    let centre = visitor.asked("/_consentry/consent", "en");
    visitor.post(&format!("choice=some&category=statistics&layer=page&notice={centre}"), &norwegian);
    let mine = visitor.asked("/_consentry/my-data", "nb");
    visitor.post(&format!("choice=none&layer=page&notice={mine}"), &[("accept-language", "en")]);
    let told: Vec<_> = records(&gateway)
        .into_iter()
        .map(|receipt| (receipt.action, receipt.language, receipt.texts.to_string()[..12].to_owned()))
        .collect();
    let expected = [("granted", "en", &banner), ("changed", "en", &centre), ("withdrawn", "nb", &mine)];
    let expected =
        expected.map(|(action, language, notice)| (action.into(), language.into(), notice.clone()));
    assert_eq!(told, expected);
    assert_eq!((banner == centre, banner == mine), (true, false));
}

/// Two gateways have one key and a ledger each: who goes from a house to the street may meet the other.
#[test]
fn a_number_that_another_gateway_gave_is_shown_kept_and_has_its_withdrawal_recorded() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let directory = tempfile::tempdir().expect("a directory");
    let key = |directory: &TempDir| directory.path().join("consent.key");
    std::fs::copy(key(&gateway.directory), key(&directory)).expect("copied");
    let text = settings(&directory, origin.address, RULES);
    let other = start_in(directory, &text, Arc::new(SteppedClock::at(noon())));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let number = records(&gateway)[0].id.expect("a number");

    let mut away = Visitor::of(other.visitors);
    away.jar = visitor.jar.clone();
    let mine = away.get("/_consentry/my-data", &[("accept-language", "en")]).text();
    assert!(mine.contains(&number.to_string()), "{mine}");
    for untrue in ["does not have the number", "We hold", "/receipt.json", "/erase"] {
        assert!(!mine.contains(untrue), "{untrue}: {mine}");
    }
    assert_eq!(away.get("/_consentry/my-data.json", &[]).json()["answer"]["number"], number.to_string());
    away.choose("choice=some&category=statistics&return=/");
    away.choose("choice=none&return=/");
    let told: Vec<_> = records(&other).into_iter().map(|receipt| (receipt.action, receipt.id)).collect();
    assert_eq!(told, [("changed".to_owned(), Some(number)), ("withdrawn".to_owned(), Some(number))]);

    // At once, too.
    let mut again = Visitor::of(other.visitors);
    again.jar = visitor.jar.clone();
    again.choose("choice=none&return=/");
    assert_eq!(records(&other).len(), 3);
    let question = json!({"metrics": ["choices"], "date_range": "day", "dimensions": ["event:choice"],
        "filters": [["is", "event:choice", ["refused", "withdrawn"]]]});
    let rows = json!([{"metrics": [2], "dimensions": ["withdrawn"]}]);
    other.ask_until(&other.token(), &question, &rows);
}

/// A restored profile brings the cookie of a consent back whose receipt was erased.
#[test]
fn r41_what_was_erased_stays_erased_when_an_old_cookie_brings_its_number_back() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let old = visitor.jar["consentry"].clone();
    let number = old.split('.').nth(5).expect("a number").to_owned();
    visitor.post_to("/_consentry/erase", "choice=none&return=/", &[]);
    visitor.jar.insert("consentry".into(), old);
    let mine = visitor.get("/_consentry/my-data", &[("accept-language", "en")]).text();
    for untrue in ["We hold", "/receipt.json", "/erase"] {
        assert!(!mine.contains(untrue), "{untrue}: {mine}");
    }
    assert!(mine.contains(&number), "the browser has it");
    // The cookie is an answer all the same, and its end is recorded: a number, and that nothing stands under it.
    visitor.choose("choice=none&return=/");
    let told: Vec<_> = records(&gateway)
        .into_iter()
        .map(|receipt| (receipt.action, receipt.id.map(|id| id.to_string()), receipt.granted.len()))
        .collect();
    assert_eq!(told[1..], [("withdrawn".to_owned(), Some(number), 0)]);
    assert_eq!(told[0].0, "erased");
    let verified = receipts(&gateway.directory).verify(None).expect("an unbroken chain");
    assert_eq!((verified.receipts, verified.erased), (3, 1));
}

#[test]
fn p5_a_yes_although_the_browser_says_no_is_recorded_as_such() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    Visitor::of(gateway.visitors).post("choice=all&return=/", &[("sec-gpc", "1")]);
    Visitor::of(gateway.visitors).post("choice=all&return=/", &[("sec-gpc", "0")]);
    let actions: Vec<_> = records(&gateway).into_iter().map(|receipt| receipt.action).collect();
    assert_eq!(actions, ["granted-over-gpc", "granted"]);
}

#[test]
fn r41_a_visitor_reads_and_erases_what_the_receipt_says() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&tracker=youtube&return=/");
    let page = visitor.get("/_consentry/my-data", &[("accept-language", "en")]).text();
    assert!(page.contains("10 March 2026: you said yes to statistics and YouTube."), "{page}");
    visitor.jar.insert("_ga".into(), "GA1.1.1.1".into());

    let answer =
        visitor.post_to("/_consentry/erase", "choice=none&return=/_consentry/my-data&layer=page", &[]);
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/_consentry/my-data")));
    assert!(!visitor.jar.contains_key("_ga"), "erasing takes the consent back");
    let page = visitor.get("/_consentry/my-data", &[("accept-language", "en")]).text();
    assert!(page.contains("Your browser does not have the number of any receipt."), "{page}");
    assert!(!page.contains("/_consentry/erase"), "there is nothing left to erase");
    let verified = receipts(&gateway.directory).verify(None).expect("an unbroken chain");
    assert_eq!((verified.receipts, verified.erased), (2, 1));
}

#[test]
fn who_took_it_back_is_told_of_the_number_and_not_that_nothing_is_held() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let kept = read(&visitor.get("/_consentry/receipt.json", &[]).body);
    visitor.choose("choice=none&return=/");
    let page = visitor.get("/_consentry/my-data", &[("accept-language", "en")]).text();
    assert!(page.contains("Your browser does not have the number of any receipt."), "{page}");
    assert!(!page.contains("We hold"), "{page}");
    let actions: Vec<_> = records(&gateway).into_iter().map(|receipt| receipt.action).collect();
    assert_eq!(actions, ["granted", "withdrawn"], "the ledger holds both");
    // Whoever kept the file still has the number, and with it the proof.
    let number = records(&gateway)[0].id.expect("a number").to_string();
    assert_eq!(kept["document"]["dpv:hasIdentifier"], number);
}

#[test]
fn erasing_is_asked_for_by_the_sites_own_pages_only() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let sealed = visitor.jar["consentry"].clone();
    let refused = visitor.post_to("/_consentry/erase", "choice=none", &[("sec-fetch-site", "cross-site")]);
    assert_eq!(refused.status, 403);
    assert_eq!(visitor.post_to("/_consentry/erase", "choice=all", &[]).status, 400);
    assert_eq!(visitor.get("/_consentry/erase", &[]).status, 405);
    assert_eq!(visitor.jar["consentry"], sealed);
    assert_eq!(receipts(&gateway.directory).verify(None).expect("a chain").erased, 0);
}

fn consentry(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_consentry")).args(arguments).output().expect("it runs")
}

/// What the program prints; it must end well.
fn said(arguments: &[&str]) -> String {
    let output = consentry(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn an_operator_verifies_shows_exports_and_erases_while_the_gateway_runs() {
    let origin = Origin::page(PLAIN);
    let program = Program::start(origin.address);
    let mut visitor = Visitor::of(program.visitors);
    visitor.choose("choice=all&return=/");
    let file = program.directory.path().join("receipt.json");
    std::fs::write(&file, visitor.get("/_consentry/receipt.json", &[]).body).expect("written");
    let config = program.directory.path().join("consentry.toml");
    let (file, config) = (file.to_str().expect("UTF-8"), config.to_str().expect("UTF-8"));

    let exported = said(&["receipts", "export", "--config", config]);
    let record = read(exported.trim().as_bytes());
    for field in ["id", "time", "site", "action", "granted", "refused", "texts", "previous", "hash"] {
        assert!(!record[field].is_null(), "{field} in {exported}");
    }
    let number = record["id"].as_str().expect("a number");
    assert_eq!(said(&["receipts", "show", number, "--config", config]), exported);
    let head = record["hash"].as_str().expect("a hash");
    assert!(
        said(&["receipts", "verify", "--config", config, "--head", head]).starts_with("1 records verified")
    );
    let unknown =
        consentry(&["receipts", "verify", "--config", config, "--head", &"0".repeat(63).replace('0', "a")]);
    assert_eq!(unknown.status.code(), Some(2), "63 digits are no head");
    let other = consentry(&["receipts", "verify", "--config", config, "--head", &"a".repeat(64)]);
    assert_eq!(other.status.code(), Some(1));

    assert!(said(&["receipts", "verify", file, "--config", config]).contains(number));
    let forged =
        std::fs::read_to_string(file).expect("text").replace("\"action\": \"granted", "\"action\": \"gr");
    std::fs::write(file, forged).expect("written");
    let output = consentry(&["receipts", "verify", file, "--config", config]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("changed after it was signed"));

    let copy = tempfile::tempdir().expect("a directory");
    let backup = copy.path().join("ledger.db");
    let backup = ["receipts", "backup", backup.to_str().expect("UTF-8"), "--config", config];
    assert!(said(&backup).starts_with("1 records verified"));
    assert_eq!(receipts(&copy).verify(None).expect("an unbroken chain").head.to_string(), head);
    let mode = std::fs::metadata(copy.path().join("ledger.db")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "its owner's alone");
    assert_eq!(consentry(&backup).status.code(), Some(1), "what is there is not overwritten");

    said(&["receipts", "erase", number, "--config", config]);
    assert_eq!(consentry(&["receipts", "show", number, "--config", config]).status.code(), Some(1));
    visitor.choose("choice=all&return=/");
    assert!(
        said(&["receipts", "verify", "--config", config]).starts_with("3 records verified, 1 of them erased")
    );
}

/// Whoever copies the file that the documents name has every receipt, and nothing beside it holds a newer one.
#[test]
fn a_stopped_gateway_leaves_all_it_kept_in_the_files_themselves() {
    let origin = Origin::page(PLAIN);
    let program = Program::start(origin.address);
    for _ in 0..5 {
        Visitor::of(program.visitors).choose("choice=all&return=/");
    }
    let directory = program.directory.clone();
    program.stop();
    let files = std::fs::read_dir(directory.path()).expect("a directory");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    let journals: Vec<String> = names.filter(|name| name.ends_with("-wal")).collect();
    assert_eq!(journals, [""; 0]);
    let copy = tempfile::tempdir().expect("a directory");
    std::fs::copy(directory.path().join("ledger.db"), copy.path().join("ledger.db")).expect("copied");
    assert_eq!(receipts(&copy).verify(None).expect("an unbroken chain").receipts, 5);
}

/// Chooses until the program is gone; the numbers of the receipts that were answered.
fn choose_until_it_ends(program: std::net::SocketAddr) -> Vec<String> {
    let mut answered = Vec::new();
    for _ in 0..CHOICES {
        let request = http::Request::post("/_consentry/choice")
            .header("host", "shop.example")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body("choice=all".into()).expect("a request");
        match crate::support::client::try_request(program, request) {
            Ok(answer) if answer.status == 200 => {
                answered.push(read(&answer.body)["receipt"].as_str().expect("a number").to_owned());
            }
            _ => break,
        }
    }
    answered
}

#[test]
fn every_answered_grant_has_its_receipt_when_the_program_is_killed_in_the_middle() {
    let origin = Origin::page(PLAIN);
    let program = Program::start(origin.address);
    let address = program.visitors;
    let choosers: Vec<_> =
        (0..CHOOSERS).map(|_| std::thread::spawn(move || choose_until_it_ends(address))).collect();
    // Killed while most are still choosing.
    choose_until_it_ends(address);
    let directory = program.kill();
    let answered: BTreeSet<String> =
        choosers.into_iter().flat_map(|chooser| chooser.join().expect("it ends")).collect();
    let ledger = receipts(&directory);
    ledger.verify(None).expect("an unbroken chain");
    let mut kept = BTreeSet::new();
    ledger
        .export(|link| {
            let Link::Whole(receipt) = link else { return Ok(()) };
            kept.extend(receipt.id.map(|id| id.to_string()));
            Ok::<_, consentry::store::StoreError>(())
        })
        .expect("a ledger");
    assert!(!answered.is_empty());
    assert!(answered.is_subset(&kept), "{} answered, {} kept", answered.len(), kept.len());
}
