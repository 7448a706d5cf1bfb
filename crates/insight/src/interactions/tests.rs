//! Tests of `interactions`.
