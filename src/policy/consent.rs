//! Categories, choices and consent: what a visitor can say, and what stands after it was said.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::catalog::{Catalog, ConsentMode, Tracker, TrackerId};

/// What a visitor says yes or no to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Category {
    /// Needed for what the visitor asked for; never asked about (ePrivacy Directive art. 5(3), last sentence).
    Necessary = 0,
    /// Remembers how the visitor likes the shop.
    Preferences = 1,
    /// Measures use of the shop.
    Statistics = 2,
    /// Advertising and what follows people for it.
    Marketing = 3,
}

impl Category {
    /// Every category, in the order in which it is shown.
    pub const ALL: [Self; 4] = [Self::Necessary, Self::Preferences, Self::Statistics, Self::Marketing];
    /// The categories that need a yes. Which of them a site asks about: [`Catalog::asked`].
    pub const ASKED: [Self; 3] = [Self::Preferences, Self::Statistics, Self::Marketing];

    /// The name used in settings, headers, forms and figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Necessary => "necessary",
            Self::Preferences => "preferences",
            Self::Statistics => "statistics",
            Self::Marketing => "marketing",
        }
    }

    /// The category of that name, exactly as written.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// A set of categories; *necessary* is always in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CategorySet(u8);

impl CategorySet {
    /// Only what is necessary.
    pub const NECESSARY: Self = Self(1);
    /// Everything.
    pub const ALL: Self = Self(0b1111);

    /// This set with `category` in it.
    #[must_use]
    pub const fn with(self, category: Category) -> Self {
        Self(self.0 | 1 << category as u8)
    }

    /// Is `category` in the set?
    pub const fn contains(self, category: Category) -> bool {
        self.0 & (1 << category as u8) != 0
    }

    /// The categories that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The categories that are in one set or the other.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Is every category of `other` in this set?
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The categories of this set, in the order in which they are shown.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.into_iter().filter(move |category| self.contains(*category))
    }

    /// A number from 0 to 7 for the three asked categories: an index into what is made ready per consent state.
    pub const fn state(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Every set there is; `every()[n].state() == n`.
    pub const fn every() -> [Self; 8] {
        [Self(1), Self(3), Self(5), Self(7), Self(9), Self(11), Self(13), Self(15)]
    }
}

impl FromIterator<Category> for CategorySet {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        categories.into_iter().fold(Self::NECESSARY, Self::with)
    }
}

impl std::fmt::Debug for CategorySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(Category::name)).finish()
    }
}

/// Trackers agreed to one by one, beside whole categories. A plain bit set: copying it costs less than sharing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct TrackerSet([u64; TrackerSet::WORDS]);

impl TrackerSet {
    const WORDS: usize = 16;
    /// No tracker.
    pub const NONE: Self = Self([0; Self::WORDS]);
    /// The most trackers a catalogue may have.
    pub const TRACKERS_MAX: usize = Self::WORDS * 64;

    /// Adds `tracker`.
    pub fn insert(&mut self, tracker: TrackerId) {
        self.0[tracker.index() / 64] |= 1 << (tracker.index() % 64);
    }

    /// Takes `tracker` out.
    pub fn remove(&mut self, tracker: TrackerId) {
        self.0[tracker.index() / 64] &= !(1 << (tracker.index() % 64));
    }

    /// Is `tracker` in the set?
    pub fn contains(&self, tracker: TrackerId) -> bool {
        self.0[tracker.index() / 64] & 1 << (tracker.index() % 64) != 0
    }

    /// Is the set empty?
    pub fn is_empty(&self) -> bool {
        self.0 == [0; Self::WORDS]
    }

    /// Is one tracker in both sets?
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(mine, its)| mine & its != 0)
    }

    /// The trackers of this set, in the catalogue's order.
    pub fn iter(&self) -> impl Iterator<Item = TrackerId> {
        let set = *self;
        (0..Self::TRACKERS_MAX).filter_map(TrackerId::new).filter(move |tracker| set.contains(*tracker))
    }
}

impl FromIterator<TrackerId> for TrackerSet {
    fn from_iter<I: IntoIterator<Item = TrackerId>>(trackers: I) -> Self {
        let mut set = Self::NONE;
        trackers.into_iter().for_each(|tracker| set.insert(tracker));
        set
    }
}

/// What a visitor just sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Yes to everything.
    All,
    /// No to everything that is not necessary.
    None,
    /// Yes to these, no to the rest.
    Some {
        /// Whole categories.
        categories: CategorySet,
        /// Trackers agreed to although their category is not.
        trackers: TrackerSet,
    },
}

/// Days since 1970-01-01, as the site's time zone has them. The date in a consent is no finer, so that it tells nobody apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

impl Day {
    /// The day of a moment in a time zone; what was before the first is the first.
    pub fn of(moment: Timestamp, zone: &TimeZone) -> Self {
        let local = moment.as_second() + i64::from(zone.to_offset(moment).seconds());
        Self(u32::try_from(local.div_euclid(86_400).max(0)).unwrap_or(u32::MAX))
    }
}

/// The number of a receipt; its holder is the visitor, and only a grant has one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReceiptNumber(pub [u8; 16]);

impl std::fmt::Debug for ReceiptNumber {
    /// The number is the visitor's only key to the receipt, so logs do not get it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<receipt>")
    }
}

impl std::fmt::Display for ReceiptNumber {
    /// Lower-case hexadecimal, 32 digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What became of the question about categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// It has no answer. A yes to a single tracker is none: nobody was asked about more than that one.
    Open,
    /// It is answered as it is put today: about these categories.
    Settled(CategorySet),
    /// What was offered has changed since the answer, but for these categories.
    Changed(CategorySet),
}

/// The standing answer of a visitor. No answer means nothing is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    categories: CategorySet,
    trackers: TrackerSet,
    answered: Option<Day>,
    receipt: Option<ReceiptNumber>,
    question: Question,
    /// A yes was said, whatever of it still stands.
    is_yes: bool,
    /// Nobody has answered yet, and the visitor is asked.
    is_before_answer: bool,
}

impl Consent {
    /// Nobody asked, or nobody answered: nothing is granted, and nothing runs unasked.
    pub const fn none() -> Self {
        Self {
            categories: CategorySet::NECESSARY,
            trackers: TrackerSet::NONE,
            answered: None,
            receipt: None,
            question: Question::Open,
            is_yes: false,
            is_before_answer: false,
        }
    }

    /// The same of a visitor who is asked and has not answered: what the operator has loaded before an answer runs.
    #[must_use]
    pub fn before_answer(self) -> Self {
        Self { is_before_answer: self.answered.is_none(), ..self }
    }

    /// The answer that `choice`, made on `day`, leaves standing: about what the site asks, whatever else it names. A refusal
    /// keeps no receipt number, whatever is passed: nobody who says no gets a number.
    pub fn from_choice(choice: &Choice, day: Day, receipt: Option<ReceiptNumber>, catalog: &Catalog) -> Self {
        let (categories, trackers) = match choice {
            Choice::All => (CategorySet::ALL, TrackerSet::NONE),
            Choice::None => (CategorySet::NECESSARY, TrackerSet::NONE),
            Choice::Some { categories, trackers } => (*categories, *trackers),
        };
        let categories = categories.and(catalog.asked());
        let mut single = TrackerSet::NONE;
        for tracker in catalog.used().filter(|tracker| trackers.contains(tracker.id)) {
            if !categories.contains(tracker.category) {
                single.insert(tracker.id);
            }
        }
        let (answered, question) = (Some(day), Question::Settled(catalog.asked()));
        let consent = Self { categories, trackers: single, answered, question, ..Self::none() };
        let is_yes = consent.is_grant();
        Self { receipt: receipt.filter(|_| is_yes), is_yes, ..consent }
    }

    /// The same, when it was said under this receipt: a yes has one, and stays a yes where nothing of it applies any more.
    #[must_use]
    pub fn said_under(self, receipt: Option<ReceiptNumber>) -> Self {
        Self { receipt, is_yes: self.is_yes || receipt.is_some(), ..self }
    }

    /// The same, when more was offered to that answer, or something else, than is offered now (rule R35): what still applies
    /// stands, that in the `unchanged` categories, and the visitor is asked again. The receipt stays theirs, even where
    /// nothing of it applies any more; and it tells that they said yes.
    #[must_use]
    pub fn outdated(self, unchanged: CategorySet, receipt: Option<ReceiptNumber>) -> Self {
        Self { question: Question::Changed(unchanged), ..self.said_under(receipt) }
    }

    /// The same, when it was about single trackers alone and nobody was asked about more.
    #[must_use]
    pub fn alone(self, receipt: Option<ReceiptNumber>) -> Self {
        Self { receipt, question: Question::Open, is_yes: true, ..self }
    }

    /// The same, when it adds to `stands` and answers no question: what is open of one stays so.
    #[must_use]
    pub fn beside(self, stands: &Self) -> Self {
        Self { question: stands.question, ..self }
    }

    /// The same, as it is shown to who is not to be asked: with nothing left to ask about.
    #[must_use]
    pub fn unasked(self, today: Day) -> Self {
        let answered = self.answered.or(Some(today));
        let question = Question::Settled(self.settled());
        Self { answered, question, is_before_answer: false, ..self }
    }

    /// Is there something to ask? There is no answer, or what was offered has changed since.
    pub const fn is_asked(&self) -> bool {
        !matches!(self.question, Question::Settled(_))
    }

    /// Is it asked again, because what was offered has changed?
    pub const fn is_outdated(&self) -> bool {
        matches!(self.question, Question::Changed(_))
    }

    /// The categories that an answer stands about, yes or no; of those that the site asks about.
    pub const fn settled(&self) -> CategorySet {
        match self.question {
            Question::Open => CategorySet::NECESSARY,
            Question::Settled(asked) => asked,
            Question::Changed(unchanged) => unchanged,
        }
    }

    /// Is no question answered, today's or an earlier one?
    pub const fn is_open(&self) -> bool {
        matches!(self.question, Question::Open)
    }

    /// Does what needs no answer run, because there is none? After a no it never does, whatever has changed since
    /// (rule R30).
    pub const fn is_before_answer(&self) -> bool {
        self.is_before_answer
    }

    /// Was it a no to everything? Nothing stands of a yes either, when all of what it was about has changed.
    pub const fn is_refusal(&self) -> bool {
        self.answered.is_some() && !self.is_yes
    }

    /// Categories agreed to as a whole.
    pub const fn categories(&self) -> CategorySet {
        self.categories
    }

    /// Trackers agreed to although their category is not.
    pub const fn trackers(&self) -> &TrackerSet {
        &self.trackers
    }

    /// The day of the answer; `None` when there is none.
    pub const fn answered(&self) -> Option<Day> {
        self.answered
    }

    /// The receipt of the grant.
    pub const fn receipt(&self) -> Option<ReceiptNumber> {
        self.receipt
    }

    /// Does anything stand beyond what is necessary?
    pub fn is_grant(&self) -> bool {
        self.categories != CategorySet::NECESSARY || !self.trackers.is_empty()
    }

    /// Is this a yes to whatever there is? To all that was asked, that is, on a site that uses all that is known.
    pub fn covers(&self, catalog: &Catalog) -> bool {
        self.categories.includes(catalog.asked()) && catalog.is_whole()
    }

    /// May this tracker's tags be loaded and speak to its hosts? Its cookies are another question: a tag that heeds the
    /// signals of consent may run without them before an answer, where the operator says so.
    pub fn lets_run(&self, tracker: &Tracker) -> bool {
        (self.is_before_answer && tracker.consent_mode == ConsentMode::Unasked) || self.grants(tracker)
    }

    /// May this tracker work? One that needs consent and that the site does not use never may, not even when everything
    /// was agreed to.
    pub fn grants(&self, tracker: &Tracker) -> bool {
        (tracker.is_used || tracker.category == Category::Necessary)
            && (self.categories.contains(tracker.category)
                || self.trackers.contains(tracker.id)
                || self.trackers.meets(&tracker.carried)
                || tracker.serves.iter().any(|served| self.categories.contains(*served)))
    }
}
