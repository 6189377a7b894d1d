//! A real origin: an HTTP/1.1 server on a thread of its own that answers as the test says and keeps what it was asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

/// A request as it reached the origin.
#[derive(Clone, Debug)]
pub struct Asked {
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    /// The value of a header, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }
}

/// An origin that runs until it is dropped.
pub struct Origin {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Origin {
    /// An origin that answers every request with `answer`.
    pub fn answering(answer: impl Fn(&Asked) -> Response<Bytes> + Send + Sync + 'static) -> Self {
        let (end, ended) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (asked.clone(), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                tell.send(listener.local_addr().expect("an address")).expect("the test listens");
                tokio::select! {
                    () = accept(listener, kept, answer) => {}
                    _ = ended => {}
                }
            });
        });
        Self { address: told.recv().expect("the origin starts"), asked, end: Some(end), thread: Some(thread) }
    }

    /// An origin that answers every request with this page.
    pub fn page(html: &'static str) -> Self {
        Self::answering(move |_| html_page(html))
    }

    /// What the origin was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panicked in here").clone()
    }

    /// What the origin was asked last.
    pub fn last(&self) -> Asked {
        self.asked().pop().expect("the origin was asked")
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the origin ends");
        }
    }
}

/// A page as an origin sends it.
pub fn html_page(html: &str) -> Response<Bytes> {
    Response::builder()
        .header("content-type", "text/html; charset=utf-8")
        .body(Bytes::copy_from_slice(html.as_bytes()))
        .expect("a response")
}

async fn accept(
    listener: tokio::net::TcpListener,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<impl Fn(&Asked) -> Response<Bytes> + Send + Sync + 'static>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (asked, answer) = (asked.clone(), answer.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let (asked, answer) = (asked.clone(), answer.clone());
                async move {
                    let (head, body) = request.into_parts();
                    let body =
                        body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                    let request = Asked { target: head.uri.to_string(), headers: head.headers, body };
                    let response = answer(&request);
                    // The gateway looks for sitemaps on its own account; tests are about what visitors asked for.
                    if !request.header("user-agent").ends_with("(sitemap)") {
                        asked.lock().expect("no test panicked in here").push(request);
                    }
                    Ok::<_, Infallible>(response.map(Full::new))
                }
            });
            // A connection that breaks is the client's affair.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
