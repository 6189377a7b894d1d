//! `consentry check`: every problem of a config at once, and whether its origins answer.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Failure, load, print, say};
use crate::config::Site;
use crate::policy::Policy;
use crate::policy::consent::Category;

/// Longest wait for an origin to accept a connection.
const ORIGIN_WAIT: Duration = Duration::from_secs(3);

/// Reads the config at `path` and says what is wrong with it. An origin that does not answer is a warning: it may come
/// back, and until then visitors get a 502.
pub(super) fn run(path: &Path) -> Result<(), Failure> {
    let loaded = load(path)?;
    for site in &loaded.config.sites {
        if let Some(warning) = crowded(site) {
            say(&warning);
        }
        let origin = &site.origin.origin;
        if let Err(problem) = reach(origin) {
            say(&format!("warning: site \"{}\": the origin {origin} does not answer: {problem}", site.name));
        }
    }
    let sites: Vec<&str> = loaded.config.sites.iter().map(|site| site.name.as_ref()).collect();
    print(&format!("{}: no problems, {} site(s): {}", path.display(), sites.len(), sites.join(", ")));
    print(&format!("next: consentry run --config {}", path.display()));
    Ok(())
}

/// A fence that has no space for every tracker that a visitor may agree to.
fn crowded(site: &Site) -> Option<String> {
    // What is wrong with the trackers themselves was told when the file was read.
    let policy = Policy::new(site.policy.clone(), Arc::new(site.catalog().ok()?));
    let (state, left_out) = policy.crowded_states().max_by_key(|(_, left_out)| *left_out)?;
    let granted: Vec<_> =
        Category::ASKED.iter().filter(|one| state.contains(**one)).map(|one| one.name()).collect();
    let when = if granted.is_empty() {
        "before a choice".to_owned()
    } else {
        format!("with {} agreed to", granted.join(" and "))
    };
    Some(format!(
        "warning: site \"{}\": {when}, the fence has no space for {left_out} more hosts: they stay closed; \
         name the trackers the shop uses in [site.consent], such as uses = [\"google-analytics\", \"meta-pixel\"]",
        site.name
    ))
}

fn reach(origin: &http::Uri) -> Result<(), String> {
    let host = origin.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = origin.port_u16().unwrap_or(if origin.scheme_str() == Some("https") { 443 } else { 80 });
    let mut problem = "its name has no address".to_owned();
    for address in (host, port).to_socket_addrs().map_err(|error| error.to_string())? {
        match TcpStream::connect_timeout(&address, ORIGIN_WAIT) {
            Ok(_) => return Ok(()),
            Err(error) => problem = error.to_string(),
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::config;

    #[test]
    fn a_fence_without_space_is_told_with_its_remedy() {
        let mut text = "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\norigin = \"http://127.0.0.1:8081\"\n\
            [site.controller]\nname = \"S\"\nemail = \"a@shop.example\"\n[site.consent]\nmode = \"enforce\"\nuses = [\"hotjar\"]\n"
            .to_owned();
        let site = |text: &str| config::parse(text, "test.toml").unwrap().config.sites.remove(0);
        assert_eq!(crowded(&site(&text)), None);
        for number in 0..300 {
            let _ = write!(
                text,
                "[[site.allow]]\nhost = \"cdn{number}.example\"\ncategory = \"statistics\"\nwhy = \"x\"\n"
            );
        }
        let told = crowded(&site(&text)).unwrap();
        assert!(told.contains("\"shop\": with statistics") && told.contains("uses = ["), "{told}");
    }
}
