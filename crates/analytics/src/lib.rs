//! A behaviour question, checked and turned into ClickHouse SQL.
