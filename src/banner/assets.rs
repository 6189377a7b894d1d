//! What `js/` was built into; see `build.rs`.

/// Inline, first in `<head>`; the tokens `$C` and `$S` are regular expressions to be filled in.
pub const GUARD: &str = include_str!(concat!(env!("OUT_DIR"), "/guard.js"));
/// The guard of a visitor who agreed to everything: it wraps nothing and has no token.
pub const GUARD_FREE: &str = include_str!(concat!(env!("OUT_DIR"), "/guard-free.js"));
/// Inline, after the guard; tokens `__CONSENT__`, `__A__`, `__B__`, `__C__`.
pub const SIGNALS: &str = include_str!(concat!(env!("OUT_DIR"), "/signals.js"));
/// Inline, last in the body of a page with the banner.
pub const CHOICE: &str = include_str!(concat!(env!("OUT_DIR"), "/choice.js"));
/// Served at `PREFIX/choice.js`: pages without the banner fetch it when a page script calls `consentry.choose`.
pub const CHOICE_API: &str = include_str!(concat!(env!("OUT_DIR"), "/choice-api.js"));
/// Served at `PREFIX/witness.js`: pages of a site that is only observed fetch it.
pub const WITNESS: &str = include_str!(concat!(env!("OUT_DIR"), "/witness.js"));
/// The banner's style.
pub const BANNER_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/banner.css"));
/// The style of every page below the reserved prefix.
pub const PAGE_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/page.css"));
/// The analysts' page; it asks for `dashboard.js` and `dashboard.css` beside itself.
pub const DASHBOARD_HTML: &str = include_str!(concat!(env!("OUT_DIR"), "/dashboard.html"));
/// Its script.
pub const DASHBOARD_JS: &str = include_str!(concat!(env!("OUT_DIR"), "/dashboard.js"));
/// Its style.
pub const DASHBOARD_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/dashboard.css"));
/// The Content-Security-Policy the dashboard works under.
pub const DASHBOARD_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
