//! What counts as success: goals, and the steps of funnels. Which of them a page or an event reaches.

use std::collections::HashMap;
use std::sync::Arc;

use super::cells::Folding;
use super::veil::ValueId;
use super::{Funnel, Goal, NamedGoal};

/// The goals and funnels of a site, and which pages of one day reach which of them.
pub(super) struct Aims {
    /// The goals, then every step of every funnel.
    targets: Vec<Goal>,
    /// The display names of the goals.
    goals: Vec<Arc<str>>,
    funnels: Vec<Track>,
    /// Each different set of reached targets once; the first is empty.
    sets: Vec<Box<[u16]>>,
    of_pages: HashMap<ValueId, u32, Folding>,
}

/// A funnel, with its steps as places among the targets.
struct Track {
    name: Arc<str>,
    steps: std::ops::Range<usize>,
}

impl Goal {
    /// What it is called where the operator says nothing else: an event's own name, or "Visit /takk*".
    pub fn display_name(&self) -> Arc<str> {
        match self {
            Self::Event(name) => Arc::clone(name),
            Self::Path(path) => format!("Visit {path}").into(),
        }
    }
}

impl Aims {
    /// The empty set.
    pub(super) const NONE: u32 = 0;

    /// The aims of a site.
    pub(super) fn new(goals: &[NamedGoal], funnels: &[Funnel]) -> Self {
        let mut targets: Vec<Goal> = goals.iter().map(|named| named.goal.clone()).collect();
        let mut tracks = Vec::with_capacity(funnels.len());
        for funnel in funnels {
            let first = targets.len();
            targets.extend_from_slice(&funnel.steps);
            tracks.push(Track { name: Arc::clone(&funnel.name), steps: first..targets.len() });
        }
        Self {
            targets,
            goals: goals.iter().map(|named| Arc::clone(&named.name)).collect(),
            funnels: tracks,
            sets: vec![Box::default()],
            of_pages: HashMap::default(),
        }
    }

    /// The set that a view of this page reaches.
    pub(super) fn of_page(&mut self, page: ValueId, path: &str) -> u32 {
        if self.targets.is_empty() {
            return Self::NONE;
        }
        if let Some(set) = self.of_pages.get(&page) {
            return *set;
        }
        let set = self.set(|goal| matches!(goal, Goal::Path(pattern) if fits(pattern, path)));
        // "(other)" stands for pages of which some may reach a goal.
        if page != ValueId::OTHER {
            self.of_pages.insert(page, set);
        }
        set
    }

    /// The set that an event of this name reaches.
    pub(super) fn of_event(&mut self, name: &str) -> u32 {
        self.set(|goal| matches!(goal, Goal::Event(event) if &**event == name))
    }

    /// The display names of the goals in a set, each once.
    pub(super) fn goals(&self, set: u32) -> impl Iterator<Item = &Arc<str>> {
        let reached = self.sets.get(set as usize).map_or(&[][..], |set| set);
        let names = reached.iter().filter_map(|at| self.goals.get(usize::from(*at)));
        names
            .enumerate()
            .filter(move |(at, name)| {
                !reached[..*at].iter().any(|before| self.goals.get(usize::from(*before)) == Some(*name))
            })
            .map(|(_, name)| name)
    }

    /// Is it the name of an event that is a goal? Then the operator wrote it, and it is no secret.
    pub(super) fn names(&self, event: &str) -> bool {
        self.targets.iter().any(|goal| matches!(goal, Goal::Event(name) if &**name == event))
    }

    /// Are there steps of funnels in a set?
    pub(super) fn has_steps(&self, set: u32) -> bool {
        let reached = self.sets.get(set as usize).and_then(|set| set.last());
        reached.is_some_and(|last| usize::from(*last) >= self.goals.len())
    }

    /// The name of the step after `reached` of a funnel, if a set reaches it; steps are counted from 1.
    pub(super) fn next_step(&self, set: u32, funnel: usize, reached: u8) -> Option<String> {
        let Track { name, steps } = self.funnels.get(funnel)?;
        let next = steps.start + usize::from(reached);
        let is_there = next < steps.end
            && self.sets.get(set as usize)?.iter().any(|target| usize::from(*target) == next);
        is_there.then(|| format!("{name} · {}", reached + 1))
    }

    /// How many funnels there are.
    pub(super) fn funnels(&self) -> usize {
        self.funnels.len()
    }

    fn set(&mut self, reaches: impl Fn(&Goal) -> bool) -> u32 {
        let places = (0_u16..).zip(&self.targets).filter(|(_, goal)| reaches(goal)).map(|(at, _)| at);
        let set: Box<[u16]> = places.collect();
        let at = self.sets.iter().position(|known| *known == set).unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        });
        u32::try_from(at).unwrap_or(Self::NONE)
    }
}

/// Does a path fit a pattern, in which `*` stands for any text?
fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| path.strip_prefix(start)) else { return false };
    let Some(end) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stands_for_any_text() {
        for (pattern, path, is_fit) in [
            ("/takk", "/takk", true),
            ("/takk", "/takk/1", false),
            ("/takk*", "/takk", true),
            ("/takk*", "/takk/1", true),
            ("/takk*", "/en/takk", false),
            ("*/takk", "/en/takk", true),
            ("/*/takk", "/takk", false),
            ("/a*b*c", "/a-b-b-c", true),
            ("/a*b*c", "/a-c-b", false),
            ("/ab*ba", "/aba", false),
            ("*", "/", true),
            ("", "/", false),
        ] {
            assert_eq!(fits(pattern, path), is_fit, "{pattern} {path}");
        }
    }

    #[test]
    fn page_reaches_its_goals_and_the_steps_that_are_next() {
        let path = |path: &str| Goal::Path(path.into());
        let funnel = Funnel { name: "Kjøp".into(), steps: vec![path("/kurv"), path("/takk*")] };
        let bought = NamedGoal { name: "Bought".into(), ..Goal::Event("Purchase".into()).into() };
        let mut aims = Aims::new(&[path("/takk*").into(), bought], &[funnel]);
        let thanks = aims.of_page(ValueId::PAGEVIEW, "/takk/1");
        assert_eq!(aims.goals(thanks).map(|name| &**name).collect::<Vec<_>>(), ["Visit /takk*"]);
        assert_eq!(aims.next_step(thanks, 0, 0), None);
        assert_eq!(aims.next_step(thanks, 0, 1).as_deref(), Some("Kjøp · 2"));
        assert!(aims.has_steps(thanks));
        let event = aims.of_event("Purchase");
        assert!(!aims.has_steps(event));
        assert_eq!(aims.goals(event).map(|name| &**name).collect::<Vec<_>>(), ["Bought"]);
        assert_eq!(aims.of_event("Other"), Aims::NONE);
    }
}
