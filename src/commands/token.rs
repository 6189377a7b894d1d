//! `consentry token new`: a token on standard output, once, with or without a running gateway.

use std::path::Path;

use super::{Failure, failed, load, print};
use crate::clock::{Clock as _, SystemClock, SystemEntropy};
use crate::store::tokens::Tokens;

/// Makes a token for `site`, or for all sites.
pub(super) fn new(config: &Path, name: &str, site: Option<&str>) -> Result<(), Failure> {
    let config = load(config)?.config;
    if let Some(site) = site.filter(|site| !config.sites.iter().any(|known| known.name.as_ref() == *site)) {
        let known: Vec<&str> = config.sites.iter().map(|site| site.name.as_ref()).collect();
        return Err(Failure::Wrong(format!("error: no site \"{site}\"; sites are: {}", known.join(", "))));
    }
    let tokens = Tokens::open(&config.store).map_err(failed)?;
    print(&tokens.make(name, site, &SystemEntropy, SystemClock.now()).map_err(failed)?);
    Ok(())
}
