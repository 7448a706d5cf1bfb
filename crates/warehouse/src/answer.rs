//! Runs a plan of `analytics`: rows as JSON for a page, or a stream of bytes for a file.

use std::time::{Duration, Instant};

use analytics::{Column, Param, Plan, Value};
use bytes::Bytes;
use clickhouse::query::{BytesCursor, Query};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::{Warehouse, WarehouseError, metrics as names};

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What the columns mean, in order.
    pub columns: Vec<Column>,
    /// The rows, by column name.
    pub rows: Vec<Map<String, Json>>,
    /// The SQL that was run.
    pub sql: String,
    /// The values bound to it.
    pub params: Vec<Param>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// A format a file can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated, with a header line.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow stream.
    Arrow,
}

impl ExportFormat {
    /// ClickHouse's name for it.
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSVWithNames",
            Self::Ndjson => "JSONEachRow",
            Self::Parquet => "Parquet",
            Self::Arrow => "ArrowStream",
        }
    }

    /// The media type for an answer over HTTP.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }
}

/// A file on its way.
pub struct Export {
    cursor: BytesCursor,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Export")
    }
}

impl Export {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`: the file is then incomplete and must not be kept.
    pub async fn next(&mut self) -> Result<Option<Bytes>, WarehouseError> {
        Ok(self.cursor.next().await?)
    }

    /// All pieces as a stream.
    pub fn into_stream(self) -> impl futures::Stream<Item = Result<Bytes, WarehouseError>> + Send {
        futures::stream::try_unfold(self, async |mut export| {
            Ok(export.next().await?.map(|piece| (piece, export)))
        })
    }
}

impl Warehouse {
    /// Answers a question with rows.
    ///
    /// # Errors
    /// `Unavailable` after the time limit; `Refused`, for example where the memory limit is met.
    pub async fn run(&self, plan: &Plan) -> Result<Answer, WarehouseError> {
        let began = Instant::now();
        let mut cursor = self.bound(plan).fetch_bytes("JSONEachRow")?;
        // A little longer than ClickHouse's own limit, whose message says more.
        let patience = self.config.query_timeout + Duration::from_secs(2);
        let bytes = tokio::time::timeout(patience, cursor.collect())
            .await
            .map_err(|_| WarehouseError::Unavailable("no answer in time".to_owned()))??;
        let rows = serde_json::Deserializer::from_slice(&bytes)
            .into_iter()
            .collect::<Result<Vec<Map<String, Json>>, _>>()
            .map_err(|error| WarehouseError::Answer(error.to_string()))?;
        metrics::histogram!(names::QUERY_SECONDS).record(began.elapsed());
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Answer {
            columns: plan.columns.clone(),
            rows,
            sql: plan.sql.clone(),
            params: plan.params.clone(),
            ms,
        })
    }

    /// Answers a question with a file, piece by piece.
    ///
    /// # Errors
    /// As [`Warehouse::run`].
    pub fn export(&self, plan: &Plan, format: ExportFormat) -> Result<Export, WarehouseError> {
        // Piece by piece as it is made, not whole as for a page.
        let query = self.bound(plan).with_setting("wait_end_of_query", "0");
        Ok(Export { cursor: query.fetch_bytes(format.name())? })
    }

    /// A statement that may take no more time and memory than a question; what does not fit goes through the disk.
    pub(crate) fn limited(&self, query: Query) -> Query {
        let limit = self.config.query_memory;
        query
            .with_setting("max_execution_time", self.config.query_timeout.as_secs().to_string())
            .with_setting("max_memory_usage", limit.to_string())
            .with_setting("max_bytes_before_external_group_by", (limit / 2).to_string())
            .with_setting("max_bytes_before_external_sort", (limit / 2).to_string())
    }

    /// The plan as a statement with its values bound on the server and its limits set.
    fn bound(&self, plan: &Plan) -> Query {
        let query = self.limited(self.client.query_raw(&plan.sql));
        let mut query = query.with_setting("output_format_json_quote_64bit_integers", "0");
        for param in &plan.params {
            query = match &param.value {
                Value::Text(text) => query.param(&param.name, text),
                Value::Unsigned(number) => query.param(&param.name, number),
                Value::Signed(number) => query.param(&param.name, number),
                Value::Numbers(numbers) => query.param(&param.name, numbers),
            };
        }
        query
    }
}
