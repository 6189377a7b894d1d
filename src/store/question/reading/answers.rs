//! What became of the question, beside each row.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Of, Reading, Told};
use crate::counting::tally::Dimension;
use crate::store::question::{Figures, Granted, Metric, Question, Row, When};

/// Notes on each row how often was asked, ignored and answered, and how many of the answers granted what is asked for.
pub(super) fn stand_beside<E>(
    question: &Question,
    rows: &mut Vec<Row>,
    read: &mut impl FnMut(&Reading) -> Result<Vec<Row>, E>,
) -> Result<(), E> {
    if question.is_about_choices() {
        for row in &mut *rows {
            let figures = row.figures;
            note(row, &figures);
        }
    } else {
        let choices = Reading::Values {
            dimension: Dimension::Choice,
            told: Told::Together,
            of: Of::All,
            bucket: question.bucket(),
        };
        stand_beside_buckets(rows, &read(&choices)?);
    }
    for granted in Granted::ALL {
        if question.wants(&[Metric::ConsentRate(granted), Metric::ConsentShare(granted)]) {
            stand_beside_grants(rows, granted, grants(question, granted, read(&reading(question, granted))?));
        }
    }
    Ok(())
}

/// How many answers of the whole range were about each of what a rate is asked of.
pub(super) fn about<E>(
    question: &Question,
    read: &mut impl FnMut(&Reading) -> Result<Vec<Row>, E>,
) -> Result<[i64; 4], E> {
    let mut answered = [0; 4];
    for granted in Granted::ALL {
        if question.wants(&[Metric::ConsentRate(granted)]) {
            let (dimension, _) = granted.told_by();
            let all = Reading::Values { dimension, told: Told::Together, of: Of::All, bucket: None };
            answered[granted as usize] = read(&all)?.iter().map(|row| row.figures.choices()).sum();
        }
    }
    Ok(answered)
}

/// Cells of choices hold how often was asked, ignored and answered.
fn note(row: &mut Row, choices: &Figures) {
    let answers = &mut row.beside.answers;
    answers.shown = choices.views;
    answers.ignored = choices.bounces;
    answers.choices = choices.choices();
}

/// A bucket with choices and without visits is a row, too.
fn stand_beside_buckets(rows: &mut Vec<Row>, choices: &[Row]) {
    for choices in choices {
        let place = rows.iter().position(|row| row.when == choices.when).unwrap_or_else(|| {
            rows.push(Row { when: choices.when, value: None, ..Row::default() });
            rows.len() - 1
        });
        note(&mut rows[place], &choices.figures);
    }
}

fn stand_beside_grants(rows: &mut [Row], granted: Granted, grants: Vec<Row>) {
    let mut counted: HashMap<(Option<When>, Option<Arc<str>>), i64> = HashMap::new();
    for row in grants {
        *counted.entry((row.when, row.value)).or_default() += row.figures.events;
    }
    for row in rows {
        let times = counted.get(&(row.when, row.value.clone())).copied().unwrap_or(0);
        row.beside.answers.granted[granted as usize] = times;
    }
}

/// Where the answers stand that granted it, by the values and buckets of the question.
fn reading(question: &Question, granted: Granted) -> Reading {
    let (dimension, of, bucket) = (granted.told_by().0, Of::Granted(granted), question.bucket());
    match (question.breakdown(), &question.asked().filter) {
        (Some(by), _) if *by == dimension => Reading::Values { dimension, told: Told::Apart, of, bucket },
        (Some(by), _) => Reading::Pairs { filter: dimension, of, by: by.clone(), bucket },
        (None, None) => Reading::Values { dimension, told: Told::Together, of, bucket },
        (None, Some(filter)) if filter.dimension == dimension => {
            Reading::Values { dimension, told: Told::Apart, of: Of::Filter, bucket }
        }
        (None, Some(filter)) => {
            Reading::Pairs { filter: filter.dimension.clone(), of: Of::Filter, by: dimension, bucket }
        }
    }
}

/// Under a filter the answers of all kinds were read: those that granted it, as rows of no value.
fn grants(question: &Question, granted: Granted, rows: Vec<Row>) -> Vec<Row> {
    if question.breakdown().is_some() || question.asked().filter.is_none() {
        return rows;
    }
    let words = granted.told_by().1;
    let is_grant = |row: &Row| row.value.as_deref().is_some_and(|value| words.contains(&value));
    rows.into_iter().filter(is_grant).map(|row| Row { value: None, ..row }).collect()
}
