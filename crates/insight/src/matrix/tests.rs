//! Tests of `matrix`.
