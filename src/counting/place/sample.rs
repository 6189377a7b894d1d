//! Writes small MMDB files, so that the tests need no one else's. The format is MaxMind DB 2.0, with records of 24
//! bits and an IPv6 tree in which IPv4 stands under `::/96`. As in real files, a text of the data section stands there
//! once, and pointers lead to it.

use std::collections::HashMap;
use std::net::IpAddr;

/// A value of the data section.
pub(super) enum Record {
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Record>),
    /// A map.
    Map(Vec<(String, Record)>),
}

impl Record {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.write_with(out, &mut |text, out| write_text(text, out));
    }

    fn write_with(&self, out: &mut Vec<u8>, text: &mut dyn FnMut(&str, &mut Vec<u8>)) {
        match self {
            Self::Text(value) => text(value, out),
            Self::List(values) => {
                out.extend([u8::try_from(values.len()).unwrap(), 11 - 7]);
                for value in values {
                    value.write_with(out, text);
                }
            }
            Self::Map(entries) => {
                out.push(7 << 5 | u8::try_from(entries.len()).unwrap());
                for (key, value) in entries {
                    text(key, out);
                    value.write_with(out, text);
                }
            }
        }
    }
}

/// Writes a text of the data section, or a pointer of 11 bits to where it stands.
fn write_text_once(text: &str, out: &mut Vec<u8>, known: &mut HashMap<String, usize>) {
    if let Some(at) = known.get(text) {
        let at = u16::try_from(*at).unwrap();
        assert!(at < 1 << 11, "farther pointers need another form");
        out.extend((1 << 13 | at).to_be_bytes());
        return;
    }
    known.insert(text.to_owned(), out.len());
    write_text(text, out);
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    assert!(text.len() < 29, "longer texts need another length form");
    out.push(2 << 5 | u8::try_from(text.len()).unwrap());
    out.extend(text.as_bytes());
}

fn write_number(kind: u8, number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let length = u8::try_from(bytes.len()).unwrap();
    if kind > 7 {
        out.extend([length, kind - 7]);
    } else {
        out.push(kind << 5 | length);
    }
    out.extend(bytes);
}

#[derive(Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Data(usize),
}

/// The file with these networks (`192.0.2.0/24`).
pub(super) fn mmdb(records: &[(&str, Record)]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut known = HashMap::new();
    let mut nodes = vec![[Branch::Nothing; 2]];
    for (network, record) in records {
        let at = data.len();
        record.write_with(&mut data, &mut |text, out| write_text_once(text, out, &mut known));
        let (address, length) = network.split_once('/').unwrap();
        let (bits, length) = match address.parse::<IpAddr>().unwrap() {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 96 + length.parse::<u32>().unwrap()),
            IpAddr::V6(v6) => (u128::from(v6), length.parse::<u32>().unwrap()),
        };
        let mut node = 0;
        for depth in 0..length {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == length {
                nodes[node][side] = Branch::Data(at);
            } else if let Branch::Node(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([Branch::Nothing; 2]);
                nodes[node][side] = Branch::Node(nodes.len() - 1);
                node = nodes.len() - 1;
            }
        }
    }
    let count = nodes.len();
    let mut file = Vec::new();
    for branch in nodes.iter().flatten() {
        let number = match branch {
            Branch::Nothing => count,
            Branch::Node(node) => *node,
            Branch::Data(at) => count + 16 + at,
        };
        file.extend(&u32::try_from(number).unwrap().to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    write_metadata(count, &mut file);
    file
}

fn write_metadata(nodes: usize, file: &mut Vec<u8>) {
    file.extend(b"\xab\xcd\xefMaxMind.com");
    file.push(7 << 5 | 9);
    let numbers = [
        ("binary_format_major_version", 5, 2),
        ("binary_format_minor_version", 5, 0),
        ("build_epoch", 9, 1_700_000_000),
        ("ip_version", 5, 6),
        ("node_count", 6, nodes as u64),
        ("record_size", 5, 24),
    ];
    for (key, kind, number) in numbers {
        write_text(key, file);
        write_number(kind, number, file);
    }
    write_text("database_type", file);
    write_text("Sample", file);
    write_text("description", file);
    Record::map([("en", Record::text("sample"))]).write(file);
    write_text("languages", file);
    Record::List(vec![Record::text("en")]).write(file);
}
