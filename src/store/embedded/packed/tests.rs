use super::*;
use proptest::prelude::*;

/// Sums as they are, and as nobody's are.
fn any_sum() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0_i64..3, 2 => (-9_i64..90).prop_map(|n| n * 1000), 1 => any::<i64>()]
}

fn any_sums() -> impl Strategy<Value = DaySums> {
    prop_oneof![
        2 => (1_i64..4).prop_map(|n| [n, n, 0, n, n, 0, 0, n, n, 0, 0, 0, 0, 0]),
        1 => proptest::collection::vec(any_sum(), DAY_SUMS).prop_map(|sums| sums.try_into().unwrap()),
    ]
}

fn any_pairs() -> impl Strategy<Value = Vec<Pair>> {
    let place = || prop_oneof![9 => 0_u32..40, 1 => any::<u32>()];
    let pair = (place(), place(), any_sums()).prop_map(|(first, second, sums)| Pair { first, second, sums });
    proptest::collection::vec(pair, 0..200)
}

fn any_value() -> impl Strategy<Value = Stored> {
    prop_oneof![
        any::<i64>().prop_map(Stored::Token),
        "[a-zø]{0,4}".prop_map(|word| Stored::Word(word.into()))
    ]
}

fn pair(first: u32, second: u32, sums: DaySums) -> Pair {
    Pair { first, second, sums }
}

proptest! {
    #[test]
    fn pairs_that_are_written_can_be_read(pairs in any_pairs()) {
        let pairs = merge(pairs);
        prop_assert_eq!(decode(&encode(&pairs)), Some(pairs));
    }

    #[test]
    fn values_that_are_written_can_be_read(values in proptest::collection::vec(any_value(), 0..50)) {
        prop_assert_eq!(decode_values(&encode_values(&values)), Some(values));
    }

    #[test]
    fn cut_bytes_are_refused(
        pairs in any_pairs(),
        values in proptest::collection::vec(any_value(), 0..50),
        cut in any::<proptest::sample::Index>(),
    ) {
        let (pairs, values) = (encode(&merge(pairs)), encode_values(&values));
        prop_assert_eq!(decode(&pairs[..cut.index(pairs.len())]), None);
        prop_assert_eq!(decode_values(&values[..cut.index(values.len())]), None);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [&[FORM], &bytes[..]].concat();
        let _read_or_refused = (decode(&bytes), decode_values(&bytes));
    }

    /// Most changes of what was written leave it readable, or nearly so.
    #[test]
    fn bytes_with_one_changed_are_read_or_refused(
        pairs in any_pairs(),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encode(&merge(pairs));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _read_or_refused = decode(&bytes);
    }

    #[test]
    fn merging_adds_and_leaves_out_nothing_else(one in any_pairs(), other in any_pairs()) {
        let all: Vec<Pair> = one.into_iter().chain(other).collect();
        let merged = merge(all.clone());
        prop_assert!(merged.is_sorted_by(|one, next| (one.first, one.second) < (next.first, next.second)));
        for pair in &all {
            let same = |other: &&Pair| (other.first, other.second) == (pair.first, pair.second);
            let expected = all.iter().filter(same).fold([0_i128; DAY_SUMS], |mut sums, pair| {
                sums.iter_mut().zip(pair.sums).for_each(|(sum, more)| *sum += i128::from(more));
                sums
            });
            let found = merged.iter().find(same).map_or([0; DAY_SUMS], |pair| pair.sums);
            let is_in_range = expected.iter().all(|sum| i64::try_from(*sum).is_ok());
            prop_assert!(!is_in_range || found.map(i128::from) == expected, "{found:?} is not {expected:?}");
        }
    }
}

#[test]
fn pairs_of_one_visit_each_take_a_few_bytes() {
    let visit = [1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 17_000, 0, 0];
    let pairs: Vec<Pair> = (0..1000).map(|n| pair(n / 20, n % 20 * 7, visit)).collect();
    let bytes = encode(&pairs);
    assert!(bytes.len() < 1300, "{} bytes", bytes.len());
    assert_eq!(decode(&bytes), Some(pairs));
}

#[test]
fn values_stand_in_the_order_of_sqlite() {
    let mut values = ["b", "", "a"].map(|word| Stored::Word(word.into())).to_vec();
    values.extend([5, -5].map(Stored::Token));
    values.sort();
    let words = ["", "a", "b"].map(|word| Stored::Word(word.into()));
    assert_eq!(values, [&[-5, 5].map(Stored::Token)[..], &words].concat());
}

#[test]
fn bytes_of_another_form_are_refused() {
    for encoded in [encode(&[pair(0, 0, [1; DAY_SUMS])]), encode_values(&[Stored::Token(7)])] {
        let later = [&[FORM + 1], &encoded[1..]].concat();
        assert_eq!((decode(&later), decode_values(&later)), (None, None));
    }
}

/// What earlier versions of this program wrote stays readable.
#[test]
fn bytes_that_were_written_once_are_read() {
    let pairs = [pair(3, 0, [1; DAY_SUMS]), pair(3, 9, [2, 2, 0, 4, 5, 0, 60, 1, 1, 9000, 1, 1500, 70, 1])];
    let written = encode(&pairs);
    assert_eq!(decode(&written), Some(pairs.to_vec()));
    assert_eq!(written, WRITTEN);
}

const WRITTEN: [u8; 63] = [
    1, 1, 3, 2, 0, 9, 2, 1, 2, 4, 4, 2, 1, 2, 0, 2, 1, 2, 8, 2, 1, 2, 10, 2, 1, 2, 0, 2, 1, 2, 120, 1, 1, 2,
    0, 1, 1, 2, 0, 2, 1, 2, 208, 140, 1, 1, 1, 2, 0, 2, 1, 2, 184, 23, 2, 1, 2, 140, 1, 1, 1, 2, 0,
];
