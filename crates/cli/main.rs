//! The `civicsense` command.
fn main() {}
