//! Tests of `popularity`.
