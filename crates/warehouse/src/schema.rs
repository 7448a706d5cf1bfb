//! Is the schema what this program needs? Asked at start, because a broken view would stop every insert.

use serde::Deserialize;

use crate::rows::TARGETS;
use crate::{Warehouse, WarehouseError};

/// Every table, with the view that fills it.
const TABLES: &[(&str, Option<&str>)] = &[
    ("events", None),
    ("visitor_log", Some("visitor_log_mv")),
    ("sessions", Some("sessions_mv")),
    ("hourly", Some("hourly_mv")),
    ("identity", Some("identity_mv")),
    ("identity_decisions", None),
    ("dead_letters", None),
    ("dead_letter_replays", None),
    ("ingest_stats", None),
    ("batches", None),
];

#[derive(Debug, Deserialize, clickhouse::Row)]
struct Table {
    name: String,
    engine_full: String,
    as_select: String,
}

#[derive(Debug, Deserialize, clickhouse::Row)]
struct Column {
    table: String,
    name: String,
    kind: String,
}

impl Warehouse {
    /// Checks that every table, column, deduplication window and materialised view is there and works.
    ///
    /// # Errors
    /// `Schema` naming the first thing that is not; `Unavailable`.
    pub async fn verify_schema(&self) -> Result<(), WarehouseError> {
        let tables: Vec<Table> = self
            .client
            .query_raw("SELECT name, engine_full, as_select FROM system.tables WHERE database = currentDatabase()")
            .fetch_all()
            .await?;
        let columns: Vec<Column> = self
            .client
            .query_raw("SELECT table, name, type AS kind FROM system.columns WHERE database = currentDatabase()")
            .fetch_all()
            .await?;
        let find = |name: &str| {
            tables
                .iter()
                .find(|table| table.name == name)
                .ok_or_else(|| WarehouseError::schema(name, "does not exist"))
        };
        for (name, view) in TABLES {
            let engine = &find(name)?.engine_full;
            let window = "non_replicated_deduplication_window = ";
            let width = engine.split_once(window).map_or("0", |(_, rest)| rest);
            if width.starts_with('0') && !engine.starts_with("Replicated") {
                return Err(WarehouseError::schema(*name, "has no deduplication window"));
            }
            if let Some(view) = view {
                self.verify_view(find(view)?, name, &columns).await?;
            }
        }
        for target in TARGETS {
            for (name, kind) in target.columns {
                verify_column(&columns, target.table, name, Some(kind))?;
            }
        }
        Ok(())
    }

    /// A view works where its query can be analysed and its target has a place for every column.
    async fn verify_view(
        &self,
        view: &Table,
        target: &str,
        columns: &[Column],
    ) -> Result<(), WarehouseError> {
        #[derive(Debug, Deserialize)]
        struct Described {
            name: String,
        }
        if view.as_select.is_empty() {
            return Err(WarehouseError::schema(&view.name, "is not a materialised view"));
        }
        let describe = format!("DESCRIBE TABLE ({})", view.as_select);
        let text = self.text(&describe, "JSONEachRow").await.map_err(|error| match error {
            WarehouseError::Refused { message, .. } => {
                WarehouseError::schema(&view.name, format!("is broken: {message}"))
            }
            other => other,
        })?;
        for line in text.lines() {
            let described: Described = serde_json::from_str(line)
                .map_err(|error| WarehouseError::Answer(error.to_string()))?;
            verify_column(columns, target, &described.name, None)?;
        }
        Ok(())
    }

    /// The answer to a statement of this program, whole.
    pub(crate) async fn text(&self, sql: &str, format: &str) -> Result<String, WarehouseError> {
        let mut cursor = self.client.query_raw(sql).fetch_bytes(format)?;
        let bytes = tokio::time::timeout(self.config.query_timeout, cursor.collect())
            .await
            .map_err(|_| WarehouseError::Unavailable("no answer in time".to_owned()))??;
        String::from_utf8(bytes.to_vec()).map_err(|error| WarehouseError::Answer(error.to_string()))
    }
}

fn verify_column(
    columns: &[Column],
    table: &str,
    name: &str,
    kind: Option<&str>,
) -> Result<(), WarehouseError> {
    let found = columns.iter().find(|column| column.table == table && column.name == name);
    match (found, kind) {
        (None, _) => Err(WarehouseError::schema(table, format!("has no column {name}"))),
        (Some(column), Some(kind)) if column.kind != kind => Err(WarehouseError::schema(
            table,
            format!("has column {name} of type {}, expected {kind}", column.kind),
        )),
        (Some(_), _) => Ok(()),
    }
}
