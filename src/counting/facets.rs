//! The facets that visits of one day had: each different group of values once, with a small id.

use hashbrown::HashTable;

use super::axis::Axis;
use super::cells::fold;
use super::pack::{Pack, Packed, Reader, Unreadable};
use super::veil::ValueId;

/// The facets of one day. Ids are good for this list only; there are at most as many as visits.
pub(super) struct Facets {
    tables: [Table; Axis::FACETS],
}

#[derive(Default)]
struct Table {
    values: Vec<ValueId>,
    index: HashTable<u32>,
}

impl Facets {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { tables: Default::default() }
    }

    /// The id of these values, which are in the order of the facet's dimensions.
    pub(super) fn id(&mut self, axis: Axis, values: &[ValueId]) -> u32 {
        let Some(table) = axis.facet().and_then(|at| self.tables.get_mut(at)) else {
            return values.first().map_or(0, |value| value.number());
        };
        let hash =
            |values: &[ValueId]| values.iter().fold(0, |hash, value| fold(hash ^ u64::from(value.number())));
        let width = values.len();
        let at = |id: u32| id as usize * width..(id as usize + 1) * width;
        let own = hash(values);
        if let Some(id) = table.index.find(own, |id| table.values[at(*id)] == *values) {
            return *id;
        }
        let id = u32::try_from(table.values.len() / width).unwrap_or(u32::MAX);
        table.values.extend_from_slice(values);
        let all = &table.values;
        table.index.insert_unique(own, id, |id| hash(&all[at(*id)]));
        id
    }

    /// The value of one member; of a dimension's axis the id itself.
    pub(super) fn value(&self, axis: Axis, id: u32, member: u8) -> ValueId {
        let Some(table) = axis.facet().and_then(|at| self.tables.get(at)) else {
            return ValueId::from_number(id);
        };
        let width = axis.members().len();
        table.values.get(id as usize * width + usize::from(member)).copied().unwrap_or(ValueId::OTHER)
    }

    /// The values of all members.
    pub(super) fn values(&self, axis: Axis, id: u32) -> &[ValueId] {
        let width = axis.members().len();
        let table = axis.facet().and_then(|at| self.tables.get(at));
        table
            .and_then(|table| table.values.get(id as usize * width..(id as usize + 1) * width))
            .unwrap_or(&[])
    }
}

/// The values of each facet; where they are found follows from it.
impl Pack for Facets {
    fn pack(&self, out: &mut Packed) {
        for table in &self.tables {
            table.values.pack(out);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let mut facets = Self::new();
        for axis in Axis::ALL_FACETS {
            let values = Vec::<ValueId>::unpack(from)?;
            for values in values.chunks_exact(axis.members().len()) {
                facets.id(axis, values);
            }
        }
        Ok(facets)
    }

    fn describe(out: &mut String) {
        out.push_str("facets 1 ");
    }
}
