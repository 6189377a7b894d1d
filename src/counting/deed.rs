//! What can happen on a page, each different thing once: a view with its status, an event with its name, goals and
//! properties, a step of a funnel. A visit remembers only which it did, when and how often.

use std::collections::HashMap;

use hashbrown::hash_map;

use super::axis::{Axis, Key, Plan};
use super::cells::Folding;
use super::pack::{Pack, Packed, Reader, Unreadable, pack};
use super::veil::ValueId;

/// The most different deeds of one day. Beyond it events are told apart by their goals and statuses only, and
/// journeys and foreign currencies are left out.
const DEEDS_MAX: usize = 100_000;

/// And so many more, told apart by which properties they have.
const DEEDS_BEYOND: usize = 20_000;
/// The id of no deed.
pub(super) const NO_DEED: u32 = u32::MAX;

/// A value in a dimension of events.
pub(super) type Trait = (Axis, ValueId);

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum DeedKind {
    /// A page was shown.
    View,
    /// An event of the shop's scripts, or of a server.
    Event,
    /// A navigation was answered with an error.
    Failed,
    /// A page followed another.
    Next,
    /// A step of a funnel was reached: which funnel, which step.
    Step(u16, u8),
    /// An event was worth something in another currency than the site's.
    Money,
}

impl DeedKind {
    /// Does it count in totals, and in the cells of its page?
    pub(super) const fn is_counted(self) -> bool {
        matches!(self, Self::View | Self::Event)
    }

    /// Is it a page view, where it is counted?
    pub(super) const fn is_view(self) -> bool {
        matches!(self, Self::View | Self::Next)
    }
}

/// What tells a deed from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Made {
    /// What kind of thing happened.
    pub(super) kind: DeedKind,
    /// The values it has.
    pub(super) ones: Vec<Trait>,
    /// The goals of an event whose money is meant.
    pub(super) goals: Vec<Trait>,
}

/// A deed.
pub(super) struct Deed {
    /// What it was made of.
    pub(super) made: Made,
    /// Two of its values, where they are counted together.
    pub(super) pairs: Box<[Key]>,
    /// Those of its values that are counted together with the page.
    pub(super) with_page: Box<[Trait]>,
}

impl Deed {
    fn new(made: Made, plan: &Plan) -> Self {
        let stands = |one: &Trait| *one != (Axis::EVENT_NAME, ValueId::PAGEVIEW);
        let key = |a: Trait, b: Trait| Key::pair((a.0, a.1.number()), (b.0, b.1.number()));
        let standing: Vec<Trait> = made.ones.iter().copied().filter(stands).collect();
        let mut pairs = Vec::new();
        for (at, a) in standing.iter().enumerate() {
            let others = standing[at + 1..].iter().chain(&made.goals);
            pairs.extend(others.filter(|b| plan.is_paired(a.0, b.0)).map(|b| key(*a, *b)));
        }
        let beside_page = !matches!(made.kind, DeedKind::Step(..) | DeedKind::Money);
        let with_page = standing.into_iter().filter(|one| beside_page && plan.is_paired(Axis::PAGE, one.0));
        Self { pairs: pairs.into(), with_page: with_page.collect(), made }
    }

    /// What kind of thing happened.
    pub(super) const fn kind(&self) -> DeedKind {
        self.made.kind
    }

    /// The cells it counts in where it happens on this page; those of visits beside.
    pub(super) fn cells(&self, page: ValueId) -> impl Iterator<Item = Key> {
        let of_page = self.kind().is_counted().then(|| Key::one(Axis::PAGE, page.number()));
        let alone = !matches!(self.kind(), DeedKind::Next);
        let ones = self.made.ones.iter().filter(move |_| alone);
        let ones = ones.map(|(axis, value)| Key::one(*axis, value.number()));
        let page = (Axis::PAGE, page.number());
        let with_page =
            self.with_page.iter().map(move |(axis, value)| Key::pair(page, (*axis, value.number())));
        of_page.into_iter().chain(ones).chain(self.pairs.iter().copied()).chain(with_page)
    }
}

/// The deeds of one day. Ids are good for this list only.
pub(super) struct Deeds {
    list: Vec<Deed>,
    index: hashbrown::HashMap<Made, u32>,
    /// Page views, by status and the set of aims they reach: so that most of them are found without being put
    /// together.
    views: HashMap<(u16, u32), u32, Folding>,
    /// Steps to a page: there is one for nearly every view.
    nexts: HashMap<ValueId, u32, Folding>,
}

impl Deeds {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            list: Vec::new(),
            index: hashbrown::HashMap::new(),
            views: HashMap::default(),
            nexts: HashMap::default(),
        }
    }

    /// The deed of an id of this list.
    pub(super) fn get(&self, id: u32) -> Option<&Deed> {
        self.list.get(id as usize)
    }

    /// The id of a deed. Where there are too many: that of a plainer one; nothing for a deed that has none.
    pub(super) fn id(&mut self, made: Made, plan: &Plan) -> Option<u32> {
        let mut made = made;
        if self.is_full() && !self.index.contains_key(&made) {
            made = plainer(made)?;
            if self.list.len() >= DEEDS_MAX + DEEDS_BEYOND && !self.index.contains_key(&made) {
                made.ones.retain(|(axis, _)| axis.property().is_none());
            }
        }
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        match self.index.entry(made) {
            hash_map::Entry::Occupied(known) => Some(*known.get()),
            hash_map::Entry::Vacant(vacant) => {
                self.list.push(Deed::new(vacant.key().clone(), plan));
                vacant.insert(next);
                Some(next)
            }
        }
    }

    /// The id of a page view with this status, of a page that reaches this set of aims.
    pub(super) fn view(&self, status: u16, aims: u32) -> Option<u32> {
        self.views.get(&(status, aims)).copied()
    }

    /// Remembers the id of such a view.
    pub(super) fn remember_view(&mut self, status: u16, aims: u32, deed: u32) {
        self.views.insert((status, aims), deed);
    }

    /// The id of a step to this page.
    pub(super) fn next(&mut self, page: ValueId, plan: &Plan) -> Option<u32> {
        if let Some(deed) = self.nexts.get(&page) {
            return Some(*deed);
        }
        let made = Made { kind: DeedKind::Next, ones: vec![(Axis::NEXT_PAGE, page)], goals: Vec::new() };
        let deed = self.id(made, plan)?;
        self.nexts.insert(page, deed);
        Some(deed)
    }

    /// The id of a plainer deed than this one.
    pub(super) fn plainer(&mut self, deed: u32, plan: &Plan) -> u32 {
        let made = self.get(deed).and_then(|deed| plainer(deed.made.clone()));
        made.and_then(|made| self.id(made, plan)).unwrap_or(NO_DEED)
    }

    /// Forgets which views are which: aims are numbered anew.
    pub(super) fn forget_views(&mut self) {
        self.views.clear();
    }

    /// What the deeds were made of, in order.
    pub(super) fn made(&self) -> Vec<Made> {
        self.list.iter().map(|deed| deed.made.clone()).collect()
    }

    /// The deeds that were made of these, with the same ids.
    pub(super) fn of(made: Vec<Made>, plan: &Plan) -> Self {
        let mut deeds = Self::new();
        for (id, made) in (0..).zip(made) {
            deeds.index.insert(made.clone(), id);
            deeds.list.push(Deed::new(made, plan));
        }
        deeds
    }

    /// Were there too many deeds to tell them all apart?
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= DEEDS_MAX
    }
}

/// A deed of which there are few: goals and statuses are the operator's and the origin's, all else is "(other)".
/// Journeys and foreign currencies have none.
fn plainer(made: Made) -> Option<Made> {
    if matches!(made.kind, DeedKind::Next | DeedKind::Money) {
        return None;
    }
    let is_few = |(axis, value): Trait| {
        matches!(axis, Axis::GOAL | Axis::STATUS | Axis::FUNNEL) || value == ValueId::PAGEVIEW
    };
    let ones = made.ones.into_iter().map(|one| if is_few(one) { one } else { (one.0, ValueId::OTHER) });
    Some(Made { ones: ones.collect(), ..made })
}

pack!(Made { kind, ones, goals });

impl Pack for DeedKind {
    fn pack(&self, out: &mut Packed) {
        let (kind, funnel, step) = match self {
            Self::View => (0_u8, 0, 0),
            Self::Event => (1, 0, 0),
            Self::Failed => (2, 0, 0),
            Self::Next => (3, 0, 0),
            Self::Money => (4, 0, 0),
            Self::Step(funnel, step) => (5, *funnel, *step),
        };
        (kind, (funnel, step)).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let (kind, (funnel, step)) = <(u8, (u16, u8))>::unpack(from)?;
        Ok(match kind {
            0 => Self::View,
            1 => Self::Event,
            2 => Self::Failed,
            3 => Self::Next,
            4 => Self::Money,
            5 => Self::Step(funnel, step),
            _ => return Err(Unreadable),
        })
    }

    fn describe(out: &mut String) {
        out.push_str("deed kind 1 ");
    }
}
