//! Where a page goes as it is decided on.

use bytes::BytesMut;

/// Takes what is decided of a page, in order. It is handed on where it lies, so that what encodes it reads it there.
pub trait Outlet {
    /// Takes the next piece. What goes wrong with it is told when the outlet is asked for what it made.
    fn put(&mut self, piece: &[u8]);
}

impl Outlet for BytesMut {
    fn put(&mut self, piece: &[u8]) {
        self.extend_from_slice(piece);
    }
}

/// Keeps nothing: for who reads a page and changes none.
#[derive(Debug)]
pub struct Nowhere;

impl Outlet for Nowhere {
    fn put(&mut self, _: &[u8]) {}
}
