//! What is known of a file, and whether it can be done with it what is wanted.

use std::path::Path;

use super::super::{Failure, failed, say};
use super::lines::{Lines, Next, digest_of};
use super::plan::{changed, unopened};
use super::write::Aim;
use super::{Arguments, source};
use crate::store::imports::{Hash, Import, Imports, is_same};

/// What is known.
pub(super) enum Known {
    /// The file as far as it is known, or not at all: there is something to do.
    File(Option<Import>),
    /// All of it is in the statistics.
    Nothing,
}

/// Looks the file up by its head, and compares all that is known of it before anything is done.
pub(super) fn find(
    arguments: &Arguments,
    imports: &Imports,
    head: &[u8],
    rules: Hash,
) -> Result<Known, Failure> {
    let digest = |bytes: usize| head.get(..bytes).map(digest_of);
    let found = imports.find(&arguments.site, digest).map_err(failed)?;
    let Some(import) = found else {
        if arguments.undo {
            let name = source::shown(&arguments.file);
            return Err(failed(format!("nothing of {} is in the statistics of this site", name.display())));
        }
        return Ok(Known::File(None));
    };
    if arguments.again {
        imports.forget(import.id).map_err(failed)?;
        return Ok(Known::File(None));
    }
    if arguments.aim() == Aim::TakeBack {
        return take_back(arguments, imports, import, rules).map(|import| Known::File(Some(import)));
    }
    go_on(arguments, imports, import, rules)
}

/// An import that goes on where it stopped, or where the file ended.
fn go_on(
    arguments: &Arguments,
    imports: &Imports,
    mut import: Import,
    rules: Hash,
) -> Result<Known, Failure> {
    if import.undone.is_some() {
        return Err(failed("this file is being taken back; run it with --undo to the end first"));
    }
    if arguments.file != Path::new("-") {
        match compare(&arguments.file, &import)? {
            Match::Same => return Ok(Known::Nothing),
            Match::Changed => return Err(changed(&arguments.file, import.counted_lines)),
            Match::Grown => {}
        }
    }
    if import.rules != rules {
        say(&format!(
            "warning: the settings, the places or the program changed since this file was imported: visits that were open at line \
             {} count as two",
            import.counted_lines
        ));
        imports.set_rules(import.id, rules, import.counted).map_err(failed)?;
        (import.rules, import.base) = (rules, import.counted);
    }
    Ok(Known::File(Some(import)))
}

/// An import that is taken back: what it added is made again, and taken away.
fn take_back(
    arguments: &Arguments,
    imports: &Imports,
    mut import: Import,
    rules: Hash,
) -> Result<Import, Failure> {
    if arguments.file == Path::new("-") {
        return Err(failed("what came by standard input can be taken back from a file only"));
    }
    if import.rules != rules || import.base > 0 {
        return Err(failed(
            "the settings, the places or the program changed since this file was imported: what it added cannot be made again",
        ));
    }
    if import.undone.is_none() && import.pending.is_some() {
        return Err(failed(
            "the import of this file was interrupted; let it go on to its end first, then take it back",
        ));
    }
    if compare(&arguments.file, &import)? == Match::Changed {
        return Err(changed(&arguments.file, import.counted_lines));
    }
    if import.undone.is_none() {
        imports.undone(import.id, 0, import.next.sequence).map_err(failed)?;
        import.undone = Some(0);
    }
    Ok(import)
}

/// How a file compares with what was counted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    /// It is the same, and nothing more.
    Same,
    /// It begins with what was counted.
    Grown,
    /// It is another one from somewhere on.
    Changed,
}

/// Reads the file, up to where it was counted, and compares.
fn compare(path: &Path, import: &Import) -> Result<Match, Failure> {
    let source = source::open(path).map_err(|error| unopened(path, &error))?;
    let mut lines = Lines::new(source.bytes);
    while lines.position() < import.counted {
        match lines.next() {
            Next::Line(_) | Next::TooLong => {}
            Next::Rest(_) => lines.take_rest(),
            Next::End => return Ok(Match::Changed),
            Next::Broken(error) => return Err(unopened(path, &error)),
        }
    }
    if lines.position() != import.counted || !is_same(&import.content, &lines.digest()) {
        return Ok(Match::Changed);
    }
    let is_done = import.pending.is_none() && import.ends.last() == Some(&import.counted);
    Ok(if is_done && matches!(lines.next(), Next::End) { Match::Same } else { Match::Grown })
}
