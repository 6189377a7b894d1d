//! How the banner and our pages look on one site: colours, corners and font, as custom properties of CSS, and whether
//! what is written in these colours can be read (WCAG 2.2, 1.4.3 and 1.4.11).
//!
//! There is no property of a single button: yes and no are one button twice (rule R12).

use std::fmt::Write as _;

/// Least contrast of text and its ground (WCAG 2.2, 1.4.3).
const TEXT_CONTRAST_MIN: f64 = 4.5;
/// Least contrast of what bounds a control, and of the focus ring, and their ground (WCAG 2.2, 1.4.11).
const CONTROL_CONTRAST_MIN: f64 = 3.0;
/// Largest rounding of corners. Unit: CSS pixels; half of a button's least height.
pub const RADIUS_PIXELS_MAX: u32 = 22;

/// A colour of sRGB that lets nothing through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Reads `#1d2126` or `#fff`.
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let digit = |at: usize| char::from(*digits.as_bytes().get(at)?).to_digit(16);
        let part = |part: usize| match digits.len() {
            3 => digit(part).map(|digit| digit * 17),
            6 => Some(digit(2 * part)? * 16 + digit(2 * part + 1)?),
            _ => None,
        };
        let byte = |at: usize| part(at).and_then(|value| u8::try_from(value).ok());
        Some(Self([byte(0)?, byte(1)?, byte(2)?]))
    }

    /// Relative luminance, 0 for black to 1 for white (WCAG 2.2, definition of that name).
    fn luminance(self) -> f64 {
        let linear = |value: u8| match f64::from(value) / 255.0 {
            small if small <= 0.04045 => small / 12.92,
            large => ((large + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// From 1, the same, to 21, black on white (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The colours of one scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    /// Text.
    pub ink: Colour,
    /// What it stands on.
    pub paper: Colour,
    /// Edges of buttons and switches.
    pub line: Colour,
    /// Links, the focus ring, switches that are on.
    pub accent: Colour,
}

/// A pair of colours that is too faint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faint {
    /// The name of the colour that does not stand out from the paper.
    pub name: &'static str,
    /// How far it does.
    pub contrast: f64,
    /// How far it must.
    pub least: f64,
}

impl Colours {
    /// What is used by day when nothing else is set; the same as in `js/style`.
    pub const LIGHT: Self = Self {
        ink: Colour([0x1d, 0x21, 0x26]),
        paper: Colour([0xff; 3]),
        line: Colour([0x6b, 0x72, 0x7b]),
        accent: Colour([0x0b, 0x57, 0xa4]),
    };
    /// What is used in the dark.
    pub const DARK: Self = Self {
        ink: Colour([0xec, 0xef, 0xf3]),
        paper: Colour([0x1b, 0x1f, 0x24]),
        line: Colour([0x8b, 0x92, 0x9b]),
        accent: Colour([0x8e, 0xc1, 0xff]),
    };

    /// The first colour that cannot be made out well enough.
    pub fn faint(&self) -> Option<Faint> {
        let pairs = [
            ("ink", self.ink, TEXT_CONTRAST_MIN),
            ("accent", self.accent, TEXT_CONTRAST_MIN),
            ("line", self.line, CONTROL_CONTRAST_MIN),
        ];
        let faint = |(name, colour, least): (&'static str, Colour, f64)| {
            let contrast = colour.contrast(self.paper);
            (contrast < least).then_some(Faint { name, contrast, least })
        };
        pairs.into_iter().find_map(faint)
    }

    fn properties(&self, css: &mut String) {
        let all = [("ink", self.ink), ("paper", self.paper), ("line", self.line), ("accent", self.accent)];
        for (name, colour) in all {
            // Writing to a String cannot fail.
            _ = write!(css, "--consentry-{name}:{colour};");
        }
    }
}

/// What an operator changed; nothing that is `None` is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// By day.
    pub light: Option<Colours>,
    /// Where the visitor prefers a dark scheme.
    pub dark: Option<Colours>,
    /// Rounding of corners. Unit: CSS pixels.
    pub radius: Option<u32>,
    /// A list of font families, as CSS writes it; letters, digits, blanks, commas, hyphens and quotes only.
    pub font: Option<String>,
}

impl Theme {
    /// The custom properties; empty when nothing was changed.
    pub(super) fn css(&self) -> String {
        let (mut css, mut always) = (String::new(), String::new());
        if let Some(colours) = &self.light {
            colours.properties(&mut always);
        }
        if let Some(radius) = self.radius {
            _ = write!(always, "--consentry-radius:{radius}px;");
        }
        if let Some(font) = &self.font {
            _ = write!(always, "--consentry-font:{font};");
        }
        if !always.is_empty() {
            _ = write!(css, ":root{{{}}}", always.trim_end_matches(';'));
        }
        // With colours by day alone, the dark keeps ours: they are one set, and the set is legible.
        let dark = self.dark.or(self.light.map(|_| Colours::DARK));
        if let Some(colours) = dark {
            let mut properties = String::new();
            colours.properties(&mut properties);
            let properties = properties.trim_end_matches(';');
            _ = write!(css, "@media (prefers-color-scheme:dark){{:root{{{properties}}}}}");
        }
        css
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::read(text).unwrap()
    }

    #[test]
    fn w1_contrast_is_what_the_standard_says() {
        // Values of the standard's own examples and of common checkers.
        for (one, two, ratio) in
            [("#000", "#fff", 21.0), ("#777777", "#fff", 4.48), ("#767676", "#fff", 4.54)]
        {
            assert!((colour(one).contrast(colour(two)) - ratio).abs() < 0.01, "{one} on {two}");
        }
        assert!((colour("#abc").contrast(colour("#aabbcc")) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn w1_our_own_colours_can_be_read_by_day_and_in_the_dark() {
        assert_eq!((Colours::LIGHT.faint(), Colours::DARK.faint()), (None, None));
        let (banner, page) = (crate::banner::assets::BANNER_CSS, crate::banner::assets::PAGE_CSS);
        for colours in [Colours::LIGHT, Colours::DARK] {
            for colour in [colours.ink, colours.paper, colours.line, colours.accent] {
                let written =
                    if colour == Colour([0xff; 3]) { "#fff".to_owned() } else { colour.to_string() };
                for css in [banner, page] {
                    assert!(css.contains(&written), "{colour} is not in {css}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_colour_is_not_read() {
        for text in ["", "#", "fff", "#ffff", "#ggg", "red", "#12345", "#1234567", "#ÿÿ"] {
            assert_eq!(Colour::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_theme_is_a_few_custom_properties() {
        assert_eq!(Theme::default().css(), "");
        let theme = Theme { radius: Some(0), font: Some("Inter, sans-serif".into()), ..Theme::default() };
        assert_eq!(theme.css(), ":root{--consentry-radius:0px;--consentry-font:Inter, sans-serif}");
        let light = Colours { accent: colour("#00f"), ..Colours::LIGHT };
        let css = Theme { light: Some(light), ..Theme::default() }.css();
        assert!(
            css.contains("--consentry-accent:#0000ff}@media (prefers-color-scheme:dark){:root{"),
            "{css}"
        );
        assert!(css.ends_with("--consentry-accent:#8ec1ff}}"), "{css}");
    }
}
