//! The engine as its clients see it: a real library, a real process, real HTTP.

#[path = "it/durability.rs"]
mod durability;
#[path = "it/fixture.rs"]
mod fixture;
#[path = "it/http.rs"]
mod http;
#[path = "it/process.rs"]
mod process;
#[path = "it/python.rs"]
mod python;
#[path = "it/rust_client.rs"]
mod rust_client;
#[path = "it/rust_types.rs"]
mod rust_types;
#[path = "it/streams.rs"]
mod streams;
