//! Pictures, drawn when asked for: a tyre or a rim is a few circles and some spokes.

use std::f64::consts::TAU;
use std::fmt::Write as _;

use super::goods::{Item, Kind};

/// Blocks of tread around a tyre.
const TREAD_BLOCKS: u32 = 80;
/// Studs in each of the two visible rows.
const STUDS: u32 = 22;

/// The SVG of one thing.
pub(super) fn picture(item: &Item) -> String {
    let mut svg = String::with_capacity(8 << 10);
    svg.push_str(concat!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">"#,
        r##"<defs><radialGradient id="r" cx="38%" cy="30%" r="85%"><stop offset="0" stop-color="#3b454b"/>"##,
        r##"<stop offset=".55" stop-color="#20272b"/><stop offset="1" stop-color="#11161a"/></radialGradient>"##,
        r##"<linearGradient id="m" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f7fafb"/>"##,
        r##"<stop offset=".5" stop-color="#b6c1c7"/><stop offset="1" stop-color="#78868e"/></linearGradient>"##,
        r##"<linearGradient id="d" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#7b878d"/>"##,
        r##"<stop offset=".5" stop-color="#454f55"/><stop offset="1" stop-color="#22292d"/></linearGradient>"##,
        r##"<radialGradient id="s"><stop offset="0" stop-color="#0b2530" stop-opacity=".35"/>"##,
        r##"<stop offset="1" stop-color="#0b2530" stop-opacity="0"/></radialGradient></defs>"##,
        r#"<ellipse cx="200" cy="368" rx="150" ry="16" fill="url(#s)"/>"#,
    ));
    let _ = write!(svg, "<title>{}</title>", item.name());
    match item.kind {
        Kind::Rim { spokes } => rim(&mut svg, spokes, 160.0, item.slug.contains("grafitt")),
        kind => {
            tyre(&mut svg, item, kind);
            rim(
                &mut svg,
                5 + u8::try_from(item.slug.len() % 4).unwrap_or(0),
                92.0,
                item.slug.len().is_multiple_of(2),
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

fn tyre(svg: &mut String, item: &Item, kind: Kind) {
    svg.push_str(r##"<g fill="#0d1215">"##);
    for block in 0..TREAD_BLOCKS {
        let degrees = f64::from(block) * 360.0 / f64::from(TREAD_BLOCKS);
        let _ = write!(svg, r#"<path d="M195.5 34h9l2 12h-13z" transform="rotate({degrees:.1} 200 200)"/>"#);
    }
    svg.push_str("</g>");
    svg.push_str(concat!(
        r#"<circle cx="200" cy="200" r="162" fill="url(#r)"/>"#,
        r##"<circle cx="200" cy="200" r="147" fill="none" stroke="#4b575e" stroke-opacity=".55" stroke-width="1.5"/>"##,
        r##"<circle cx="200" cy="200" r="110" fill="none" stroke="#0b0f11" stroke-width="5"/>"##,
        r##"<path id="o" d="M78 200a122 122 0 0 1 244 0" fill="none"/>"##,
        r##"<path id="u" d="M70 200a130 130 0 0 0 260 0" fill="none"/>"##,
    ));
    let _ = write!(
        svg,
        concat!(
            r##"<g font-family="Arial, sans-serif" font-weight="700" fill="#dfe6e9" text-anchor="middle">"##,
            r##"<text font-size="22" letter-spacing="5" fill-opacity=".92"><textPath href="#o" startOffset="50%">{}</textPath></text>"##,
            r##"<text font-size="12" letter-spacing="2" fill-opacity=".6"><textPath href="#u" startOffset="50%">{}</textPath></text></g>"##
        ),
        item.maker.to_uppercase(),
        item.size
    );
    if kind == Kind::Studded {
        svg.push_str(r##"<g fill="#cfd8dc">"##);
        for stud in 0..STUDS {
            let angle = f64::from(stud) / f64::from(STUDS) * TAU;
            let (sin, cos) = angle.sin_cos();
            let _ = write!(
                svg,
                r#"<circle cx="{:.1}" cy="{:.1}" r="2.6"/>"#,
                200.0 + cos * 165.0,
                200.0 + sin * 165.0
            );
        }
        svg.push_str("</g>");
    }
}

fn rim(svg: &mut String, spokes: u8, radius: f64, dark: bool) {
    let metal = if dark { "url(#d)" } else { "url(#m)" };
    let inner = radius * 0.86;
    let _ = write!(
        svg,
        concat!(
            r##"<circle cx="200" cy="200" r="{:.1}" fill="{}"/><circle cx="200" cy="200" r="{:.1}" fill="#161c20"/>"##,
            r##"<circle cx="200" cy="200" r="{:.1}" fill="none" stroke="#56636a" stroke-width="{:.1}"/><g fill="{}">"##
        ),
        radius,
        metal,
        inner,
        radius * 0.45,
        radius * 0.07,
        metal
    );
    let width = (TAU * inner / f64::from(spokes) * 0.22).min(radius * 0.24);
    for spoke in 0..spokes {
        let degrees = f64::from(spoke) * 360.0 / f64::from(spokes);
        let _ = write!(
            svg,
            r#"<path d="M{:.1} {:.1}L{:.1} 200h{:.1}L{:.1} {:.1}z" transform="rotate({degrees:.1} 200 200)"/>"#,
            200.0 - width,
            200.0 - inner - 1.0,
            200.0 - width * 0.55,
            width * 1.1,
            200.0 + width,
            200.0 - inner - 1.0,
        );
    }
    let hub = radius * 0.2;
    let _ = write!(svg, r##"</g><circle cx="200" cy="200" r="{hub:.1}" fill="{metal}"/><g fill="#2a3338">"##);
    for bolt in 0..5_u8 {
        let (sin, cos) = (f64::from(bolt) / 5.0 * TAU).sin_cos();
        let _ = write!(
            svg,
            r#"<circle cx="{:.1}" cy="{:.1}" r="{:.1}"/>"#,
            200.0 + cos * hub * 0.66,
            200.0 + sin * hub * 0.66,
            hub * 0.13
        );
    }
    let _ = write!(svg, r##"</g><circle cx="200" cy="200" r="{:.1}" fill="#0f3d4c"/>"##, hub * 0.34);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::shop::goods::GOODS;

    #[test]
    fn every_thing_has_a_closed_picture_of_its_own() {
        let pictures: Vec<_> = GOODS.iter().map(picture).collect();
        for (item, svg) in GOODS.iter().zip(&pictures) {
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{}", item.slug);
            assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count(), "{}", item.slug);
            assert_eq!(pictures.iter().filter(|other| *other == svg).count(), 1, "{}", item.slug);
        }
    }
}
