//! ClickHouse as a library behind its own HTTP interface, in a supervised child process.
