//! How many choices a second a gateway takes: real sockets, the real ledger, flushed to the disk before each answer.
//!
//! Every choice is a grant of a new visitor, the dearest one there is: it is sealed, recorded and counted. Connections
//! send one after the other, so that as many wait together as there are connections; those share a flush. Clients and
//! gateway share the machine; nothing takes the clients' part out, so the figures are low rather than high.
#![expect(clippy::print_stdout, reason = "it tells its figures to who runs it")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use consentry::clock::{SystemClock, SystemEntropy};
use consentry::store::ledger::Receipts;
use consentry::{app, config, store};

/// Visitors who choose at the same time, and how often each does.
const ROUNDS: [(u32, u32); 4] = [(1, 500), (16, 200), (64, 150), (256, 50)];
/// The largest answer; what is read at once.
const ANSWER_BYTES_MAX: usize = 16 << 10;

const REQUEST: &[u8] = b"POST /_consentry/choice HTTP/1.1\r\nhost: shop.example\r\norigin: http://shop.example\r\n\
    sec-fetch-site: same-origin\r\naccept: application/json\r\ncontent-type: application/x-www-form-urlencoded\r\n\
    user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n\
    content-length: 32\r\n\r\nchoice=all&return=/&layer=banner";

fn settings(path: &std::path::Path) -> String {
    format!(
        r#"
[listen]
http = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
[limits]
workers = 2
[store]
path = "{}"
[[site]]
name = "shop"
hosts = ["shop.example"]
origin = "http://127.0.0.1:9"
languages = ["nb", "en"]
[site.controller]
name = "Dekk og Felg AS"
email = "personvern@shop.example"
[site.consent]
mode = "enforce"
[site.statistics]
sitemap = false
"#,
        path.display()
    )
}

/// Chooses so often; every answer is looked at.
fn choose(address: SocketAddr, times: u32) {
    let mut stream = TcpStream::connect(address).expect("the gateway listens");
    stream.set_nodelay(true).expect("a socket");
    let mut answer = vec![0; ANSWER_BYTES_MAX];
    for _ in 0..times {
        stream.write_all(REQUEST).expect("sent");
        let length = read_one(&mut stream, &mut answer);
        assert!(
            answer[..length].starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer[..length])
        );
    }
}

/// Reads one answer: its head, and the object that ends its body.
fn read_one(stream: &mut TcpStream, answer: &mut [u8]) -> usize {
    let mut length = 0;
    loop {
        let more = stream.read(&mut answer[length..]).expect("an answer");
        assert!(more > 0, "the gateway closed");
        length += more;
        if answer[..length].ends_with(b"}") {
            return length;
        }
    }
}

/// Choices a second, from so many visitors at once.
fn measure(address: SocketAddr, visitors: u32, times: u32) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..visitors {
            scope.spawn(|| choose(address, times));
        }
    });
    f64::from(visitors * times) / begun.elapsed().as_secs_f64()
}

fn main() {
    // On a real disk: what is flushed to memory only is no receipt. CHOICES_DIR names another place.
    let parent = std::env::var_os("CHOICES_DIR").map_or_else(|| ".".into(), std::path::PathBuf::from);
    let directory = tempfile::tempdir_in(parent).expect("a directory");
    let loaded = config::parse(&settings(directory.path()), "bench.toml").expect("sound settings");
    let running = app::start(loaded.config, Arc::new(SystemClock), Arc::new(SystemEntropy))
        .expect("the gateway starts");
    let address = running.visitors()[0];
    println!("visitors at once  choices a second");
    for (visitors, times) in ROUNDS {
        println!("{visitors:16}  {:16.0}", measure(address, visitors, times));
    }
    running.stop();
    let ledger = Receipts::open(&store::Settings { path: directory.path().into() }).expect("a ledger");
    let begun = Instant::now();
    let verified = ledger.verify(None).expect("an unbroken chain");
    println!("{} receipts verified in {:.1} s", verified.receipts, begun.elapsed().as_secs_f64());
}
