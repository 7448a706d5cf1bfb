//! What the serving path reads: memory only, kept fresh by the jobs, never a wait for ClickHouse.

pub mod arms;
pub mod counters;
pub mod learnt;
pub mod library;
pub mod models;
pub mod pages;
pub mod pipelines;
pub mod plans;
pub mod shadow;
pub mod sites;
pub mod subjects;
pub mod visitors;
