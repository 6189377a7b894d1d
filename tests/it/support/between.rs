//! A wire that breaks: stands between a gateway and a server and does to their connections what a test says.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It passes, and so does the answer.
    Pass,
    /// The connection is closed at once.
    Refuse,
    /// Nobody ever answers.
    Hang,
    /// The server does it, and the answer is cut off.
    LoseReply,
    /// Somebody in between answers 503.
    Busy,
    /// The answer comes a byte at a time.
    Trickle,
}

/// The wire.
pub struct Between {
    pub address: SocketAddr,
    fate: Arc<Mutex<Fate>>,
    /// Inserts that met another fate than to pass.
    met: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Between {
    /// Stands before `server`.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (fate, met) = (Arc::new(Mutex::new(Fate::Pass)), Arc::new(AtomicUsize::new(0)));
        let is_over = Arc::new(AtomicBool::new(false));
        let (fates, counted, over) = (fate.clone(), met.clone(), is_over.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (fates, counted) = (fates.clone(), counted.clone());
                let Ok(stream) = stream else { return };
                std::thread::spawn(move || connection(stream, server, &fates, &counted));
            }
        });
        Self { address, fate, met, is_over }
    }

    /// From now on, inserts meet this.
    pub fn set(&self, fate: Fate) {
        *self.fate.lock().expect("nobody panicked") = fate;
        self.met.store(0, Ordering::Relaxed);
    }

    /// How many inserts met it.
    pub fn met(&self) -> usize {
        self.met.load(Ordering::Relaxed)
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

/// Whole requests one after another; only an insert meets its fate, so that what a test asks beside it passes.
fn connection(mut stream: TcpStream, server: SocketAddr, fate: &Mutex<Fate>, met: &AtomicUsize) {
    let Ok(mut behind) = TcpStream::connect(server) else { return };
    while let Some(request) = message(&mut stream) {
        let is_insert = String::from_utf8_lossy(&request[..request.len().min(4096)])
            .contains("insert_deduplication_token");
        let fate = if is_insert { *fate.lock().expect("nobody panicked") } else { Fate::Pass };
        if fate != Fate::Pass {
            met.fetch_add(1, Ordering::Relaxed);
        }
        match fate {
            Fate::Refuse => break,
            Fate::Hang => {
                // Until the gateway gives up.
                let _ = stream.read(&mut [0; 1]);
                break;
            }
            Fate::Busy => {
                let _ = stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
                continue;
            }
            Fate::Pass | Fate::LoseReply | Fate::Trickle => {}
        }
        let Some(answer) = behind.write_all(&request).ok().and_then(|()| message(&mut behind)) else { break };
        let sent = match fate {
            Fate::LoseReply => break,
            Fate::Trickle => answer.iter().try_for_each(|byte| stream.write_all(&[*byte])),
            _ => stream.write_all(&answer),
        };
        if sent.is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// One message of HTTP/1.1 with its body; `None` at the end.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        if let Some(head) = read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) {
            let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
            let length: Option<usize> = text
                .split("content-length:")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.trim().parse().ok());
            let is_whole = match length {
                Some(length) => read.len() >= head + length,
                None if text.contains("transfer-encoding: chunked") => read.ends_with(b"0\r\n\r\n"),
                None => true,
            };
            if is_whole {
                return Some(read);
            }
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
    }
}
