//! The architecture as a test: crate edges, file openings and sizes, forbidden names, log style.

mod edges;
mod files;
