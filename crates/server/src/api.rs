//! The HTTP API: one file a resource; [`router()`] is the only list of routes.

pub mod admin;
pub mod analytics;
pub mod catalogue;
pub mod client_config;
pub mod collect;
pub mod console;
pub mod devices;
pub mod docs;
pub mod feeds;
pub mod health;
pub mod inbox;
pub mod me;
pub mod messages;
pub mod models;
pub mod pages;
pub mod recommendations;
pub mod router;
pub mod search;
pub mod stream;
pub mod transparency;
pub mod visitor;

pub use router::{openapi, router};
