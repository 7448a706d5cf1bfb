//! What the serving path reads: memory only, kept fresh by the jobs, never a wait for ClickHouse.

pub mod models;
pub mod visitors;
pub mod world;
