//! How the values of other crates are packed: truths, options, lists, maps, texts, addresses, times.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use jiff::Timestamp;
use smallvec::SmallVec;

use super::{Pack, Packed, Reader, Unreadable, grow, pack_length, unpack_length};

fn pack_all<'a, T: Pack + 'a>(values: impl ExactSizeIterator<Item = &'a T>, out: &mut Packed) {
    pack_length(values.len(), out);
    values.for_each(|value| value.pack(out));
}

fn unpack_all<T: Pack, C: FromIterator<T>>(from: &mut Reader<'_>) -> Result<C, Unreadable> {
    let length = unpack_length(from)?;
    (0..length).map(|_| T::unpack(from)).collect()
}

fn describe_all<T: Pack>(out: &mut String) {
    out.push('*');
    T::describe(out);
}

impl Pack for bool {
    fn pack(&self, out: &mut Packed) {
        u8::from(*self).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        match u8::unpack(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Unreadable),
        }
    }

    fn describe(out: &mut String) {
        out.push_str("bool ");
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, out: &mut Packed) {
        self.is_some().pack(out);
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        bool::unpack(from)?.then(|| T::unpack(from)).transpose()
    }

    fn describe(out: &mut String) {
        out.push('?');
        T::describe(out);
    }
}

impl<T: Pack> Pack for Box<T> {
    fn pack(&self, out: &mut Packed) {
        (**self).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        T::unpack(from).map(Self::new)
    }

    fn describe(out: &mut String) {
        T::describe(out);
    }
}

impl<T: Pack> Pack for Arc<T> {
    fn pack(&self, out: &mut Packed) {
        (**self).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        T::unpack(from).map(Self::new)
    }

    fn describe(out: &mut String) {
        T::describe(out);
    }
}

impl<T: Pack, const N: usize> Pack for [T; N] {
    fn pack(&self, out: &mut Packed) {
        for value in self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let values: Vec<T> = (0..N).map(|_| T::unpack(from)).collect::<Result<_, _>>()?;
        values.try_into().map_err(|_| Unreadable)
    }

    fn describe(out: &mut String) {
        out.push_str(&N.to_string());
        describe_all::<T>(out);
    }
}

macro_rules! lists {
    ($($kind:ident),*) => {$(
        impl<T: Pack> Pack for $kind<T> {
            fn pack(&self, out: &mut Packed) {
                pack_all(self.iter(), out);
            }
            fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
                unpack_all(from)
            }
            fn describe(out: &mut String) {
                describe_all::<T>(out);
            }
        }
    )*};
}
lists!(Vec, VecDeque);

impl<T: Pack> Pack for SmallVec<[T; 1]> {
    fn pack(&self, out: &mut Packed) {
        pack_all(self.iter(), out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        unpack_all(from)
    }

    fn describe(out: &mut String) {
        describe_all::<T>(out);
    }
}

impl<T: Pack> Pack for Box<[T]> {
    fn pack(&self, out: &mut Packed) {
        pack_all(self.iter(), out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        unpack_all(from)
    }

    fn describe(out: &mut String) {
        describe_all::<T>(out);
    }
}

impl<T: Pack + Eq + Hash, S: BuildHasher + Default> Pack for HashSet<T, S> {
    fn pack(&self, out: &mut Packed) {
        pack_all(self.iter(), out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        unpack_all(from)
    }

    fn describe(out: &mut String) {
        describe_all::<T>(out);
    }
}

impl<K: Pack + Eq + Hash, V: Pack, S: BuildHasher + Default> Pack for HashMap<K, V, S> {
    fn pack(&self, out: &mut Packed) {
        pack_length(self.len(), out);
        for (key, value) in self {
            key.pack(out);
            value.pack(out);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        unpack_all(from)
    }

    fn describe(out: &mut String) {
        describe_all::<(K, V)>(out);
    }
}

impl<A: Pack, B: Pack> Pack for (A, B) {
    fn pack(&self, out: &mut Packed) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        Ok((A::unpack(from)?, B::unpack(from)?))
    }

    fn describe(out: &mut String) {
        out.push('(');
        A::describe(out);
        B::describe(out);
        out.push(')');
    }
}

/// What is written as bytes with their length before them.
macro_rules! byte_strings {
    ($($kind:ty, $as_bytes:expr, $read:expr;)*) => {$(
        impl Pack for $kind {
            fn pack(&self, out: &mut Packed) {
                let as_bytes: fn(&Self) -> &[u8] = $as_bytes;
                let bytes = as_bytes(self);
                pack_length(bytes.len(), out);
                grow(out, bytes);
            }
            fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
                let length = unpack_length(from)?;
                let read: fn(&[u8]) -> Option<Self> = $read;
                read(from.take(length)?).ok_or(Unreadable)
            }
            fn describe(out: &mut String) {
                out.push_str(concat!(stringify!($kind), " "));
            }
        }
    )*};
}
byte_strings! {
    Arc<str>, |text| text.as_bytes(), |bytes| std::str::from_utf8(bytes).ok().map(Into::into);
    String, |text| text.as_bytes(), |bytes| std::str::from_utf8(bytes).ok().map(Into::into);
    HeaderValue, |value| value.as_bytes(), |bytes| Self::from_bytes(bytes).ok();
    PathAndQuery, |target| target.as_str().as_bytes(), |bytes| Self::try_from(bytes).ok();
}

impl Pack for IpAddr {
    fn pack(&self, out: &mut Packed) {
        match self {
            Self::V4(v4) => (4_u8, v4.octets()).pack(out),
            Self::V6(v6) => (6_u8, v6.octets()).pack(out),
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        match u8::unpack(from)? {
            4 => Ok(<[u8; 4]>::unpack(from)?.into()),
            6 => Ok(<[u8; 16]>::unpack(from)?.into()),
            _ => Err(Unreadable),
        }
    }

    fn describe(out: &mut String) {
        out.push_str("address ");
    }
}

impl Pack for Timestamp {
    fn pack(&self, out: &mut Packed) {
        self.as_millisecond().pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        Self::from_millisecond(i64::unpack(from)?).map_err(|_| Unreadable)
    }

    fn describe(out: &mut String) {
        out.push_str("time ");
    }
}
