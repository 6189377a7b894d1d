//! Our words for what uap-core names: its own names where Plausible's answers have none for it.

use std::collections::HashSet;

/// Browsers: uap-core's names, then ours.
const BROWSERS: &[(&[&str], &str)] = &[
    (&["Chrome", "Chrome Mobile", "Chrome Mobile iOS", "Chromium"], "Chrome"),
    (&["Safari", "Mobile Safari"], "Safari"),
    (
        &["Firefox", "Firefox Mobile", "Firefox iOS", "Firefox Focus", "Firefox Alpha", "Firefox Beta"],
        "Firefox",
    ),
    (&["Edge", "Edge Mobile", "Edge WebView2"], "Microsoft Edge"),
    (
        &["Opera", "Opera Mobile", "Opera Tablet", "Opera Touch", "Opera Coast", "Opera Neon", "Opera GX"],
        "Opera",
    ),
    (&["Opera Mini"], "Opera Mini"),
    (&["Samsung Internet"], "Samsung Browser"),
    (&["IE", "IE Mobile", "IE Large Screen"], "Internet Explorer"),
    (&["DuckDuckGo Mobile", "DuckDuckGo"], "DuckDuckGo Privacy Browser"),
    (&["Yandex Browser"], "Yandex Browser"),
    (&["Amazon Silk"], "Mobile Silk"),
    (&["MiuiBrowser"], "MIUI Browser"),
    (&["HuaweiBrowser", "Huawei Browser"], "Huawei Browser"),
    (&["Android"], "Android Browser"),
    (&["Google"], "Google Search App"),
    (&["Ecosia iOS", "Ecosia Android"], "Ecosia"),
    (&["HeyTap Browser", "HeyTapBrowser"], "HeyTap Browser"),
    (&["Avast Secure Browser"], "Avast Secure Browser"),
    (&["Aloha Browser"], "Aloha Browser"),
    (&["Honor Browser"], "Honor Browser"),
    (&["VivoBrowser"], "Vivo Browser"),
    (&["MullvadBrowser"], "Mullvad Browser"),
    (&["Ladybird"], "Ladybird"),
    (
        &[
            "Chrome Mobile WebView",
            "Mobile Safari UI/WKWebView",
            "Facebook",
            "Facebook Messenger",
            "Instagram",
            "Snapchat",
            "Pinterest",
            "TikTok",
            "LinkedIn",
            "Twitter",
            "Telegram",
            "KakaoTalk",
            "Line",
            "Weibo",
            "WeChat Browser",
            "WhatsApp",
            "Slack",
            "Microsoft Teams",
            "Roblox App",
            "Instabridge",
        ],
        "Mobile App",
    ),
];

/// Systems.
const SYSTEMS: &[(&[&str], &str)] = &[
    (&["Mac OS X", "Mac OS"], "Mac"),
    (&["Linux", "Linux Mint"], "GNU/Linux"),
    (&["iOS"], "iOS"),
    (&["Ubuntu"], "Ubuntu"),
    (&["Fedora"], "Fedora"),
    (&["HarmonyOS"], "HarmonyOS"),
    (&["Kindle"], "Fire OS"),
    (&["Sailfish"], "Sailfish OS"),
    (&["OpenBSD"], "OpenBSD"),
    (&["NetBSD"], "NetBSD"),
    (&["BSD"], "BSD"),
    (&["WatchOS"], "watchOS"),
];

/// Versions of systems that are no numbers.
const VERSIONS: [&str; 9] = ["XP", "Vista", "ME", "NT", "RT", "CE", "95", "98", "2000"];

/// Our word for a browser; none for a name that the expressions only copied from the user agent.
pub(super) fn browser(family: &str, spelled: &HashSet<&'static str>) -> Option<&'static str> {
    word(family, BROWSERS, spelled)
}

/// Our word for a system.
pub(super) fn system(family: &str, spelled: &HashSet<&'static str>) -> Option<&'static str> {
    word(family, SYSTEMS, spelled)
}

/// A version that is a word.
pub(super) fn version(text: &str) -> Option<&'static str> {
    VERSIONS.into_iter().find(|word| *word == text)
}

/// A browser inside of an app that says nothing else.
pub(super) fn app(text: &str) -> Option<&'static str> {
    let is_inside = text.contains("; wv)") || (text.contains("Mobile/") && text.contains("AppleWebKit/"));
    is_inside.then_some("Mobile App")
}

fn word(
    family: &str,
    table: &'static [(&'static [&'static str], &'static str)],
    spelled: &HashSet<&'static str>,
) -> Option<&'static str> {
    if family == "Other" {
        return None;
    }
    let ours = table.iter().find(|(names, _)| names.contains(&family)).map(|(_, word)| *word);
    ours.or_else(|| spelled.get(family).copied())
}
