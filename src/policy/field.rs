//! What becomes of one header field of an answer. Cookies are [`super::cookies`], the policy of a page [`super::fence`].
//!
//! A head can do what a tag can: load ahead, lead away, report, ask the browser for more about the visitor. What it
//! names is judged like an address in a page; a list loses its held members and keeps the others byte for byte; a
//! value that is not well formed is dropped whole, because two readers could take it for two things.
//!
//! | field | dropped |
//! |---|---|
//! | `Link` (RFC 8288) | each link to a held host that makes a browser connect or load |
//! | `Refresh` (HTML 7.5) | when it leads to a held host |
//! | `Report-To`, `Reporting-Endpoints`, `report-uri` in `Content-Security-Policy` and its `-Report-Only` | each held receiver: a report carries the visitor's address and the page's |
//! | `NEL` | when a receiver beside it was dropped, or none is named |
//! | `Accept-CH`, `Critical-CH` and kin | until statistics or marketing is granted |
//! | `Permissions-Policy` | when it is malformed, so that ours beside it counts; client hints for held hosts are taken back |
//! | `Speculation-Rules`, `X-DNS-Prefetch-Control: on` | until nothing is held: rules name any address, links do too, and no policy of browsers covers what is fetched or looked up ahead |
//! | `Observe-Browsing-Topics`, `Attribution-Reporting-*`, `Ad-Auction-*` and kin | until marketing is granted |
//!
//! All else passes: `Clear-Site-Data`, `Set-Login`, `Supports-Loading-Mode`, `SourceMap` and the rest
//! load nothing and tell nobody. `Location` is a matter of what the request was for: the room `server` asks
//! [`Policy::address_is_open`].

mod dictionary;
mod link;
mod report;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

use super::consent::{Category, Consent};
use super::cookies::Kept;
use super::markup::refresh_addresses;
use super::{Page, Policy};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const REPORT_TO: HeaderName = HeaderName::from_static("report-to");

/// What a field can do, where it can do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Power {
    /// Loads, or connects ahead.
    Links,
    /// Leads the page away.
    Leads,
    /// Names receivers of reports in a Content-Security-Policy.
    ReportsInPolicy,
    /// Names receivers of reports, by name.
    ReportsToEndpoints,
    /// Names receivers of reports, in groups.
    ReportsToGroups,
    /// Has every failed request reported to one of these groups.
    ReportsErrors,
    /// Asks the browser for more about itself and the visitor.
    AsksHints,
    /// Says who may use which feature.
    Permits,
    /// Has pages fetched, or names looked up, before anybody goes there.
    GoesAhead,
    /// Uses what browsers have built in for advertising.
    Advertises,
}

impl Power {
    /// Of the field with that (lower-case) name; `None` for nearly all of them.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "link" => Self::Links,
            "refresh" => Self::Leads,
            "content-security-policy" | "content-security-policy-report-only" => Self::ReportsInPolicy,
            "reporting-endpoints" => Self::ReportsToEndpoints,
            "report-to" => Self::ReportsToGroups,
            "nel" => Self::ReportsErrors,
            "accept-ch" | "critical-ch" | "accept-ch-lifetime" | "delegate-ch" => Self::AsksHints,
            "permissions-policy" => Self::Permits,
            "speculation-rules" | "x-dns-prefetch-control" => Self::GoesAhead,
            "observe-browsing-topics"
            | "shared-storage-write"
            | "sec-private-state-token"
            | "allow-fenced-frame-automatic-beacons"
            | "x-allow-fledge" => Self::Advertises,
            _ if name.starts_with("attribution-reporting-") || name.starts_with("ad-auction-") => {
                Self::Advertises
            }
            _ => return None,
        })
    }
}

/// Does a field of this head use what browsers have built in for advertising?
pub fn advertises(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| Power::of(name.as_str()) == Some(Power::Advertises))
}

impl Policy {
    /// Takes out of an answer's head what a page of this consent may not have. Returns how many values were dropped,
    /// in whole or in part.
    ///
    /// More consent never drops more, and what names open hosts only keeps its bytes. Allocates only when there is a
    /// field that can do something, which most answers have not.
    pub fn filter_fields(&self, consent: &Consent, page: Page<'_>, headers: &mut HeaderMap) -> usize {
        if self.holds_nothing(consent) {
            return 0;
        }
        let mut powers: Vec<(HeaderName, Power)> = headers
            .keys()
            .filter_map(|name| Power::of(name.as_str()).map(|power| (name.clone(), power)))
            .collect();
        // What reports errors is judged by the groups that are left.
        powers.sort_by_key(|(_, power)| *power == Power::ReportsErrors);
        let mut has_lost_groups = false;
        let mut dropped = 0;
        for (name, power) in powers {
            let count = match power {
                Power::Leads => self.filter_refresh(consent, page, &name, headers),
                Power::Permits => self.filter_permissions(consent, page, headers),
                Power::ReportsErrors if has_lost_groups || !headers.contains_key(REPORT_TO) => {
                    remove(headers, &name)
                }
                Power::ReportsErrors => 0,
                _ => {
                    let judge = |value: &[u8]| self.judge_field(consent, page, power, value);
                    filter_values(headers, &name, judge)
                }
            };
            has_lost_groups |= power == Power::ReportsToGroups && count > 0;
            dropped += count;
        }
        dropped
    }

    /// What of one value is left.
    fn judge_field(&self, consent: &Consent, page: Page<'_>, power: Power, value: &[u8]) -> Kept {
        let is_open = |address: &[u8]| self.address_is_open(consent, page, address);
        let categories = consent.categories();
        let all_or_none = |is_kept: bool| if is_kept { Kept::All } else { Kept::None };
        match power {
            Power::Links => link::judge(value, is_open),
            Power::ReportsInPolicy => report::judge_policy(value, is_open),
            Power::ReportsToEndpoints => report::judge_endpoints(value, is_open),
            Power::ReportsToGroups => report::judge_groups(value, is_open),
            Power::AsksHints => all_or_none(
                categories.contains(Category::Statistics) || categories.contains(Category::Marketing),
            ),
            Power::Advertises => all_or_none(categories.contains(Category::Marketing)),
            Power::GoesAhead => all_or_none(value.trim_ascii().eq_ignore_ascii_case(b"off")),
            Power::Leads | Power::Permits | Power::ReportsErrors => Kept::All,
        }
    }

    /// A refresh is one value: browsers put several lines together with commas before they read it.
    fn filter_refresh(
        &self,
        consent: &Consent,
        page: Page<'_>,
        name: &HeaderName,
        headers: &mut HeaderMap,
    ) -> usize {
        let value = joined(headers, name);
        if refresh_addresses(&value).all(|address| self.address_is_open(consent, page, address)) {
            return 0;
        }
        remove(headers, name)
    }

    /// The lines of a dictionary are read as one, and of members with one name the last counts (RFC 9651 section
    /// 4.2.2): what is appended after this wins. One that cannot be read counts for nothing, and neither does what is
    /// appended to it: it goes. A client hint for a held host is taken back by a narrower member.
    fn filter_permissions(&self, consent: &Consent, page: Page<'_>, headers: &mut HeaderMap) -> usize {
        let value = joined(headers, &PERMISSIONS_POLICY);
        let Some(members) = dictionary::read(&value) else {
            return remove(headers, &PERMISSIONS_POLICY);
        };
        let is_held = |item: &dictionary::Item<'_>| match item {
            dictionary::Item::Text(address) => !self.address_is_open(consent, page, address),
            dictionary::Item::Token(_) | dictionary::Item::Other => false,
        };
        let mut narrower = Vec::new();
        for member in members.iter().filter(|member| member.key.starts_with(b"ch-")) {
            if member.items.iter().any(is_held) {
                let has_self = member.items.contains(&dictionary::Item::Token(b"self"));
                let list: &[u8] = if has_self { b"=(self)" } else { b"=()" };
                narrower.push([member.key, list].concat());
            }
        }
        let count = narrower.len();
        if let Ok(value) = HeaderValue::from_bytes(&narrower.join(&b", "[..]))
            && count > 0
        {
            headers.append(PERMISSIONS_POLICY, value);
        }
        count
    }
}

/// Every line of a field as one value (RFC 9110 section 5.3).
fn joined(headers: &HeaderMap, name: &HeaderName) -> Vec<u8> {
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    lines.join(&b", "[..])
}

/// Removes every line of a field; returns how many there were.
fn remove(headers: &mut HeaderMap, name: &HeaderName) -> usize {
    let count = headers.get_all(name).iter().count();
    headers.remove(name);
    count
}

/// Leaves of each line what `judge` keeps; returns how many lines lost something.
fn filter_values(headers: &mut HeaderMap, name: &HeaderName, judge: impl Fn(&[u8]) -> Kept) -> usize {
    let verdicts: Vec<Kept> = headers.get_all(name).iter().map(|line| judge(line.as_bytes())).collect();
    let dropped = verdicts.iter().filter(|verdict| **verdict != Kept::All).count();
    if dropped == 0 {
        return 0;
    }
    let lines: Vec<HeaderValue> = headers.get_all(name).iter().cloned().collect();
    headers.remove(name);
    for (line, verdict) in lines.into_iter().zip(verdicts) {
        let left = match verdict {
            Kept::All => Some(line),
            // Bytes that came out of a header value are fit to go into one.
            Kept::Some(bytes) => HeaderValue::from_bytes(&bytes).ok(),
            Kept::None => None,
        };
        if let Some(left) = left {
            headers.append(name.clone(), left);
        }
    }
    dropped
}

/// What is left of a list: `members` are its parts, each with whether it stays.
fn kept_of_list<'a>(members: impl Iterator<Item = (&'a [u8], bool)> + Clone) -> Kept {
    if members.clone().all(|(_, stays)| stays) {
        return Kept::All;
    }
    let left: Vec<&[u8]> = members.filter(|(_, stays)| *stays).map(|(text, _)| text).collect();
    if left.is_empty() { Kept::None } else { Kept::Some(left.join(&b", "[..])) }
}

#[cfg(test)]
mod tests;
