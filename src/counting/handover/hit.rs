//! A hit as bytes. It can be printed, stored or sent in no other way than this one, which leads into the next process.

use super::super::pack::{Pack, Packed, Reader, Unreadable, pack};
use super::super::{Answer, Hit, HitKind, NotCounted, Revenue, SiteIndex, Standing, Weeks};
use crate::policy::consent::{Category, CategorySet};

pack!(SiteIndex(0));
pack!(Hit {
    site,
    at,
    address,
    user_agent,
    host,
    target,
    fragment,
    referrer,
    accept_language,
    consent,
    weeks,
    objects,
    is_bare,
    kind
});
pack!(Weeks { first, last });
pack!(Revenue { thousandths, currency });

impl Pack for Standing {
    fn pack(&self, out: &mut Packed) {
        match self {
            Self::Unanswered => None::<(CategorySet, CategorySet)>.pack(out),
            Self::Answered { granted, asked } => Some((*granted, *asked)).pack(out),
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let sets = Option::<(CategorySet, CategorySet)>::unpack(from)?;
        Ok(sets.map_or(Self::Unanswered, |(granted, asked)| Self::Answered { granted, asked }))
    }

    fn describe(out: &mut String) {
        out.push_str("standing ");
        <(CategorySet, CategorySet)>::describe(out);
    }
}

impl Pack for CategorySet {
    fn pack(&self, out: &mut Packed) {
        u8::try_from(self.state()).unwrap_or(0).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        Self::every().get(usize::from(u8::unpack(from)?)).copied().ok_or(Unreadable)
    }

    fn describe(out: &mut String) {
        for category in Category::ALL {
            out.push_str(category.name());
        }
    }
}

impl Pack for Answer {
    fn pack(&self, out: &mut Packed) {
        let (kind, granted) = match self {
            Self::Accepted => (0_u8, None),
            Self::Refused => (1, None),
            Self::Partial(granted) => (2, Some(*granted)),
            Self::Withdrawn => (3, None),
        };
        (kind, granted).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        match <(u8, Option<CategorySet>)>::unpack(from)? {
            (0, None) => Ok(Self::Accepted),
            (1, None) => Ok(Self::Refused),
            (2, Some(granted)) => Ok(Self::Partial(granted)),
            (3, None) => Ok(Self::Withdrawn),
            _ => Err(Unreadable),
        }
    }

    fn describe(out: &mut String) {
        out.push_str("answer 1 ");
    }
}

impl Pack for NotCounted {
    fn pack(&self, out: &mut Packed) {
        let at = Self::ALL.iter().position(|reason| reason == self);
        at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        Self::ALL.get(usize::from(u8::unpack(from)?)).copied().ok_or(Unreadable)
    }

    fn describe(out: &mut String) {
        for reason in Self::ALL {
            out.push_str(reason.word());
        }
    }
}

impl Pack for HitKind {
    fn pack(&self, out: &mut Packed) {
        match self {
            Self::View { status, is_public, asked, properties } => {
                (0_u8, (*status, *is_public)).pack(out);
                asked.pack(out);
                properties.pack(out);
            }
            Self::Failed { status } => (1_u8, *status).pack(out),
            Self::Answered { answer, layer, notice, said, reloads } => {
                2_u8.pack(out);
                answer.pack(out);
                layer.pack(out);
                notice.pack(out);
                said.pack(out);
                reloads.pack(out);
            }
            Self::Event { name, interactive, properties, revenue } => {
                3_u8.pack(out);
                name.pack(out);
                interactive.pack(out);
                properties.pack(out);
                revenue.pack(out);
            }
            Self::Engagement { engaged_ms, scroll } => (4_u8, (*engaged_ms, *scroll)).pack(out),
            Self::Dropped { reason } => (5_u8, *reason).pack(out),
            Self::Returns => 6_u8.pack(out),
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        Ok(match u8::unpack(from)? {
            0 => Self::View {
                status: u16::unpack(from)?,
                is_public: bool::unpack(from)?,
                asked: Pack::unpack(from)?,
                properties: Pack::unpack(from)?,
            },
            1 => Self::Failed { status: u16::unpack(from)? },
            2 => Self::Answered {
                answer: Answer::unpack(from)?,
                layer: Pack::unpack(from)?,
                notice: Pack::unpack(from)?,
                said: Pack::unpack(from)?,
                reloads: bool::unpack(from)?,
            },
            3 => Self::Event {
                name: Pack::unpack(from)?,
                interactive: bool::unpack(from)?,
                properties: Pack::unpack(from)?,
                revenue: Pack::unpack(from)?,
            },
            4 => Self::Engagement { engaged_ms: u64::unpack(from)?, scroll: Pack::unpack(from)? },
            5 => Self::Dropped { reason: NotCounted::unpack(from)? },
            6 => Self::Returns,
            _ => return Err(Unreadable),
        })
    }

    fn describe(out: &mut String) {
        out.push_str("kind 4 ");
        NotCounted::describe(out);
    }
}
