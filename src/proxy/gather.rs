//! Writing small messages in one plain call.
//!
//! Nearly every message is one piece (a head) or two that are small together (a head and an asset). For these the
//! system's plain write costs less than a gathering one, more than the copy does: `benches/proxy/run.sh`.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

/// Pieces that are together no longer than this are copied into one. Unit: bytes.
const COPIED_BYTES_MAX: usize = 4096;

/// Writes the pieces, or as much of them as the socket takes.
pub fn poll_write_pieces(
    stream: &mut TcpStream,
    cx: &mut Context<'_>,
    pieces: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let stream = Pin::new(stream);
    let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
    match pieces {
        [one] => stream.poll_write(cx, one),
        _ if bytes > COPIED_BYTES_MAX => stream.poll_write_vectored(cx, pieces),
        _ => {
            let mut whole = [0; COPIED_BYTES_MAX];
            let mut end = 0;
            for piece in pieces {
                whole[end..end + piece.len()].copy_from_slice(piece);
                end += piece.len();
            }
            stream.poll_write(cx, &whole[..end])
        }
    }
}
