//! Dimensions as small numbers, facets, and the plan of which of them are counted together.
//!
//! A *facet* is a group of dimensions of a visit that go together: device, browser and system; country and region;
//! what brought the visit. A visit is added once for each of its facets and for each two of them; when the sums are
//! drained a facet is taken apart into its dimensions. A visit stands in some seventy cells and has ten axes.

use std::collections::HashMap;
use std::sync::Arc;

use super::cells::Folding;
use super::pack::{Pack, Packed, Reader, Unreadable, pack};
use super::pairs::{is_of_visit, is_paired};
use super::properties::PROPERTY_KEYS_MAX;
use super::tally::Dimension;

/// The most properties of a day: those that are told apart, and with them those of visits that were carried over
/// midnight, and those that were declared before the settings were read again.
const PROPERTY_AXES_MAX: usize = 2 * PROPERTY_KEYS_MAX;

/// A dimension or a facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Axis(u8);

impl Axis {
    /// No axis: the whole site.
    pub(super) const NONE: Self = Self(0);
    pub(super) const PAGE: Self = Self(1);
    pub(super) const ENTRY_PAGE: Self = Self(2);
    pub(super) const EXIT_PAGE: Self = Self(3);
    pub(super) const REFERRER: Self = Self(11);
    pub(super) const CITY: Self = Self(18);
    pub(super) const EVENT_NAME: Self = Self(27);
    pub(super) const GOAL: Self = Self(28);
    pub(super) const STATUS: Self = Self(29);
    pub(super) const NEXT_PAGE: Self = Self(30);
    pub(super) const FUNNEL: Self = Self(31);
    pub(super) const CURRENCY: Self = Self(32);
    pub(super) const CHOICE: Self = Self(33);
    pub(super) const ROBOT: Self = Self(34);
    pub(super) const DROPPED: Self = Self(35);
    pub(super) const CHOICE_LAYER: Self = Self(36);
    pub(super) const CHOICE_LANGUAGE: Self = Self(37);
    pub(super) const CHOICE_VERSION: Self = Self(38);
    /// What answers say of the categories that are asked about, in their order.
    pub(super) const CHOICE_CATEGORIES: [Self; 3] = [Self(39), Self(40), Self(41)];
    const FIRST_PROPERTY: u8 = 64;
    const FIRST_FACET: u8 = 200;
    /// Device, browser, system.
    pub(super) const AGENT: Self = Self(200);
    /// Versions of browser and system.
    pub(super) const VERSIONS: Self = Self(201);
    /// Country, region.
    pub(super) const PLACE: Self = Self(202);
    /// Source, channel, campaign tags, click id.
    pub(super) const ORIGIN: Self = Self(203);
    /// Language, new or returning, first week.
    pub(super) const AUDIENCE: Self = Self(204);
    /// What was answered, by category.
    pub(super) const CONSENT: Self = Self(205);
    /// How many facets there are.
    pub(super) const FACETS: usize = Self::ALL_FACETS.len();
    /// Every facet, in order.
    pub(super) const ALL_FACETS: [Self; 6] =
        [Self::AGENT, Self::VERSIONS, Self::PLACE, Self::ORIGIN, Self::AUDIENCE, Self::CONSENT];
    const FIRST_TAG: u8 = 12;
    const LAST_TAG: u8 = 17;

    /// The axis of a dimension that is no property.
    pub(super) fn of(dimension: &Dimension) -> Self {
        let at = Dimension::ALL.iter().position(|known| known == dimension);
        at.and_then(|at| u8::try_from(at + 1).ok()).map_or(Self::NONE, Self)
    }

    /// Which facet it is, counted from 0; nothing of a dimension.
    pub(super) fn facet(self) -> Option<usize> {
        self.0.checked_sub(Self::FIRST_FACET).map(usize::from)
    }

    /// The axis of a property, counted from 0.
    pub(super) fn of_property(at: u8) -> Option<Self> {
        (usize::from(at) < PROPERTY_AXES_MAX).then(|| Self(Self::FIRST_PROPERTY + at))
    }

    /// Which property it is, counted from 0.
    pub(super) fn property(self) -> Option<usize> {
        let at = usize::from(self.0.checked_sub(Self::FIRST_PROPERTY)?);
        (at < PROPERTY_AXES_MAX).then_some(at)
    }

    /// Is it a campaign tag or a click id?
    pub(super) const fn is_tag(self) -> bool {
        self.0 >= Self::FIRST_TAG && self.0 <= Self::LAST_TAG
    }

    /// The axes of a facet's dimensions, in their order; of a dimension none.
    pub(super) const fn members(self) -> &'static [Self] {
        match self {
            // Device, browser, system.
            Self::AGENT => &[Self(8), Self(9), Self(10)],
            // Their versions.
            Self::VERSIONS => &[Self(19), Self(20)],
            // Country, region.
            Self::PLACE => &[Self(6), Self(7)],
            // Source, channel, tags, click id.
            Self::ORIGIN => &[Self(4), Self(5), Self(12), Self(13), Self(14), Self(15), Self(16), Self(17)],
            // Language, returning, first week.
            Self::AUDIENCE => &[Self(21), Self(22), Self(23)],
            // Preferences, statistics, marketing.
            Self::CONSENT => &[Self(24), Self(25), Self(26)],
            _ => &[],
        }
    }
}

/// The axes of a visit, in the order in which it holds its ids.
pub(super) const VISIT_AXES: [Axis; 10] = [
    Axis::ENTRY_PAGE,
    Axis::EXIT_PAGE,
    Axis::AGENT,
    Axis::VERSIONS,
    Axis::PLACE,
    Axis::CITY,
    Axis::ORIGIN,
    Axis::REFERRER,
    Axis::AUDIENCE,
    Axis::CONSENT,
];

/// A place for sums as one number: two axes and the ids on them, 8 and 24 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u64);

impl Key {
    /// The whole site.
    pub(super) const TOTAL: Self = Self(0);

    /// One value on one axis.
    pub(super) fn one(axis: Axis, id: u32) -> Self {
        Self(u64::from(axis.0) << 56 | (u64::from(id) & 0xff_ffff) << 32)
    }

    /// Two values on two axes, in either order.
    pub(super) fn pair(a: (Axis, u32), b: (Axis, u32)) -> Self {
        let ((a, x), (b, y)) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        Self(Self::one(a, x).0 | u64::from(b.0) << 24 | (u64::from(y) & 0xff_ffff))
    }

    /// The first axis and its id.
    pub(super) fn first(self) -> (Axis, u32) {
        let [axis, x, y, z, ..] = self.0.to_be_bytes();
        (Axis(axis), u32::from_be_bytes([0, x, y, z]))
    }

    /// The second axis and its id; of a single value [`Axis::NONE`].
    pub(super) fn second(self) -> (Axis, u32) {
        let [_, _, _, _, axis, x, y, z] = self.0.to_be_bytes();
        (Axis(axis), u32::from_be_bytes([0, x, y, z]))
    }

    /// Is it a value, or two, of dimensions, with no facet to be taken apart?
    pub(super) fn is_cell(self) -> bool {
        self.first().0.0 < Axis::FIRST_FACET && self.second().0.0 < Axis::FIRST_FACET
    }

    /// Are there two axes?
    pub(super) const fn is_pair(self) -> bool {
        self.0 & 0xff00_0000 != 0
    }

    /// The number.
    pub(super) const fn number(self) -> u64 {
        self.0
    }
}

/// Places of two members, each within its axis.
pub(super) type Members = Box<[(u8, u8)]>;

/// What of one site is counted together on one day, and the names of its events' properties.
///
/// It is made at the day's beginning, so that what was written on a day can be taken back as it was written; a cross
/// that is declared later counts from the next day on.
pub(super) struct Plan {
    crosses: Vec<(Dimension, Dimension)>,
    properties: Vec<Arc<str>>,
    /// Of two axes: which of their members are paired. What is not there is not counted.
    members: HashMap<u16, Members, Folding>,
    /// Places of two axes of [`VISIT_AXES`] that are counted together.
    whole: Vec<(u8, u8)>,
    /// For an axis of events: places of the axes of [`VISIT_AXES`] that it is counted with.
    with: Vec<Box<[u8]>>,
}

impl Plan {
    /// A plan with these declared crosses, and no properties yet.
    pub(super) fn new(crosses: &[(Dimension, Dimension)]) -> Self {
        let mut plan = Self {
            crosses: crosses.to_vec(),
            properties: Vec::new(),
            members: HashMap::default(),
            whole: Vec::new(),
            with: vec![Box::default(); 256],
        };
        for (at, a) in (0..).zip(VISIT_AXES) {
            plan.relate(a, a);
            for (other, b) in (0..).zip(VISIT_AXES).skip(usize::from(at) + 1) {
                if plan.relate(a, b) {
                    plan.whole.push((at, other));
                }
            }
        }
        let events = Dimension::ALL.into_iter().filter(|dimension| !is_of_visit(dimension));
        for dimension in events {
            plan.relate_event(Axis::of(&dimension));
        }
        plan
    }

    /// The axis of a property, unless the day has too many.
    pub(super) fn property(&mut self, key: &str) -> Option<Axis> {
        let axis = |at: usize| u8::try_from(at).map(|at| Axis(Axis::FIRST_PROPERTY + at)).ok();
        if let Some(at) = self.properties.iter().position(|known| &**known == key) {
            return axis(at);
        }
        if self.properties.len() >= PROPERTY_AXES_MAX {
            return None;
        }
        self.properties.push(key.into());
        let axis = axis(self.properties.len() - 1)?;
        self.relate_event(axis);
        Some(axis)
    }

    /// The names of the properties, in the order of their axes.
    pub(super) fn properties(&self) -> &[Arc<str>] {
        &self.properties
    }

    /// The dimension of an axis that is no facet.
    pub(super) fn dimension(&self, axis: Axis) -> Option<Dimension> {
        if let Some(at) = axis.property() {
            return self.properties.get(at).map(|key| Dimension::Property(Arc::clone(key)));
        }
        Dimension::ALL.get(usize::from(axis.0).checked_sub(1)?).cloned()
    }

    /// Are two dimensions, both of events, counted together?
    pub(super) fn is_paired(&self, a: Axis, b: Axis) -> bool {
        let (Some(a), Some(b)) = (self.dimension(a), self.dimension(b)) else { return false };
        is_paired(&a, &b, &self.crosses)
    }

    /// Which members of two axes are counted together; the lesser axis first. An axis with itself: which of its own.
    pub(super) fn members(&self, a: Axis, b: Axis) -> &[(u8, u8)] {
        self.members.get(&(u16::from(a.0) << 8 | u16::from(b.0))).map_or(&[], |members| members)
    }

    /// The two axes of visits that are counted together, as places in [`VISIT_AXES`].
    pub(super) fn whole(&self) -> &[(u8, u8)] {
        &self.whole
    }

    /// The axes of visits that an axis of events is counted with, as places in [`VISIT_AXES`].
    pub(super) fn with(&self, axis: Axis) -> &[u8] {
        &self.with[usize::from(axis.0)]
    }

    fn relate_event(&mut self, axis: Axis) {
        let related = (0..).zip(VISIT_AXES).filter(|(_, of_visit)| self.relate(axis, *of_visit));
        let related: Box<[u8]> = related.map(|(at, _)| at).collect();
        self.with[usize::from(axis.0)] = related;
    }

    /// Notes which members of two axes are counted together; true if any are.
    fn relate(&mut self, a: Axis, b: Axis) -> bool {
        let (a, b) = (a.min(b), a.max(b));
        let (of_a, of_b) = (self.of_axis(a), self.of_axis(b));
        let mut members = Vec::new();
        for (at, one) in (0..).zip(&of_a) {
            for (other, two) in (0..).zip(&of_b) {
                if (a != b || at < other) && is_paired(one, two, &self.crosses) {
                    members.push((at, other));
                }
            }
        }
        let any = !members.is_empty();
        if any {
            self.members.insert(u16::from(a.0) << 8 | u16::from(b.0), members.into());
        }
        any
    }

    /// The dimensions of an axis: those of a facet, or the one.
    pub(super) fn of_axis(&self, axis: Axis) -> Vec<Dimension> {
        let alone = [axis];
        let members = if axis.facet().is_some() { axis.members() } else { &alone };
        members.iter().filter_map(|axis| self.dimension(*axis)).collect()
    }
}

pack!(Axis(0));

/// The crosses and the properties; what is counted together follows from them.
impl Pack for Plan {
    fn pack(&self, out: &mut Packed) {
        let name = |dimension: &Dimension| dimension.name().into_owned();
        let crosses: Vec<_> = self.crosses.iter().map(|(a, b)| (name(a), name(b))).collect();
        crosses.pack(out);
        self.properties.pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let names = Vec::<(String, String)>::unpack(from)?;
        let read = |(a, b): &(String, String)| Some((Dimension::from_name(a)?, Dimension::from_name(b)?));
        let crosses: Option<Vec<_>> = names.iter().map(read).collect();
        let mut plan = Self::new(&crosses.ok_or(Unreadable)?);
        for key in Vec::<Arc<str>>::unpack(from)? {
            plan.property(&key);
        }
        Ok(plan)
    }

    fn describe(out: &mut String) {
        out.push_str("plan 1 ");
    }
}

#[cfg(test)]
mod tests;
