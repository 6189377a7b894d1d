//! The kind of device: Desktop, Mobile or Tablet.

const TABLET: [&str; 6] = ["iPad", "Tablet", "tablet", "Kindle", "Silk/", "PlayBook"];
const MOBILE: [&str; 8] =
    ["iPhone", "iPod", "Mobile", "Windows Phone", "KAIOS", "Opera Mini", "BlackBerry", "Symbian"];

/// What kind of device it is; the system is one of our words.
pub(super) fn device(text: &str, os: &str) -> Option<&'static str> {
    let has = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    // Windows says "Tablet PC" of every machine that could be one.
    if has(&TABLET) && os != "Windows" {
        return Some("Tablet");
    }
    if os == "Android" {
        return Some(if has(&["Mobile", "Opera Mini"]) { "Mobile" } else { "Tablet" });
    }
    if has(&MOBILE) {
        return Some("Mobile");
    }
    let is_desk =
        ["Windows", "Mac", "GNU/Linux", "Chrome OS", "Ubuntu", "Fedora", "Debian", "FreeBSD"].contains(&os);
    (is_desk || text.contains("X11;")).then_some("Desktop")
}
