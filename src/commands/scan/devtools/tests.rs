use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};

use super::*;
use crate::commands::scan::policy_for;

/// What a Chromium is told, cut into messages.
struct Told(Sender<Value>, Vec<u8>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            match byte {
                0 => {
                    let message = serde_json::from_slice(&std::mem::take(&mut self.1)).expect("JSON");
                    // A Chromium that has ended hears nothing.
                    let _ = self.0.send(message);
                }
                byte => self.1.push(*byte),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn say(to: &SyncSender<Vec<u8>>, message: &Value) {
    // The test may have what it wanted.
    let _ = to.send(message.to_string().into_bytes());
}

/// Looks at a page with a Chromium that answers as `answer` says; that may say other things before.
fn looked(
    answer: impl Fn(&Value, &SyncSender<Vec<u8>>) -> Value + Send + 'static,
) -> (Result<Vec<String>, String>, Seen, Vec<String>) {
    let (to, told) = channel::<Value>();
    let (said, from) = sync_channel(64);
    let chromium = std::thread::spawn(move || {
        let mut methods = Vec::new();
        for message in told {
            let method = message["method"].as_str().expect("a method").to_owned();
            let mut reply = answer(&message, &said);
            if reply.get("error").is_none() {
                reply = json!({"result": reply});
            }
            reply["id"] = message["id"].clone();
            say(&said, &reply);
            let session = message["sessionId"].as_str().unwrap_or("-").to_owned();
            methods.push(format!("{session} {method}"));
            if method == "Browser.close" {
                break;
            }
        }
        methods
    });
    let mut seen = Seen::new(Arc::new(policy_for("shop.example").expect("a policy")), "shop.example");
    let mut devtools = Devtools::over(Told(to, Vec::new()), &from);
    let notes = devtools.look("https://shop.example/", &mut seen);
    drop(devtools);
    drop(from);
    (notes, seen, chromium.join().expect("it ends"))
}

fn usual(message: &Value, say_also: &SyncSender<Vec<u8>>) -> Value {
    match message["method"].as_str().unwrap_or_default() {
        "Browser.getVersion" => json!({"userAgent": "Mozilla/5.0 HeadlessChrome/156.0"}),
        "Target.createTarget" => json!({"targetId": "T"}),
        "Target.attachToTarget" => json!({"sessionId": "page"}),
        "Page.navigate" => {
            let request = |session: &str, url: &str| json!({"method": "Network.requestWillBeSent", "sessionId": session, "params": {"request": {"url": url}}});
            say(say_also, &request("page", "https://shop.example/"));
            say(say_also, &request("page", "https://www.google.com/recaptcha/api.js"));
            say(
                say_also,
                &json!({"method": "Target.attachedToTarget", "sessionId": "page",
                    "params": {"sessionId": "frame", "waitingForDebugger": true}}),
            );
            say(say_also, &request("frame", "https://connect.facebook.net/en_US/fbevents.js"));
            say(say_also, &request("page", "data:text/plain,x"));
            say(
                say_also,
                &json!({"method": "Network.webSocketCreated", "sessionId": "page",
                    "params": {"url": "wss://chat.unheard.example/socket"}}),
            );
            say(say_also, &json!({"method": "Page.loadEventFired", "sessionId": "page", "params": {}}));
            json!({"frameId": "F"})
        }
        "Storage.getCookies" => json!({"cookies": [
            {"name": "_ga", "domain": ".shop.example"},
            {"name": "IDE", "domain": ".doubleclick.net"},
        ]}),
        "Runtime.evaluate" if message["params"]["expression"] == KEPT => {
            json!({"result": {"value": "{\"storage\":[\"_hjid\"],\"workers\":[\"https://shop.example/sw.js\"]}"}})
        }
        _ => json!({}),
    }
}

#[test]
fn every_request_and_every_name_is_noted() {
    let (notes, seen, told) = looked(usual);
    assert_eq!(notes, Ok(Vec::new()));
    let found: Vec<String> = seen
        .findings()
        .iter()
        .map(|one| format!("{} {} {} {}", one.thing.name(), one.name, one.domain, one.fate.name()))
        .collect();
    let expected = [
        "cookie _ga  held",
        "cookie IDE doubleclick.net held",
        "host chat.unheard.example  held",
        "host connect.facebook.net  held",
        "host www.google.com  open",
        "storage _hjid  held",
        "service-worker /sw.js  held",
    ];
    assert_eq!(found, expected);
    let at = |wanted: &str| told.iter().position(|method| method == wanted);
    assert!(at("frame Network.enable") < at("frame Runtime.runIfWaitingForDebugger"), "{told:?}");
    assert!(at("frame Network.enable").is_some());
    assert_eq!(told.last().map(String::as_str), Some("- Browser.close"));
}

#[test]
fn what_chromium_refuses_is_told() {
    let (notes, ..) = looked(|message, also| match message["method"].as_str() {
        Some("Page.navigate") => json!({"errorText": "net::ERR_NAME_NOT_RESOLVED"}),
        _ => usual(message, also),
    });
    assert!(notes.unwrap_err().contains("net::ERR_NAME_NOT_RESOLVED"));
    let (notes, ..) = looked(|message, also| match message["method"].as_str() {
        Some("Target.createTarget") => json!({"error": {"message": "no more targets"}}),
        _ => usual(message, also),
    });
    assert_eq!(notes.unwrap_err(), "Chromium: Target.createTarget: no more targets");
}

#[test]
fn a_chromium_that_ends_or_talks_nonsense_is_told() {
    let (said, from) = sync_channel(1);
    drop(said);
    let (to, _told) = channel();
    let mut seen = Seen::new(Arc::new(policy_for("shop.example").expect("a policy")), "shop.example");
    let ended = Devtools::over(Told(to, Vec::new()), &from).look("https://shop.example/", &mut seen);
    assert_eq!(ended.unwrap_err(), "Chromium ended unasked");
    let (notes, ..) = looked(|message, also| {
        also.send(b"nonsense".to_vec()).expect("it listens");
        usual(message, also)
    });
    assert!(notes.unwrap_err().contains("no JSON"));
}

#[test]
fn a_dialog_of_the_page_is_closed_without_an_answer() {
    let (notes, _, told) = looked(|message, also| {
        if message["method"] == "Page.navigate" {
            let opened = json!({"message": "Are you 18?", "type": "confirm"});
            let event =
                json!({"method": "Page.javascriptDialogOpening", "sessionId": "page", "params": opened});
            say(also, &event);
        }
        if message["method"] == "Page.handleJavaScriptDialog" {
            assert_eq!(message["params"]["accept"], false);
        }
        usual(message, also)
    });
    assert_eq!(notes.unwrap(), ["1 dialog(s) of the page were closed without an answer"]);
    assert!(told.contains(&"page Page.handleJavaScriptDialog".to_owned()), "{told:?}");
}

#[test]
fn what_was_seen_of_a_page_that_stops_answering_counts() {
    let (notes, seen, told) = looked(|message, also| match message["method"].as_str() {
        Some("Runtime.evaluate") => json!({"error": {"message": "the page is busy"}}),
        _ => usual(message, also),
    });
    let notes = notes.unwrap();
    assert!(notes.len() == 1 && notes[0].contains("the page is busy: some of what"), "{notes:?}");
    let names: Vec<String> = seen.findings().iter().map(|one| one.name.clone()).collect();
    assert!(names.contains(&"_ga".to_owned()), "{names:?}");
    assert!(names.contains(&"connect.facebook.net".to_owned()), "{names:?}");
    assert_eq!(told.last().map(String::as_str), Some("- Browser.close"));
}
