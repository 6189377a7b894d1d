use std::fmt::Write as _;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::clock::SteppedClock;

/// Draws the same numbers every time: 1, 2, 3 …
#[derive(Default)]
struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut next = self.0.lock().unwrap();
            *next = next.wrapping_add(1);
            *byte = *next;
        }
    }
}

fn shop() -> Shop {
    Shop::new(Arc::new(SteppedClock::at(Timestamp::UNIX_EPOCH)), Arc::new(Counting::default()))
}

fn ask(shop: &Shop, method: &str, target: &str, cookies: &str, form: &str) -> Reply {
    let request = Request::builder().method(method).uri(target).header(COOKIE, cookies).body(()).unwrap();
    shop.answer(&request.into_parts().0, form.as_bytes())
}

fn get(target: &str) -> Reply {
    ask(&shop(), "GET", target, "", "")
}

fn set_cookies(reply: &Reply) -> Vec<String> {
    let cookies = reply.headers().get_all(SET_COOKIE);
    cookies.iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

async fn text(reply: Reply) -> String {
    String::from_utf8(reply.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[test]
fn every_address_the_shop_links_to_is_there() {
    for target in [
        "/",
        "/en/",
        "/dekk",
        "/dekk?sesong=vinter&sort=pris",
        "/felger",
        "/dekk/nordgrip-tindra-3",
        "/felger/lom-5-solv",
        "/sok?q=205&q=55&q=R16",
        "/handlekurv",
        "/kasse",
        "/takk",
        "/login",
        "/personvern",
        "/om-oss",
        "/guide/vinterdekk",
        "/fjordhjul.css",
        "/fjordhjul.js",
        "/ikon.svg",
        "/bilder/skarv-kyst.svg",
        "/robots.txt",
    ] {
        assert_eq!(get(target).status(), StatusCode::OK, "{target}");
    }
    for target in ["/finnes-ikke", "/dekk/lom-5-solv", "/bilder/x.svg", "/dekk/", "/en/x"] {
        assert_eq!(get(target).status(), StatusCode::NOT_FOUND, "{target}");
    }
    assert_eq!(ask(&shop(), "DELETE", "/", "", "").status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&shop(), "POST", "/", "", "").status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn a_page_sets_the_cookies_a_gateway_must_filter() {
    let cookies = set_cookies(&get("/"));
    assert!(cookies.iter().any(|cookie| cookie.starts_with("_ga=GA1.1.")), "{cookies:?}");
    assert!(cookies.iter().any(|cookie| cookie.starts_with("_fbp=fb.1.") && cookie.contains("HttpOnly")));
    assert_eq!(
        set_cookies(&ask(&shop(), "GET", "/", "_ga=GA1.1.1.1; _fbp=fb.1.1.1", "")),
        Vec::<String>::new()
    );
    assert_eq!(set_cookies(&get("/fjordhjul.css")), Vec::<String>::new());
}

#[tokio::test]
async fn the_order_asked_for_is_kept_in_a_cookie_and_used_again() {
    let shop = shop();
    let reply = ask(&shop, "GET", "/dekk?sort=pris", "", "");
    assert!(set_cookies(&reply).iter().any(|cookie| cookie.starts_with("sort=pris;")));
    let asked = text(reply).await;
    let kept = text(ask(&shop, "GET", "/dekk", "sort=pris", "")).await;
    assert!(asked.contains(r#"<option value="pris" selected>"#));
    assert_eq!(asked.find("skarv-kyst"), kept.find("skarv-kyst"));
}

#[tokio::test]
async fn a_visitor_can_buy_four_tyres() {
    let shop = shop();
    let reply = ask(&shop, "POST", "/handlekurv", "", "vare=nordgrip-tindra-3&antall=4");
    assert_eq!(reply.status(), StatusCode::SEE_OTHER);
    let cookie = set_cookies(&reply).pop().unwrap();
    let id = cookie.split(';').next().unwrap().to_owned();
    assert!(id.starts_with("cart_id=") && cookie.contains("HttpOnly"));
    let page = text(ask(&shop, "GET", "/handlekurv", &id, "")).await;
    assert!(page.contains("5\u{a0}396\u{a0}kr") && page.contains("<b>4</b>"));
    let order = ask(&shop, "POST", "/kasse", &id, "navn=Kari");
    assert_eq!(order.headers()[LOCATION], "/takk");
    assert!(text(ask(&shop, "GET", "/takk", &id, "")).await.contains("'value': 5396.0"));
    assert!(text(ask(&shop, "GET", "/handlekurv", &id, "")).await.contains("tom"));
}

#[tokio::test]
async fn logging_in_sets_a_session_and_greets_without_markup() {
    let shop = shop();
    let reply = ask(&shop, "POST", "/login", "", "epost=%3Cb%3Ekari%40eksempel.no&passord=x");
    let cookie = set_cookies(&reply).pop().unwrap();
    assert!(cookie.starts_with("session=") && cookie.contains("HttpOnly"));
    let page = text(ask(&shop, "GET", "/", cookie.split(';').next().unwrap(), "")).await;
    assert!(page.contains("&lt;b&gt;kari"));
    assert_eq!(ask(&shop, "POST", "/login", "", "epost=kari").status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_shop_answers_over_a_socket_until_told_to_stop() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(serve(listener, Arc::new(shop()), async {
        stopped.await.unwrap();
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /dekk HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("</html>\n"));
    let long =
        format!("POST /kasse HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n", FORM_BYTES_MAX + 1);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(long.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
    stop.send(()).unwrap();
    running.await.unwrap();
}

proptest! {
    #[test]
    fn any_form_and_any_target_get_a_status(target in "/[ -~]{0,40}", form in proptest::collection::vec(any::<u8>(), 0..200)) {
        let Ok(request) = Request::builder().uri(target).body(()) else { return Ok(()) };
        let parts = request.into_parts().0;
        let shop = shop();
        prop_assert!(shop.answer(&parts, &form).status().as_u16() >= 200);
        for path in ["/handlekurv", "/kasse", "/login", "/nyhetsbrev"] {
            prop_assert!(shop.take(&parts, path, &form).status().as_u16() >= 200);
        }
    }

    #[test]
    fn what_was_encoded_is_read_back(text in "\\PC{0,30}") {
        let mut encoded = String::new();
        for byte in text.bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        prop_assert_eq!(field(format!("a=1&b={encoded}").as_bytes(), "b"), Some(text));
    }
}
