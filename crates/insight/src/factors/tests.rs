//! Tests of `factors`.
