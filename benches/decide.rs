//! To come with its room.
fn main() {}
