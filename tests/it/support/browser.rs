//! A visitor with a cookie jar, as a browser without script would act. Real browsers are driven by `tests/browser`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, StatusCode};

use super::client::{Answer, request};

/// A desktop browser.
pub const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// Somebody with a browser.
pub struct Visitor {
    gateway: SocketAddr,
    pub jar: BTreeMap<String, String>,
    pub agent: String,
    pub referrer: Option<String>,
}

impl Visitor {
    /// A visitor of this gateway with an empty jar.
    pub fn of(gateway: SocketAddr) -> Self {
        Self { gateway, jar: BTreeMap::new(), agent: CHROME.into(), referrer: None }
    }

    /// Opens a page as a navigation does.
    pub fn open(&mut self, path: &str) -> Answer {
        let request = self
            .head(Request::get(path))
            .header("accept", "text/html,application/xhtml+xml")
            .body(Bytes::new())
            .expect("a request");
        let answer = self.send(request);
        self.referrer = Some(format!("http://shop.example{path}"));
        answer
    }

    /// The jar as a browser sends it.
    pub fn cookies(&self) -> String {
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    /// Asks for a part of a page, or for a page in another way: with these headers beside the jar.
    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut builder = Request::get(path).header("host", "shop.example").header("cookie", self.cookies());
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        self.send(builder.body(Bytes::new()).expect("a request"))
    }

    /// Sends a choice as the banner's form does and follows the answer back to the page.
    pub fn choose(&mut self, form: &str) -> Answer {
        let answer = self.post(form, &[]);
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let back = answer.header("location").expect("a return address").to_owned();
        self.open(&back);
        answer
    }

    /// Opens a page in a browser set to this language; gives the notice that its forms name.
    pub fn asked(&mut self, path: &str, language: &str) -> String {
        let headers =
            [("accept", "text/html"), ("accept-language", language), ("user-agent", &*self.agent.clone())];
        notice(&self.get(path, &headers).text())
    }

    /// Sends a choice form with more headers and follows nothing.
    pub fn post(&mut self, form: &str, headers: &[(&str, &str)]) -> Answer {
        self.post_to("/_consentry/choice", form, headers)
    }

    /// Sends a form of ours to another address of ours.
    pub fn post_to(&mut self, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let mut builder = self
            .head(Request::post(path))
            .header("origin", "http://shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(Bytes::copy_from_slice(form.as_bytes())).expect("a request");
        self.send(request)
    }

    fn head(&self, builder: http::request::Builder) -> http::request::Builder {
        let mut builder = builder
            .header("host", "shop.example")
            .header("user-agent", &self.agent)
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate");
        if let Some(referrer) = &self.referrer {
            builder = builder.header("referer", referrer);
        }
        if !self.jar.is_empty() {
            builder = builder.header("cookie", self.cookies());
        }
        builder
    }

    fn send(&mut self, message: Request<Bytes>) -> Answer {
        let answer = request(self.gateway, message);
        for line in answer.headers_named("set-cookie") {
            let cookie = cookie::Cookie::parse(line.to_owned()).expect("a cookie");
            if cookie.max_age().is_some_and(|age| age.is_zero() || age.is_negative())
                || cookie.value().is_empty()
            {
                self.jar.remove(cookie.name());
            } else {
                self.jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        answer
    }
}

/// The notice that the first form of a page names.
pub fn notice(page: &str) -> String {
    let page = page.replace('"', "");
    let rest = page.split("name=notice value=").nth(1).unwrap_or_else(|| panic!("no notice: {page}"));
    rest.split('>').next().unwrap_or_default().to_owned()
}
