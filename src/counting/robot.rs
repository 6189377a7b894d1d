//! Which user agents are robots: programs that fetch pages without anybody reading them.

/// Words that stand in user agents of robots and in no browser's, lower case.
const SIGNS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "slurp",
    "scrap",
    "headless",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "lighthouse",
    "pagespeed",
    "gtmetrix",
    "pingdom",
    "uptime",
    "monitor",
    "statuscake",
    "site24x7",
    "datadog",
    "newrelic",
    "checkly",
    "nagios",
    "zabbix",
    "curl/",
    "wget",
    "httpie",
    "python",
    "aiohttp",
    "scrapy",
    "urllib",
    "java/",
    "okhttp",
    "apache-httpclient",
    "go-http-client",
    "libwww",
    "lwp::",
    "perl/",
    "ruby",
    "guzzle",
    "php/",
    "axios/",
    "node-fetch",
    "undici",
    "got (",
    "postman",
    "insomnia/",
    "reqwest",
    "hyper/",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-external",
    "whatsapp/",
    "telegram",
    "skypeuripreview",
    "embedly",
    "iframely",
    "preview",
    "feedfetcher",
    "feedly",
    "feedburner",
    "mediapartners-google",
    "google-read-aloud",
    "google-inspectiontool",
    "googleother",
    "google-extended",
    "apis-google",
    "adsbot",
    "bingpreview",
    "chatgpt-user",
    "perplexity-user",
    "claude-user",
    "anthropic",
    "cohere-ai",
    "ahrefs",
    "semrush",
    "majestic",
    "screaming frog",
    "archive.org",
    "ia_archiver",
    "heritrix",
    "nutch",
    "validator",
    "w3c_",
    "linkcheck",
    "masscan",
    "zgrab",
    "nmap",
    "nikto",
    "nuclei",
    "sqlmap",
    "wpscan",
    "censys",
    "shodan",
    "expanse",
    "internet-measurement",
    "dataprovider",
    "httrack",
    "teleport",
    "fetch/",
    "probe",
    "scanner",
    "http://",
    "https://",
];

/// Parts of names of real browsers and devices that contain a sign.
const NO_SIGNS: &[&str] = &["cubot"];

/// Is this user agent a robot's? An empty one is: every browser sends one. One that carries a web address is too:
/// browsers do not advertise.
pub(super) fn is_robot(user_agent: &str) -> bool {
    let text = user_agent.trim().to_ascii_lowercase();
    if text.is_empty() {
        return true;
    }
    let text = NO_SIGNS.iter().fold(
        text,
        |text, part| {
            if text.contains(part) { text.replace(part, "") } else { text }
        },
    );
    SIGNS.iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::is_robot;

    #[test]
    fn robots_are_told_from_browsers_as_the_table_says() {
        let table = include_str!("../../tests/data/counting/robots.tsv");
        for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
            let (kind, text) = row.split_once('\t').unwrap_or((row, ""));
            assert_eq!(is_robot(text), kind == "robot", "{row}");
        }
    }
}
