//! What a visit does: where it comes from, which pages it opens, how long it stays.

use jiff::{SignedDuration, Timestamp};

use super::Step;
use super::deeds::{BROKEN, Deed, Event, GONE, NEWSLETTER};
use super::dice::Dice;
use super::people::{Person, Temper};
use crate::counting::Answer;

/// Most pages of one visit.
const PAGES_MAX: u32 = 14;
/// How many of 1000 people who agreed take it back in the same visit.
const WITHDRAW: u32 = 12;

const TYRES: &[(u32, &str)] = &[
    (22, "/dekk/nordgrip-tindra-3"),
    (14, "/dekk/nordgrip-piggvar-x"),
    (13, "/dekk/skarv-fjellsikker"),
    (8, "/dekk/polarvik-isbre"),
    (7, "/dekk/polarvik-nordkapp"),
    (6, "/dekk/tveit-helars"),
    (5, "/dekk/havorn-aero-s"),
    (5, "/dekk/skarv-fjellsikker-suv"),
    (4, "/dekk/havorn-sprint-ev"),
    (3, "/dekk/skarv-kyst"),
    (3, "/dekk/nordgrip-sommer-2"),
    (2, "/dekk/tveit-varebil-c"),
    (4, "/felger/lom-5-solv"),
    (3, "/felger/rondane-turbin"),
    (2, "/felger/lom-12-grafitt"),
    (2, "/felger/rondane-stal"),
];

/// Where a visit comes from: the page before, and the page it lands on; `*` is a product.
const SOURCES: &[(u32, (&str, &str))] = &[
    (17, ("https://www.google.com/", "*")),
    (9, ("https://www.google.com/", "/dekk")),
    (6, ("https://www.google.com/", "/guide/vinterdekk")),
    (
        5,
        (
            "https://www.google.com/",
            "/dekk?gclid=demo&utm_source=google&utm_medium=cpc&utm_campaign=vinterdekk",
        ),
    ),
    (4, ("https://www.google.no/", "/")),
    (22, ("", "/")),
    (5, ("", "*")),
    (
        7,
        (
            "https://l.facebook.com/",
            "/?utm_source=facebook&utm_medium=paid_social&utm_campaign=hostsalg&fbclid=demo",
        ),
    ),
    (4, ("https://m.facebook.com/", "*")),
    (2, ("https://www.instagram.com/", "/dekk?sesong=vinter")),
    (6, ("https://www.finn.no/", "*")),
    (6, ("", "/dekk?utm_source=nyhetsbrev&utm_medium=email&utm_campaign=skiftetid")),
    (3, ("https://www.bing.com/", "*")),
    (2, ("https://duckduckgo.com/", "/dekk")),
    (1, ("https://chatgpt.com/", "/guide/vinterdekk")),
    (1, ("https://www.elbilforum.example/", "*")),
];

const SEARCHES: &[(u32, &str)] = &[(4, "205/55+R16"), (3, "225/45+R17"), (2, "vinterdekk"), (1, "nordgrip")];

const ROBOT_NAMES: &[(u32, &str)] = &[
    (5, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (3, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    (
        2,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    ),
];

/// One visit of somebody, from its first page to its last.
pub(super) fn visit(at: Timestamp, who: &mut Person, dice: &mut Dice, steps: &mut Vec<Step>) {
    let (referrer, landing) = dice.of(SOURCES);
    let mut page = if landing == "*" { dice.of(TYRES).to_owned() } else { landing.to_owned() };
    let mut referrer = (!referrer.is_empty()).then(|| referrer.to_owned());
    let mut at = at;
    let mut signs_up = dice.one_in_1000() < NEWSLETTER;
    for _ in 0..PAGES_MAX {
        steps.push(step(at, who, page.clone(), referrer.take(), Deed::View));
        if page.starts_with("/takk") {
            steps.push(step(
                at + SignedDuration::from_secs(1),
                who,
                page.clone(),
                None,
                Deed::Event(Event::purchase(dice)),
            ));
        }
        if let Temper::Says(answer) = who.temper {
            at += pause(dice, 3, 20);
            steps.push(step(at, who, page.clone(), None, Deed::Answer(answer)));
            who.temper = Temper::Done;
            if answer == Answer::Accepted && dice.one_in_1000() < WITHDRAW {
                at += pause(dice, 10, 90);
                steps.push(step(at, who, page.clone(), None, Deed::Answer(Answer::Withdrawn)));
            }
        }
        let stay = pause(dice, 6, 130);
        let attention = u32::try_from(stay.as_millis() * 6 / 10).unwrap_or(0);
        steps.push(step(at + stay * 6 / 10, who, page.clone(), None, Deed::Attention(attention)));
        at += stay;
        if std::mem::take(&mut signs_up) {
            steps.push(step(at, who, page.clone(), None, Deed::Event(Event::newsletter())));
        }
        if dice.one_in_1000() < BROKEN {
            steps.push(step(at, who, GONE.to_owned(), None, Deed::Gone));
            at += pause(dice, 3, 20);
        }
        let Some(next) = next(&page, dice) else { return };
        if next == "/handlekurv" && is_product(&page) {
            steps.push(step(at, who, page.clone(), None, Deed::Event(Event::add_to_cart(&page))));
            at += SignedDuration::from_secs(1);
        }
        page = next;
    }
}

fn is_product(page: &str) -> bool {
    TYRES.iter().any(|(_, product)| page == *product)
}

/// One view by a robot that says it is one.
pub(super) fn robot(at: Timestamp, dice: &mut Dice, steps: &mut Vec<Step>) {
    let address = std::net::Ipv4Addr::new(198, 18, 224, u8::try_from(dice.between(1, 20)).unwrap_or(1));
    let user_agent = dice.of(ROBOT_NAMES);
    let path = dice.of(TYRES).to_owned();
    let (address, deed) = (address.into(), Deed::View);
    steps.push(Step { at, address, user_agent, path, referrer: None, is_undecided: true, deed });
}

fn step(at: Timestamp, who: &Person, path: String, referrer: Option<String>, deed: Deed) -> Step {
    let is_undecided = who.temper != Temper::Done;
    Step { at, address: who.address.into(), user_agent: who.user_agent, path, referrer, is_undecided, deed }
}

/// Time on a page, most often near `from`.
fn pause(dice: &mut Dice, from: i64, until: i64) -> SignedDuration {
    let one = dice.between(from * 1000, until * 1000);
    let other = dice.between(from * 1000, until * 1000);
    SignedDuration::from_millis(one.min(other))
}

/// The page opened after this one; `None` when the visit ends.
fn next(page: &str, dice: &mut Dice) -> Option<String> {
    let path = page.split('?').next().unwrap_or(page);
    let chance = dice.percent();
    let next = match path {
        "/" => match chance {
            0..38 => return None,
            38..60 => "/dekk",
            60..68 => "/dekk?sesong=vinter",
            68..73 => "/felger",
            73..78 => "/guide/vinterdekk",
            78..81 => "/om-oss",
            81..90 => return Some(format!("/sok?q={}", dice.of(SEARCHES))),
            _ => dice.of(TYRES),
        },
        "/dekk" | "/felger" | "/sok" => match chance {
            0..30 => return None,
            30..38 => "/dekk?sort=pris",
            38..43 => "/dekk?sesong=pigg",
            43..46 => "/",
            _ => dice.of(TYRES),
        },
        "/handlekurv" => match chance {
            0..34 => return None,
            34..80 => "/kasse",
            80..90 => "/dekk",
            _ => dice.of(TYRES),
        },
        "/kasse" => match chance {
            0..36 => return None,
            36..42 => "/handlekurv",
            _ => "/takk",
        },
        "/takk" | "/personvern" => return None,
        "/guide/vinterdekk" | "/om-oss" => match chance {
            0..58 => return None,
            58..84 => "/dekk?sesong=vinter",
            84..88 => "/personvern",
            _ => dice.of(TYRES),
        },
        _ => match chance {
            0..47 => return None,
            47..57 => "/handlekurv",
            57..70 => "/dekk",
            70..74 => "/guide/vinterdekk",
            _ => dice.of(TYRES),
        },
    };
    Some(next.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_once() {
        let mut dice = Dice::new(3);
        let mut who = Person::new(&mut dice);
        who.temper = Temper::Says(Answer::Refused);
        let mut steps = Vec::new();
        for _ in 0..20 {
            visit(Timestamp::UNIX_EPOCH, &mut who, &mut dice, &mut steps);
        }
        assert_eq!(steps.iter().filter(|step| matches!(step.deed, Deed::Answer(_))).count(), 1);
        assert_eq!(steps[0].deed, Deed::View);
    }
}
