//! Tests of `needs`.
