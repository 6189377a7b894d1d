//! `[site.theme]`: the looks, and whether they can be read. `[[site.processor]]`: who works for the controller.

use toml::Spanned;

use super::super::file::{Fault, Table};
use super::super::report::Problem;
use super::{or, texts, value};
use crate::banner::{Colour, Colours, Faint, Processor, RADIUS_PIXELS_MAX, Theme};

/// Longest list of font families. Unit: characters.
const FONT_CHARS_MAX: usize = 200;
/// What is there when nothing is written; the same as in `js/style`.
const RADIUS: u32 = 6;
const FONT: &str = "sans-serif";
/// Words that CSS keeps for itself: what they stand for is the shop's page to say.
const FONTS_OF_THE_PAGE: [&str; 5] = ["inherit", "initial", "unset", "revert", "revert-layer"];
/// Families that every browser finds and that have letters: what stands behind one of them is never used for text.
const FONTS_ALWAYS_THERE: [&str; 4] = ["system-ui", "sans-serif", "serif", "monospace"];
/// Families that show signs, bars or nothing in place of letters, as their names begin; in small letters and digits alone.
const FONTS_WITHOUT_LETTERS: [&str; 45] = [
    "adobeblank",
    "bravura",
    "code128",
    "code39",
    "entypo",
    "flowblock",
    "flowcircular",
    "flowrounded",
    "fontawesome",
    "fontello",
    "fontisto",
    "free3of9",
    "glyphicon",
    "holomdl2",
    "icofont",
    "icomoon",
    "idautomation",
    "ionicon",
    "lastresort",
    "lineawesome",
    "linefont",
    "marlett",
    "materialicon",
    "monotypesorts",
    "msoutlook",
    "msreferencespecialty",
    "mtextra",
    "notomusic",
    "notosansegyptianhieroglyphs",
    "notosansogham",
    "openmoji",
    "password",
    "phosphor",
    "pictos",
    "redacted",
    "remixicon",
    "segoefluent",
    "segoemdl2",
    "themify",
    "tofu",
    "typicon",
    "wavefont",
    "webdings",
    "wingdings",
    "yarndings",
];
/// What the name of such a family has somewhere.
const SIGNS: [&str; 11] = [
    "barcode",
    "blank",
    "blokk",
    "dashicon",
    "dingbat",
    "dotsfont",
    "emoji",
    "icons",
    "invisible",
    "symbol",
    "textsecurity",
];

/// What the operator changed.
pub(super) fn theme(site: &Table<'_>) -> Theme {
    let table = site.table("theme", "site.theme");
    let dark = table.table("dark", "site.theme.dark");
    let remedy = format!("the unit is CSS pixels, 0 to {RADIUS_PIXELS_MAX}; 6 is the default");
    Theme {
        light: colours(&table, Colours::LIGHT, "by day"),
        dark: colours(&dark, Colours::DARK, "in the dark"),
        radius: table
            .whole("radius", 0..=RADIUS_PIXELS_MAX, &remedy)
            .map(Spanned::into_inner)
            .filter(|px| *px != RADIUS),
        font: table.parsed("font", font).map(Spanned::into_inner).filter(|list| list != FONT),
    }
}

/// The four colours, those not written as they are by default; nothing when none is written.
fn colours(table: &Table<'_>, default: Colours, when: &str) -> Option<Colours> {
    let written = ["ink", "paper", "line", "accent"].iter().find(|key| table.has(key))?;
    let read = |key: &'static str, default| or(table.parsed(key, colour), default);
    let colours = Colours {
        ink: read("ink", default.ink),
        paper: read("paper", default.paper),
        line: read("line", default.line),
        accent: read("accent", default.accent),
    };
    if let Some(Faint { name, contrast, least }) = colours.faint() {
        let at = [name, "paper"].into_iter().find(|key| table.has(key)).unwrap_or(written);
        // Cut, not rounded: what is told is never more than it is.
        let contrast = (contrast * 100.0).floor() / 100.0;
        let reason = format!("W1: {name} on paper {when} has a contrast of {contrast:.2}:1");
        let remedy = format!(
            "{least}:1 is the least (WCAG 2.2, {}); {name} is {}, paper is {}",
            if name == "line" { "1.4.11" } else { "1.4.3" },
            match name {
                "ink" => colours.ink,
                "line" => colours.line,
                _ => colours.accent,
            },
            colours.paper
        );
        table.notes().add(Problem::error(table.at_value(at), reason).remedy(remedy));
    }
    (colours != default).then_some(colours)
}

fn colour(text: &str) -> Result<Colour, Fault> {
    Colour::read(text).ok_or_else(|| {
        let remedy = "write # and six digits, such as \"#0b57a4\"; its contrast has to be known";
        Fault::new(format!("\"{text}\" is no colour"), remedy)
    })
}

fn font(text: &str) -> Result<String, Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || " ,-'".contains(c);
    let is_even = text.matches('\'').count().is_multiple_of(2);
    let families = || text.split(',').map(str::trim);
    let is_family = |family: &str| {
        family.starts_with(|c: char| c.is_ascii_alphabetic() || "-'".contains(c))
            && !FONTS_OF_THE_PAGE.contains(&family)
    };
    let is_list = text.len() <= FONT_CHARS_MAX && text.chars().all(fits) && is_even;
    if !is_list || !families().all(is_family) {
        let remedy = "write a list of families as CSS does: \"'Inter', system-ui, sans-serif\"";
        return Err(Fault::new(format!("\"{text}\" is no list of fonts"), remedy));
    }
    let last = families().position(|family| FONTS_ALWAYS_THERE.contains(&family));
    let read = families().take(last.unwrap_or(usize::MAX));
    if let Some(family) = read.into_iter().find(|family| has_no_letters(family)) {
        let reason = format!("R10: the font \"{family}\" has no letters");
        return Err(Fault::new(reason, "no and yes could not be read; name a font for text"));
    }
    Ok(text.to_owned())
}

/// Is a family known to have no letters, however its name is spaced?
fn has_no_letters(family: &str) -> bool {
    let name: String = family.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    FONTS_WITHOUT_LETTERS.iter().any(|start| name.starts_with(start))
        || SIGNS.iter().any(|sign| name.contains(sign))
}

/// Every processor that could be read.
pub(super) fn processors(site: &Table<'_>) -> Vec<Processor> {
    site.tables("processor", "site.processor").iter().filter_map(processor).collect()
}

fn processor(table: &Table<'_>) -> Option<Processor> {
    let name = table.required("name", "visitors are told who gets data (GDPR art. 13(1)(e))", texts::shown);
    let country = table.required("country", "write where it is, such as \"NO\" (ISO 3166-1)", country);
    let purpose = table.required("purpose", "say in a few words what it does for the shop", texts::shown);
    let url = or(table.parsed("url", value::web_address), String::new());
    Some(Processor {
        name: name?.into_inner(),
        country: country?.into_inner(),
        purpose: purpose?.into_inner(),
        url,
    })
}

fn country(text: &str) -> Result<String, Fault> {
    if text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(
        format!("\"{text}\" is no country"),
        "write the two capital letters of ISO 3166-1, such as \"NO\"",
    ))
}

#[cfg(test)]
mod tests {
    use super::font;

    #[test]
    fn r10_a_font_without_letters_is_refused_however_it_is_spaced() {
        for family in [
            "Wingdings",
            "'Wingdings 3'",
            "Webdings",
            "Marlett",
            "'Segoe MDL2 Assets'",
            "'Segoe Fluent Icons'",
            "AdobeBlank",
            "'Adobe Blank 2'",
            "'Material Icons'",
            "'Material Symbols Outlined'",
            "'Libre Barcode 39'",
            "'Noto Color Emoji'",
            "emoji",
            "'Font Awesome 6 Free'",
            "FontAwesome",
            "bootstrap-icons",
            "'ITC Zapf Dingbats'",
            "Symbol",
            "'Apple Symbols'",
            "'Bookshelf Symbol 7'",
            "'Flow Block'",
            "'Redacted Script'",
            "LastResort",
            "Blokk",
            "'BLOKK Neue'",
            "Blank",
            "'AND Blank'",
            "'Noto Sans Blank'",
            "'Wavy Blank'",
            "BlankFont",
            "Invisible",
            "text-security-disc",
            "dotsfont",
            "Password",
            "Pictos",
            "Dashicons",
            "Tofu",
            "'Noto Sans Egyptian Hieroglyphs'",
            "'Noto Sans Ogham'",
        ] {
            for list in [family.to_owned(), format!("Inter, {family}, sans-serif")] {
                let told = font(&list).unwrap_err();
                assert!(told.reason.starts_with("R10: "), "{list}: {}", told.reason);
            }
        }
    }

    #[test]
    fn a_font_for_text_is_taken_and_what_is_never_reached_may_follow() {
        for list in [
            "system-ui, sans-serif",
            "'Lexicon No 1', serif",
            "Glypha, 'Shop Headings', serif",
            "Zapfino, cursive",
            "'Space Regular', Bloksberg, serif",
            "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif, 'Apple Color Emoji', 'Segoe UI Symbol'",
        ] {
            assert_eq!(font(list).unwrap(), list);
        }
    }
}
