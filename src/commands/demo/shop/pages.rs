//! The pages anyone may read: home, category, product, guide and the like.

use std::fmt::Write as _;

use super::goods::{GOODS, Item, Kind, Sort, search, shelf};
use super::html::{escape, fill, kroner};

/// What the shop knows of the visitor a page is made for.
#[derive(Clone, Debug, Default)]
pub(super) struct Visitor {
    /// Name shown when logged in.
    pub name: Option<String>,
    /// Things in the basket.
    pub things: u32,
}

/// The language a page is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Norwegian Bokmål.
    Bokmal,
    /// English.
    English,
}

/// One page before its frame.
#[derive(Debug)]
pub(super) struct Page {
    /// Its language.
    pub language: Language,
    /// Title, without the shop's name.
    pub title: String,
    /// More for the head: structured data, scripts.
    pub head: String,
    /// What stands between header and footer.
    pub main: String,
    /// What was searched for, as typed.
    pub words: String,
}

impl Page {
    /// A page in Norwegian.
    pub(super) fn bokmal(title: impl Into<String>, main: String) -> Self {
        Self {
            language: Language::Bokmal,
            title: title.into(),
            head: String::new(),
            main,
            words: String::new(),
        }
    }

    /// The whole document, tags and all.
    pub(super) fn document(&self, visitor: &Visitor) -> String {
        let (lang, top, bottom, description) = match self.language {
            Language::Bokmal => (
                "nb",
                include_str!("top_nb.html"),
                include_str!("bottom_nb.html"),
                "Dekk og felger på nett, montert der du bor.",
            ),
            Language::English => (
                "en",
                include_str!("top_en.html"),
                include_str!("bottom_en.html"),
                "Tyres and rims, fitted where you live.",
            ),
        };
        let who = visitor.name.as_deref().map_or_else(|| "Logg inn".into(), escape);
        let count = if visitor.things == 0 { String::new() } else { format!(" <b>{}</b>", visitor.things) };
        let top = fill(top, &[("words", &escape(&self.words)), ("who", &who), ("count", &count)]);
        let title = format!("{} | Fjordhjul", escape(&self.title));
        fill(
            include_str!("layout.html"),
            &[
                ("lang", lang),
                ("title", &title),
                ("description", description),
                ("tags_head", include_str!("tags_head.html")),
                ("tags_body", include_str!("tags_body.html")),
                ("head", &self.head),
                ("top", &top),
                ("main", &self.main),
                ("bottom", bottom),
            ],
        )
    }
}

/// The home page as a new visitor gets it: about 29 KB with the vendors' tags; the benches rewrite it.
pub fn home_page() -> String {
    home(Language::Bokmal).document(&Visitor::default())
}

/// The front page.
pub(super) fn home(language: Language) -> Page {
    let items: Vec<_> = GOODS.iter().collect();
    match language {
        Language::Bokmal => {
            let main = fill(include_str!("home_nb.html"), &[("grid", &grid(&items, language))]);
            Page { head: shelf_as_data(&items), ..Page::bokmal("Dekk og felger på nett", main) }
        }
        Language::English => {
            let main = fill(include_str!("home_en.html"), &[("grid", &grid(&items[..8], language))]);
            Page { language, title: "Tyres and rims".into(), head: String::new(), main, words: String::new() }
        }
    }
}

/// A category in an order; `season` of `None` shows all of it.
pub(super) fn category(category: &str, season: Option<&str>, sort: Sort) -> Page {
    let items = shelf(category, season, sort);
    let heading = if category == "felger" { "Felger" } else { "Dekk" };
    let mut sorts = String::new();
    for choice in Sort::ALL {
        if category == "felger" && choice == Sort::Noise {
            continue;
        }
        let chosen = if choice == sort { " selected" } else { "" };
        let _ = write!(sorts, r#"<option value="{}"{chosen}>{}</option>"#, choice.word(), choice.label());
    }
    let mut chips = String::new();
    if category == "dekk" {
        for (word, label) in [
            (None, "Alle"),
            (Some("vinter"), "Piggfrie"),
            (Some("pigg"), "Pigg"),
            (Some("sommer"), "Sommer"),
            (Some("helar"), "Helår"),
        ] {
            let current = if word == season { r#" aria-current="true""# } else { "" };
            let query = word.map(|word| format!("?sesong={word}")).unwrap_or_default();
            let _ = write!(chips, r#"<a href="/dekk{query}"{current}>{label}</a>"#);
        }
    }
    let season_field = season
        .map(|season| format!(r#"<input type="hidden" name="sesong" value="{}">"#, escape(season)))
        .unwrap_or_default();
    let main = fill(
        include_str!("category.html"),
        &[
            ("heading", heading),
            ("category", category),
            ("sorts", &sorts),
            ("chips", &chips),
            ("season_field", &season_field),
            ("count_shown", &format!("{} treff", items.len())),
            ("grid", &grid(&items, Language::Bokmal)),
        ],
    );
    Page::bokmal(heading, main)
}

/// One thing, with structured data, and a film where there is one.
pub(super) fn product(item: &Item) -> Page {
    let others: Vec<_> =
        GOODS.iter().filter(|other| other.kind == item.kind && other.slug != item.slug).take(4).collect();
    let film = match item.kind {
        Kind::Winter | Kind::Studded => film(&format!("{} på Gol i januar", item.name())),
        _ => String::new(),
    };
    let main = fill(
        include_str!("product.html"),
        &[
            ("slug", item.slug),
            ("name", &item.name()),
            ("category", item.kind.category()),
            ("category_name", if item.kind.category() == "dekk" { "Dekk" } else { "Felger" }),
            ("kind", item.kind.label()),
            ("size", item.size),
            ("pitch", item.pitch),
            ("label", &label(item)),
            ("price_shown", &price(item)),
            ("stock", &format!("{} på lager", item.stock)),
            ("film", &film),
            ("grid", &grid(&others, Language::Bokmal)),
        ],
    );
    let mut page = Page::bokmal(format!("{} {}", item.name(), item.size), main);
    let _ = writeln!(
        page.head,
        concat!(
            r#"<script type="application/ld+json">{{"@context":"https://schema.org","@type":"Product","name":"{}","#,
            r#""sku":"{}","offers":{{"@type":"Offer","price":"{}","priceCurrency":"NOK"}}}}</script>"#
        ),
        item.name(),
        item.slug,
        item.price
    );
    page
}

/// The article on winter tyres, with its film.
pub(super) fn guide() -> Page {
    let film = film("Se forskjellen på is");
    Page::bokmal("Slik velger du vinterdekk", fill(include_str!("guide.html"), &[("film", &film)]))
}

/// About the shop, with its map.
pub(super) fn about() -> Page {
    Page::bokmal("Om oss", include_str!("about.html").to_owned())
}

/// The shop's own privacy statement.
pub(super) fn privacy() -> Page {
    Page::bokmal("Personvern", include_str!("privacy.html").to_owned())
}

/// What a search found.
pub(super) fn found(words: &str) -> Page {
    let items = search(words);
    let heading = if items.is_empty() { "Ingen treff" } else { "Søkeresultat" };
    let note = match (items.len(), words.trim()) {
        (_, "") => "Skriv en dimensjon eller et merke.".to_owned(),
        (0, words) => format!("Vi fant ikke «{}». Prøv bare bredden, for eksempel 205.", escape(words)),
        (count, words) => format!("{count} treff på «{}»", escape(words)),
    };
    let main = format!(
        "<section class=\"wide\">\n  <div class=\"line\"><h1>{heading}</h1></div>\n  <p class=\"count\">{note}</p>\n  \
         <ul class=\"grid\">\n{}  </ul>\n</section>",
        grid(&items, Language::Bokmal)
    );
    Page { words: words.to_owned(), ..Page::bokmal(heading, main) }
}

/// A page with one sentence and one way on.
pub(super) fn note(heading: &str, text: &str, back: &str, back_text: &str) -> Page {
    let values = [("heading", heading), ("text", text), ("back", back), ("back_text", back_text)];
    Page::bokmal(heading, fill(include_str!("note.html"), &values))
}

/// The shelf for search engines, as schema.org's `ItemList`.
fn shelf_as_data(items: &[&Item]) -> String {
    let mut data = String::from(
        r#"<script type="application/ld+json">{"@context":"https://schema.org","@type":"ItemList","itemListElement":["#,
    );
    for (place, item) in items.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ =
            write!(data, r#"{comma}{{"@type":"ListItem","position":{},"url":"{}"}}"#, place + 1, item.path());
    }
    data.push_str("]}</script>\n");
    data
}

fn film(heading: &str) -> String {
    fill(include_str!("film.html"), &[("heading", heading)])
}

fn grid(items: &[&Item], language: Language) -> String {
    let mut cards = String::with_capacity(items.len() * 1200);
    for item in items {
        let saved = item.price_before.saturating_sub(item.price) * 100;
        let badge = saved
            .checked_div(item.price_before)
            .map(|percent| format!(r#"<span class="badge">−{percent} %</span>"#))
            .unwrap_or_default();
        let (buy, stock) = match language {
            Language::Bokmal => ("Kjøp fire", format!("{} på lager", item.stock)),
            Language::English => ("Buy four", format!("{} in stock", item.stock)),
        };
        cards.push_str(&fill(
            include_str!("card.html"),
            &[
                ("slug", item.slug),
                ("path", &item.path()),
                ("name", &item.name()),
                ("kind", item.kind.label()),
                ("size", item.size),
                ("price", &item.price.to_string()),
                ("noise", &item.label.2.to_string()),
                ("badge", &badge),
                ("label", &label(item)),
                ("price_shown", &price(item)),
                ("stock", &stock),
                ("set", "4"),
                ("buy", buy),
            ],
        ));
    }
    cards
}

fn label(item: &Item) -> String {
    let (fuel, wet, noise) = item.label;
    if noise == 0 {
        return String::new();
    }
    format!(
        concat!(
            r#"<ul class="eu" aria-label="EU-merking"><li class="{0}"><span>Drivstoff</span> {0}</li>"#,
            r#"<li class="{1}"><span>Våtgrep</span> {1}</li><li>{2} dB</li></ul>"#
        ),
        fuel, wet, noise
    )
}

fn price(item: &Item) -> String {
    if item.price_before == 0 {
        return kroner(item.price);
    }
    format!(r#"<span class="now">{}</span><s>{}</s>"#, kroner(item.price), kroner(item.price_before))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size the benches and the figures in the documentation are about.
    const HOME_BYTES: std::ops::RangeInclusive<usize> = 27_500..=30_500;

    fn every_page() -> Vec<Page> {
        let mut pages = vec![
            home(Language::Bokmal),
            home(Language::English),
            category("dekk", Some("vinter"), Sort::Price),
            category("felger", None, Sort::Popular),
            guide(),
            about(),
            privacy(),
            found("205"),
            note("a", "b", "/", "c"),
        ];
        pages.extend(GOODS.iter().map(product));
        pages
    }

    #[test]
    fn home_page_is_as_large_as_the_benches_say() {
        let size = home_page().len();
        assert!(HOME_BYTES.contains(&size), "{size} bytes");
    }

    #[test]
    fn every_page_carries_the_vendors_tags_and_leaves_no_blank_unfilled() {
        for page in every_page() {
            let text = page.document(&Visitor::default());
            for tag in [
                "https://www.googletagmanager.com/gtag/js?id=G-",
                "gtag('config', 'AW-",
                "'https://www.googletagmanager.com/gtm.js?id='",
                "https://www.googletagmanager.com/ns.html?id=GTM-",
                "https://connect.facebook.net/en_US/fbevents.js",
                "https://www.facebook.com/tr?id=",
            ] {
                assert_eq!(text.matches(tag).count(), 1, "{tag} in {}", page.title);
            }
            assert!(!text.contains("{{"), "{}", page.title);
        }
    }

    #[test]
    fn what_was_searched_for_cannot_become_markup() {
        let text = found("<script>alert(1)</script>\"'").document(&Visitor::default());
        assert!(!text.contains("alert(1)</script>"));
        assert!(text.contains("&lt;script&gt;alert(1)"));
    }

    #[test]
    fn english_page_says_so() {
        let text = home(Language::English).document(&Visitor::default());
        assert!(text.contains(r#"<html lang="en">"#));
        assert!(home_page().contains(r#"<html lang="nb">"#));
    }
}
