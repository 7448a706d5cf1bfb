//! The one integration-test binary: add a scenario as a module here.
