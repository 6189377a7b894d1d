//! What an event was worth, as it is told: an amount as a number or a text, exact to a thousandth, and a currency.

use serde_json::Value;

use super::Revenue;

/// Largest amount, either way. Unit: the currency's. No order of a shop is near it, in any currency.
const AMOUNT_MAX: i64 = 1_000_000_000;
/// Decimals that are kept; further ones are rounded, halves away from zero.
const DECIMALS: usize = 3;
const THOUSAND: i64 = 1000;

/// Why something is no revenue: a sentence for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRevenue {
    /// The amount is none, or too large.
    #[error("amount must be a number of at most a billion, such as 1299.50")]
    Amount,
    /// The currency is none.
    #[error("currency must be three letters of ISO 4217, such as NOK")]
    Currency,
}

impl Revenue {
    /// Reads `{"amount": …, "currency": …}`.
    pub fn read(value: &Value) -> Result<Self, NoRevenue> {
        let amount = match value.get("amount") {
            Some(Value::Number(number)) => thousandths(&number.to_string()),
            Some(Value::String(text)) => thousandths(text.trim()),
            _ => None,
        };
        let thousandths = amount.ok_or(NoRevenue::Amount)?;
        let currency = value.get("currency").and_then(Value::as_str).and_then(currency);
        Ok(Self { thousandths, currency: currency.ok_or(NoRevenue::Currency)? })
    }
}

fn currency(text: &str) -> Option<[u8; 3]> {
    let letters: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
    letters.iter().all(u8::is_ascii_alphabetic).then(|| letters.map(|letter| letter.to_ascii_uppercase()))
}

/// Digits, with a sign before them and a point between them; nothing that reads differently in another country.
fn thousandths(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let whole = whole.parse::<i64>().ok().filter(|whole| *whole <= AMOUNT_MAX)?;
    let digit = |place: usize| fraction.as_bytes().get(place).map_or(0, |digit| i64::from(digit - b'0'));
    let kept = (0..DECIMALS).fold(0, |kept, place| kept * 10 + digit(place));
    let rounded = kept + i64::from(digit(DECIMALS) >= 5);
    Some(sign * (whole * THOUSAND + rounded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn amounts_are_numbers_or_texts() {
        for (amount, expected) in [
            (json!(1299), 1_299_000),
            (json!(1299.5), 1_299_500),
            (json!("1299.50"), 1_299_500),
            (json!(" 12.5 "), 12_500),
            (json!("0.0005"), 1),
            (json!("0.9999"), 1_000),
            (json!("-49.90"), -49_900),
            (json!(0), 0),
            (json!("1000000000"), 1_000_000_000_000),
        ] {
            let read = Revenue::read(&json!({ "amount": amount, "currency": "nok" }));
            assert_eq!(read, Ok(Revenue { thousandths: expected, currency: *b"NOK" }), "{amount}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for amount in [
            json!("1 299,50"),
            json!("1,299.50"),
            json!("12,5"),
            json!("kr 12"),
            json!("1e9"),
            json!(1e30),
            json!("1000000001"),
            json!("9".repeat(400)),
            json!("."),
            json!("5."),
            json!(""),
            json!("--1"),
            json!(true),
            json!(null),
            json!([1]),
        ] {
            assert!(Revenue::read(&json!({ "amount": amount, "currency": "NOK" })).is_err(), "{amount}");
        }
        for currency in [json!("kr"), json!("KRONER"), json!("N0K"), json!("æb"), json!(578), json!(null)] {
            assert!(Revenue::read(&json!({ "amount": 1, "currency": currency })).is_err(), "{currency}");
        }
        assert!(Revenue::read(&json!("12 NOK")).is_err());
    }

    proptest! {
        #[test]
        fn no_amount_is_changed_by_more_than_half_a_thousandth(whole in 0..1_000_000_000_i64, fraction in "[0-9]{1,12}") {
            let text = format!("{whole}.{fraction}");
            let read = thousandths(&text).unwrap();
            let exact: f64 = text.parse().unwrap();
            let off = (f64::from(u32::try_from(read % 1000).unwrap()) / 1000.0
                + f64::from(u32::try_from(read / 1000).unwrap()) - exact).abs();
            prop_assert!(off < 0.000_500_1, "{text} became {read}");
        }
    }
}
