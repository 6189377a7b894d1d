//! Words between two processes: one byte that says which, eight of length, the body; a socket may travel with it.

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::sockopt::socket_peercred;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use zeroize::Zeroizing;

/// What every conversation begins with.
pub(super) const PROTOCOL: &[u8] = b"consentry hand-over 1\n";
/// Longest wait for the other process's next word, while one waits for it.
const WAIT: Duration = Duration::from_secs(30);
/// Longest body of a word other than [`Word::State`]: a hit has a request's head at most. Unit: bytes.
const BODY_BYTES_MAX: u64 = 1 << 20;
/// Longest state: a million visitors take some 300 MB. Unit: bytes.
const STATE_BYTES_MAX: u64 = 8 << 30;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Word {
    /// After: what it can read.
    Hello = 1,
    /// Before: a socket for visitors.
    Visitors = 2,
    /// Before: a socket for operators.
    Operators = 3,
    /// Before: those were the sockets.
    Ready = 4,
    /// After: give me what you know.
    Take = 5,
    /// Before: this is what is known.
    State = 6,
    /// Before: nothing can be given; the body says why.
    Nothing = 7,
    /// After: I can start.
    Commit = 8,
    /// Before: it is yours.
    Yours = 9,
    /// Before: a hit of a request that was still open.
    Hit = 10,
    /// Before: that was the last.
    End = 11,
}

impl Word {
    const ALL: [Self; 11] = [
        Self::Hello,
        Self::Visitors,
        Self::Operators,
        Self::Ready,
        Self::Take,
        Self::State,
        Self::Nothing,
        Self::Commit,
        Self::Yours,
        Self::Hit,
        Self::End,
    ];
}

/// A word that came.
pub(super) struct Said {
    pub(super) word: Word,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(super) socket: Option<OwnedFd>,
}

/// The line to the other process.
#[derive(Debug)]
pub(in super::super) struct Wire(UnixStream);

impl Wire {
    /// A line over this stream; `None` when the other process belongs to another user.
    pub(super) fn over(stream: UnixStream) -> io::Result<Option<Self>> {
        let is_ours = socket_peercred(&stream)?.uid == rustix::process::geteuid();
        stream.set_read_timeout(Some(WAIT))?;
        stream.set_write_timeout(Some(WAIT))?;
        Ok(is_ours.then_some(Self(stream)))
    }

    /// Another handle of the same line.
    pub(super) fn copy(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// Waits for words as long as the other process lives.
    pub(super) fn be_patient(&self) -> io::Result<()> {
        self.0.set_read_timeout(None)
    }

    /// Ends the line; who waits for a word is told.
    pub(super) fn hang_up(&self) {
        // It may have ended already, which is the same.
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }

    /// Says a word.
    pub(in super::super) fn say(&self, word: Word, body: &[u8]) -> io::Result<()> {
        (&self.0).write_all(&[word as u8])?;
        self.say_body(body)
    }

    /// Says a word with which a socket travels.
    pub(super) fn say_with(&self, word: Word, body: &[u8], socket: &OwnedFd) -> io::Result<()> {
        let sockets = [socket.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&sockets));
        if sendmsg(&self.0, &[IoSlice::new(&[word as u8])], &mut ancillary, SendFlags::NOSIGNAL)? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.say_body(body)
    }

    fn say_body(&self, body: &[u8]) -> io::Result<()> {
        (&self.0).write_all(&(body.len() as u64).to_le_bytes())?;
        (&self.0).write_all(body)
    }

    /// The next word.
    pub(super) fn hear(&self) -> io::Result<Said> {
        let mut first = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC;
        let came = recvmsg(&self.0, &mut [IoSliceMut::new(&mut first)], &mut ancillary, flags)?;
        if came.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let sockets = ancillary.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
            _ => None,
        });
        let socket = sockets.flatten().last();
        let word = Word::ALL.into_iter().find(|word| *word as u8 == first[0]);
        let word = word.ok_or_else(|| io::Error::other("the other process said a word we do not know"))?;
        Ok(Said { word, body: self.hear_body(word)?, socket })
    }

    /// The next word, which must be this one.
    pub(super) fn expect(&self, word: Word) -> io::Result<Said> {
        let said = self.hear()?;
        if said.word == word {
            return Ok(said);
        }
        Err(io::Error::other(format!("the other process said {:?} where {word:?} was its turn", said.word)))
    }

    fn hear_body(&self, word: Word) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut length = [0; 8];
        (&self.0).read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        let most = if word == Word::State { STATE_BYTES_MAX } else { BODY_BYTES_MAX };
        if length > most {
            return Err(io::Error::other("the other process says more than is understood"));
        }
        let mut body = Zeroizing::new(Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?));
        let read = (&self.0).take(length).read_to_end(&mut body)?;
        if read as u64 == length { Ok(body) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> (Wire, Wire) {
        let (one, other) = UnixStream::pair().unwrap();
        (Wire::over(one).unwrap().unwrap(), Wire::over(other).unwrap().unwrap())
    }

    #[test]
    fn words_and_sockets_arrive_in_their_order() {
        let (before, after) = line();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        before.say_with(Word::Visitors, b"127.0.0.1:0", &OwnedFd::from(listener)).unwrap();
        before.say(Word::Ready, b"").unwrap();
        let said = after.expect(Word::Visitors).unwrap();
        assert_eq!(&said.body[..], b"127.0.0.1:0");
        let inherited = std::net::TcpListener::from(said.socket.unwrap());
        assert_eq!(inherited.local_addr().unwrap(), address);
        let said = after.hear().unwrap();
        assert_eq!((said.word, said.socket.is_none()), (Word::Ready, true));
    }

    #[test]
    fn a_line_that_breaks_off_or_lies_is_an_error() {
        let (before, after) = line();
        before.say(Word::Hit, b"abc").unwrap();
        assert!(after.expect(Word::End).is_err());
        (&before.0).write_all(&[99, 0]).unwrap();
        assert!(after.hear().is_err(), "no such word");
        let (before, after) = line();
        (&before.0).write_all(&[Word::Hit as u8]).unwrap();
        (&before.0).write_all(&u64::MAX.to_le_bytes()).unwrap();
        assert!(after.hear().is_err(), "longer than any");
        let (before, after) = line();
        (&before.0).write_all(&[Word::Hit as u8, 9, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap();
        drop(before);
        assert!(after.hear().is_err(), "cut");
    }
}
