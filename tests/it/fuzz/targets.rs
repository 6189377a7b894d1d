//! What must hold for every input, however hostile: one function for each thing that reads bytes of strangers. The
//! tests beside it call them over `tests/data/fuzz`, and the fuzzer in `fuzz/` without end. Each panics when its
//! promise is broken. How an input is cut follows from its own bytes, so that a seed is a plain file.

#[path = "../../../src/proxy/rewrite/tests/oracle.rs"]
mod oracle;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use bytes::{Bytes, BytesMut};
use consentry::policy::catalog::{Catalog, Sent, host_matches};
use consentry::policy::consent::{Choice, Consent, Day};
use consentry::policy::cookies::Kept;
use consentry::policy::fence::admit::{Ours, admitted, ways};
use consentry::policy::{Page, Policy, Settings, Unknown};
use consentry::proxy::charset::{CharsetError, ToUtf8, of_content_type};
use consentry::proxy::encode::{Coding, DECODED_BYTES_PER_PIECE_MAX, Decoder, EncodeError, Encoder, Stop};
use consentry::proxy::rewrite::{Insertions, Keep, Localized, Outlet, Part, RewriteError, Rewriter};
use http::{HeaderMap, HeaderName, HeaderValue};
use oracle::{Scripting, alive};

/// A reader of strangers' bytes.
pub type Target = fn(&[u8]);

/// Every target, under the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 7] = [
    ("rewrite", rewrite),
    ("coding", coding),
    ("charset", charset),
    ("fence", fence),
    ("cookies", cookies),
    ("fields", fields),
    ("catalogue", catalogue),
];

/// Where a bomb is no longer watched. Unit: bytes.
const PLAIN_BYTES_MAX: usize = 4 << 20;

/// Longest piece in which a decoder hands on. Unit: bytes.
const STEP_BYTES: usize = 16 << 10;

/// The page every decision is asked for.
const PAGE: Page<'static> = Page { host: "shop.example", path: "/" };

/// The catalogue that the oracle of the rewriter's tests knows.
const TRACKERS: &str = r#"
[[tracker]]
id = "ads"
name = "Ads"
category = "marketing"
source = "test"
hosts = ["ads.example"]
inline = ["adspixel("]
purpose = { en = "test" }
provider = { name = "P", country = "NO", privacy = "https://p.example/" }
[[tracker]]
id = "film"
name = "Film"
category = "marketing"
source = "test"
hosts = ["film.example"]
embed = true
purpose = { en = "test" }
provider = { name = "P", country = "NO", privacy = "https://p.example/" }
"#;

fn policy_of(entries: Vec<consentry::policy::catalog::TrackerEntry>) -> Arc<Policy> {
    let settings = Settings {
        hosts: vec![PAGE.host.into()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts: Unknown::Hold,
        allow: Vec::new(),
    };
    Arc::new(Policy::new(settings, Arc::new(Catalog::new(entries).expect("they hold together"))))
}

/// Two trackers, and everything else unknown.
fn small() -> Arc<Policy> {
    static POLICY: LazyLock<Arc<Policy>> =
        LazyLock::new(|| policy_of(Catalog::parse(TRACKERS).expect("a catalogue")));
    POLICY.clone()
}

/// The catalogue the program comes with.
fn built_in() -> Arc<Policy> {
    static POLICY: LazyLock<Arc<Policy>> =
        LazyLock::new(|| policy_of(Catalog::built_in().expect("a catalogue")));
    POLICY.clone()
}

/// Everything agreed to.
fn everything(policy: &Policy) -> Consent {
    Consent::from_choice(&Choice::All, Day(20_000), None, policy.catalog())
}

fn insertions() -> Insertions {
    let text = |text: &'static str| Part::Text(Bytes::from_static(text.as_bytes()));
    let localized = Localized {
        language: "nb".into(),
        banner: vec![text("<b>"), Part::ReturnPath, text("</b>")],
        foot: vec![text("<i>foot</i>")],
        placeholder: vec![text("p|"), Part::TrackerName, Part::ReturnPath, Part::Origin],
    };
    Insertions {
        head: Bytes::from_static(b"<style>h</style>"),
        languages: Arc::from([localized]),
        preferred: 0,
        return_path: Bytes::from_static(b"/a"),
        origin: Bytes::from_static(b"https://shop.example"),
        script: Bytes::from_static(b"<script>"),
        idle: Bytes::new(),
        embeds: Bytes::new(),
        embed_style: Bytes::new(),
        keep: Keep {
            hydrated: Bytes::from_static(b"<script>k</script>"),
            swapped: Bytes::from_static(b"<script>w</script>"),
            areas: Bytes::from_static(b"<script>a</script>"),
        },
        tail: Bytes::new(),
        is_part: false,
    }
}

/// Numbers that follow from the input alone (xorshift, as G. Marsaglia gave it).
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall the same way for the same bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Self(hasher.finish() | 1)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below a usize")
    }
}

/// The same bytes in pieces of all sizes, one byte and a whole page among them.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut dice = Dice::of(bytes);
    let longest = 1 << dice.below(14);
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((1 + dice.below(longest)).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn rewritten<'a>(
    insertions: Insertions,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Result<u32, RewriteError>) {
    let mut rewriter = Rewriter::new(small(), Consent::none(), PAGE.host, PAGE.path, insertions);
    let mut out = BytesMut::new();
    let pushed = pieces.into_iter().try_for_each(|piece| rewriter.push(piece, &mut out));
    let result = pushed.and_then(|()| rewriter.end(&mut out)).map(|()| rewriter.held().tags);
    (out.to_vec(), result)
}

/// A page: it comes out the same however it is cut, and nothing held is alive in what comes out.
pub fn rewrite(page: &[u8]) {
    for insertions in [Insertions::none(), insertions()] {
        let (out, result) = rewritten(insertions.clone(), [page]);
        let (cut, cut_result) = rewritten(insertions, pieces(page));
        if result.is_ok() {
            assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&cut), "cut otherwise");
        }
        assert_eq!(result, cut_result, "cut otherwise");
        for written in [&out, &cut] {
            let written = String::from_utf8_lossy(written);
            for scripting in [Scripting::On, Scripting::Off] {
                let alive = alive(&written, scripting);
                assert!(alive.is_empty(), "{alive:?} with scripts {scripting:?} in {written}");
            }
        }
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
    /// Too large, at once or in all: that alone depends on how it is cut.
    Bomb,
}

/// What a body becomes, up to a limit, and how it ends. `None` when a coding of that name is not known.
fn decoded<'a>(names: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<(Vec<u8>, End)> {
    let mut decoder = Decoder::new(names).ok()?;
    let is_identity = decoder.is_identity();
    let mut plain = Vec::new();
    for piece in pieces {
        let before = plain.len();
        let taken = decoder.decode(piece, &mut |part| {
            assert!(is_identity || part.len() <= STEP_BYTES, "a piece of {} bytes", part.len());
            plain.extend_from_slice(part);
            if plain.len() > PLAIN_BYTES_MAX { Err(Stop) } else { Ok(()) }
        });
        let became = plain.len() - before;
        assert!(is_identity || became <= DECODED_BYTES_PER_PIECE_MAX, "one piece became {became} bytes");
        match taken {
            Ok(()) => {}
            Err(EncodeError::Bomb | EncodeError::Stopped) => return Some((plain, End::Bomb)),
            Err(_) => return Some((plain, End::Broken)),
        }
    }
    Some((plain, if decoder.end().is_ok() { End::Whole } else { End::Broken }))
}

/// A body; its first line is the `Content-Encoding`. It unpacks in bounded pieces to the same however it is cut, and
/// what we encode says the same when it is decoded.
pub fn coding(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let names = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let body = parts.next().unwrap_or_default();
    let whole = decoded(&names, [body]);
    let cut = decoded(&names, pieces(body));
    if let (Some((whole, end)), Some((cut, cut_end))) = (whole, cut)
        && ![end, cut_end].contains(&End::Bomb)
    {
        assert_eq!(end, cut_end, "{names}: broken because of where it was cut");
        assert!(end == End::Broken || whole == cut, "{names}: {} bytes, cut {}", whole.len(), cut.len());
    }
    for coding in [Coding::Gzip, Coding::Brotli] {
        let mut encoder = Encoder::new(coding);
        let mut coded = Vec::new();
        for piece in pieces(body) {
            encoder.put(piece);
            coded.extend_from_slice(&encoder.flush().expect("it can be encoded"));
        }
        coded.extend_from_slice(&encoder.end().expect("it can be encoded"));
        let (plain, end) = decoded(coding.name().expect("it has one"), [&coded[..]]).expect("known");
        assert!(end == End::Bomb || (end == End::Whole && plain == body), "{coding:?}");
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Guessed;

impl From<CharsetError> for Guessed {
    fn from(_: CharsetError) -> Self {
        Self
    }
}

fn turned<'a>(kind: &[u8], pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Result<(), Guessed>) {
    let mut turner = ToUtf8::new(of_content_type(kind));
    let mut text = Vec::new();
    let mut take = |part: &[u8]| {
        text.extend_from_slice(part);
        Ok(())
    };
    let pushed = pieces.into_iter().try_for_each(|piece| turner.push(piece, &mut take));
    let result = pushed.and_then(|()| turner.end(&mut take));
    (text, result)
}

/// A page; its first line is the `Content-Type`. Its encoding is the same however it is cut, and what is not turned
/// into UTF-8 passes byte for byte.
pub fn charset(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let kind = parts.next().unwrap_or_default();
    let page = parts.next().unwrap_or_default();
    let (whole, result) = turned(kind, [page]);
    let (cut, cut_result) = turned(kind, pieces(page));
    assert_eq!(result, cut_result, "cut otherwise");
    if result.is_ok() {
        assert!(whole == cut, "cut otherwise");
        let is_turned = whole.starts_with(b"\xEF\xBB\xBF") && std::str::from_utf8(&whole).is_ok();
        assert!(whole == page || is_turned, "neither the page nor UTF-8");
    }
    let mut rewriter = Rewriter::new(small(), Consent::none(), PAGE.host, PAGE.path, insertions());
    rewriter = rewriter.of_unsaid_encoding();
    let mut out = BytesMut::new();
    // An end before its time is an answer, too.
    let _ = pieces(page).into_iter().try_for_each(|piece| rewriter.push(piece, &mut out));
}

/// The policies of a shop's page, one a line. Nothing that stands there is lost, and what was let in once is in.
pub fn fence(input: &[u8]) {
    let values: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    let ours = Ours {
        authority: PAGE.host,
        is_https: true,
        prefix: "/_consentry",
        script: "'sha256-c2NyaXB0'",
        style: "'sha256-c3R5bGU='",
        embed_style: "'sha256-ZW1iZWRz'",
        has_file: true,
        has_beacon: true,
    };
    let found = ways(values.iter().copied());
    let after: Vec<Vec<u8>> =
        values.iter().map(|value| admitted(value, &found, &ours).unwrap_or_else(|| value.to_vec())).collect();
    for (before, after) in values.iter().zip(&after) {
        assert!(is_within(&without_none(before), after), "{}", String::from_utf8_lossy(after));
    }
    let again = ways(after.iter().map(Vec::as_slice));
    for value in &after {
        assert_eq!(admitted(value, &again, &ours), None, "twice: {}", String::from_utf8_lossy(value));
    }
}

/// Without `'none'`, which gives way to what is added.
fn without_none(value: &[u8]) -> Vec<u8> {
    let mut rest = value;
    let mut kept = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        if rest.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"'none'")) {
            rest = &rest[6..];
        } else {
            kept.push(*first);
            rest = after;
        }
    }
    kept
}

/// Do these bytes stand in `text`, in their order?
fn is_within(bytes: &[u8], text: &[u8]) -> bool {
    let mut rest = text.iter();
    bytes.iter().all(|byte| rest.any(|other| other == byte))
}

/// A `Cookie` or `Set-Cookie` line. What is left of it stood there, needs no second look, and grows with consent.
pub fn cookies(line: &[u8]) {
    let policy = built_in();
    let (none, all) = (Consent::none(), everything(&policy));
    if let Kept::Some(kept) = policy.request_cookies(&none, PAGE, line) {
        assert!(is_within(&kept.iter().copied().filter(u8::is_ascii_alphanumeric).collect::<Vec<_>>(), line));
        assert_eq!(policy.request_cookies(&none, PAGE, &kept), Kept::All);
        assert!(kept.len() <= line.len() * 2);
    }
    let granted = policy.request_cookies(&all, PAGE, line);
    if policy.request_cookies(&none, PAGE, line) == Kept::All {
        assert_eq!(granted, Kept::All, "consent takes nothing away");
    }
    if policy.response_cookie(&none, PAGE, line) {
        assert!(policy.response_cookie(&all, PAGE, line), "consent takes nothing away");
    }
}

/// Header fields of an answer, one a line, as a shop's server sends them. What is left needs no second look.
pub fn fields(input: &[u8]) {
    let policy = built_in();
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n') {
        let Some(at) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) =
            (HeaderName::from_bytes(&line[..at]), HeaderValue::from_bytes(line[at + 1..].trim_ascii()));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let mut granted = headers.clone();
    assert_eq!(policy.filter_fields(&everything(&policy), PAGE, &mut granted), 0);
    assert_eq!(granted, headers);
    policy.filter_fields(&Consent::none(), PAGE, &mut headers);
    let once = headers.clone();
    policy.filter_fields(&Consent::none(), PAGE, &mut headers);
    assert_eq!(headers, once, "a second look finds more");
}

/// A file of trackers, or a request: both are read without a panic, and a host's owner is one that names it.
pub fn catalogue(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(entries) = Catalog::parse(text) {
        // What does not hold together is refused.
        let _ = Catalog::new(entries);
    }
    let policy = built_in();
    let catalog = policy.catalog();
    let _ = text.lines().try_for_each(|line| {
        let line = line.to_ascii_lowercase();
        let (host, path) = line.split_at(line.find('/').unwrap_or(line.len()));
        if let Some(tracker) = catalog.host(host, path) {
            let is_named = tracker.hosts.iter().any(|rule| host_matches(&rule.host, host));
            assert!(is_named, "{} does not name {host}", tracker.name_id);
        }
        let (path, query) = line.split_once('?').unwrap_or((&line, ""));
        catalog.own(Sent { path, query, is_script: true });
        catalog.cookie(&line);
        catalog.storage(&line);
        ControlFlow::<()>::Continue(())
    });
}
