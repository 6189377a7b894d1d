//! One way through a file: lines become hits, hits are put in order and counted, sums go on in batches.
//!
//! What the store has already is counted again in memory and its sums are let go, so that visits that were open, visitors
//! who were seen and names that are out are known again: figures are those of a file read in one go. A batch may end
//! at any line, because a visit can be written at any time and any number of times, and the sums come out the same.

use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender};

use bytes::Bytes;

use super::super::stop::Stop;
use super::super::{Failure, failed};
use super::combined::Combined;
use super::jsonl;
use super::line::{Fault, Left, Line, Span};
use super::lines::{LINE_BYTES_MAX, Lines, Next};
use super::order::Order;
use super::plan::{Plan, changed};
use super::progress::Progress;
use super::tell::{End, FAULTS_TOLD_MAX, Figures};
use super::write::{Aim, Parcel};
use crate::counting::tally::{Sums, Tally};
use crate::counting::{Counter, Drained, Dropped, Hit};
use crate::store::imports::{Counted, Cut, is_same};

/// Sums of one day that wait in the counter before they are drained: below what it takes before it drops hits. Those of a
/// day that is over are drained at once.
const WAITING_MAX: usize = 400_000;
/// Most lines of a batch, unless the command says otherwise.
pub(super) const LINES_A_BATCH: u64 = 500_000;
/// Most sums of a batch, give or take a drain; about 100 MB.
const TALLIES_A_BATCH: usize = 300_000;
/// When none of so many first lines is what the format says, it is another format.
const LINES_TRIED: u64 = 1_000;

/// How lines are read.
pub(super) enum Reader {
    /// One object a line.
    Jsonl,
    /// An access log.
    Combined(Box<Combined>),
}

impl Reader {
    fn read(&mut self, line: &Bytes, span: Span) -> Result<Line, Fault> {
        match self {
            Self::Jsonl => jsonl::read(line, span),
            Self::Combined(combined) => combined.read(line, span),
        }
    }
}

/// What a session is made of.
pub(super) struct Parts<'a> {
    pub(super) path: &'a Path,
    pub(super) lines: Lines<Box<dyn Read>>,
    pub(super) reader: Reader,
    pub(super) span: Span,
    pub(super) counter: Counter,
    pub(super) plan: Plan,
    pub(super) aim: Aim,
    /// Where batches go; nowhere in a dry run.
    pub(super) parcels: Option<SyncSender<Parcel>>,
    /// The memory of batches that are written.
    pub(super) room: Receiver<Vec<Tally>>,
    pub(super) progress: Progress,
    pub(super) stop: Stop,
    pub(super) lines_a_batch: u64,
}

/// One way through a file.
pub(super) struct Session<'a> {
    pub(super) parts: Parts<'a>,
    pub(super) figures: Figures,
    /// What was not counted when the new part began.
    pub(super) dropped_before: Dropped,
    /// Hits that had come too late by then.
    late_before: u64,
    order: Order,
    number: u64,
    minute: i64,
    is_any_good: bool,
    is_writing: bool,
    /// What was drained since the last batch, drain by drain: it is much, and nothing here needs it in one piece.
    batch: Vec<Drained>,
    lines_of_batch: u64,
    tallies_of_batch: usize,
}

impl<'a> Session<'a> {
    /// Before the first line.
    pub(super) fn new(parts: Parts<'a>) -> Self {
        Self {
            is_writing: parts.plan.known == 0,
            parts,
            figures: Figures::default(),
            dropped_before: Dropped::default(),
            late_before: 0,
            order: Order::new(),
            number: 0,
            minute: 0,
            is_any_good: false,
            batch: Vec::new(),
            lines_of_batch: 0,
            tallies_of_batch: 0,
        }
    }

    /// Goes through the file. Everything up to where it ended is handed on when this returns.
    pub(super) fn run(&mut self) -> Result<End, Failure> {
        loop {
            if self.parts.stop.is_wanted() {
                self.finish(false)?;
                return Ok(End::Stopped);
            }
            match self.parts.lines.next() {
                Next::Line(line) => self.line(&line),
                Next::TooLong => {
                    let fault = format!("it is longer than {LINE_BYTES_MAX} bytes");
                    self.count_line(Err(Fault::Says(fault.into())));
                }
                Next::Rest(rest) => return self.rest(&rest),
                Next::End => return self.finish(true).map(|()| End::All),
                Next::Broken(error) => {
                    self.finish(true)?;
                    self.parts
                        .progress
                        .say(&format!("line {}: it cannot be read further: {error}", self.number + 1));
                    return Ok(End::Broken);
                }
            }
            if self.after_line()? {
                return Ok(End::All);
            }
        }
    }

    /// A line is there.
    fn line(&mut self, line: &Bytes) {
        let line = match line.last() {
            Some(b'\r') => line.slice(..line.len() - 1),
            _ => line.clone(),
        };
        if self.parts.lines.position() <= self.parts.plan.base || line.trim_ascii().is_empty() {
            self.number += 1;
            self.figures.lines += u64::from(self.is_writing);
            return;
        }
        let read = self.parts.reader.read(&line, self.parts.span);
        self.count_line(read);
    }

    /// What stands behind the last line's end: a whole line, or one that is still being written.
    fn rest(&mut self, rest: &Bytes) -> Result<End, Failure> {
        let read = if rest.trim_ascii().is_empty() {
            Err("it is empty".into())
        } else {
            self.parts.reader.read(rest, self.parts.span)
        };
        if let Err(fault) = read {
            self.finish(true)?;
            self.parts.progress.say(&format!("line {}: {fault}", self.number + 1));
            return Ok(End::Unfinished);
        }
        self.parts.lines.take_rest();
        self.count_line(read);
        if !self.after_line()? {
            self.finish(true)?;
        }
        Ok(End::All)
    }

    fn count_line(&mut self, read: Result<Line, Fault>) {
        self.number += 1;
        self.figures.lines += u64::from(self.is_writing);
        match read {
            // Its day is gone, or goes by itself.
            Ok(Line::Hit(hit)) if self.is_past_keeping(&hit) && self.parts.aim == Aim::TakeBack => {
                self.is_any_good = true;
                self.figures.left(Left::PastKeeping);
            }
            Ok(Line::Hit(hit)) => {
                self.is_any_good = true;
                self.figures.past_keeping += u64::from(self.is_past_keeping(&hit));
                self.figures.hit(&hit.kind);
                self.order.put(hit);
                while let Some(hit) = self.order.take() {
                    self.count(hit);
                }
            }
            Ok(Line::Left(left)) => {
                self.is_any_good = true;
                self.figures.left(left);
            }
            Err(fault) => {
                self.figures.faults += 1;
                if self.is_writing && self.figures.faults <= FAULTS_TOLD_MAX {
                    self.parts.progress.say(&format!("line {}: {fault}", self.number));
                }
            }
        }
    }

    fn is_past_keeping(&self, hit: &Hit) -> bool {
        hit.at < self.parts.span.kept_from
    }

    fn count(&mut self, hit: Hit) {
        let minute = hit.at.as_second().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            if let Ok(room) = self.parts.room.try_recv() {
                self.parts.counter.use_again(room);
            }
            self.parts.counter.advance(hit.at);
            if self.parts.counter.has_closed() {
                self.drain();
            }
        }
        self.parts.counter.count(hit);
        if self.parts.counter.waiting() >= WAITING_MAX {
            self.drain();
        }
    }

    fn count_rest(&mut self) {
        while let Some(hit) = self.order.take_rest() {
            self.count(hit);
        }
    }

    /// Looks where in the plan a line ended. Returns whether the plan ends there.
    fn after_line(&mut self) -> Result<bool, Failure> {
        let position = self.parts.lines.position();
        self.parts.progress.line(self.number, self.doing());
        if self.number == LINES_TRIED && !self.is_any_good && self.parts.plan.base == 0 {
            return Err(self.unreadable());
        }
        if self.parts.plan.ends.first() == Some(&position) {
            self.parts.plan.ends.remove(0);
            self.count_rest();
        }
        self.lines_of_batch += 1;
        if !self.is_writing {
            return self.known(position).map(|()| false);
        }
        if self.parts.plan.until.is_some_and(|until| until <= position) {
            self.cut(false)?;
            return Ok(true);
        }
        let Some(pending) = self.parts.plan.pending else {
            if self.tallies_of_batch >= TALLIES_A_BATCH || self.lines_of_batch >= self.parts.lines_a_batch {
                self.cut(false)?;
            }
            return Ok(false);
        };
        if pending.position < position {
            return Err(changed(self.parts.path, self.number));
        }
        if pending.position == position {
            self.parts.plan.pending = None;
            self.cut(pending.is_end)?;
        }
        Ok(false)
    }

    /// Where what the store has ends, the new part begins.
    fn known(&mut self, position: u64) -> Result<(), Failure> {
        if position < self.parts.plan.known {
            return Ok(());
        }
        let is_same =
            self.parts.plan.content.is_none_or(|content| is_same(&content, &self.parts.lines.digest()));
        if position > self.parts.plan.known || !is_same {
            return Err(changed(self.parts.path, self.number));
        }
        self.drain();
        self.is_writing = true;
        self.lines_of_batch = 0;
        let waiting = u64::try_from(self.order.len()).unwrap_or(u64::MAX);
        self.figures = Figures { waiting, ..Figures::default() };
        self.dropped_before = *self.parts.counter.dropped();
        self.late_before = self.order.late();
        Ok(())
    }

    /// The file, or the patience, ended.
    fn finish(&mut self, is_end: bool) -> Result<(), Failure> {
        if !self.is_any_good && self.number > 0 && self.figures.faults > 0 {
            return Err(self.unreadable());
        }
        if !is_end && (!self.is_writing || self.parts.plan.pending.is_some()) {
            // What is known stays as it is, and the batch on its way is made again another time.
            return Ok(());
        }
        if !self.is_writing || self.parts.plan.pending.is_some() || self.parts.plan.until.is_some() {
            return Err(changed(self.parts.path, self.number));
        }
        if self.lines_of_batch > 0 || !self.order.is_empty() {
            self.cut(is_end)?;
        }
        Ok(())
    }

    /// Ends a batch here and hands it on.
    fn cut(&mut self, is_end: bool) -> Result<(), Failure> {
        if is_end {
            self.count_rest();
        }
        self.drain();
        let counted = Counted {
            cut: Cut { position: self.parts.lines.position(), is_end },
            lines: self.number,
            content: self.parts.lines.digest(),
        };
        (self.lines_of_batch, self.tallies_of_batch) = (0, 0);
        let drained = std::mem::take(&mut self.batch);
        let Some(parcels) = &self.parts.parcels else { return Ok(()) };
        parcels.send(Parcel { counted, drained }).map_err(|_| failed("the store did not take a batch"))
    }

    fn drain(&mut self) {
        let mut drained = self.parts.counter.drain();
        if self.parts.aim == Aim::TakeBack {
            drained.names.clear();
            drained.tallies.iter_mut().for_each(take_back);
        }
        self.figures.late = self.order.late() - self.late_before;
        self.figures.dropped = *self.parts.counter.dropped();
        if self.is_writing {
            self.figures.add(&drained);
        } else {
            drained.tallies = Vec::new();
        }
        self.tallies_of_batch += drained.tallies.len();
        self.batch.push(drained);
    }

    fn doing(&self) -> &'static str {
        match (self.is_writing, self.parts.aim) {
            (false, _) => "counted before",
            (true, Aim::Add | Aim::Tell) => "read",
            (true, Aim::TakeBack) => "taken back",
        }
    }

    fn unreadable(&self) -> Failure {
        failed(format!(
            "none of the first {} lines could be read; is the file in another format?",
            self.number
        ))
    }

    /// The number of the last line that was taken.
    pub(super) const fn lines_taken(&self) -> u64 {
        self.number
    }
}

fn take_back(tally: &mut Tally) {
    let mut sums = Sums::default();
    sums -= &tally.sums;
    tally.sums = sums;
}
