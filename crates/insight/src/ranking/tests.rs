//! Tests of `ranking`.
