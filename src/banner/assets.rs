//! What `js/` was built into; see `build.rs`.

/// Inline, first in `<head>`; the tokens `$C` and `$S` are regular expressions to be filled in.
pub const GUARD: &str = include_str!(concat!(env!("OUT_DIR"), "/guard.js"));
/// The same for a visitor who agreed to something: an answer in another tab may take it back.
pub const GUARD_GRANTED: &str = include_str!(concat!(env!("OUT_DIR"), "/guard-granted.js"));
/// The same on a page that may fetch no file of ours.
pub const GUARD_ALONE: &str = include_str!(concat!(env!("OUT_DIR"), "/guard-alone.js"));
/// The guard where nothing is held, after a yes to everything: it wraps nothing and has no token.
pub const GUARD_FREE: &str = include_str!(concat!(env!("OUT_DIR"), "/guard-free.js"));
/// The same on a page that may fetch no file of ours.
pub const GUARD_FREE_ALONE: &str = include_str!(concat!(env!("OUT_DIR"), "/guard-free-alone.js"));
/// Inline, after the guard; tokens `__CONSENT__`, `__AT__`.
pub const SIGNALS: &str = include_str!(concat!(env!("OUT_DIR"), "/signals.js"));
/// Inline, after the signals, where something was agreed to: repairs what the reload after a grant would break, and asks for
/// `PREFIX/choice.js`, which says what became of it.
pub const LANDING: &str = include_str!(concat!(env!("OUT_DIR"), "/landing.js"));
/// The same on a page that may fetch no file of ours.
pub const LANDING_ALONE: &str = include_str!(concat!(env!("OUT_DIR"), "/landing-alone.js"));
/// Inline, after the signals: stand-ins for what held trackers would have defined.
pub const IDLE: &str = include_str!(concat!(env!("OUT_DIR"), "/idle.js"));
/// The same where nothing of Google's is open: pushes to `dataLayer` are answered, too.
pub const IDLE_GOOGLE: &str = include_str!(concat!(env!("OUT_DIR"), "/idle-google.js"));
/// Inline, after the signals: what Google's tags are told; tokens `__A__`, `__B__`, `__C__`, `__MORE__`.
pub const DEFAULT: &str = include_str!(concat!(env!("OUT_DIR"), "/default.js"));
/// In its place where an answer stands and Google's tags may run; tokens `__A__`, `__B__`, `__C__`.
pub const ANSWERED: &str = include_str!(concat!(env!("OUT_DIR"), "/answered.js"));
/// Inline, after them, where Google's tags may run and something is refused; tokens `__A__`, `__B__`, `__C__`.
pub const HEED: &str = include_str!(concat!(env!("OUT_DIR"), "/heed.js"));
/// The same where statistics or marketing are asked about and not agreed to: heeds queues of another name, too.
pub const HEED_QUEUES: &str = include_str!(concat!(env!("OUT_DIR"), "/heed-queues.js"));
/// Inline, after the signals, where the site uses Microsoft's advertising tag; tokens `__HOW__`, `__C__`.
pub const UET: &str = include_str!(concat!(env!("OUT_DIR"), "/uet.js"));
/// Inline, after the signals, where the site uses Microsoft Clarity.
pub const CLARITY: &str = include_str!(concat!(env!("OUT_DIR"), "/clarity.js"));
/// Inline, after that, where Clarity runs and advertising was refused; token `__C__`.
pub const HEED_CLARITY: &str = include_str!(concat!(env!("OUT_DIR"), "/heed-clarity.js"));
/// Inline, on a page without the banner that may fetch a file of ours: opens the preference centre over the page, and chooses.
pub const OPEN: &str = include_str!(concat!(env!("OUT_DIR"), "/open.js"));
/// The same where an answer stands on several hosts: one given on another may have taken something back that is kept here.
pub const OPEN_HOSTS: &str = include_str!(concat!(env!("OUT_DIR"), "/open-hosts.js"));
/// The same where nothing can have been taken back.
pub const OPEN_FREE: &str = include_str!(concat!(env!("OUT_DIR"), "/open-free.js"));
/// Inline, at the foot of a page with the banner and a placeholder: sends what is pressed in it as what is pressed in the page.
pub const EMBED: &str = include_str!(concat!(env!("OUT_DIR"), "/embed.js"));
/// In its place where the script at [`MADE_ASKS`] may fetch it: fetches it.
pub const EMBEDS: &str = include_str!(concat!(env!("OUT_DIR"), "/embeds.js"));
/// Inline, behind the head, where frames that scripts make were refused: fetches [`FRAMES`] for the next.
pub const MADE: &str = include_str!(concat!(env!("OUT_DIR"), "/made.js"));
/// The same on a page with the banner.
pub const MADE_ASKS: &str = include_str!(concat!(env!("OUT_DIR"), "/made-asks.js"));
/// Served at `PREFIX/choice.js?frames`; with [`EMBED`] at `PREFIX/choice.js?embeds`: shows placeholders in frames that scripts made.
pub const FRAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/frames.js"));
/// Inline, on a page with the banner: sends what is pressed, opens the preferences, keeps the banner in view and out of the way.
pub const QUESTION: &str = include_str!(concat!(env!("OUT_DIR"), "/question.js"));
/// The same on a page that may fetch no file of ours; behind [`CHOICE_API`].
pub const QUESTION_ALONE: &str = include_str!(concat!(env!("OUT_DIR"), "/question-alone.js"));
/// Inline, on a page that may fetch no file of ours: what [`CHOICE_FILE`] does, without the dialog.
pub const CHOICE_API: &str = include_str!(concat!(env!("OUT_DIR"), "/choice-api.js"));
/// Served at `PREFIX/choice.js?forget`, with the names that are held: removes what was taken back ([`super::forget_script`]).
pub(super) const FORGET: &str = include_str!(concat!(env!("OUT_DIR"), "/forget.js"));
/// Served at `PREFIX/choice.js`: pages fetch it when an answer is pressed, the preferences are opened, or a page script calls
/// `consentry.choose`.
pub const CHOICE_FILE: &str = include_str!(concat!(env!("OUT_DIR"), "/choice-file.js"));
/// Inline, once, before the first sign that scripts draw the page anew: of one that is compared with what its server wrote.
pub const KEEP_HYDRATED: &str = include_str!(concat!(env!("OUT_DIR"), "/keep-hydrated.js"));
/// The same of one whose body is swapped.
pub const KEEP_SWAPPED: &str = include_str!(concat!(env!("OUT_DIR"), "/keep-swapped.js"));
/// Inline, behind the head's script, in a page that a service worker may keep: is it still the page for the answer that stands?
pub const KEPT: &str = include_str!(concat!(env!("OUT_DIR"), "/kept.js"));
/// Inline, behind the head's script, in a page that a browser fetches ahead: tells when it is shown.
pub const AHEAD: &str = include_str!(concat!(env!("OUT_DIR"), "/ahead.js"));
/// Inline, once, before the first sign that scripts pass on what they store by events, where the guard stands in for stores.
pub const AREAS: &str = include_str!(concat!(env!("OUT_DIR"), "/areas.js"));
/// Served at `PREFIX/witness.js`: pages of a site that is only observed fetch it.
pub const WITNESS: &str = include_str!(concat!(env!("OUT_DIR"), "/witness.js"));
/// Inline, last, on every page: lets the shop's scripts tell of events.
pub const EVENT: &str = include_str!(concat!(env!("OUT_DIR"), "/event.js"));
/// Served at `PREFIX/beacon.js`: pages fetch it where the operator asked for it.
pub const BEACON: &str = include_str!(concat!(env!("OUT_DIR"), "/beacon.js"));
/// What the beacon is asked for by, so that browsers can keep it: changes with every letter of it.
pub const BEACON_HASH: &str = include_str!(concat!(env!("OUT_DIR"), "/beacon.js.hash"));
/// The style of the standing link.
pub const LINK_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/link.css"));
/// What has the link and the banner not printed.
pub const PRINT_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/print.css"));
/// The style of placeholders, documents in frames.
pub const EMBED_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/embed.css"));
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
