//! The log that the naive model keeps and the counter never has: random lines of it.

use http::HeaderValue;
use jiff::Timestamp;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};

use super::super::*;
use super::MINUTE;
use crate::policy::consent::{Category, CategorySet};

pub(super) const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
];
pub(super) const ROBOT: &str = "Googlebot/2.1 (+http://www.google.com/bot.html)";
/// Queries and referrers that visits begin with.
pub(super) const ARRIVALS: [(&str, &str); 5] = [
    ("", ""),
    ("?q=1", "https://www.google.no/"),
    ("?utm_source=nyhetsbrev&utm_medium=email&utm_campaign=host", ""),
    ("?gclid=abc&utm_term=dekk", "https://www.google.no/"),
    ("", "https://blog.example/x"),
];
/// Languages and versions of what is shown.
pub(super) const NOTICES: [(&str, &str); 3] = [("nb", "1a2b"), ("en", "3c4d"), ("nb", "5e6f")];
const LANGUAGES: [&str; 3] = ["nb-NO,nb;q=0.9,en;q=0.5", "en", ""];

fn notice(at: usize) -> Arc<Notice> {
    let (language, version) = NOTICES[at];
    Arc::new(Notice { language: language.into(), version: version.into() })
}

/// What a line tells.
#[derive(Clone, Debug)]
pub(super) enum What {
    View {
        status: u16,
        /// Does the page ask, and in which words?
        asked: Option<usize>,
    },
    Event {
        name: &'static str,
        interactive: bool,
        properties: Vec<(&'static str, &'static str)>,
        revenue: Option<(i64, &'static str)>,
    },
    Answer {
        answer: Answer,
        layer: Layer,
        notice: usize,
        said: [Said; 3],
    },
    Engaged {
        ms: i64,
        scroll: Option<u8>,
    },
    Failed {
        status: u16,
    },
    Robot,
    Objection,
    Told,
}

/// One line; `at` is the gap to the line before until the log is timed.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) site: usize,
    pub(super) visitor: u8,
    pub(super) page: u8,
    pub(super) arrival: usize,
    pub(super) standing: Standing,
    /// Weeks before this one in which the visitor first and last came.
    pub(super) weeks: Option<(u16, u16)>,
    pub(super) what: What,
}

impl Line {
    pub(super) fn path(&self) -> String {
        format!("/{}", self.page)
    }

    pub(super) fn agent(&self) -> &'static str {
        if matches!(self.what, What::Robot) {
            ROBOT
        } else {
            AGENTS[usize::from(self.visitor) % AGENTS.len()]
        }
    }

    pub(super) fn language(&self) -> &'static str {
        LANGUAGES[usize::from(self.visitor / 2) % LANGUAGES.len()]
    }

    pub(super) fn is_interactive(&self) -> bool {
        matches!(self.what, What::View { .. } | What::Event { interactive: true, .. })
    }

    /// The line as the counter meets it; `weeks` are numbers.
    pub(super) fn hit(&self, weeks: Option<Weeks>) -> Hit {
        let (query, referrer) = ARRIVALS[self.arrival];
        let header = |text: &'static str| (!text.is_empty()).then(|| HeaderValue::from_static(text));
        Hit {
            site: SiteIndex(u16::try_from(self.site).unwrap()),
            at: Timestamp::from_millisecond(self.at).unwrap(),
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, self.visitor)),
            user_agent: header(self.agent()),
            host: None,
            target: format!("/{}{query}", self.page).parse().unwrap(),
            fragment: None,
            referrer: header(referrer),
            accept_language: header(self.language()),
            consent: self.standing,
            weeks,
            objects: matches!(self.what, What::Objection),
            is_bare: false,
            kind: self.kind(),
        }
    }

    fn kind(&self) -> HitKind {
        match &self.what {
            What::View { status, asked } => HitKind::View {
                status: *status,
                is_public: false,
                asked: asked.map(notice),
                properties: Box::default(),
            },
            What::Robot | What::Objection => {
                HitKind::View { status: 200, is_public: true, asked: None, properties: Box::default() }
            }
            What::Event { name, interactive, properties, revenue } => HitKind::Event {
                name: (*name).into(),
                interactive: *interactive,
                properties: properties.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
                revenue: revenue.map(|(thousandths, currency)| Revenue {
                    thousandths,
                    currency: currency.as_bytes().try_into().unwrap(),
                }),
            },
            What::Answer { answer, layer, notice: shown, said } => HitKind::Answered {
                answer: *answer,
                layer: *layer,
                notice: notice(*shown),
                said: *said,
                reloads: false,
            },
            What::Engaged { ms, scroll } => {
                HitKind::Engagement { engaged_ms: u64::try_from(*ms).unwrap(), scroll: *scroll }
            }
            What::Failed { status } => HitKind::Failed { status: *status },
            What::Told => HitKind::Dropped { reason: NotCounted::CrossSite },
        }
    }
}

fn event() -> impl Strategy<Value = What> {
    let properties =
        prop::sample::subsequence(vec![("size", "17"), ("size", "18"), ("colour", "red")], 0..=2).prop_map(
            |mut properties| {
                properties.dedup_by_key(|(key, _)| *key);
                properties
            },
        );
    let revenue = prop::option::of((1_i64..1_000_000, prop::sample::select(vec!["NOK", "EUR"])));
    let name = prop::sample::select(vec!["buy", "seen", "click"]);
    (name, any::<bool>(), properties, revenue).prop_map(|(name, interactive, properties, revenue)| {
        What::Event { name, interactive, properties, revenue }
    })
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        16 => (prop::sample::select(vec![200_u16, 200, 200, 304]), prop::option::of(0..NOTICES.len()))
            .prop_map(|(status, asked)| What::View { status, asked }),
        5 => event(),
        3 => answer(),
        3 => (prop_oneof![9 => 0..90_000_i64, 1 => Just(100_000_000_i64)], prop::option::of(0..=100_u8)).prop_map(|(ms, scroll)| What::Engaged { ms, scroll }),
        2 => prop::sample::select(vec![404_u16, 500]).prop_map(|status| What::Failed { status }),
        1 => prop::sample::select(vec![What::Robot, What::Objection, What::Told]),
    ]
}

fn answer() -> impl Strategy<Value = What> {
    let partial = CategorySet::NECESSARY.with(Category::Statistics);
    let answer = vec![Answer::Accepted, Answer::Refused, Answer::Partial(partial), Answer::Withdrawn];
    let said = vec![Said::Granted, Said::Partial, Said::Refused, Said::Withdrawn, Said::Nothing];
    let said = prop::sample::select(said);
    let layer = prop::sample::select(vec![Layer::Banner, Layer::Page, Layer::Script]);
    (prop::sample::select(answer), layer, 0..NOTICES.len(), [said.clone(), said.clone(), said])
        .prop_map(|(answer, layer, notice, said)| What::Answer { answer, layer, notice, said })
}

fn standing() -> impl Strategy<Value = Standing> {
    let granted = [
        CategorySet::NECESSARY,
        CategorySet::NECESSARY.with(Category::Statistics),
        CategorySet::NECESSARY.with(Category::Marketing),
        CategorySet::ALL,
    ];
    let asked = CategorySet::every().map(|more| more.with(Category::Statistics));
    let sets = (prop::sample::select(granted.to_vec()), prop::sample::select(asked.to_vec()));
    let answered =
        sets.prop_map(|(granted, asked)| Standing::Answered { granted: granted.and(asked), asked });
    prop_oneof![Just(Standing::Unanswered), answered]
}

/// Gaps around every edge: at once, minutes, exactly half an hour and a moment more, hours.
fn gap() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 1..5 * MINUTE,
        2 => 5 * MINUTE..35 * MINUTE,
        1 => Just(30 * MINUTE),
        1 => Just(30 * MINUTE + 1),
        1 => 1..10 * 60 * MINUTE,
    ]
}

fn line(gap: impl Strategy<Value = i64>, visitor: std::ops::Range<u8>) -> impl Strategy<Value = Line> {
    let weeks = prop::option::of((0..4_u16, 0..3_u16));
    (gap, 0..2_usize, visitor, 0..5_u8, 0..ARRIVALS.len(), standing(), weeks, what()).prop_map(
        |(at, site, visitor, page, arrival, standing, weeks, what)| Line {
            at,
            site,
            visitor,
            page,
            arrival,
            standing,
            weeks,
            what,
        },
    )
}

/// Some visitors, many gaps.
pub(super) fn log() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(gap(), 1..6), 1..60)
}

/// One or two visitors, short gaps: long visits over midnight, many exits, several visits of one visitor.
pub(super) fn dense_log() -> impl Strategy<Value = Vec<Line>> {
    let lines = prop::collection::vec(line(1..12 * MINUTE, 2..4), 1..80);
    (lines, 0..80_usize, 0..3_i64).prop_map(|(mut lines, pause, length)| {
        if let Some(line) = lines.get_mut(pause) {
            line.at += length * 31 * MINUTE;
        }
        lines
    })
}
