use super::*;
use proptest::prelude::*;

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof!["[a-zø]{0,4}".prop_map(|word| Value::Word(word.into())), any::<u64>().prop_map(Value::Token)]
}

fn any_dimension() -> impl Strategy<Value = Dimension> {
    prop_oneof![
        proptest::sample::select(Dimension::ALL.to_vec()),
        "[a-zø]{1,4}".prop_map(|key| Dimension::Property(key.into())),
    ]
}

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Total),
        (any_dimension(), any_value()).prop_map(|(dimension, value)| Cell::One(dimension, value)),
        (any_dimension(), any_value(), any_dimension(), any_value())
            .prop_map(|(first, one, second, other)| Cell::Pair(first, one, second, other)),
    ]
}

fn any_tally() -> impl Strategy<Value = Tally> {
    ("[ab]", any::<i32>(), any::<i32>(), any_cell(), any::<[i64; SUMS]>()).prop_map(
        |(site, hour, day, cell, sums)| Tally {
            site: site.into(),
            hour: Hour(hour),
            day: LocalDay(day),
            cell,
            sums: Sums::of(sums),
        },
    )
}

fn any_name() -> impl Strategy<Value = Name> {
    ("[ab]", any_dimension(), any::<u64>(), ".{0,8}").prop_map(|(site, dimension, token, name)| Name {
        site: site.into(),
        dimension,
        token,
        name: name.into(),
    })
}

/// One tally of a site "s" with eleven sums, 1 to 11, as version 1 wrote it.
#[test]
fn batch_of_version_1_is_read() {
    let mut bytes = vec![1, 1, 1, b's', 1, 0, 2, 4, 0];
    bytes.extend((1..=11).map(|sum| 2 * sum));
    bytes.push(0);
    let (tallies, names) = decode(&bytes).unwrap();
    assert_eq!(names, []);
    let sums = Sums::of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0]);
    let tally = Tally { site: "s".into(), hour: Hour(1), day: LocalDay(2), cell: Cell::Total, sums };
    assert_eq!(tallies, [tally]);
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(
        tallies in proptest::collection::vec(any_tally(), 0..20),
        names in proptest::collection::vec(any_name(), 0..5),
    ) {
        prop_assert_eq!(decode(&Body::of(&tallies, &names).bytes()), Some((tallies, names)));
    }

    #[test]
    fn parts_are_written_as_if_they_came_together(
        tallies in proptest::collection::vec(any_tally(), 0..20),
        names in proptest::collection::vec(any_name(), 0..5),
        cuts in any::<[proptest::sample::Index; 2]>(),
    ) {
        let (one, other) = tallies.split_at(cuts[0].index(tallies.len() + 1));
        let (first, second) = names.split_at(cuts[1].index(names.len() + 1));
        let mut body = Body::of(one, first);
        body.add(other, second);
        prop_assert_eq!(body.tallies(), tallies.len());
        prop_assert_eq!(body.is_empty(), tallies.is_empty() && names.is_empty());
        prop_assert_eq!(decode(&body.bytes()), Some((tallies, names)));
    }

    #[test]
    fn cut_bytes_are_refused(tally in any_tally(), cut in any::<proptest::sample::Index>()) {
        let bytes = Body::of(&[tally], &[]).bytes();
        prop_assert_eq!(decode(&bytes[..cut.index(bytes.len())]), None);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _read_or_refused = decode(&[&[VERSION], &bytes[..]].concat());
    }
}
