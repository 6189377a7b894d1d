//! Numbers that the words before them say something of: an order, a customer, a telephone, a car.

use super::number::{digits_of, groups, runs};
use super::span;

/// A number of this many digits after a word such as "ordre" is about an errand, and so is one after `#`.
pub(super) const ERRAND_DIGITS_MIN: usize = 5;
/// Letters that may stand before the digits of a number.
pub(super) const PREFIX_LETTERS_MAX: usize = 3;
/// The digits of a telephone.
const TELEPHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=12;
/// How many words back a number's own may stand.
const WORDS_MAX: usize = 6;
/// Words that say what the number after them is.
const ERRANDS: [&str; 51] = [
    "ordre",
    "ordrer",
    "ordrenr",
    "ordrenummer",
    "ordrebekreftelse",
    "order",
    "orders",
    "ordernr",
    "ordernummer",
    "ord",
    "orderid",
    "bestilling",
    "bestillinger",
    "bestillingsnr",
    "bestillingsnummer",
    "bestellung",
    "kvittering",
    "kvitteringer",
    "kvitto",
    "receipt",
    "takk",
    "retur",
    "returnr",
    "reklamasjon",
    "rma",
    "saksnr",
    "saksnummer",
    "ticket",
    "booking",
    "reservasjon",
    "faktura",
    "fakturaer",
    "fakturanr",
    "fakturanummer",
    "rechnung",
    "invoice",
    "invoices",
    "kid",
    "kunde",
    "kundenr",
    "kundenummer",
    "customer",
    "customers",
    "konto",
    "account",
    "medlem",
    "medlemsnr",
    "medlemsnummer",
    "member",
    "bruker",
    "user",
];
/// Words that say the same of a telephone.
const TELEPHONES: [&str; 14] = [
    "tlf",
    "tlfnr",
    "telefon",
    "telefonnr",
    "telefonnummer",
    "mobil",
    "mobilnr",
    "mobilnummer",
    "tel",
    "phone",
    "mob",
    "sms",
    "vipps",
    "whatsapp",
];
/// Words that say the same of a car's number plate.
const PLATES: [&str; 13] = [
    "reg",
    "regnr",
    "regnummer",
    "registreringsnummer",
    "skilt",
    "skiltnr",
    "skiltnummer",
    "bil",
    "biler",
    "bilnr",
    "kjoretoy",
    "kjøretøy",
    "kjoeretoey",
];
/// The letters and the digits of a Norwegian number plate.
const PLATE_LETTERS: usize = 2;
const PLATE_DIGITS: usize = 5;
/// Words that may stand between such a word and its number.
const BETWEEN: [&str; 25] = [
    "id",
    "nr",
    "no",
    "num",
    "number",
    "nummer",
    "til",
    "fra",
    "for",
    "to",
    "from",
    "view",
    "vis",
    "show",
    "print",
    "pdf",
    "status",
    "details",
    "detaljer",
    "received",
    "mottatt",
    "confirmation",
    "bekreftelse",
    "complete",
    "paid",
];

/// Does this word say what the number after it is?
#[cfg(test)]
pub(super) fn says(word: &str) -> bool {
    let word = word.to_lowercase();
    [&ERRANDS[..], &TELEPHONES, &PLATES].concat().contains(&word.as_str())
}

/// What the words before a number in this text say that it is. `before` is what stands before the text itself:
/// "/ordre/10045".
pub(super) fn kind(text: &str, before: &str) -> Option<&'static str> {
    runs(text).find_map(|(at, run)| {
        let digits = digits_of(run);
        if digits < ERRAND_DIGITS_MIN {
            return None;
        }
        // What could be a day is one, but for a telephone that is called so: 2000 01 01 is a number in Oslo.
        let is_time = span::is_time(run);
        let (within, after) = (&text[..at], &text[at + run.len()..]);
        let groups = groups(run);
        let has_sign = within.trim_end().ends_with('#') && !after.starts_with(char::is_alphanumeric);
        if has_sign && !is_time && groups[0].len() >= ERRAND_DIGITS_MIN {
            return Some(":number");
        }
        match said(within, before)? {
            Said::Telephone => {
                let is_one = TELEPHONE_DIGITS.contains(&digits) && groups.iter().all(|group| group.len() > 1);
                is_one.then_some(":phone")
            }
            Said::Errand => (!is_time && !span::begins_as_tyre(&groups)).then_some(":number"),
        }
    })
}

/// Is there a Norwegian number plate after a word for one: "regnr EK12345", "ek-12345" in `/bil/`? With a sign between its
/// parts, its letters are no word such as *nr*.
pub(super) fn has_plate(text: &str, before: &str) -> bool {
    runs(text).any(|(at, run)| {
        let (within, after) = (&text[..at], &text[at + run.len()..]);
        let head = within.strip_suffix([' ', '-']).unwrap_or(within);
        let Some((letters, _)) = head.char_indices().nth_back(PLATE_LETTERS - 1) else { return false };
        let (rest, letters) = head.split_at(letters);
        let is_word = head.len() < within.len() && is_any(&BETWEEN, letters);
        let is_shaped = run.len() == PLATE_DIGITS
            && run.bytes().all(|byte| byte.is_ascii_digit())
            && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !rest.ends_with(char::is_alphanumeric)
            && !after.starts_with(char::is_alphanumeric);
        is_shaped && !is_word && last_word(words(rest, before)).is_some_and(|word| is_any(&PLATES, word))
    })
}

/// What a word says of the number after it.
enum Said {
    Errand,
    Telephone,
}

/// What the last word says that is neither a number nor one that stands between.
fn said(within: &str, before: &str) -> Option<Said> {
    let mut words = words(within, before);
    // "SO10045": letters that are one with the number, if they are no such word themselves.
    let joined = words.next().unwrap_or("");
    if let Some(said) = said_by(joined) {
        return Some(said);
    }
    if joined.len() > PREFIX_LETTERS_MAX {
        return None;
    }
    last_word(words).and_then(said_by)
}

/// The words before a number, the last one first.
fn words<'t>(within: &'t str, before: &'t str) -> impl Iterator<Item = &'t str> {
    let is_divider = |c: char| !c.is_alphanumeric();
    within.rsplit(is_divider).chain(before.rsplit(is_divider))
}

/// The last one that is neither a number nor one that stands between.
fn last_word<'t>(words: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let is_between = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit()) || is_any(&BETWEEN, word);
    words.filter(|word| !word.is_empty()).take(WORDS_MAX).find(|word| !is_between(word))
}

fn said_by(word: &str) -> Option<Said> {
    if is_any(&TELEPHONES, word) {
        return Some(Said::Telephone);
    }
    is_any(&ERRANDS, word).then_some(Said::Errand)
}

fn is_any(words: &[&str], word: &str) -> bool {
    words.iter().any(|one| one.eq_ignore_ascii_case(word))
}
