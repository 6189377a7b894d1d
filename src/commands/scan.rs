//! `consentry scan`: what a page sets and loads before anybody has agreed to anything, and what the catalogue makes of
//! it. With a Chromium every request and name is seen; without one, what heads and tags say.

mod address;
mod browser;
mod devtools;
mod page;
mod report;
mod seen;

use std::path::PathBuf;
use std::sync::Arc;

use super::stop::Stop;
use super::{Failure, Scan, failed, print, say};
use crate::policy::catalog::Catalog;
use crate::policy::{Policy, Settings, Unknown};
use address::Address;
use browser::Browser;
use devtools::Devtools;
use page::Fetched;
use seen::Seen;

/// Looks at a page and says what was seen.
pub(super) fn run(scan: &Scan) -> Result<(), Failure> {
    let address = Address::parse(&scan.url).map_err(|problem| Failure::Wrong(format!("error: {problem}")))?;
    let named = named_browser(scan);
    let browser = named.clone().or_else(|| if scan.no_browser { None } else { browser::find() });
    let fetched = page::fetch(&address);
    let here = fetched.as_ref().map_or(&address, |fetched| &fetched.address).clone();
    let mut seen = Seen::new(Arc::new(policy_for(here.host())?), here.host());
    let mut notes = Vec::new();
    let problem = fetched.as_ref().err().cloned();
    if let Ok(fetched) = fetched {
        fetched.note(&mut seen);
        notes.extend(redirected(&fetched));
        notes.extend(fetched.notes);
    }
    let looked = match &browser {
        Some(program) => Some(look(program, scan, &here, &mut seen)?),
        None => None,
    };
    match (&looked, problem) {
        (Some(Err(error)), _) if named.is_some() => return Err(failed(error)),
        (None, Some(problem)) => return Err(failed(problem)),
        (Some(Err(error)), Some(problem)) => return Err(failed(format!("{problem}; {error}"))),
        (Some(Err(error)), None) => notes.push(format!("{error}; so only heads and tags were read")),
        (Some(Ok(_)), Some(problem)) => notes.push(format!("only the browser saw the page: {problem}")),
        (None, None) => notes.push(
            "without a browser only heads and tags are read: what scripts load and keep is not in it"
                .to_owned(),
        ),
        (Some(Ok(_)), None) => {}
    }
    let has_browser = matches!(looked, Some(Ok(_)));
    notes.extend(looked.into_iter().flatten().flatten());
    notes.extend(asking(&seen));
    if seen.left_out() > 0 {
        notes.push(format!("{} more things were not noted", seen.left_out()));
    }
    let means = if has_browser { "with a browser" } else { "without a browser" };
    tell(scan, &report::Scan { address: here.to_string(), means, seen: &seen, notes });
    Ok(())
}

fn tell(scan: &Scan, found: &report::Scan<'_>) {
    if scan.json {
        print(&found.json());
    } else if scan.toml {
        print(found.toml().trim_end());
    } else {
        print(found.text().trim_end());
        say("next: the same with --toml gives lines for the settings");
    }
}

/// Who asks visitors for consent there already.
fn asking(seen: &Seen) -> Option<String> {
    let names = seen.asking();
    let who = names.into_iter().collect::<Vec<_>>().join(", ");
    (!who.is_empty()).then(|| {
        format!("visitors are asked for consent by {who}: take it out before this gateway asks, too")
    })
}

fn redirected(fetched: &Fetched) -> Option<String> {
    let (address, count) = (&fetched.address, fetched.redirects);
    (count > 0).then(|| format!("{count} redirect(s) led to {address}"))
}

/// The program that was named.
fn named_browser(scan: &Scan) -> Option<PathBuf> {
    let from_environment = || std::env::var_os("CHROMIUM").filter(|name| !name.is_empty()).map(PathBuf::from);
    if scan.no_browser { None } else { scan.browser.clone().or_else(from_environment) }
}

/// The outer error is that it was told to stop.
fn look(
    program: &std::path::Path,
    scan: &Scan,
    here: &Address,
    seen: &mut Seen,
) -> Result<Result<Vec<String>, String>, Failure> {
    // Whoever ends the look early leaves no browser and no directory of it behind.
    let stop = Stop::listen()?;
    let looked = Browser::start(program, &scan.browser_arg).and_then(|mut browser| {
        let commands = browser.commands.take().ok_or("Chromium has no pipe")?;
        Devtools::over(commands, &browser.messages).until(&stop).look(&here.to_string(), seen)
    });
    if stop.is_wanted() { Err(failed("stopped before the page was seen")) } else { Ok(looked) }
}

/// The rules of a site that has none of its own yet.
fn policy_for(host: &str) -> Result<Policy, Failure> {
    let catalog = Catalog::built_in().and_then(Catalog::new).map_err(failed)?;
    let settings = Settings {
        hosts: vec![host.to_owned()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts: Unknown::Hold,
        allow: Vec::new(),
    };
    Ok(Policy::new(settings, Arc::new(catalog)))
}
