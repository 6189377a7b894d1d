//! The files that a browser fetches when the fence refused a frame that a script made.

use super::super::assets::{EMBED, FRAMES};
use super::super::html::ScriptValue;

/// What shows placeholders in such frames; on a page that asks (`asks`) with what sends the press of a button there.
pub fn frames_script(asks: bool) -> String {
    if asks { [FRAMES, EMBED].join(";") } else { FRAMES.to_owned() }
}

/// The markup of a frame with its placeholder, or nothing.
pub fn placeholder_script(markup: &str) -> String {
    format!("export default {}", ScriptValue::text(markup).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_markup_ends_the_text_that_it_stands_in() {
        let script = placeholder_script("<iframe title=\"a\\\">\n</script>\u{2028}");
        assert_eq!(
            script,
            r#"export default "\u003ciframe title=\u0022a\u005c\u0022>\u000a\u003c/script>\u2028""#
        );
    }

    #[test]
    fn only_a_page_that_asks_fetches_what_sends_the_press_of_a_button() {
        assert!(frames_script(true).contains(".onsubmit="));
        assert!(!frames_script(false).contains(".onsubmit="));
    }
}
