//! The HTTP server, its jobs, configuration and observability.
#![doc = include_str!("../README.md")]

pub mod api;
pub mod app;
pub mod boot;
pub mod clock;
pub mod commands;
pub mod config;
pub mod delivery;
pub mod demo;
pub mod http;
pub mod jobs;
pub mod metrics;
pub mod observability;
pub mod problem;
pub mod progress;
pub mod serving;
pub mod storage;
pub mod warm;
