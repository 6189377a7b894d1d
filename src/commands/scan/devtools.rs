//! Chromium's `DevTools` protocol, as far as a look at one page needs it: open it, note every request, wait until it is
//! quiet, read the names of what it keeps.
//!
//! Frames of other sites and workers are targets of their own; each is stopped at its start until it is listened to, so
//! that no request is missed.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::stop::Stop;
use super::seen::Seen;

/// Longest look at a page, from the moment it is opened.
const LOOK: Duration = Duration::from_secs(30);
/// Longest wait for the answer to one command.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// A page that asks for nothing for so long is quiet.
const QUIET: Duration = Duration::from_millis(1500);
/// How often it is asked whether the look is to end early.
const STOP_LOOK: Duration = Duration::from_millis(200);
/// Most frames and workers that are listened to.
const TARGETS_MAX: usize = 200;

/// Pictures and tags that wait until they are scrolled to.
const SCROLL: &str = "window.scrollTo(0, document.documentElement.scrollHeight)";

/// Names of all that the page keeps in the browser; each list is bounded here and where it is noted.
const KEPT: &str = r"(async () => {
  const names = async (ask) => {
    try { return [...await ask()].slice(0, 1000).map((name) => String(name).slice(0, 256)); } catch { return []; }
  };
  return JSON.stringify({
    storage: [
      ...await names(() => Object.keys(localStorage)),
      ...await names(() => Object.keys(sessionStorage)),
      ...await names(async () => (await indexedDB.databases()).map((database) => database.name)),
      ...await names(() => caches.keys()),
    ],
    workers: await names(async () => (await navigator.serviceWorker.getRegistrations())
      .map((one) => (one.active || one.waiting || one.installing).scriptURL)),
  });
})()";

/// The two pipes.
pub(super) struct Devtools<'a, W> {
    to: W,
    from: &'a Receiver<Vec<u8>>,
    /// Whether to end early.
    stop: Option<&'a Stop>,
    last_id: u64,
}

/// One look at one page.
struct Look<'a> {
    seen: &'a mut Seen,
    /// How it calls itself, without saying that nobody sees its window.
    agent: String,
    has_loaded: bool,
    /// Dialogs that its scripts opened.
    dialogs: usize,
    targets: usize,
    /// When it last asked for something.
    asked: Instant,
}

/// What Chromium said.
struct Message {
    id: Option<u64>,
    session: Option<String>,
    method: String,
    /// Parameters of an event, or the result of a command.
    content: Value,
    error: Option<String>,
}

impl<'a, W: Write> Devtools<'a, W> {
    pub(super) fn over(to: W, from: &'a Receiver<Vec<u8>>) -> Self {
        Self { to, from, stop: None, last_id: 0 }
    }

    /// Ends early when it is told to.
    pub(super) fn until(self, stop: &'a Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Opens the page, notes what it sets and loads, and returns what the operator should know. What was seen before a page
    /// stopped answering counts.
    pub(super) fn look(&mut self, address: &str, seen: &mut Seen) -> Result<Vec<String>, String> {
        let mut look = Look {
            seen,
            agent: String::new(),
            has_loaded: false,
            dialogs: 0,
            targets: 0,
            asked: Instant::now(),
        };
        let version = self.call(&mut look, None, "Browser.getVersion", &json!({}))?;
        let agent = version["userAgent"].as_str().unwrap_or_default();
        look.agent = agent.replace("HeadlessChrome", "Chrome");
        let page = self.call(&mut look, None, "Target.createTarget", &json!({"url": "about:blank"}))?;
        let to = json!({"targetId": page["targetId"], "flatten": true});
        let session = self.call(&mut look, None, "Target.attachToTarget", &to)?;
        let session = session["sessionId"].as_str().ok_or("Chromium opened no page")?.to_owned();
        self.listen(&look, &session)?;
        self.call(&mut look, Some(&session), "Page.enable", &json!({}))?;
        let end = Instant::now() + LOOK;
        look.has_loaded = false;
        let opened = self.call(&mut look, Some(&session), "Page.navigate", &json!({"url": address}))?;
        if let Some(problem) = opened["errorText"].as_str() {
            return Err(format!("Chromium could not open {address}: {problem}"));
        }
        let mut notes = Vec::new();
        if let Err(problem) = self.look_through(&mut look, &session, end, &mut notes) {
            notes.push(format!("{problem}: some of what the page loads and keeps may be missing"));
        }
        if look.dialogs > 0 {
            notes.push(format!("{} dialog(s) of the page were closed without an answer", look.dialogs));
        }
        // It ends by itself when it is told; if not, it is ended.
        let _ = self.send(None, "Browser.close", &json!({}));
        Ok(notes)
    }

    fn look_through(
        &mut self,
        look: &mut Look<'_>,
        session: &str,
        end: Instant,
        notes: &mut Vec<String>,
    ) -> Result<(), String> {
        if !self.until_loaded(look, end)? {
            notes.push(format!("the page was still loading after {} s", LOOK.as_secs()));
        }
        let scrolled = self.evaluate(look, session, SCROLL);
        look.asked = Instant::now();
        self.until_quiet(look, end)?;
        self.read_cookies(look)?;
        // A page whose scripts never rest tells nothing of itself.
        scrolled?;
        self.read_kept(look, session)
    }

    fn until_loaded(&mut self, look: &mut Look<'_>, end: Instant) -> Result<bool, String> {
        while !look.has_loaded {
            let Some(left) = end.checked_duration_since(Instant::now()) else { return Ok(false) };
            self.next(look, left)?;
        }
        Ok(true)
    }

    fn until_quiet(&mut self, look: &mut Look<'_>, end: Instant) -> Result<(), String> {
        loop {
            let quiet = (look.asked + QUIET).min(end);
            let Some(left) = quiet.checked_duration_since(Instant::now()) else { return Ok(()) };
            self.next(look, left)?;
        }
    }

    fn read_cookies(&mut self, look: &mut Look<'_>) -> Result<(), String> {
        let cookies = self.call(look, None, "Storage.getCookies", &json!({}))?;
        for cookie in cookies["cookies"].as_array().into_iter().flatten() {
            let text = |key: &str| cookie[key].as_str().unwrap_or_default();
            look.seen.cookie(text("domain"), text("name"));
        }
        Ok(())
    }

    fn read_kept(&mut self, look: &mut Look<'_>, session: &str) -> Result<(), String> {
        let kept = self.evaluate(look, session, KEPT)?;
        let kept: Value = serde_json::from_str(kept["result"]["value"].as_str().unwrap_or("{}"))
            .map_err(|error| format!("Chromium answered what is no JSON: {error}"))?;
        let names = |list: &str| kept[list].as_array().cloned().unwrap_or_default();
        for name in names("storage") {
            look.seen.storage(name.as_str().unwrap_or_default());
        }
        for address in names("workers") {
            look.seen.worker(address.as_str().unwrap_or_default());
        }
        Ok(())
    }

    fn evaluate(&mut self, look: &mut Look<'_>, session: &str, text: &str) -> Result<Value, String> {
        let asked = json!({"expression": text, "awaitPromise": true, "returnByValue": true});
        self.call(look, Some(session), "Runtime.evaluate", &asked)
    }

    /// Listens to what a page, frame or worker asks for, and lets it begin. The answers are of no interest: a worker
    /// knows fewer commands than a page.
    fn listen(&mut self, look: &Look<'_>, session: &str) -> Result<(), String> {
        let attach = json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true});
        self.send(Some(session), "Network.enable", &json!({}))?;
        self.send(Some(session), "Network.setUserAgentOverride", &json!({"userAgent": look.agent}))?;
        self.send(Some(session), "Target.setAutoAttach", &attach)?;
        self.send(Some(session), "Runtime.runIfWaitingForDebugger", &json!({}))?;
        Ok(())
    }

    /// Sends a command and waits for its answer; what happens meanwhile is noted.
    fn call(
        &mut self,
        look: &mut Look<'_>,
        session: Option<&str>,
        method: &str,
        parameters: &Value,
    ) -> Result<Value, String> {
        let id = self.send(session, method, parameters)?;
        let end = Instant::now() + ANSWER_WAIT;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            match self.next(look, left)? {
                Some(Message { id: Some(answered), error, content, .. }) if answered == id => {
                    return error.map_or(Ok(content), |error| Err(format!("Chromium: {method}: {error}")));
                }
                _ => {}
            }
        }
        Err(format!("Chromium did not answer {method} within {} s", ANSWER_WAIT.as_secs()))
    }

    fn send(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Result<u64, String> {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let sent = self.to.write_all(&bytes).and_then(|()| self.to.flush());
        sent.map_err(|error| format!("Chromium went away: {error}"))?;
        Ok(self.last_id)
    }

    /// The next message, when one comes in time; sooner than `wait` it may be nothing.
    fn next(&mut self, look: &mut Look<'_>, wait: Duration) -> Result<Option<Message>, String> {
        if self.stop.is_some_and(Stop::is_wanted) {
            return Err("stopped".to_owned());
        }
        let bytes = match self.from.recv_timeout(wait.min(STOP_LOOK)) {
            Ok(bytes) => bytes,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => return Err("Chromium ended unasked".to_owned()),
        };
        let message = Message::read(&bytes)?;
        if message.id.is_none()
            && let Some(session) = look.take(&message)
        {
            self.listen(look, &session)?;
        }
        if message.method == "Page.javascriptDialogOpening" {
            // Nothing runs on while one is open. To leave a page is no answer to it.
            let close = json!({"accept": message.content["type"] == "beforeunload"});
            self.send(message.session.as_deref(), "Page.handleJavaScriptDialog", &close)?;
        }
        Ok(Some(message))
    }
}

impl Look<'_> {
    /// Notes an event; returns the session of a new frame or worker.
    fn take(&mut self, event: &Message) -> Option<String> {
        let content = &event.content;
        match event.method.as_str() {
            "Network.requestWillBeSent" => {
                self.asked = Instant::now();
                self.seen.request(content["request"]["url"].as_str().unwrap_or_default());
            }
            "Network.webSocketCreated" => {
                self.asked = Instant::now();
                self.seen.request(content["url"].as_str().unwrap_or_default());
            }
            "Page.loadEventFired" => self.has_loaded = true,
            "Page.javascriptDialogOpening" => self.dialogs += 1,
            "Target.attachedToTarget" if event.session.is_some() && self.targets < TARGETS_MAX => {
                self.targets += 1;
                return content["sessionId"].as_str().map(str::to_owned);
            }
            _ => {}
        }
        None
    }
}

impl Message {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut message: Value = serde_json::from_slice(bytes)
            .map_err(|error| format!("Chromium said what is no JSON: {error}"))?;
        let id = message["id"].as_u64();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Self {
            id,
            session: text(&message["sessionId"]),
            method: text(&message["method"]).unwrap_or_default(),
            error: text(&message["error"]["message"]),
            content: message[if id.is_some() { "result" } else { "params" }].take(),
        })
    }
}

#[cfg(test)]
mod tests;
