//! What has no words of an operator's: all that tells what is so (rules R05, R15 to R17, R31, R33, R41, R43 and R44).
//!
//! What is asked about, what stands, who learns something, for how long, and what a button does are the same in every shop, and
//! no list of what may not be said of them would ever be whole. So there is one of the few texts that are open; whatever is
//! not on it, such as a text that a later version has, is the program's own.

use super::Refused;

/// Texts that an operator may word anew, each within rules of its own.
const OPEN: [&str; 11] = [
    "banner.heading",
    "banner.refuse",
    "banner.accept",
    "banner.refuse_all",
    "banner.accept_all",
    "banner.choose",
    "banner.details",
    "banner.privacy",
    "banner.standing",
    "consent.refuse_all",
    "consent.accept_all",
];

/// The rule that a text would break if it told otherwise, by how its name begins; of several beginnings the longest counts.
const RULES: [(&str, &str); 21] = [
    // Lifetimes and what joins a list have no table.
    ("", "R16"),
    ("necessary.", "R05"),
    ("preferences.", "R15"),
    ("statistics.", "R15"),
    ("marketing.", "R15"),
    ("banner.", "R15"),
    ("banner.refused", "R17"),
    ("placeholder.", "R15"),
    ("consent.", "R17"),
    ("consent.companies", "R15"),
    ("consent.lasts", "R33"),
    ("cookies.", "R16"),
    ("countries.", "R16"),
    ("my_data.", "R41"),
    ("my_data.withdraw", "R31"),
    ("my_data.change", "R31"),
    ("my_data.contact", "R43"),
    ("my_data.complain", "R43"),
    ("my_data.processors", "R43"),
    ("counting.", "R44"),
    ("trouble.", "R17"),
];

/// May an operator word this text anew?
pub fn is_open(name: &str) -> bool {
    OPEN.contains(&name)
}

/// What is wrong with a text that was written anew and is the program's own.
pub(super) fn rewritten(name: &str) -> Option<Refused> {
    if is_open(name) {
        return None;
    }
    let rules = RULES.iter().filter(|(start, _)| name.starts_with(start));
    let (_, rule) = rules.max_by_key(|(start, _)| start.len())?;
    let reason = format!("{rule}: the text {name} cannot be written anew");
    Some(Refused::new(
        reason,
        "it says what is asked, what stands or what the program does; leave the key out",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::{built_in, refused};
    use super::{OPEN, RULES};

    fn told(name: &str, text: &str) -> String {
        let texts = built_in("en");
        refused("en", name, &texts[name], text).map(|refused| refused.reason).unwrap_or_default()
    }

    #[test]
    fn what_is_so_is_told_in_the_programs_words() {
        for (name, text, rule) in [
            ("consent.unanswered", "You said yes.", "R17: "),
            ("consent.refused", "You said yes on {date}.", "R17: "),
            ("banner.refused", "You will be sorry.", "R17: "),
            ("banner.who_many", "we ({controller}) and {count} friends", "R15: "),
            ("banner.change", "Have a nice day.", "R15: "),
            ("consent.always", "Off", "R17: "),
            ("my_data.withdraw", "Keep everything", "R31: "),
            ("my_data.erase", "Cancel", "R41: "),
            ("consent.intro", "All of these are on by law.", "R17: "),
            ("consent.lasts", "Your answer stands for {days}, then it is yes.", "R33: "),
            ("consent.companies_many", "{count} friends", "R15: "),
            ("consent.save", "Cancel", "R17: "),
            ("consent.title", "Are you a robot?", "R17: "),
            ("consent.open", "Hidden", "R17: "),
            ("placeholder.allow", "Close {tracker}", "R15: "),
            ("placeholder.text", "Film by {tracker}.", "R15: "),
            ("marketing.name", "A shop that works", "R15: "),
            ("marketing.listed", "your cart", "R15: "),
            ("marketing.about", "Protects you from fraud.", "R15: "),
            ("necessary.listed", "everything", "R05: "),
            ("my_data.withdraw_about", "Your orders are cancelled.", "R31: "),
            ("my_data.erase_about", "Erasing closes your account.", "R41: "),
            ("my_data.contact_email", "Write to {email}, it costs 50 euro.", "R43: "),
            ("counting.object", "Count me", "R44: "),
            ("counting.object_no_more", "Do not count me", "R44: "),
        ] {
            let told = told(name, text);
            assert!(told.starts_with(rule), "{name}: {told}");
        }
    }

    /// A sentence of an operator's own can say anything of what no and yes do, beside the program's or around it.
    #[test]
    fn r15_what_a_yes_means_is_said_by_the_program() {
        let own = &built_in("en")["banner.lead"];
        for text in [
            "If you do not agree, {who} use them for {purposes} all the same. {change}",
            "If you do not refuse, {who} use them for {purposes}. {change}",
            "{who} use them for {purposes} already; your answer changes what you see. {change}",
            "If you agree, {who} use them for security, not {purposes}. {change}",
            "{purposes} {who} {change}",
        ] {
            assert_eq!(told("banner.lead", text), "R15: the text banner.lead cannot be written anew");
        }
        for added in [
            "Scroll on to agree.",
            "Close this to agree.",
            "If you say nothing, it counts as yes.",
            "You agreed earlier; this is only to confirm.",
            "It is the law that you agree.",
            "The top button turns the shop off.",
            "Nothing is shared with anybody.",
            "Small shops die without them.",
            "Welcome to our shop.",
        ] {
            for text in [format!("{added} {own}"), format!("{own} {added}")] {
                assert_eq!(told("banner.lead", &text), "R15: the text banner.lead cannot be written anew");
            }
        }
        assert_eq!(told("banner.lead", own), "");
    }

    /// Upper button of two with one name: it would throw away what was switched.
    #[test]
    fn r17_the_way_out_of_the_preferences_reads_like_no_way_to_save_them() {
        for text in ["Save my choice", "Save and close", "Confirm", "Withdraw everything"] {
            assert_eq!(told("consent.back", text), "R17: the text consent.back cannot be written anew");
        }
    }

    #[test]
    fn r16_no_lifetime_and_no_country_is_told_as_another() {
        for (name, text) in [
            ("months", "{count} minutes"),
            ("days", "{count} hours"),
            ("day", "1 hour"),
            ("session", "for one second"),
            ("kept", "for a moment"),
            ("and", "or"),
            ("countries.US", "Norway"),
            ("cookies.lifetime", "Safe"),
            ("cookies.kind_cookie", "Necessary"),
            ("cookies.own_receives", "{controller} and its partners use it."),
        ] {
            let told = told(name, text);
            assert!(told.starts_with("R16: "), "{name}: {told}");
        }
    }

    #[test]
    fn r41_no_right_is_told_as_something_else() {
        for (name, text, rule) in [
            ("my_data.download", "Erase the receipt", "R41: "),
            ("my_data.download_about", "Keep it, or you lose your money back.", "R41: "),
            ("my_data.class_unknown", "Necessary", "R41: "),
            ("my_data.erase_title", "Close my account", "R41: "),
            ("my_data.withdraw_title", "Cancel my order", "R31: "),
            ("my_data.change", "Delete my account", "R31: "),
            ("my_data.complain", "Pay a fee", "R43: "),
            ("my_data.processors", "They sell data on behalf of {controller}.", "R43: "),
        ] {
            let told = told(name, text);
            assert!(told.starts_with(rule), "{name}: {told}");
        }
    }

    #[test]
    fn what_was_refused_is_told_in_the_programs_words() {
        for (name, text) in
            [("trouble.answer", "You said yes."), ("trouble.cross_site", "Your yes was saved.")]
        {
            assert_eq!(told(name, text), format!("R17: the text {name} cannot be written anew"));
        }
    }

    #[test]
    fn every_table_of_texts_has_its_rule() {
        for name in built_in("en").keys() {
            let table = name.split_once('.').map_or(String::new(), |(table, _)| format!("{table}."));
            assert!(RULES.iter().any(|(start, _)| *start == table), "{table} has no rule");
        }
        for (start, _) in RULES {
            assert!(built_in("en").keys().any(|name| name.starts_with(start)), "no text begins with {start}");
        }
    }

    #[test]
    fn docs_name_every_text_that_is_open_and_every_table_that_is_not() {
        let (rules, texts) = (include_str!("../../../docs/rules.md"), built_in("en"));
        for name in OPEN {
            assert!(texts.contains_key(name), "there is no text {name}");
            assert!(rules.contains(&format!("`{name}`")), "{name} is not in docs/rules.md");
        }
        for name in texts.keys() {
            let table = name.split_once('.').map_or(name.as_str(), |(table, _)| table);
            assert!(rules.contains(&format!("`{table}`")), "{table} is not in docs/rules.md");
        }
    }
}
