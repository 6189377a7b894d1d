//! Memory as bytes, for the one way out of it: over a socket into the memory of the next process.
//!
//! A type says with [`pack!`] which fields it has; from those lists also follows [`layout`], a hash that two versions
//! share only if they pack alike. Packed bytes stand in a buffer that is wiped when dropped. Reading trusts no length
//! that it was told: nothing is allocated for more than has come.

mod values;

use std::sync::Arc;

use zeroize::Zeroizing;

use super::key_log::{KeyKind, KeyName};
use super::secret::{SECRET_BYTES, Secret, Vault};

/// Bytes on the way out.
pub(super) type Packed = Zeroizing<Vec<u8>>;

/// The bytes are no such value: another version wrote them, or they broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was handed over cannot be read")]
pub struct Unreadable;

/// A value that can be handed over.
pub(super) trait Pack: Sized {
    /// Writes it behind what is there.
    fn pack(&self, out: &mut Packed);
    /// Reads it from the front.
    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable>;
    /// Says how it is written.
    fn describe(out: &mut String);
}

/// A number that two versions share if they write `T` alike.
pub(super) fn layout<T: Pack>() -> [u8; 32] {
    let mut description = String::new();
    T::describe(&mut description);
    *blake3::hash(description.as_bytes()).as_bytes()
}

/// Packed bytes that are read from the front, and where keys among them are put.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    vault: Option<&'a Arc<Vault>>,
}

impl<'a> Reader<'a> {
    /// Reads bytes that hold no keys.
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, vault: None }
    }

    /// Reads bytes whose keys go into this vault.
    pub(super) const fn into_vault(bytes: &'a [u8], vault: &'a Arc<Vault>) -> Self {
        Self { bytes, vault: Some(vault) }
    }

    /// Was everything read?
    pub(super) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes so many bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(Unreadable)?;
        self.bytes = rest;
        Ok(taken)
    }
}

/// Writes a struct, or an enum of bare names, field by field.
macro_rules! pack {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::counting::pack::Pack for $name {
            fn pack(&self, out: &mut $crate::counting::pack::Packed) {
                $($crate::counting::pack::Pack::pack(&self.$field, out);)*
            }
            fn unpack(from: &mut $crate::counting::pack::Reader<'_>) -> Result<Self, $crate::counting::pack::Unreadable> {
                Ok(Self { $($field: $crate::counting::pack::Pack::unpack(from)?),* })
            }
            fn describe(out: &mut String) {
                out.push_str(concat!(stringify!($name), "{"));
                $(
                    out.push_str(concat!(stringify!($field), ":"));
                    $crate::counting::pack::describe_as(|value: &Self| &value.$field, out);
                )*
                out.push('}');
            }
        }
    };
    ($name:ident ( $field:tt )) => {
        impl $crate::counting::pack::Pack for $name {
            fn pack(&self, out: &mut $crate::counting::pack::Packed) {
                $crate::counting::pack::Pack::pack(&self.$field, out);
            }
            fn unpack(from: &mut $crate::counting::pack::Reader<'_>) -> Result<Self, $crate::counting::pack::Unreadable> {
                Ok(Self($crate::counting::pack::Pack::unpack(from)?))
            }
            fn describe(out: &mut String) {
                out.push_str(concat!(stringify!($name), ":"));
                $crate::counting::pack::describe_as(|value: &Self| &value.$field, out);
            }
        }
    };
    ($name:ident [ $($variant:ident),* $(,)? ]) => {
        impl $crate::counting::pack::Pack for $name {
            fn pack(&self, out: &mut $crate::counting::pack::Packed) {
                $crate::counting::pack::Pack::pack(&(*self as u8), out);
            }
            fn unpack(from: &mut $crate::counting::pack::Reader<'_>) -> Result<Self, $crate::counting::pack::Unreadable> {
                let number: u8 = $crate::counting::pack::Pack::unpack(from)?;
                $(if number == Self::$variant as u8 { return Ok(Self::$variant); })*
                Err($crate::counting::pack::Unreadable)
            }
            fn describe(out: &mut String) {
                out.push_str(concat!(stringify!($name), "[", $(stringify!($variant), " ",)* "]"));
            }
        }
    };
}
pub(super) use pack;

/// A key goes from vault to vault.
impl Pack for Secret {
    fn pack(&self, out: &mut Packed) {
        self.name().pack(out);
        grow(out, &*self.copy());
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let name = KeyName::unpack(from)?;
        let mut key = Zeroizing::new([0; SECRET_BYTES]);
        key.copy_from_slice(from.take(SECRET_BYTES)?);
        from.vault.ok_or(Unreadable).map(|vault| vault.take_over(name, &key))
    }

    fn describe(out: &mut String) {
        out.push_str("key ");
    }
}

pack!(KeyName { site, kind, period });
pack!(KeyKind[Day, Month]);

/// Describes the type of a field, which is found by how it is reached.
pub(super) fn describe_as<T, F: Pack>(_field: impl Fn(&T) -> &F, out: &mut String) {
    F::describe(out);
}

macro_rules! numbers {
    ($($kind:ty),*) => {$(
        impl Pack for $kind {
            fn pack(&self, out: &mut Packed) {
                grow(out, &self.to_le_bytes());
            }
            fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
                let taken = from.take(size_of::<Self>())?;
                Ok(Self::from_le_bytes(*taken.first_chunk().ok_or(Unreadable)?))
            }
            fn describe(out: &mut String) {
                out.push_str(concat!(stringify!($kind), " "));
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, i16, i32, i64);

/// Puts bytes behind what is there. A buffer that is full moves to one of twice the size, and is wiped where it was.
fn grow(out: &mut Packed, bytes: &[u8]) {
    if out.capacity() - out.len() < bytes.len() {
        let mut larger = Vec::with_capacity((out.capacity() * 2).max(out.len() + bytes.len()));
        larger.extend_from_slice(out);
        *out = Zeroizing::new(larger);
    }
    out.extend_from_slice(bytes);
}

fn pack_length(length: usize, out: &mut Packed) {
    u32::try_from(length).unwrap_or(u32::MAX).pack(out);
}

/// A length, no more than bytes are left: nothing packs into less than one.
fn unpack_length(from: &mut Reader<'_>) -> Result<usize, Unreadable> {
    let length = usize::try_from(u32::unpack(from)?).map_err(|_| Unreadable)?;
    if length <= from.bytes.len() { Ok(length) } else { Err(Unreadable) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::net::IpAddr;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Sample {
        number: i64,
        texts: Vec<Arc<str>>,
        pairs: HashMap<u32, Option<bool>>,
        address: IpAddr,
        kind: Color,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Color {
        Red,
        Green,
    }

    pack!(Sample { number, texts, pairs, address, kind });
    pack!(Color[Red, Green]);

    fn sample() -> Sample {
        Sample {
            number: -7,
            texts: vec!["".into(), "æøå".into()],
            pairs: HashMap::from([(1, None), (2, Some(true))]),
            address: "2001:db8::1".parse().unwrap(),
            kind: Color::Green,
        }
    }

    #[test]
    fn what_is_packed_comes_out_the_same() {
        let mut out = Packed::default();
        sample().pack(&mut out);
        let mut from = Reader::of(&out);
        assert_eq!(Sample::unpack(&mut from), Ok(sample()));
        assert!(from.is_at_end());
        assert_eq!(Color::unpack(&mut Reader::of(&[Color::Red as u8])), Ok(Color::Red));
    }

    #[test]
    fn bytes_that_break_off_or_lie_are_an_error_and_allocate_nothing() {
        let mut out = Packed::default();
        sample().pack(&mut out);
        for length in 0..out.len() {
            assert_eq!(Sample::unpack(&mut Reader::of(&out[..length])), Err(Unreadable), "{length}");
        }
        assert_eq!(Vec::<u64>::unpack(&mut Reader::of(&[0xff; 8])), Err(Unreadable));
        assert_eq!(bool::unpack(&mut Reader::of(&[2])), Err(Unreadable));
        assert_eq!(Color::unpack(&mut Reader::of(&[2])), Err(Unreadable));
    }

    #[test]
    fn another_field_is_another_layout() {
        struct Other {
            number: i64,
        }
        pack!(Other { number });
        assert_ne!(layout::<Sample>(), layout::<Other>());
        assert_ne!(layout::<Vec<u32>>(), layout::<Vec<u64>>());
        assert_eq!(layout::<Vec<u32>>(), layout::<Vec<u32>>());
    }
}
