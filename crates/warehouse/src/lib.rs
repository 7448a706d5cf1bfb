//! ClickHouse: migrations, the batch loader, typed rows and named queries.
