//! `consentry check`: every problem of a config at once, those too that `run` would find only when it starts, and whether
//! its servers answer.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Access, access};

use super::{Failure, load, print, say};
use crate::app;
use crate::config::{Config, Site};
use crate::counting::WithoutConsent;
use crate::counting::place::PlacesFile;
use crate::policy::Policy;
use crate::policy::consent::Category;
use crate::proxy::Origin;
use crate::server::site::Mode;
use crate::store::Statistics;
use crate::store::clickhouse::ClickHouse;

/// Longest wait for a server to accept a connection.
const SERVER_WAIT: Duration = Duration::from_secs(3);

/// Reads the config at `path` and says what is wrong with it. What may mend itself is a warning: a server that does not
/// answer may come back, and a place table may be put there again.
pub(super) fn run(path: &Path) -> Result<(), Failure> {
    let config = load(path)?.config;
    for warning in warnings(&config) {
        say(&format!("warning: {warning}"));
    }
    let problems = problems(&config);
    if !problems.is_empty() {
        let told: Vec<String> = problems.iter().map(|problem| format!("error: {problem}")).collect();
        return Err(Failure::Wrong(told.join("\n")));
    }
    let sites: Vec<&str> = config.sites.iter().map(|site| site.name.as_ref()).collect();
    print(&format!("{}: no problems, {} site(s): {}", path.display(), sites.len(), sites.join(", ")));
    print(&format!("next: consentry run --config {}", path.display()));
    Ok(())
}

/// What would keep the program from starting, in files that the config names.
fn problems(config: &Config) -> Vec<String> {
    let faults = app::keys::faults(&config.seal, &config.store.path);
    let mut problems: Vec<String> = faults.iter().map(|fault| format!("[store]: {fault}")).collect();
    for site in &config.sites {
        if let Err(problem) = Origin::new(&site.origin) {
            problems.push(format!("site \"{}\": {problem}", site.name));
        }
    }
    if let Statistics::ClickHouse(server) = &config.statistics
        && let Err(problem) = ClickHouse::open(server)
    {
        problems.push(format!("[store.clickhouse]: {problem}"));
    }
    problems
}

fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(unwritable(&config.store.path).map(|problem| format!("[store]: {problem}")));
    // One that is not there at all was told with its line in the config.
    if let Some(table) = config.places.as_deref().filter(|table| table.exists()) {
        warnings.extend(PlacesFile::open(table).err().map(|problem| problem.to_string()));
    }
    for site in &config.sites {
        warnings.extend(crowded(site).filter(|_| site.mode != Mode::Off));
        warnings.extend(uncounted(site));
        let origin = &site.origin.origin;
        if let Err(problem) = reach(origin) {
            warnings.push(format!("site \"{}\": the origin {origin} does not answer: {problem}", site.name));
        }
    }
    if let Statistics::ClickHouse(server) = &config.statistics {
        for url in &server.urls {
            if let Some(problem) = url.parse().ok().and_then(|url| reach(&url).err()) {
                warnings.push(format!("[store.clickhouse]: {url} does not answer: {problem}"));
            }
        }
    }
    warnings
}

/// A directory that could not be written to, or made, by who runs this.
fn unwritable(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|there| there.exists())?;
    let problem = if there.is_dir() {
        access(there, Access::WRITE_OK | Access::EXEC_OK).err()?.to_string()
    } else {
        "it is no directory".to_owned()
    };
    let (path, there) = (path.display(), there.display());
    Some(format!("{path} cannot be written to: {there}: {problem}; the user that serves must own it"))
}

/// A fence that has no space for every tracker that a visitor may agree to.
fn crowded(site: &Site) -> Option<String> {
    // What is wrong with the trackers themselves was told when the file was read.
    let policy = Policy::new(site.policy.clone(), Arc::new(site.catalog().ok()?));
    let asked = policy.catalog().asked();
    let fences = policy.fences();
    let crowded = fences.crowded_states().filter(|(state, _)| asked.includes(*state));
    let (state, left_out) = crowded.max_by_key(|(_, left_out)| *left_out)?;
    let granted: Vec<_> =
        Category::ASKED.iter().filter(|one| state.contains(**one)).map(|one| one.name()).collect();
    let when = if granted.is_empty() {
        "before a choice".to_owned()
    } else {
        format!("with {} agreed to", granted.join(" and "))
    };
    Some(format!(
        "site \"{}\": {when}, the fence has no space for {left_out} more hosts: they stay closed; \
         name the trackers the shop uses in [site.consent], such as uses = [\"google-tag\", \"google-analytics\"]",
        site.name
    ))
}

/// A site that counts only who agreed to statistics, and asks nobody.
fn uncounted(site: &Site) -> Option<String> {
    if site.practice.without_consent != WithoutConsent::Off {
        return None;
    }
    let why = match site.mode {
        Mode::Observe => "in the mode \"observe\" nobody is asked",
        Mode::Off => "in the mode \"off\" nobody is asked",
        // What is wrong with the trackers themselves was told when the file was read.
        Mode::Enforce if site.catalog().ok()?.asked().contains(Category::Statistics) => return None,
        Mode::Enforce => {
            "nobody is asked about statistics: returns = false, and uses names nothing that is for them"
        }
    };
    Some(format!(
        "site \"{}\": without_consent = \"off\" counts only who agreed to statistics, and {why}: no visit will be counted; \
         write without_consent = \"visitors\" in [site.statistics], or leave out what keeps the question away",
        site.name
    ))
}

fn reach(origin: &http::Uri) -> Result<(), String> {
    let host = origin.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = origin.port_u16().unwrap_or(if origin.scheme_str() == Some("https") { 443 } else { 80 });
    let mut problem = "its name has no address".to_owned();
    for address in (host, port).to_socket_addrs().map_err(|error| error.to_string())? {
        match TcpStream::connect_timeout(&address, SERVER_WAIT) {
            Ok(_) => return Ok(()),
            Err(error) => problem = error.to_string(),
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::net::TcpListener;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config;

    const SITE: &str = "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\norigin = \"ORIGIN\"\n\
        origin_authorities = \"\"\n[site.controller]\nname = \"S\"\nemail = \"a@shop.example\"\n\
        [site.consent]\nmode = \"enforce\"\nuses = [\"hotjar\"]\n";

    fn config(text: &str) -> Config {
        config::parse(text, "test.toml").unwrap().config
    }

    /// A site whose origin answers as long as the listener stands.
    fn answering() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        (listener, SITE.replace("ORIGIN", &origin))
    }

    #[test]
    fn a_fence_without_space_is_told_with_its_remedy() {
        let (_origin, mut text) = answering();
        assert_eq!(crowded(&config(&text).sites[0]), None);
        for number in 0..300 {
            let _ = write!(
                text,
                "[[site.allow]]\nhost = \"cdn{number}.example\"\ncategory = \"statistics\"\nwhy = \"x\"\n"
            );
        }
        let told = warnings(&config(&text));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("\"shop\": with statistics agreed to") && told[0].contains("uses = ["),
            "{told:?}"
        );
        assert!(warnings(&config(&text.replace("\"enforce\"", "\"off\""))).is_empty());
    }

    #[test]
    fn a_site_that_would_count_nobody_is_told_why() {
        let (_origin, text) = answering();
        let told = |mode: &str, lines: &str| {
            let text = text.replace("\"enforce\"", mode).replace("hotjar", "meta-pixel");
            warnings(&config(&format!("{text}[site.statistics]\n{lines}")))
        };
        let nobody = "without_consent = \"off\"\nreturns = false\n";
        for (mode, lines, why) in [
            ("\"enforce\"", nobody, "returns = false"),
            ("\"observe\"", "without_consent = \"off\"\n", "\"observe\" nobody"),
            ("\"off\"", "without_consent = \"off\"\n", "\"off\" nobody"),
        ] {
            let told = told(mode, lines);
            assert!(told.len() == 1 && told[0].contains(why), "{mode}: {told:?}");
        }
        for lines in ["without_consent = \"off\"\n", "returns = false\n"] {
            assert_eq!(told("\"enforce\"", lines), [""; 0], "{lines}");
        }
    }

    #[test]
    fn files_that_would_keep_the_program_from_starting_are_told() {
        let (_origin, text) = answering();
        let directory = tempfile::tempdir().unwrap();
        let junk = directory.path().join("junk.pem");
        std::fs::write(&junk, "no certificate").unwrap();
        assert!(problems(&config(&text)).is_empty());
        let named = format!("authorities = {junk:?}\n");
        let text = text
            .replace("origin_authorities = \"\"\n", &format!("origin_{named}"))
            .replace("http://", "https://");
        let text = format!("[store]\nkind = \"clickhouse\"\n[store.clickhouse]\n{named}{text}");
        let told = problems(&config(&text));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("site \"shop\": ") && told[0].contains("junk.pem"), "{told:?}");
        assert!(told[1].starts_with("[store.clickhouse]: ") && told[1].contains("junk.pem"), "{told:?}");
    }

    #[test]
    fn a_key_that_would_be_refused_is_told() {
        let (_origin, text) = answering();
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("old.key");
        let told = |mode: u32, bytes: &[u8]| {
            std::fs::write(&key, bytes).unwrap();
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
            let path = directory.path();
            problems(&config(&format!("[store]\npath = {path:?}\nprevious_keys = [{key:?}]\n{text}")))
        };
        assert_eq!(told(0o600, &[7; 32]), [""; 0]);
        let open = told(0o644, &[7; 32]);
        assert!(open.len() == 1 && open[0].contains("chmod 600"), "{open:?}");
        let short = told(0o600, &[7; 31]);
        assert!(short.len() == 1 && short[0].contains("is no key"), "{short:?}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no key is made");
    }

    #[test]
    fn a_store_that_cannot_be_written_is_told() {
        let (_origin, text) = answering();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let told = |path: &Path| warnings(&config(&format!("[store]\npath = {path:?}\n{text}")));
        assert_eq!(told(&directory.path().join("not/there/yet")), [""; 0]);
        let told = told(&file.join("var"));
        assert!(told.len() == 1 && told[0].contains("file: it is no directory"), "{told:?}");
    }

    #[test]
    fn what_may_mend_itself_is_a_warning() {
        let (origin, text) = answering();
        let directory = tempfile::tempdir().unwrap();
        let table = directory.path().join("places.mmdb");
        std::fs::write(&table, "cut").unwrap();
        let text = format!("{text}[places]\ndatabase = {table:?}\n");
        let told = warnings(&config(&text));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("places.mmdb is not a usable MMDB file"), "{told:?}");
        drop(origin);
        let told = warnings(&config(&text));
        assert!(told.len() == 2 && told[1].contains("does not answer"), "{told:?}");
    }
}
