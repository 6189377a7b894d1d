//! How far an import is: a bar on a terminal, else a line now and then, on standard error.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::say;
use super::tell::grouped;
use crate::clock::monotonic;

/// Lines between two looks at the clock.
const LINES_A_LOOK: u64 = 8192;
/// How often the bar moves.
const BAR_EVERY: Duration = Duration::from_millis(100);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// How far it is.
pub(super) struct Progress {
    bar: ProgressBar,
    read: Arc<AtomicU64>,
    size: u64,
    began: Instant,
    due: Instant,
    is_terminal: bool,
}

impl Progress {
    /// Of a source that has `size` bytes, 0 where nobody knows, of which so many were read.
    pub(super) fn start(read: Arc<AtomicU64>, size: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target((size > 0).then_some(size), target);
        let form = if size > 0 { "{bar:30} {percent:>3} %  {msg}  {eta} to go" } else { "{spinner} {msg}" };
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style.progress_chars("█▌ "));
        }
        let began = monotonic();
        Self { bar, read, size, began, due: began, is_terminal }
    }

    /// A line was read: the `number`th. `doing` says what is done with it.
    pub(super) fn line(&mut self, number: u64, doing: &str) {
        if number.is_multiple_of(LINES_A_LOOK) {
            self.look(number, doing);
        }
    }

    fn look(&mut self, number: u64, doing: &str) {
        let now = monotonic();
        if now < self.due {
            return;
        }
        self.due = now + if self.is_terminal { BAR_EVERY } else { LINE_EVERY };
        let read = self.read.load(Ordering::Relaxed);
        let text = format!("{} lines {doing}, {} lines/s", grouped(number), grouped(self.rate(number)));
        if self.is_terminal {
            self.bar.set_position(read);
            self.bar.set_message(text);
        } else if let Some(percent) = (read * 100).checked_div(self.size) {
            say(&format!("{percent} %, {text}"));
        } else {
            say(&text);
        }
    }

    /// Says something without breaking the bar.
    pub(super) fn say(&self, text: &str) {
        self.bar.suspend(|| say(text));
    }

    /// Takes the bar away. Returns how long it all took.
    pub(super) fn end(&self) -> Duration {
        self.bar.finish_and_clear();
        monotonic().duration_since(self.began)
    }

    fn rate(&self, lines: u64) -> u64 {
        rate(lines, monotonic().duration_since(self.began))
    }
}

/// Lines a second.
pub(super) fn rate(lines: u64, took: Duration) -> u64 {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    lines.saturating_mul(1000) / ms
}
