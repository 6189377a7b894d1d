//! What tags are told of the consent, each in its own words: Google's, Microsoft's advertising tag, Clarity.
//!
//! What a tag hears is what the visitor said of it: a whole category, or the tag alone. Google's tags are told twice where an
//! answer stands, as the default and as an update, because the shop's own snippet may state a default later; and where
//! something is refused, nothing that the shop's scripts say grants it (`js/heed.js`). A tag of Microsoft's runs only where
//! it was agreed to itself; Clarity, which is for statistics, is told of advertising, too, and hears no yes to that from the shop
//! where the visitor gave none (`js/heed-clarity.js`).

use super::super::Region;
use super::super::assets::{ANSWERED, CLARITY, DEFAULT, HEED, HEED_CLARITY, HEED_QUEUES, SIGNALS, UET};
use super::super::html::ScriptValue;
use super::{GOOGLES, Making};
use crate::policy::catalog::{ConsentMode, Tracker};
use crate::policy::consent::{Category, CategorySet};

/// The name that Microsoft's advertising tag is called by.
const UET_NAME: &str = "uetq";
/// The same of Microsoft Clarity.
const CLARITY_NAME: &str = "clarity";

/// What the signals of a page say, by what stands for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Granted {
    preferences: bool,
    statistics: bool,
    marketing: bool,
}

impl Granted {
    const ALL: Self = Self { preferences: true, statistics: true, marketing: true };

    fn of(categories: CategorySet) -> Self {
        Self {
            preferences: categories.contains(Category::Preferences),
            statistics: categories.contains(Category::Statistics),
            marketing: categories.contains(Category::Marketing),
        }
    }

    /// Was something refused, or not answered yet, that Google's tags ask about? What nobody is asked about was not.
    fn is_short_of(self, asked: Self) -> bool {
        (asked.statistics && !self.statistics) || (asked.marketing && !self.marketing)
    }

    /// A script that states what is granted.
    fn stated(self, script: &str) -> String {
        self.filled(script, |_, is_granted| if is_granted { "\"granted\"" } else { "\"denied\"" })
    }

    /// A script that says whose yes each signal needs: none where it has one.
    fn needed(self, script: &str) -> String {
        self.filled(script, |name, is_granted| if is_granted { "\"necessary\"" } else { name })
    }

    /// What Google's tags are told, with one more field or none.
    fn default(self, more: &str) -> String {
        self.stated(DEFAULT).replace(",__MORE__", more)
    }

    fn filled(self, script: &str, word: impl Fn(&'static str, bool) -> &'static str) -> String {
        script
            .replace("__A__", word("\"preferences\"", self.preferences))
            .replace("__B__", word("\"statistics\"", self.statistics))
            .replace("__C__", word("\"marketing\"", self.marketing))
    }
}

impl Making<'_> {
    /// What page scripts are told of the consent.
    pub(super) fn signals(&self) -> String {
        let categories = self.consent.categories();
        SIGNALS
            .replace("__CONSENT__", ScriptValue::texts(categories.iter().map(Category::name)).as_str())
            .replace("__AT__", ScriptValue::text(&format!("{}/", self.prefix)).as_str())
    }

    /// What tags are told first.
    fn first_command(&self) -> String {
        // Where an answer stands there is none to wait for.
        let more = if self.is_asked() { ",wait_for_update:500" } else { "" };
        let granted = self.granted();
        if self.is_told_twice() { granted.stated(ANSWERED) } else { granted.default(more) }
    }

    /// What Google's tags may do: what was agreed to as a whole, and what single trackers that heed the signals were allowed.
    /// A container stores nothing of its own.
    fn granted(&self) -> Granted {
        let heeding = |category| {
            let heeds = |tracker: &&Tracker| tracker.consent_mode != ConsentMode::Ignored;
            let is_of = |tracker: &Tracker| tracker.category == category && tracker.serves.is_empty();
            let mut trackers = self.catalog.used().filter(heeds).filter(|tracker| is_of(tracker));
            self.consent.categories().contains(category)
                || trackers.any(|tracker| self.consent.grants(tracker))
        };
        Granted {
            preferences: self.consent.categories().contains(Category::Preferences),
            statistics: heeding(Category::Statistics),
            marketing: heeding(Category::Marketing),
        }
    }

    /// Does an answer stand that tags of Google's can hear? Then no default of the shop's own may outdo it.
    fn is_told_twice(&self) -> bool {
        !self.is_google_held() && (!self.is_asked() || self.consent.is_grant())
    }

    /// What only some sites tell, and pages of some visitors: it has to stand before the tags that it is for.
    pub(super) fn commands(&self) -> Vec<String> {
        let (signals, granted) = (self.signals, self.granted());
        let mut pieces = vec![self.first_command()];
        if self.consent.is_before_answer() && signals.is_advanced {
            pieces.extend(signals.regions.iter().map(|region| self.regional(region)));
        }
        if signals.ads_data_redaction && !granted.marketing {
            pieces.push("consentry.gtag(\"set\",\"ads_data_redaction\",!0)".to_owned());
        }
        if signals.url_passthrough {
            pieces.push("consentry.gtag(\"set\",\"url_passthrough\",!0)".to_owned());
        }
        if granted != Granted::ALL && !self.is_google_held() {
            let is_short = granted.is_short_of(Granted::of(self.catalog.asked()));
            pieces.push(granted.needed(if is_short { HEED_QUEUES } else { HEED }));
        }
        pieces.extend(self.microsofts());
        pieces
    }

    /// What Microsoft's tags are told: each what the visitor said of itself. A tag that is held cannot hear, and what it
    /// would ask is answered by a stand-in.
    fn microsofts(&self) -> Vec<String> {
        let is_granted = |name: &str| {
            let calls = |tracker: &&Tracker| tracker.globals.iter().any(|global| global == name);
            let is_granted = self.catalog.used().find(calls).map(|tracker| self.consent.grants(tracker));
            is_granted.filter(|is_granted| self.is_asked() || *is_granted)
        };
        let mut pieces = Vec::new();
        if let Some(marketing) = is_granted(UET_NAME) {
            let said = |how| Granted { marketing, ..self.granted() }.stated(UET).replace("__HOW__", how);
            pieces.push(said("\"default\""));
            if marketing {
                pieces.push(said("\"update\""));
            }
        }
        if let Some(statistics) = is_granted(CLARITY_NAME) {
            let marketing = self.consent.categories().contains(Category::Marketing);
            let granted = Granted { statistics, marketing, ..self.granted() };
            pieces.push(granted.stated(CLARITY));
            if statistics && !marketing {
                pieces.push(granted.needed(HEED_CLARITY));
            }
        }
        pieces
    }

    /// Is there nobody to answer what the page pushes to `dataLayer`?
    pub(super) fn is_google_held(&self) -> bool {
        let is_googles = |name: &String| GOOGLES.contains(&name.as_str());
        let listens = |tracker: &Tracker| {
            tracker.consent_mode != ConsentMode::Ignored || tracker.globals.iter().any(is_googles)
        };
        let categories = self.consent.categories();
        ![Category::Statistics, Category::Marketing].iter().any(|category| categories.contains(*category))
            && !self.running().any(listens)
    }

    /// The default of some countries: the most specific one counts, wherever it stands among the defaults. What the site has
    /// nothing in is granted nowhere.
    fn regional(&self, region: &Region) -> String {
        let countries = ScriptValue::texts(region.countries.iter().map(String::as_str));
        let granted = region.granted.and(self.catalog.asked());
        Granted::of(granted).default(&format!(",region:{}", countries.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FREE, HELD, making, of, text};
    use super::super::{Others, Shown};
    use super::*;
    use crate::banner::Signals;
    use crate::policy::catalog::Catalog;
    use crate::policy::consent::{Choice, Consent, Day};

    /// Rule G1 and G7: all seven signals, in the first statement on dataLayer.
    #[test]
    fn signals_follow_the_consent() {
        let told = |categories| {
            let head = text(&of(categories), FREE);
            let start = head.find("security_storage").unwrap();
            let told = head[start..].split('}').next().unwrap().to_owned();
            (told.matches("\"denied\"").count(), told.matches("\"granted\"").count(), told)
        };
        let (denied, granted, _) = told(CategorySet::NECESSARY);
        assert_eq!((denied, granted), (6, 1));
        let (denied, _, statistics) = told(CategorySet::NECESSARY.with(Category::Statistics));
        assert!(denied == 5 && statistics.contains("analytics_storage:\"granted\""), "{statistics}");
        let (denied, granted, _) = told(CategorySet::ALL);
        assert_eq!((denied, granted), (0, 7));
    }

    #[test]
    fn tags_wait_for_an_answer_where_there_is_none() {
        assert!(text(&Consent::none(), HELD).contains(",wait_for_update:500})"));
        assert!(!text(&of(CategorySet::NECESSARY), HELD).contains("wait_for_update"));
    }

    /// The built-in catalogue, and the head's script of a visitor who agreed to these categories and single trackers.
    fn built_in(categories: &[Category], trackers: &[&str]) -> String {
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap();
        under(&catalog, categories, trackers)
    }

    fn under(catalog: &Catalog, categories: &[Category], trackers: &[&str]) -> String {
        let trackers = trackers.iter().map(|id| catalog.named(id).unwrap().id).collect();
        let choice = Choice::Some { categories: categories.iter().copied().collect(), trackers };
        let consent = Consent::from_choice(&choice, Day(20_513), None, catalog);
        let head = making(catalog, &consent).head(HELD, Others::MayRun);
        String::from_utf8(head.html().to_vec()).unwrap()
    }

    /// Which of the signals about analytics and advertising Google's tags are told to be granted.
    fn google(script: &str) -> &'static str {
        let start = script.find("gtag(\"consent\"").unwrap();
        let told = &script[start..];
        let told = &told[..told.find('}').unwrap()];
        let is_granted = |name: &str| told.contains(&format!("{name}:\"granted\""));
        let granted = match (is_granted("analytics_storage"), is_granted("ad_storage")) {
            (true, true) => "both",
            (true, false) => "analytics",
            (false, true) => "ads",
            (false, false) => "none",
        };
        assert_eq!(is_granted("ad_storage"), is_granted("ad_user_data"));
        granted
    }

    #[test]
    fn an_answer_is_told_as_default_and_as_update() {
        let twice = "[\"default\",\"update\"]";
        let statistics = [Category::Statistics];
        for script in [text(&of(CategorySet::ALL), FREE), built_in(&statistics, &[])] {
            assert!(script.contains(twice), "{script}");
        }
        for script in [text(&Consent::none(), HELD), built_in(&[], &[]), built_in(&[], &["meta-pixel"])] {
            assert!(!script.contains(twice) && script.contains("\"consent\",\"default\""), "{script}");
        }
    }

    #[test]
    fn where_something_is_refused_others_cannot_grant_it() {
        let heeds = |script: &str| script.contains("__defineSetter__(\"push\"");
        assert!(heeds(&built_in(&[Category::Statistics], &[])));
        assert!(heeds(&built_in(&[], &["google-analytics"])));
        assert!(!heeds(&built_in(&Category::ASKED, &[])), "everything was agreed to");
        assert!(!heeds(&built_in(&[], &[])), "nobody hears");
        let heeds_queues = |script: &str| script.contains("new MutationObserver");
        let but_preferences = [Category::Statistics, Category::Marketing];
        assert!(heeds_queues(&built_in(&[Category::Statistics], &[])));
        assert!(heeds_queues(&built_in(&[], &["google-analytics"])));
        assert!(heeds(&built_in(&but_preferences, &[])) && !heeds_queues(&built_in(&but_preferences, &[])));
        let uses = ["google-tag".into(), "google-analytics".into()];
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().using(&uses);
        assert!(!heeds_queues(&under(&catalog, &Category::ASKED, &[])), "nobody is asked about marketing");
        let statistics = built_in(&[Category::Statistics], &[]);
        assert!(
            statistics.contains("ad_storage:\"marketing\"")
                && statistics.contains("analytics_storage:\"necessary\"")
        );
    }

    #[test]
    fn r30_g8_tags_that_run_unasked_grant_themselves_nothing_and_are_held_after_a_no() {
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().advanced();
        let countries = vec!["US".to_owned()];
        let regions = vec![Region { countries, granted: CategorySet::ALL }];
        let signals = Signals { is_advanced: true, regions, ..Signals::default() };
        let script = |consent: &Consent| {
            let making = Making { signals: &signals, ..making(&catalog, consent) };
            String::from_utf8(making.head(HELD, Others::MayRun).html().to_vec()).unwrap()
        };
        let undecided = script(&Consent::none().before_answer());
        let (own, heed) = (undecided.find("region:[\"US\"]"), undecided.find("__defineSetter__(\"push\""));
        assert!(own.is_some() && own < heed, "our own default of a country passes: {undecided}");
        assert!(undecided.contains(",wait_for_update:500") && !undecided.contains("\"update\"]"));
        let refused = script(&of(CategorySet::NECESSARY));
        assert!(!refused.contains("\"update\"]") && !refused.contains("__defineSetter__(\"push\""));
        assert!(!script(&Consent::none()).contains("region:"), "nor do they run for who is not asked");
    }

    /// Rule G7: of what nobody was asked about, nothing is granted.
    #[test]
    fn g7_what_the_shop_has_nothing_in_is_denied_everywhere() {
        let uses = ["google-tag".into(), "google-analytics".into()];
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().using(&uses).advanced();
        assert_eq!(google(&under(&catalog, &Category::ASKED, &[])), "analytics");
        let regions = vec![Region { countries: vec!["US".to_owned()], granted: CategorySet::ALL }];
        let signals = Signals { is_advanced: true, regions, ..Signals::default() };
        let undecided = Consent::none().before_answer();
        let head = Making { signals: &signals, ..making(&catalog, &undecided) }.head(HELD, Others::MayRun);
        let script = String::from_utf8(head.html().to_vec()).unwrap();
        let regional = script.split("gtag(\"consent\"").find(|told| told.contains("region:")).unwrap();
        assert!(
            regional.contains("analytics_storage:\"granted\"") && regional.contains("ad_storage:\"denied\"")
        );
    }

    #[test]
    fn google_is_told_what_single_trackers_may_do() {
        for (trackers, granted) in [
            (&["google-analytics"][..], "analytics"),
            (&["google-tag", "google-analytics"], "analytics"),
            (&["google-ads"], "ads"),
            (&["google-analytics", "google-ads"], "both"),
            (&["google-tag"], "none"),
            (&["microsoft-clarity", "meta-pixel", "youtube"], "none"),
        ] {
            assert_eq!(google(&built_in(&[], trackers)), granted, "{trackers:?}");
        }
    }

    #[test]
    fn microsofts_tags_are_told_what_was_said_of_each() {
        let clarity = built_in(&[], &["microsoft-clarity"]);
        assert!(clarity.contains("{ad_Storage:\"denied\",analytics_Storage:\"granted\"}"), "{clarity}");
        assert!(!clarity.contains("uetq"), "what is held cannot hear");
        let uet = built_in(&[], &["microsoft-uet"]);
        let told = |how: &str| format!(".push(\"consent\",\"{how}\",{{ad_storage:\"granted\"}})");
        let [default, update] = ["default", "update"].map(|how| uet.find(&told(how)));
        assert!(default.is_some() && default < update, "{uet}");
        let marketing = built_in(&[Category::Marketing], &["microsoft-clarity"]);
        assert!(marketing.contains("{ad_Storage:\"granted\",analytics_Storage:\"granted\"}"), "{marketing}");
        let asked = text_of_built_in(&Consent::none());
        assert!(asked.contains(".push(\"consent\",\"default\",{ad_storage:\"denied\"})"), "{asked}");
        assert!(asked.contains("{ad_Storage:\"denied\",analytics_Storage:\"denied\"}"), "{asked}");
    }

    fn text_of_built_in(consent: &Consent) -> String {
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap();
        String::from_utf8(making(&catalog, consent).head(HELD, Others::MayRun).html().to_vec()).unwrap()
    }

    #[test]
    fn a_frame_is_told_the_same() {
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap();
        let consent = of(CategorySet::NECESSARY.with(Category::Statistics));
        let making = Making { shown: Shown::InFrame, ..making(&catalog, &consent) };
        let frame = String::from_utf8(making.head(HELD, Others::MayRun).html().to_vec()).unwrap();
        assert!(frame.contains("[\"default\",\"update\"]") && frame.contains("__defineSetter__(\"push\""));
    }
}
