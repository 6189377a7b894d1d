//! Which way a visit came: the channel, by the rules that Plausible documents, in their order.

use super::known::{self, Sort};

/// What the channel is told from; empty where there is none. `source` is the name that is counted.
pub(super) struct Facts<'a> {
    pub(super) source: &'a str,
    pub(super) medium: &'a str,
    pub(super) campaign: &'a str,
    /// `utm_source` as it was written.
    pub(super) tagged: &'a str,
    pub(super) click_id: Option<&'static str>,
}

const DISPLAY: [&str; 5] = ["display", "banner", "expandable", "interstitial", "cpm"];
const SOCIAL: [&str; 6] =
    ["social", "social-network", "social-media", "sm", "social network", "social media"];
const REFERRAL: [&str; 3] = ["referral", "app", "link"];
const EMAIL: [&str; 5] = ["email", "e-mail", "e_mail", "e mail", "newsletter"];

/// The first rule that fits.
pub(super) fn channel(facts: &Facts<'_>) -> &'static str {
    let source = facts.source.to_lowercase();
    let [medium, campaign, tagged] =
        [facts.medium, facts.campaign, facts.tagged].map(|text| text.trim().to_lowercase());
    let medium = medium.as_str();
    let sort = known::sort(&source);
    let is_paid = is_paid_medium(medium);
    let is_bought = is_paid || is_paid_source(&tagged);
    let is_shopping = sort == Some(Sort::Shopping) || is_shopping_campaign(&campaign);
    let by_click =
        matches!((source.as_str(), facts.click_id), ("google", Some("gclid")) | ("bing", Some("msclkid")));
    match sort {
        _ if campaign.contains("cross-network") => "Cross-network",
        _ if is_shopping && is_paid => "Paid Shopping",
        Some(Sort::Search) if is_bought => "Paid Search",
        _ if by_click => "Paid Search",
        Some(Sort::Social) if is_bought => "Paid Social",
        Some(Sort::Video) if is_bought => "Paid Video",
        _ if DISPLAY.contains(&medium) => "Display",
        _ if is_paid => "Paid Other",
        _ if is_shopping => "Organic Shopping",
        Some(Sort::Social) => "Organic Social",
        _ if SOCIAL.contains(&medium) => "Organic Social",
        Some(Sort::Video) => "Organic Video",
        _ if medium.contains("video") => "Organic Video",
        Some(Sort::Assistant) => "AI Assistants",
        Some(Sort::Search) => "Organic Search",
        Some(Sort::Email) => "Email",
        _ => unpaid(&source, medium, &tagged),
    }
}

/// The rules of the rest, for which the kind of source says nothing.
fn unpaid(source: &str, medium: &str, tagged: &str) -> &'static str {
    if EMAIL.iter().any(|word| medium.contains(word) || tagged.contains(word)) {
        return "Email";
    }
    let is_push = medium.ends_with("push") || medium.contains("mobile") || medium.contains("notification");
    match medium {
        "affiliate" => "Affiliates",
        "audio" => "Audio",
        _ if medium == "sms" || tagged == "sms" => "SMS",
        _ if is_push || source == "firebase" => "Mobile Push Notifications",
        _ if !source.is_empty() || REFERRAL.contains(&medium) => "Referral",
        _ => "Direct",
    }
}

/// "cpc", "ppc", "paid-social", "retargeting".
fn is_paid_medium(medium: &str) -> bool {
    medium.contains("cp") || medium.starts_with("paid") || matches!(medium, "ppc" | "retargeting")
}

/// A source that is written as its advertisements: "facebook-ads", "yt-ad", "adwords".
fn is_paid_source(tagged: &str) -> bool {
    let stem = tagged.strip_suffix("ads").or_else(|| tagged.strip_suffix("ad"));
    tagged == "adwords"
        || stem.is_some_and(|stem| known::tag(stem.trim_end_matches(['-', '_', ' '])).is_some())
}

/// A campaign for "shop" as a word of its own, or for "shopping": not "workshop"'s nor "bishop"'s k, i, o; "e-shop" is.
fn is_shopping_campaign(campaign: &str) -> bool {
    campaign.contains("shopping")
        || campaign.match_indices("shop").any(|(at, _)| {
            campaign[..at]
                .chars()
                .next_back()
                .is_none_or(|before| before == 'e' || !before.is_ascii_lowercase())
        })
}
