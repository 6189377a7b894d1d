//! Fjordhjul, an invented Norwegian tyre and rim shop: a plain HTTP/1.1 origin with everything a real one has.
//!
//! It carries the tags of Google, Meta and `YouTube` in the form their vendors document, sets cookies of every
//! category, and knows nothing of consent: holding them back is the gateway's work, never the shop's.

mod goods;
mod html;
mod memory;
mod pages;
mod pictures;
mod till;

pub use pages::home_page;

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, request::Parts};
use http_body::Body as _;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::clock::{Clock, Entropy};
use goods::{Sort, find};
use memory::{Cart, Remembered};
use pages::{Language, Page, Visitor};

/// Longest form the shop reads. Unit: bytes; a checkout is under 1 KiB.
const FORM_BYTES_MAX: usize = 8 << 10;
/// Most connections at a time; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 512;
/// Longest wait for a request head on an open connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(90);
/// Most baskets and most log-ins remembered.
const REMEMBERED_MAX: usize = 1024;
/// Pause after the kernel refused a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

type Reply = Response<Full<Bytes>>;

/// The shop: its shelf is fixed, its memory bounded.
pub struct Shop {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    carts: Mutex<Remembered<Cart>>,
    logins: Mutex<Remembered<String>>,
}

/// Serves the shop on `listener` until `shutdown` is done; open connections are then closed.
pub async fn serve(listener: TcpListener, shop: Arc<Shop>, shutdown: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        while connections.len() >= CONNECTIONS_MAX {
            tokio::select! {
                _ = connections.join_next() => {}
                () = &mut shutdown => return,
            }
        }
        tokio::select! {
            () = &mut shutdown => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shop)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the demo shop could not take a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

async fn connection(stream: TcpStream, shop: Arc<Shop>) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let shop = Arc::clone(&shop);
        async move { Ok::<_, Infallible>(shop.reply(request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the demo shop ended early");
    }
}

impl Shop {
    /// An open shop with empty baskets.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            clock,
            entropy,
            carts: Mutex::new(Remembered::new(REMEMBERED_MAX)),
            logins: Mutex::new(Remembered::new(REMEMBERED_MAX)),
        }
    }

    async fn reply(&self, request: Request<Incoming>) -> Reply {
        let too_large =
            || plain(StatusCode::PAYLOAD_TOO_LARGE, "text/plain; charset=utf-8", "form too large");
        let (parts, body) = request.into_parts();
        // A length that is told is believed before a byte is waited for.
        if body.size_hint().lower() > FORM_BYTES_MAX as u64 {
            return too_large();
        }
        let form = match Limited::new(body, FORM_BYTES_MAX).collect().await {
            Ok(read) => read.to_bytes(),
            Err(_) => {
                return plain(StatusCode::PAYLOAD_TOO_LARGE, "text/plain; charset=utf-8", "form too large");
            }
        };
        self.answer(&parts, &form)
    }

    fn answer(&self, parts: &Parts, form: &[u8]) -> Reply {
        let path = parts.uri.path();
        if parts.method == Method::POST {
            return self.take(parts, path, form);
        }
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return not_allowed("GET, HEAD");
        }
        if let Some(asset) = asset(path) {
            return asset;
        }
        if path == "/en" {
            return redirect("/en/");
        }
        self.page(parts, path)
    }

    /// What a form brings.
    fn take(&self, parts: &Parts, path: &str, form: &[u8]) -> Reply {
        match path {
            "/handlekurv" => {
                let amount = field(form, "antall").and_then(|text| text.parse().ok()).unwrap_or(1);
                let slug = field(form, "vare").unwrap_or_default();
                let mut reply = redirect("/handlekurv");
                self.with_cart(parts, &mut reply, |cart| cart.add(&slug, amount));
                reply
            }
            "/kasse" => {
                let number = format!("F-{:06}", self.number() % 1_000_000);
                let mut reply = redirect("/takk");
                self.with_cart(parts, &mut reply, |cart| cart.order(number));
                reply
            }
            "/login" => {
                let Some(mail) = field(form, "epost").filter(|mail| mail.contains('@') && mail.len() <= 120)
                else {
                    return self.framed(parts, StatusCode::BAD_REQUEST, &till::login(None));
                };
                let name = mail.split('@').next().unwrap_or_default().to_owned();
                let id = self.id();
                let mut reply = redirect("/");
                cookie(&mut reply, &format!("session={id}; Path=/; HttpOnly; SameSite=Lax"));
                lock(&self.logins).put(id, name);
                reply
            }
            "/nyhetsbrev" => {
                let page = pages::note(
                    "Takk",
                    "Vi skriver til deg når det er tid for å skifte.",
                    "/",
                    "Til forsiden",
                );
                self.framed(parts, StatusCode::OK, &page)
            }
            _ => not_allowed("GET, HEAD"),
        }
    }

    /// The page at that path.
    fn page(&self, parts: &Parts, path: &str) -> Reply {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let page = match segments.as_slice() {
            [""] => pages::home(Language::Bokmal),
            ["en", ""] => pages::home(Language::English),
            [category @ ("dekk" | "felger")] => return self.category(parts, category, query),
            [category @ ("dekk" | "felger"), slug] => match find(category, slug) {
                Some(item) => pages::product(item),
                None => return self.missing(parts),
            },
            ["sok"] => pages::found(&fields(query, "q").join(" ")),
            ["handlekurv"] => till::basket(&self.cart(&parts.headers)),
            ["kasse"] => till::checkout(&self.cart(&parts.headers)),
            ["takk"] => match self.cart(&parts.headers).ordered {
                Some((number, sum)) => till::thanks(&number, sum),
                None => till::thanks("F-000000", 0),
            },
            ["login"] => till::login(self.visitor(&parts.headers).name.as_deref()),
            ["personvern"] => pages::privacy(),
            ["om-oss"] => pages::about(),
            ["guide", "vinterdekk"] => pages::guide(),
            _ => return self.missing(parts),
        };
        self.framed(parts, StatusCode::OK, &page)
    }

    /// A category, in the order asked for now or before; the order asked for is kept in a cookie of its own.
    fn category(&self, parts: &Parts, category: &str, query: &[u8]) -> Reply {
        let asked = field(query, "sort").and_then(|word| Sort::read(&word));
        let kept = cookie_value(&parts.headers, "sort").and_then(Sort::read);
        let season = field(query, "sesong").filter(|word| !word.is_empty());
        let sort = asked.or(kept).unwrap_or(Sort::Popular);
        let mut reply =
            self.framed(parts, StatusCode::OK, &pages::category(category, season.as_deref(), sort));
        if let Some(sort) = asked {
            cookie(&mut reply, &format!("sort={}; Path=/; Max-Age=31536000; SameSite=Lax", sort.word()));
        }
        reply
    }

    fn missing(&self, parts: &Parts) -> Reply {
        let page =
            pages::note("Siden finnes ikke", "Kanskje er varen utsolgt for godt.", "/dekk", "Se alle dekk");
        self.framed(parts, StatusCode::NOT_FOUND, &page)
    }

    /// The page in its frame, with the cookies a shop with server-side tagging sets on every page.
    fn framed(&self, parts: &Parts, status: StatusCode, page: &Page) -> Reply {
        let text = page.document(&self.visitor(&parts.headers));
        let mut reply = plain(status, "text/html; charset=utf-8", text);
        reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let now = self.clock.now();
        if cookie_value(&parts.headers, "_ga").is_none() {
            let number = self.number() % 2_147_483_647;
            let text =
                format!("_ga=GA1.1.{number}.{}; Path=/; Max-Age=63072000; SameSite=Lax", now.as_second());
            cookie(&mut reply, &text);
        }
        if cookie_value(&parts.headers, "_fbp").is_none() {
            let number = self.number() % 2_147_483_647;
            let ms = now.as_millisecond();
            cookie(
                &mut reply,
                &format!("_fbp=fb.1.{ms}.{number}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax"),
            );
        }
        reply
    }

    fn visitor(&self, headers: &HeaderMap) -> Visitor {
        let name = cookie_value(headers, "session").and_then(|id| lock(&self.logins).get_mut(id).cloned());
        Visitor { name, things: self.cart(headers).count() }
    }

    fn cart(&self, headers: &HeaderMap) -> Cart {
        cookie_value(headers, "cart_id")
            .and_then(|id| lock(&self.carts).get_mut(id).cloned())
            .unwrap_or_default()
    }

    /// Changes the visitor's basket; a visitor without one gets one, and its cookie with `reply`.
    fn with_cart(&self, parts: &Parts, reply: &mut Reply, change: impl FnOnce(&mut Cart)) {
        let mut carts = lock(&self.carts);
        if let Some(cart) = cookie_value(&parts.headers, "cart_id").and_then(|id| carts.get_mut(id)) {
            change(cart);
            return;
        }
        let mut cart = Cart::default();
        change(&mut cart);
        let id = self.id();
        cookie(reply, &format!("cart_id={id}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"));
        carts.put(id, cart);
    }

    fn id(&self) -> String {
        format!("{:016x}{:016x}", self.number(), self.number())
    }

    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

fn asset(path: &str) -> Option<Reply> {
    let (kind, body): (_, Bytes) = match path {
        "/fjordhjul.css" => ("text/css; charset=utf-8", include_str!("shop/style.css").into()),
        "/fjordhjul.js" => ("text/javascript; charset=utf-8", include_str!("shop/shop.js").into()),
        "/ikon.svg" => ("image/svg+xml", include_str!("shop/icon.svg").into()),
        "/robots.txt" => ("text/plain; charset=utf-8", "User-agent: *\nDisallow: /kasse\n".into()),
        _ => {
            let slug = path.strip_prefix("/bilder/")?.strip_suffix(".svg")?;
            ("image/svg+xml", pictures::picture(goods::by_slug(slug)?).into())
        }
    };
    let mut reply = plain(StatusCode::OK, kind, body);
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Some(reply)
}

fn plain(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

fn redirect(to: &'static str) -> Reply {
    let mut reply = plain(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    reply.headers_mut().insert(LOCATION, HeaderValue::from_static(to));
    reply
}

fn not_allowed(allowed: &'static str) -> Reply {
    let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "not here");
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    reply
}

/// Adds one cookie; the texts are ours, of letters, digits and a few signs, so none is ever refused.
fn cookie(reply: &mut Reply, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        reply.headers_mut().append(SET_COOKIE, value);
    }
}

fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            pair.trim().split_once('=').filter(|(known, _)| *known == name).map(|(_, value)| value)
        })
}

/// The first field of that name in a form or query.
fn field(form: &[u8], name: &str) -> Option<String> {
    fields(form, name).into_iter().next()
}

/// Every field of that name in a form or query, decoded; text that is not UTF-8 is mended.
fn fields(form: &[u8], name: &str) -> Vec<String> {
    form.split(|byte| *byte == b'&')
        .filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            (&pair[..at] == name.as_bytes()).then(|| decode(&pair[at + 1..]))
        })
        .collect()
}

fn decode(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let hex = |offset: usize| {
            text.get(at + offset)
                .and_then(|digit| char::from(*digit).to_digit(16))
                .and_then(|d| u8::try_from(d).ok())
        };
        match (text[at], hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                at += 3;
                continue;
            }
            (b'+', ..) => bytes.push(b' '),
            (other, ..) => bytes.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn lock<T>(memory: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
