//! The one integration-test binary: a new scenario is a module here, built on `harness::TestApp`.

mod collect;
mod harness;
mod tidy;
