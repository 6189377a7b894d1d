//! What the operator vouches for, as visitors are told of it: by name, with what the operator says it is for, and who learns
//! something by it (rules R05 and R16). It has no switch of its own: it goes with its category.

use serde_json::{Value, json};

use super::Banner;
use super::html::{Html, fill};
use super::page::{row, table_foot, table_head};
use super::texts::Texts;
use crate::policy::catalog::{Catalog, Learner, Vouched};
use crate::policy::consent::Category;
use crate::policy::{Allow, Allowed};

/// Any host over TLS.
const ANY_HOST: &str = "https://*";

/// What the operator vouches for in a category.
pub(super) fn vouched(catalog: &Catalog, category: Category) -> impl Iterator<Item = &Vouched> {
    catalog.vouched().iter().filter(move |vouched| vouched.rule.category == category)
}

/// The company that learns of a visit by it, when that is not the site.
pub(super) fn company<'a>(catalog: &'a Catalog, vouched: &'a Vouched) -> Option<&'a str> {
    match &vouched.learner {
        Learner::Nobody => None,
        Learner::Provider(id) => Some(catalog.tracker(*id).provider.name.as_str()),
        Learner::Host { company } => company.as_deref(),
    }
}

/// One rule, for whoever reads it with a program, and for the notice that a receipt proves.
pub(super) fn declared(catalog: &Catalog, vouched: &Vouched) -> Value {
    let Allow { what, category, why, paths } = &vouched.rule;
    let (kind, name) = match what {
        Allowed::Host(host) => ("host", host.as_str()),
        Allowed::Cookie(name) => ("cookie", name.as_str()),
        Allowed::Parameter(name) => ("parameter", name.as_str()),
        Allowed::ServiceWorker(path) => ("service_worker", path.as_str()),
        Allowed::Frames => ("frames", ANY_HOST),
    };
    let provider = match vouched.learner {
        Learner::Provider(id) => {
            let provider = &catalog.tracker(id).provider;
            json!({ "name": provider.name, "country": provider.country })
        }
        Learner::Nobody | Learner::Host { .. } => Value::Null,
    };
    json!({
        "kind": kind,
        "name": name,
        "category": category.name(),
        "why": why,
        "paths": paths,
        "provider": provider,
        "third_party": company(catalog, vouched).is_some(),
    })
}

/// The name it is declared under.
fn name(rule: &Allow) -> String {
    match &rule.what {
        Allowed::Host(name) | Allowed::Cookie(name) | Allowed::ServiceWorker(name) => name.clone(),
        Allowed::Parameter(name) => format!("?{name}"),
        Allowed::Frames => format!("iframe {ANY_HOST} ({})", rule.paths.join(", ")),
    }
}

impl Banner {
    /// Everything the operator vouches for in a category.
    pub(super) fn declare_vouched(&self, html: &mut Html, texts: &Texts, category: Category) {
        let words = &texts.cookies;
        for vouched in vouched(&self.catalog, category) {
            let title = name(&vouched.rule);
            html.element("h3", &title).element("p", &vouched.rule.why);
            if let Some(told) = self.learner(texts, vouched) {
                html.raw("<p class=\"soft\">").text(&told).raw("</p>");
            }
            if let Allowed::Cookie(name) = &vouched.rule.what {
                table_head(html, &title, [&words.item, &words.kind]);
                row(html, [name, &words.kind_cookie]);
                table_foot(html);
            }
        }
    }

    /// Who learns something by it, in a sentence.
    fn learner(&self, texts: &Texts, vouched: &Vouched) -> Option<String> {
        match (&vouched.learner, &vouched.rule.what) {
            (Learner::Provider(id), _) => {
                Some(texts.recipient(self.catalog.tracker(*id), &self.settings.controller.name))
            }
            (Learner::Host { .. }, Allowed::Host(host)) => {
                Some(fill(&texts.cookies.nothing_stored, &[("provider", host)]))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::banner::tests::{catalog, settings};
    use crate::banner::{Banner, Shown, Signal};
    use crate::policy::catalog::Catalog;
    use crate::policy::consent::{Category, Consent};
    use crate::policy::{Allow, Allowed};
    use crate::proxy::rewrite::Part;

    fn rule(what: Allowed, category: Category, why: &str) -> Allow {
        Allow { what, category, why: why.into(), paths: vec!["/kasse".into()] }
    }

    /// One rule of each kind, and the name and reason of each as they stand in a page.
    fn rules() -> Vec<(Allow, &'static str, &'static str)> {
        use Category::{Marketing, Necessary, Statistics};
        vec![
            (
                rule(Allowed::Host("cdn.aaa.example".into()), Necessary, "pictures"),
                "cdn.aaa.example",
                "pictures",
            ),
            (
                rule(Allowed::Host("*.bbb.example".into()), Marketing, "<b>ads"),
                "*.bbb.example",
                "&lt;b&gt;ads",
            ),
            (rule(Allowed::Cookie("zzz_*".into()), Statistics, "counts clicks"), "zzz_*", "counts clicks"),
            (rule(Allowed::Cookie("yyy".into()), Necessary, "keeps the cart"), "yyy", "keeps the cart"),
            (rule(Allowed::Parameter("acid".into()), Necessary, "signs quotes"), "?acid", "signs quotes"),
            (
                rule(Allowed::ServiceWorker("/sw.js".into()), Necessary, "works offline"),
                "/sw.js",
                "works offline",
            ),
            (rule(Allowed::Frames, Necessary, "the bank asks"), "iframe https://* (/kasse)", "the bank asks"),
        ]
    }

    fn vouching(rules: &[Allow]) -> Banner {
        let Some(catalog) = Arc::into_inner(catalog()) else { panic!("the catalogue is held elsewhere") };
        let catalog: Catalog = catalog.asked_by("", rules, &["shop.example".into()]);
        Banner::new(settings(), Arc::new(catalog)).unwrap()
    }

    fn all() -> Banner {
        vouching(&rules().into_iter().map(|(rule, ..)| rule).collect::<Vec<_>>())
    }

    /// The part of a page that begins with a category's heading.
    fn of_category<'a>(page: &'a str, heading: &str) -> &'a str {
        let begin = page.find(heading).unwrap_or_else(|| panic!("{heading} is missing in {page}"));
        let rest = &page[begin + heading.len()..];
        &rest[..rest.find("<h2").unwrap_or(rest.len())]
    }

    #[test]
    fn r16_what_the_operator_vouches_for_is_declared_under_its_category() {
        let banner = all();
        let (page, centre) =
            (banner.cookies_page(1, None), banner.consent_page(1, &Consent::none(), Signal::None, None));
        for (rule, name, why) in rules() {
            let heading = match rule.category {
                Category::Necessary => "Necessary<",
                Category::Preferences => "Preferences<",
                Category::Statistics => "Statistics<",
                Category::Marketing => "Marketing<",
            };
            for page in [&page, &centre] {
                let told = of_category(page, heading);
                assert!(told.contains(&format!("<h3>{name}</h3><p>{why}</p>")), "{name}: {told}");
            }
        }
        assert!(page.contains("<td>zzz_*</td><td>Cookie</td>"), "{page}");
    }

    #[test]
    fn r16_who_learns_something_by_a_host_is_said() {
        let known = rule(Allowed::Host("vid.example".into()), Category::Marketing, "films");
        let page = vouching(&[known, rules().remove(1).0]).cookies_page(1, None);
        assert!(page.contains("but *.bbb.example learns that you were here."), "{page}");
        let told = of_category(&page, "<h3>vid.example</h3>");
        assert!(told.contains("Vid &lt;Inc&gt; (United States) receives the data."), "{told}");
    }

    #[test]
    fn r16_what_is_vouched_for_has_no_switch_of_its_own() {
        let centre = all().consent_page(1, &Consent::none(), Signal::None, None);
        let without = crate::banner::tests::banner().consent_page(1, &Consent::none(), Signal::None, None);
        assert_eq!(centre.matches("role=\"switch\"").count(), without.matches("role=\"switch\"").count());
        let single =
            of_category(&centre, "Statistics<").find("you can still say yes to single ones").unwrap();
        assert!(of_category(&centre, "Statistics<").find("zzz_*").unwrap() < single, "{centre}");
    }

    #[test]
    fn r15_a_host_that_is_asked_about_is_one_company_more() {
        let counted = |rules: &[Allow]| {
            let localized = vouching(rules).localized(&Consent::none(), Shown::AsPage);
            let text = |part: &Part| match part {
                Part::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                _ => String::new(),
            };
            let banner: String = localized[1].banner.iter().map(text).collect();
            let (before, _) = banner.split_once(" other companies").unwrap();
            before.rsplit(' ').next().unwrap().parse::<u32>().unwrap()
        };
        let host = |host: &str, category| rule(Allowed::Host(host.into()), category, "why");
        assert_eq!(counted(&[]), 2);
        assert_eq!(counted(&[host("ads.bbb.example", Category::Marketing)]), 3);
        let twice = ["ads.bbb.example", "*.bbb.example"].map(|name| host(name, Category::Marketing));
        assert_eq!(counted(&twice), 3, "one domain is one company");
        assert_eq!(counted(&[host("vid.example", Category::Statistics)]), 2, "that company is counted");
        assert_eq!(counted(&[host("cdn.aaa.example", Category::Necessary)]), 2, "nobody is asked about it");
        assert_eq!(counted(&[host("cdn.shop.example", Category::Marketing)]), 2, "it is the shop's own");
    }

    #[test]
    fn r16_programs_are_told_of_it_too() {
        let json = all().cookies_json();
        for (at, (rule, ..)) in rules().iter().enumerate() {
            let told = &json["vouched"][at];
            assert_eq!(
                (&told["why"], &told["category"]),
                (&rule.why.as_str().into(), &rule.category.name().into())
            );
        }
        assert_eq!(
            (&json["vouched"][1]["kind"], &json["vouched"][1]["name"]),
            (&"host".into(), &"*.bbb.example".into())
        );
        assert_eq!(json["vouched"][1]["third_party"], true);
        assert_eq!(json["vouched"][2]["third_party"], false);
    }

    #[test]
    fn r40_the_notice_has_what_the_operator_vouches_for() {
        let notice: serde_json::Value = serde_json::from_str(&all().notice(1)).unwrap();
        let marketing = &notice["categories"][3]["vouched"];
        assert_eq!(
            (&marketing[0]["name"], &marketing[0]["why"]),
            (&"*.bbb.example".into(), &"<b>ads".into())
        );
        assert_eq!(notice["categories"][0]["vouched"].as_array().unwrap().len(), 5);
        let other = vouching(&[rule(Allowed::Host("*.bbb.example".into()), Category::Marketing, "other")]);
        assert_ne!(other.texts_hash(1), vouching(&[rules().remove(1).0]).texts_hash(1));
    }
}
