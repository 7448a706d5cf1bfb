//! The browser's part: SDK, service worker, demo portal and console, embedded.
#![doc = include_str!("../README.md")]

mod asset;
mod route;

pub use asset::Asset;
pub use route::asset;

#[cfg(test)]
mod tests;
