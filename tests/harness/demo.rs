//! One small demo for every test that reads, or changes only what is its own.

use std::sync::LazyLock;

use super::{Builder, TestApp};

static DEMO: LazyLock<TestApp> = LazyLock::new(|| {
    Builder::default()
        .demo(&["--citizens", "300", "--days", "14", "--live", "0"])
        .guarded()
        .start()
        .expect("the demo starts")
});

/// The shared demo: 300 citizens, 14 days, nothing happens by itself. Who changes something takes a visitor of their
/// own, or a persona no other test uses.
pub(crate) fn demo() -> &'static TestApp {
    &DEMO
}
