//! Tests of `neighbours`.
