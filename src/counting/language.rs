//! Shim.
pub(super) fn language(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"nb") { Some("nb") } else { None }
}
