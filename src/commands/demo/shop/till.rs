//! The pages that are about one visitor: basket, checkout, thanks, log-in.

use std::fmt::Write as _;

use super::html::{fill, kroner};
use super::memory::Cart;
use super::pages::Page;

/// The basket.
pub(super) fn basket(cart: &Cart) -> Page {
    let freight = if cart.freight() == 0 { "gratis".to_owned() } else { kroner(cart.freight()) };
    let main = fill(include_str!("cart.html"), &[("lines", &lines(cart)), ("freight", &freight)]);
    Page::bokmal("Handlekurv", main)
}

/// The checkout, with the scripts of Klarna and Vipps as their vendors document them.
pub(super) fn checkout(cart: &Cart) -> Page {
    let main = fill(include_str!("checkout.html"), &[("lines", &lines(cart))]);
    Page { head: include_str!("checkout_head.html").to_owned(), ..Page::bokmal("Kasse", main) }
}

/// Thanks for an order, with the conversion snippets of the advertising tags.
pub(super) fn thanks(number: &str, sum: u32) -> Page {
    let main = fill(include_str!("thanks.html"), &[("order", number), ("sum", &sum.to_string())]);
    Page::bokmal("Takk", main)
}

/// The log-in form.
pub(super) fn login(name: Option<&str>) -> Page {
    let heading = if name.is_some() { "Du er logget inn" } else { "Logg inn" };
    Page::bokmal("Logg inn", fill(include_str!("login.html"), &[("heading", heading)]))
}

fn lines(cart: &Cart) -> String {
    if cart.lines.is_empty() {
        return "<p>Handlekurven er tom.</p>".to_owned();
    }
    let mut table = String::from(
        "<table><thead><tr><th>Vare</th><th>Antall</th><th class=\"sum\">Sum</th></tr></thead><tbody>",
    );
    for (item, amount) in &cart.lines {
        let _ = write!(
            table,
            r#"<tr><td><a href="{}">{}</a><br><span class="small">{}</span></td><td>{amount}</td><td class="sum">{}</td></tr>"#,
            item.path(),
            item.name(),
            item.size,
            kroner(item.price * amount)
        );
    }
    let _ = write!(
        table,
        r#"<tr class="total"><td colspan="2">Å betale</td><td class="sum">{}</td></tr></tbody></table>"#,
        kroner(cart.goods_sum() + cart.freight())
    );
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkout_loads_klarna_and_vipps() {
        let page = checkout(&Cart::default());
        assert!(page.main.contains("https://x.klarnacdn.net/kp/lib/v1/api.js"));
        assert!(page.head.contains("https://checkout.vipps.no/"));
    }

    #[test]
    fn thanks_tell_the_advertisers_the_sum() {
        let page = thanks("F-000001", 5396);
        assert!(page.main.contains("'value': 5396.0"));
        assert!(page.main.contains("fbq('track', 'Purchase', {value: 5396.0, currency: 'NOK'})"));
    }
}
