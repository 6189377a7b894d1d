//! What is wrong with the settings: place, reason, remedy, every problem at once.
//!
//! A [`Report`] prints as an operator reads it: the line as written, a run of carets below the fault, a sentence
//! that names the remedy, and a closing line that counts.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

/// Most problems a report prints; the rest are counted. A person mends a file from the top.
pub const PROBLEMS_SHOWN_MAX: usize = 100;

/// Most characters of a source line that are printed; a longer line is cut around the fault.
const LINE_CHARS_MAX: usize = 120;

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Nothing is started.
    Error,
    /// Said, and the program starts.
    Warning,
}

/// The line a problem is on, with the fault marked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    text: String,
    /// Characters before the fault, in `text`.
    start: usize,
    /// Characters the fault takes, at least 1.
    width: usize,
}

/// One thing that is wrong, or doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    weight: Weight,
    at: Option<Range<usize>>,
    place: Option<Place>,
    reason: String,
    hint: String,
    remedy: String,
}

impl Problem {
    /// A problem that stops the program, at these bytes of the file.
    pub(super) fn error(at: Range<usize>, reason: impl Into<String>) -> Self {
        Self { at: Some(at), ..Self::of_file(Weight::Error, reason) }
    }

    /// A doubt, at these bytes of the file.
    pub(super) fn warning(at: Range<usize>, reason: impl Into<String>) -> Self {
        Self { at: Some(at), ..Self::of_file(Weight::Warning, reason) }
    }

    /// A problem of the file as a whole.
    pub(super) fn of_file(weight: Weight, reason: impl Into<String>) -> Self {
        let (hint, remedy) = (String::new(), String::new());
        Self { weight, at: None, place: None, reason: reason.into(), hint, remedy }
    }

    /// Puts `hint` beside the carets.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// Puts `remedy` below the line.
    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }

    /// Does it stop the program?
    pub fn weight(&self) -> Weight {
        self.weight
    }

    /// The line it is on, counted from 1; `None` when it is about the file as a whole.
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// What is wrong, in one sentence without place or remedy.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    fn write(&self, file: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
        };
        let mut gutter = 3;
        match &self.place {
            None => writeln!(f, "{weight}: {file}: {}", self.reason)?,
            Some(Place { line, text, start, width }) => {
                gutter = line.to_string().len() + 2;
                writeln!(f, "{weight}: {file}:{line}: {}", self.reason)?;
                writeln!(f, " {line} | {text}")?;
                let carets = "^".repeat(*width);
                let marked = format!("{:gutter$}| {:start$}{carets} {}", "", "", self.hint);
                writeln!(f, "{}", marked.trim_end())?;
            }
        }
        if self.remedy.is_empty() {
            return Ok(());
        }
        writeln!(f, "{:gutter$}= {}", "", self.remedy)
    }
}

/// Everything that was found in one file, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    file: String,
    problems: Vec<Problem>,
}

impl std::error::Error for Report {}

impl Report {
    /// A report of one problem with `file` as a whole.
    pub(super) fn of_file(file: &str, reason: impl Into<String>, remedy: &str) -> Self {
        let problem = Problem::of_file(Weight::Error, reason).remedy(remedy);
        Self { file: file.to_owned(), problems: vec![problem] }
    }

    /// Every problem, warnings too.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Was nothing found?
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many problems stop the program.
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.weight == Weight::Error).count()
    }

    /// How many do not.
    pub fn warnings(&self) -> usize {
        self.problems.len() - self.errors()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.problems.iter().take(PROBLEMS_SHOWN_MAX) {
            problem.write(&self.file, f)?;
        }
        let hidden = self.problems.len().saturating_sub(PROBLEMS_SHOWN_MAX);
        if hidden > 0 {
            writeln!(f, "and {hidden} more")?;
        }
        match (self.errors(), self.warnings()) {
            (0, 0) => Ok(()),
            (0, warnings) => writeln!(f, "{} found", counted(warnings, "warning")),
            (errors, 0) => writeln!(f, "{} found; nothing was started", counted(errors, "problem")),
            (errors, warnings) => {
                let (errors, warnings) = (counted(errors, "problem"), counted(warnings, "warning"));
                writeln!(f, "{errors} and {warnings} found; nothing was started")
            }
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Where the checks put what they find. Shared by every table of the document that is being read.
#[derive(Debug)]
pub(super) struct Notes<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
    /// Lines that are no TOML. What seems to be missing may stand there, so nothing is said of it.
    broken: Vec<usize>,
}

impl<'t> Notes<'t> {
    /// Notes on `text`, of which `syntax` is no TOML.
    pub(super) fn new(text: &'t str, syntax: Vec<Problem>) -> Self {
        let notes = Self { text, problems: RefCell::default(), broken: Vec::new() };
        let mut broken = Vec::new();
        for problem in syntax {
            let line = problem.at.as_ref().map_or(0, |at| line_of(text, at.start));
            if !broken.contains(&line) {
                notes.add(problem);
                broken.push(line);
            }
        }
        Self { broken, ..notes }
    }

    /// How many problems are noted.
    pub(super) fn count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// Notes `problem`, unless it is noted already or only follows from a line that is no TOML.
    pub(super) fn add(&self, problem: Problem) {
        let line = problem.at.as_ref().map(|at| line_of(self.text, at.start));
        let follows = match line {
            Some(line) => self.broken.contains(&line),
            None => !self.broken.is_empty(),
        };
        if follows || (problem.weight == Weight::Warning && !self.broken.is_empty()) {
            return;
        }
        let place = problem.at.clone().map(|at| place(self.text, at));
        let problem = Problem { place, ..problem };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// Notes that something is not there.
    pub(super) fn missing(&self, problem: Problem) {
        if self.broken.is_empty() {
            self.add(problem);
        }
    }

    /// Everything noted, in the order of the lines; what is about the whole file comes first.
    pub(super) fn into_report(self, file: &str) -> Report {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.at.as_ref().map_or((0, 0), |at| (1, at.start)));
        Report { file: file.to_owned(), problems }
    }
}

/// The line of the byte at `offset`, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The line that `at` begins on; a fault that goes on below is marked to the line's end.
fn place(text: &str, at: Range<usize>) -> Place {
    let offset = text.floor_char_boundary(at.start);
    let line_start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let start = text[line_start..offset].chars().count().min(line.chars().count());
    let end = at.end.min(line_start + line.len()).max(offset);
    let width = text[offset..text.ceil_char_boundary(end)].chars().count().max(1);
    let shown: Vec<char> = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let number = line_of(text, offset);
    if shown.len() <= LINE_CHARS_MAX {
        return Place { line: number, text: shown.into_iter().collect(), start, width };
    }
    let from = start.saturating_sub(LINE_CHARS_MAX / 3).min(shown.len() - LINE_CHARS_MAX);
    let text = shown[from..from + LINE_CHARS_MAX].iter().collect();
    let start = start - from;
    Place { line: number, text, start, width: width.min(LINE_CHARS_MAX.saturating_sub(start)).max(1) }
}

/// The word of `known` that was most likely meant by `written`: at most a third of its letters differ.
pub(super) fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    /// Longer words are nobody's slip of a finger, and comparing them takes time.
    const WORD_CHARS_MAX: usize = 64;
    let written: Vec<char> = written.chars().take(WORD_CHARS_MAX).flat_map(char::to_lowercase).collect();
    let slips_max = (written.len() / 3).min(3);
    let near = known.into_iter().map(|word| (slips(&written, word), word));
    near.filter(|(slips, _)| *slips <= slips_max).min_by_key(|(slips, _)| *slips).map(|(_, word)| word)
}

/// Letters to insert, remove, replace or swap with their neighbour to make `known` of `written`.
fn slips(written: &[char], known: &str) -> usize {
    let known: Vec<char> = known.chars().flat_map(char::to_lowercase).collect();
    if written.len().abs_diff(known.len()) > 3 {
        return usize::MAX;
    }
    let mut row_before: Vec<usize> = Vec::new();
    let mut row_above: Vec<usize> = (0..=known.len()).collect();
    for (i, own) in written.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in known.iter().enumerate() {
            let mut least =
                (row_above[j] + usize::from(own != other)).min(row_above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && written[i - 1] == *other && *own == known[j - 1] {
                least = least.min(row_before[j - 1] + 1);
            }
            row.push(least);
        }
        row_before = std::mem::replace(&mut row_above, row);
    }
    row_above[known.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn report(text: &str, problems: impl IntoIterator<Item = Problem>) -> String {
        let notes = Notes::new(text, Vec::new());
        problems.into_iter().for_each(|problem| notes.add(problem));
        notes.into_report("proxy.toml").to_string()
    }

    #[test]
    fn problem_shows_line_caret_reason_and_remedy() {
        let text = "a = 1\ncategory = \"marketting\"\n";
        let problem = Problem::error(17..29, "unknown category \"marketting\"")
            .hint("did you mean \"marketing\"?")
            .remedy("categories are: necessary, marketing");
        let expected = r#"error: proxy.toml:2: unknown category "marketting"
 2 | category = "marketting"
   |            ^^^^^^^^^^^^ did you mean "marketing"?
   = categories are: necessary, marketing
1 problem found; nothing was started
"#;
        assert_eq!(report(text, [problem]), expected);
    }

    #[test]
    fn problems_come_in_the_order_of_the_lines() {
        let told = report("a\nb\nc\n", [Problem::error(4..5, "third"), Problem::warning(0..1, "first")]);
        assert!(told.find("first") < told.find("third"), "{told}");
        assert!(told.ends_with("1 problem and 1 warning found; nothing was started\n"), "{told}");
    }

    #[test]
    fn long_line_is_cut_around_the_fault() {
        let text = format!("{}FAULT{}", "x".repeat(5000), "y".repeat(5000));
        let told = report(&text, [Problem::error(5000..5005, "here")]);
        let mut lines = told.lines().skip(1);
        let (source, carets) = (lines.next().unwrap(), lines.next().unwrap());
        assert_eq!(source.find("FAULT"), carets.find('^'));
        assert!(source.chars().count() < LINE_CHARS_MAX + 10);
    }

    #[test]
    fn endless_problems_are_counted_not_printed() {
        let told = report("a", (0..250).map(|n| Problem::error(0..1, format!("problem {n}"))));
        assert!(told.contains("\nand 150 more\n250 problems found"), "{told}");
    }

    #[test]
    fn nearest_word_is_a_slip_away() {
        let known = ["necessary", "preferences", "statistics", "marketing"];
        assert_eq!(nearest("marketting", known), Some("marketing"));
        assert_eq!(nearest("statisitcs", known), Some("statistics"));
        assert_eq!(nearest("Necessary", known), Some("necessary"));
        assert_eq!(nearest("analytics", known), None);
        assert_eq!(nearest("", known), None);
    }

    proptest! {
        #[test]
        fn any_place_in_any_text_can_be_shown(text in "(\\PC|\n|\r|\t){0,300}", start in 0usize..1300, length in 0usize..400) {
            let told = report(&text, [Problem::error(start.min(text.len())..start + length, "here")]);
            let lines: Vec<&str> = told.lines().collect();
            prop_assert_eq!(lines.len(), 4, "{}", told);
            prop_assert!(lines[2].contains('^'));
        }
    }
}
