//! The HTTP server, its jobs, configuration and observability.
