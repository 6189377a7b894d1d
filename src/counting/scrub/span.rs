//! Numbers that are about nobody: days and years, prices from and to, sizes.

use super::number::groups;

/// The most digits of a price.
const PRICE_DIGITS_MAX: usize = 5;
/// What prices end in.
const PRICE_ENDINGS: [&str; 7] = ["00", "49", "50", "90", "95", "98", "99"];
/// Rims of lorries, in tenths of an inch: 17.5, 19.5, 22.5, 24.5.
const LORRY_RIMS: [&str; 4] = ["175", "195", "225", "245"];

/// A day, or from one year or month to another.
pub(super) fn is_time(text: &str) -> bool {
    is_date(text) || is_years(text) || is_months(text)
}

/// From one price to a higher one: "500-1000". What could be a telephone, or the number of something in a year, must
/// end as prices do.
pub(super) fn is_prices(text: &str) -> bool {
    let Some((from, to)) = ends(text) else { return false };
    let is_price = |text: &str| text.len() <= PRICE_DIGITS_MAX && !text.starts_with('0');
    let is_usual = |text: &str| PRICE_ENDINGS.iter().any(|ending| text.ends_with(ending));
    let is_doubtful = (from.len() == 4 && to.len() == 4) || is_year(from) || is_year(to);
    let is_rising = from.parse::<u32>().ok() < to.parse::<u32>().ok();
    is_price(from) && is_price(to) && is_rising && (!is_doubtful || (is_usual(from) && is_usual(to)))
}

/// Sizes of tyres: groups of at most three digits, or all of it in one; sizes of shoes and clothes, one after the other.
pub(super) fn is_size(text: &str) -> bool {
    let groups = groups(text);
    if let [whole] = groups[..] {
        return whole.len() == 7
            && is_tyre(&whole[..3], &whole[3..5])
            && ("12"..="24").contains(&&whole[5..]);
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    // Sizes that are written like a telephone rise by one or two: "36 37 38 39" is none, "22 33 44 55" is one.
    let is_telephone = lengths == [2, 2, 2, 2] && text.contains(' ') && !rises_by_at_most(&groups, 2);
    let is_other =
        is_telephone || (matches!(lengths[..], [3, 2 | 3, 3] | [2, 2, 2, 2]) && !are_sizes(&groups));
    groups.len() > 2
        && lengths.iter().all(|length| *length <= 3)
        && !is_other
        && !text.starts_with(['+', '0'])
}

/// Groups that are sizes although a telephone has such groups as well: of tyres for lorries, or of shoes and clothes.
pub(super) fn are_sizes(groups: &[&str]) -> bool {
    let is_lorry =
        matches!(groups, [width, height, rim] if is_tyre(width, height) && LORRY_RIMS.contains(rim));
    is_lorry || rises_by_at_most(groups, u32::MAX)
}

/// Does a size of a tyre begin with these groups?
pub(super) fn begins_as_tyre(groups: &[&str]) -> bool {
    matches!(groups, [width, height, ..] if is_tyre(width, height))
}

/// Width and height of a tyre: "205", "55".
fn is_tyre(width: &str, height: &str) -> bool {
    width.len() == 3
        && ("105"..="495").contains(&width)
        && width.ends_with('5')
        && ("25"..="95").contains(&height)
        && height.ends_with(['0', '5'])
}

/// Do the numbers rise by the same step, and no higher one: 40, 41, 42, 43?
fn rises_by_at_most(groups: &[&str], most: u32) -> bool {
    let numbers: Vec<u32> = groups.iter().filter_map(|group| group.parse().ok()).collect();
    let mut steps = numbers.windows(2).map(|pair| pair[1].checked_sub(pair[0]));
    let first = steps.next().flatten();
    groups.len() > 3
        && first.is_some_and(|step| (1..=most).contains(&step))
        && steps.all(|step| step == first)
}

/// What stands on both sides of the one hyphen, if these are numbers.
fn ends(text: &str) -> Option<(&str, &str)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (from.trim(), to.trim());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(from) && is_number(to)).then_some((from, to))
}

/// Years a model was made: "2005-2012".
fn is_years(text: &str) -> bool {
    ends(text).is_some_and(|(from, to)| is_year(from) && is_year(to) && from <= to)
}

/// Months from which and until which a model was made: "03.2005-09.2012", "2005-03-2012-09".
fn is_months(text: &str) -> bool {
    let (from, to) = match groups(text)[..] {
        [month, year, until_month, until_year] if year.len() == 4 => {
            ((year, month), (until_year, until_month))
        }
        [year, month, until_year, until_month] => ((year, month), (until_year, until_month)),
        _ => return false,
    };
    let is_month = |(year, month): (&str, &str)| is_year(year) && is_within(month, 12);
    is_bare(text) && is_month(from) && is_month(to) && from <= to
}

/// A day of this century, such as 2026-11-29, 29.11.2026 or 20261129.
fn is_date(text: &str) -> bool {
    let (year, month, day) = match groups(text)[..] {
        [year, month, day] if year.len() == 4 => (year, month, day),
        [day, month, year] if year.len() == 4 => (year, month, day),
        [whole] if whole.len() == 8 => (&whole[..4], &whole[4..6], &whole[6..]),
        _ => return false,
    };
    is_bare(text) && year.starts_with("20") && is_within(month, 12) && is_within(day, 31)
}

/// Nothing but digits and what divides them in a date?
fn is_bare(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_'))
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && ("1900"..="2100").contains(&text)
}

fn is_within(text: &str, highest: u32) -> bool {
    text.len() == 2 && text.parse::<u32>().is_ok_and(|number| (1..=highest).contains(&number))
}
