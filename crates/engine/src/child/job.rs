//! Runs one statement from its first byte to its last, on a thread that may block.

mod text;

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use tokio::runtime::Handle;

use super::decode::{Body, read_failed};
use super::encode::Encoder;
use super::exception::{Exception, Raised};
use super::formats::{Streaming, content_type};
use super::reply::{Running, Sender};
use super::request::Request;
use super::shared::{MARK, Shared};
use super::sql::{self, Shape};
use crate::ffi::{Connection, Output, Parameters};
use text::Text;

/// How much data is handed to the engine at a time.
const CHUNK: usize = 256 << 10;

/// How much of a refused request is still read, so that a client that only sends gets to see the answer.
const DRAIN: u64 = 256 << 20;

/// A statement to run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request: Request,
    pub(crate) body: Body,
    pub(crate) reply: Sender,
    pub(crate) running: Arc<Running>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) runtime: Handle,
}

impl Job {
    /// Runs the statement and answers.
    pub(crate) fn run(mut self) {
        if let Err(exception) = self.answer() {
            self.shared.counters.failure();
            tracing::debug!(engine.code = exception.code, "statement failed");
            if self.reply.untouched() {
                self.body.drain(DRAIN);
                self.running.finish();
                self.reply.refuse(&exception);
            }
        }
        self.running.finish();
    }

    fn answer(&mut self) -> Result<(), Exception> {
        match text::read(&mut self.request, &self.body)? {
            Text::Insert { statement, format, data } => self.insert(&statement, &format, data),
            Text::Statement(sql) => self.statement(&sql),
        }
    }

    /// A session with the request's database and settings, marked so that it can be cancelled.
    fn session(&self) -> Result<Connection, Exception> {
        if self.running.abandoned() {
            return Err(Raised::Cancelled.because("The client has gone"));
        }
        let mut connection = self.shared.connect()?;
        let mut say = |sql: &str| {
            let done = connection.query(sql, "Null", &Parameters::default());
            done.map(drop).map_err(|e| Exception::from_engine(&e))
        };
        if let Some(sql) = self.request.use_statement() {
            say(&sql)?;
        }
        // Later names win: a client's own comment replaces its query id.
        let ours =
            [(MARK, self.running.mark.as_str()), ("log_comment", self.request.query_id.as_str())];
        say(&self.request.set_statement(&ours))?;
        Ok(connection)
    }

    fn parameters(&mut self) -> Parameters {
        Parameters::new(std::mem::take(&mut self.request.parameters))
    }

    /// Streams data into a table and answers when it is stored.
    fn insert(
        &mut self,
        statement: &str,
        format: &str,
        mut data: Box<dyn Read + Send>,
    ) -> Result<(), Exception> {
        self.shared.counters.statement(true);
        if self.request.read_only {
            return Err(read_only());
        }
        let _turn = self.shared.turn(&self.runtime, true)?;
        let mut connection = self.session()?;
        let parameters = self.parameters();
        let mut insert = connection
            .insert(statement, format, &parameters)
            .map_err(|e| Exception::from_engine(&e))?;
        let mut chunk = vec![0_u8; CHUNK];
        loop {
            // Small reads are gathered: each append wakes the engine's own thread.
            let length = fill(&mut data, &mut chunk).map_err(|e| read_failed(&e))?;
            if length == 0 || !insert.append(&chunk[..length]) {
                break;
            }
        }
        let output = insert.done().map_err(|e| Exception::from_engine(&e))?;
        self.shared.counters.rows_written(output.written().0);
        self.running.finish();
        self.reply.head((StatusCode::OK, vec![("x-clickhouse-summary", summary(&output))]));
        Ok(())
    }

    /// Runs a statement without data and sends its result.
    fn statement(&mut self, sql: &str) -> Result<(), Exception> {
        self.shared.counters.statement(false);
        let shape = sql::shape(sql.as_bytes());
        if shape.client_file {
            return Err(Raised::IntoOutfile
                .because("INTO OUTFILE and FROM INFILE are not allowed over HTTP"));
        }
        if shape.session {
            return Err(Raised::NotImplemented.because(
                "Sessions are not supported by this engine: pass settings and the database in the query string, \
                 and use a table instead of a temporary table",
            ));
        }
        let mut connection = self.session()?;
        let analysis = connection.analyse(sql);
        if analysis.statements > 1 {
            return Err(Raised::SyntaxError.because("Multi-statements are not allowed"));
        }
        if self.request.read_only && analysis.statements == 1 && !analysis.read_only {
            return Err(read_only());
        }
        let _turn = self.shared.turn(&self.runtime, !analysis.read_only)?;
        let format = shape.format.clone().unwrap_or_else(|| self.request.default_format.clone());
        let streams = analysis.read_only && shape.selects && !self.request.wait_end;
        if streams && Streaming::of(&format) != Streaming::Document {
            return self.stream(connection, sql, &format);
        }
        self.whole(connection, sql, &format, &shape)
    }

    /// Sends a result as it comes.
    fn stream(
        &mut self,
        mut connection: Connection,
        sql: &str,
        format: &str,
    ) -> Result<(), Exception> {
        let parameters = self.parameters();
        let streaming = Streaming::of(format);
        let mut rows =
            connection.stream(sql, format, &parameters).map_err(|e| Exception::from_engine(&e))?;
        let mut next = rows.next().map_err(|e| Exception::from_engine(&e))?;
        let tag = self.running.mark[..16].to_owned();
        let header = next.as_ref().map_or(Vec::new(), |first| {
            first.as_ref()[..streaming.header(first.as_ref())].to_vec()
        });
        let mut encoder =
            self.begin(format, next.is_some(), vec![("x-clickhouse-exception-tag", tag.clone())]);
        let mut first = true;
        while let Some(block) = next {
            let mut piece = Bytes::from_owner(block);
            if !first && !header.is_empty() && piece.starts_with(&header) {
                piece = piece.slice(header.len()..);
            }
            first = false;
            if !piece.is_empty() && !self.reply.piece(encode(&mut encoder, piece)?) {
                return Err(Raised::Cancelled.because("The client has gone"));
            }
            next = match rows.next() {
                Ok(block) => block,
                Err(error) => {
                    let exception = Exception::from_engine(&error);
                    self.running.finish();
                    self.reply.break_off(encoder, &exception, &tag);
                    return Err(exception);
                }
            };
        }
        self.finish(encoder)
    }

    /// Makes a result as a whole and sends it.
    fn whole(
        &mut self,
        mut connection: Connection,
        sql: &str,
        format: &str,
        shape: &Shape,
    ) -> Result<(), Exception> {
        let parameters = self.parameters();
        let output =
            connection.query(sql, format, &parameters).map_err(|e| Exception::from_engine(&e))?;
        self.shared.counters.rows_written(output.written().0);
        self.running.finish();
        let summary = ("x-clickhouse-summary", summary(&output));
        let answers = shape.selects || !output.as_ref().is_empty();
        let mut encoder = self.begin(format, answers && !output.as_ref().is_empty(), vec![summary]);
        let mut rest = Bytes::from_owner(output);
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(CHUNK * 4));
            if !self.reply.piece(encode(&mut encoder, piece)?) {
                return Ok(());
            }
        }
        self.finish(encoder)
    }

    /// Sends the head of a successful answer. An empty body is not encoded.
    fn begin(
        &mut self,
        format: &str,
        body: bool,
        mut headers: Vec<(&'static str, String)>,
    ) -> Encoder {
        let encoder = match body {
            true => Encoder::choose(self.request.blocks.result, self.request.accept.as_deref()),
            false => Encoder::Plain,
        };
        headers.push(("content-type", content_type(format).to_owned()));
        headers.push(("x-clickhouse-format", format.to_owned()));
        if let Some(coding) = encoder.coding() {
            headers.push(("content-encoding", coding.to_owned()));
        }
        self.reply.head((StatusCode::OK, headers));
        encoder
    }

    fn finish(&mut self, encoder: Encoder) -> Result<(), Exception> {
        self.running.finish();
        let end = encoder.end().map_err(|e| Raised::Unknown.because(e))?;
        self.reply.piece(end);
        Ok(())
    }
}

fn encode(encoder: &mut Encoder, piece: Bytes) -> Result<Bytes, Exception> {
    encoder.piece(piece).map_err(|e| Raised::Unknown.because(e))
}

fn read_only() -> Exception {
    Raised::Readonly.because(
        "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. \
         You should use method POST for modifying queries",
    )
}

/// Reads until the buffer is full or the data ends.
fn fill(data: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match data.read(&mut buffer[filled..])? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

/// `X-ClickHouse-Summary`: numbers as text, as ClickHouse writes them.
fn summary(output: &Output) -> String {
    let ((read_rows, read_bytes), (written_rows, written_bytes)) =
        (output.read(), output.written());
    format!(
        "{{\"read_rows\":\"{read_rows}\",\"read_bytes\":\"{read_bytes}\",\"written_rows\":\"{written_rows}\",\
         \"written_bytes\":\"{written_bytes}\",\"total_rows_to_read\":\"0\",\"result_rows\":\"{written_rows}\",\
         \"result_bytes\":\"{written_bytes}\"}}"
    )
}
