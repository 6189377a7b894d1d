//! Asking the origin for a file of the shop, as a client of its own.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;

use super::{SitemapError, target};
use crate::proxy::encode::{Decoder, EncodeError, Stop};
use crate::proxy::{Body, Origin};
use crate::server::page::decoder;
use crate::server::site::Site;

/// Most times that the origin may lead on to another of its addresses.
const REDIRECTS_MAX: usize = 4;
/// Who asks: it names no host and no visitor.
const AGENT: &str = concat!("Consentry/", env!("CARGO_PKG_VERSION"), " (sitemap)");
/// How a file begins that is packed with gzip (RFC 1952 section 2.3.1).
const GZIP: &[u8] = b"\x1f\x8b";

/// The way to the files of one shop.
pub(super) struct Asking<'a> {
    site: &'a Site,
    origin: &'a Origin,
    host: Option<HeaderValue>,
    /// Some origins lead every visitor without TLS to the same address with it.
    is_https: bool,
}

impl<'a> Asking<'a> {
    pub(super) fn of(site: &'a Site, origin: &'a Origin) -> Self {
        let named = site.hosts.iter().find(|host| !host.starts_with('*'));
        let host = named.and_then(|host| HeaderValue::from_str(host).ok());
        Self { site, origin, host, is_https: false }
    }

    /// A whole file.
    pub(super) async fn whole(&mut self, file: &str, bytes_max: usize) -> Result<Vec<u8>, SitemapError> {
        let mut whole = Vec::new();
        self.each(file, bytes_max, &mut |piece| whole.extend_from_slice(piece)).await?;
        Ok(whole)
    }

    /// A file in pieces, unpacked.
    pub(super) async fn each(
        &mut self,
        file: &str,
        bytes_max: usize,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<(), SitemapError> {
        let answer = self.answer(file).await?;
        let mut coding = decoder(answer.headers()).map_err(SitemapError::Packed)?;
        let (mut file, mut left) = (Unpacked::default(), bytes_max);
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame?.into_data() else { continue };
            let decoded = coding.decode(&piece, &mut |plain| file.push(plain, &mut left, take));
            match decoded {
                Ok(()) => {}
                Err(EncodeError::Stopped) if left == 0 => return Err(SitemapError::TooLong { bytes_max }),
                Err(error) => return Err(SitemapError::Packed(error)),
            }
        }
        coding.end().map_err(SitemapError::Packed)
    }

    /// The answer that is no redirect.
    async fn answer(&mut self, file: &str) -> Result<Response<Body>, SitemapError> {
        let mut file = file.to_owned();
        for _ in 0..REDIRECTS_MAX {
            let answer = self.origin.send(self.request(&file)).await?;
            if answer.status() == StatusCode::OK {
                return Ok(answer);
            }
            if !answer.status().is_redirection() {
                return Err(SitemapError::Status(answer.status()));
            }
            let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            let location = location.ok_or(SitemapError::Redirect)?;
            self.is_https |= location.starts_with("https://");
            file = match location {
                local if local.starts_with('/') && !local.starts_with("//") => local.to_owned(),
                other => target(self.site, other).ok_or(SitemapError::Redirect)?,
            };
        }
        Err(SitemapError::Redirect)
    }

    fn request(&self, file: &str) -> Request<Body> {
        let mut request = Request::new(Body::Empty);
        // What is no path was made none before; the first page is no sitemap, and says so.
        *request.uri_mut() = file.parse().unwrap_or_else(|_| http::Uri::from_static("/"));
        let headers = request.headers_mut();
        headers.extend(self.host.clone().map(|host| (header::HOST, host)));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if self.is_https {
            headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        }
        request
    }
}

/// A file that may itself be packed, whatever its head says of it.
#[derive(Default)]
struct Unpacked {
    begun: Bytes,
    decoder: Option<Decoder>,
}

impl Unpacked {
    fn push(&mut self, plain: &[u8], left: &mut usize, take: &mut dyn FnMut(&[u8])) -> Result<(), Stop> {
        let whole;
        let piece = if self.begun.is_empty() || self.decoder.is_some() {
            plain
        } else {
            whole = [&self.begun, plain].concat();
            &whole
        };
        if self.decoder.is_none() {
            if piece.len() < GZIP.len() {
                self.begun = Bytes::copy_from_slice(piece);
                return Ok(());
            }
            let coding = if piece.starts_with(GZIP) { "gzip" } else { "" };
            self.decoder = Decoder::new(coding).ok();
        }
        let Some(decoder) = &mut self.decoder else { return Err(Stop) };
        let unpacked = decoder.decode(piece, &mut |plain| {
            if plain.len() > *left {
                *left = 0;
                return Err(Stop);
            }
            *left -= plain.len();
            take(plain);
            Ok(())
        });
        unpacked.map_err(|_| Stop)
    }
}
