//! The C interface of `libchdb`, opened at run time, with safe types above it: all unsafe code of the project is here.
//!
//! The signatures are those of `chdb.h` of chDB 26.7. Every safe type takes `&mut self`, so the library never sees two
//! threads on one connection, which is the only thing it asks of a caller.
#![expect(
    unsafe_code,
    reason = "a C interface cannot be called otherwise; each block says why it is sound"
)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::path::Path;
use std::ptr;

use crate::error::EngineError;

/// What a `chdb_connection` points to; only the library looks inside.
#[repr(C)]
struct RawConnection {
    _internal: *mut c_void,
}

/// What a `chdb_result *` points to; only the library looks inside.
#[repr(C)]
struct RawResult {
    _internal: *mut c_void,
}

/// What a `chdb_insert_stream` points to; only the library looks inside.
#[repr(C)]
struct RawInsert {
    _internal: *mut c_void,
}

/// `chdb_query_analysis_v1`.
#[repr(C)]
struct RawAnalysis {
    struct_size: u32,
    statement_count: u32,
    flags: u32,
    query_class: u32,
}

type Text = *const c_char;
type Texts = *const Text;
type Lengths = *const usize;

/// Declares the table of functions and how each is found in the library.
macro_rules! functions {
    ($($name:ident($($arg:ty),*) $(-> $ret:ty)?;)*) => {
        /// The functions of `libchdb` this crate calls.
        #[derive(Debug)]
        struct Functions { $($name: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)* }

        impl Functions {
            fn find(library: &libloading::Library) -> Result<Self, libloading::Error> {
                Ok(Self { $(
                    // SAFETY: the type written here is the declaration of this symbol in `chdb.h`.
                    $name: unsafe { *library.get(concat!(stringify!($name), "\0").as_bytes())? },
                )* })
            }
        }
    };
}

functions! {
    chdb_set_signal_handlers_enabled(c_int);
    chdb_version() -> Text;
    chdb_connect(c_int, *mut *mut c_char) -> *mut *mut RawConnection;
    chdb_close_conn(*mut *mut RawConnection);
    chdb_query_with_params_n(*mut RawConnection, Text, usize, Text, usize, Texts, Lengths, Texts, Lengths, usize) -> *mut RawResult;
    chdb_stream_query_with_params_n(*mut RawConnection, Text, usize, Text, usize, Texts, Lengths, Texts, Lengths, usize) -> *mut RawResult;
    chdb_stream_fetch_result(*mut RawConnection, *mut RawResult) -> *mut RawResult;
    chdb_stream_cancel_query(*mut RawConnection, *mut RawResult);
    chdb_stream_insert_with_params_n(*mut RawConnection, Text, usize, Text, usize, Texts, Lengths, Texts, Lengths, usize) -> *mut RawInsert;
    chdb_stream_append(*mut RawInsert, *const c_void, usize) -> c_int;
    chdb_stream_done(*mut RawInsert) -> *mut RawResult;
    chdb_stream_insert_error(*mut RawInsert) -> Text;
    chdb_destroy_insert_stream(*mut RawInsert);
    chdb_classify_query_n(*mut RawConnection, Text, usize, Text, usize, *mut RawAnalysis) -> c_int;
    chdb_destroy_query_result(*mut RawResult);
    chdb_result_buffer(*mut RawResult) -> *mut c_char;
    chdb_result_length(*mut RawResult) -> usize;
    chdb_result_error(*mut RawResult) -> Text;
    chdb_result_storage_rows_read(*mut RawResult) -> u64;
    chdb_result_storage_bytes_read(*mut RawResult) -> u64;
    chdb_result_rows_written(*mut RawResult) -> u64;
    chdb_result_bytes_written(*mut RawResult) -> u64;
}

/// The opened library. It stays loaded until the process ends: its threads do not survive being unloaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Library {
    functions: &'static Functions,
}

impl Library {
    /// Opens `libchdb` and tells it to leave the process's signal handlers alone.
    ///
    /// # Errors
    /// [`EngineError::Library`] when the file is not a library of the expected kind.
    pub(crate) fn open(path: &Path) -> Result<Self, EngineError> {
        let failed = |e: libloading::Error| EngineError::Library {
            path: path.to_path_buf(),
            reason: e.to_string(),
        };
        // SAFETY: the initialisers of libchdb only set up its own state; the file was checked against a pinned
        // digest when it was fetched, or named by the operator.
        let library = unsafe { libloading::Library::new(path) }.map_err(failed)?;
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        let functions: &'static Functions =
            Box::leak(Box::new(Functions::find(library).map_err(failed)?));
        // SAFETY: takes a flag by value; called before the first connection, as the header asks.
        unsafe { (functions.chdb_set_signal_handlers_enabled)(0) };
        Ok(Self { functions })
    }

    /// The version of the library, for example `26.7.3`.
    pub(crate) fn version(self) -> String {
        // SAFETY: returns a static NUL-terminated string or null.
        unsafe { text((self.functions.chdb_version)()) }.unwrap_or_default()
    }

    /// Opens a connection. The first one of a process starts the engine; later ones take 0.1 ms.
    ///
    /// # Errors
    /// `None` from the library: the data directory is in use, or an argument has a wrong value.
    pub(crate) fn connect(self, arguments: &[String]) -> Result<Connection, EngineError> {
        let refused =
            || EngineError::Connect { reason: "the library refused the connection".to_owned() };
        let owned: Vec<CString> = std::iter::once("clickhouse")
            .chain(arguments.iter().map(String::as_str))
            .map(CString::new)
            .collect::<Result<_, _>>()
            .map_err(|_| EngineError::Connect {
                reason: "an argument holds a NUL byte".to_owned(),
            })?;
        let mut argv: Vec<*mut c_char> = owned.iter().map(|a| a.as_ptr().cast_mut()).collect();
        let count = c_int::try_from(argv.len()).map_err(|_| refused())?;
        // SAFETY: `argv` holds `count` pointers to NUL-terminated strings that outlive the call; the library copies them.
        let handle = unsafe { (self.functions.chdb_connect)(count, argv.as_mut_ptr()) };
        if handle.is_null() {
            return Err(refused());
        }
        Ok(Connection { functions: self.functions, handle })
    }
}

/// Bound parameters of a statement: the names and values of `{name:Type}` place-holders.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, Vec<u8>)>);

impl Parameters {
    pub(crate) fn new(pairs: Vec<(String, Vec<u8>)>) -> Self {
        Self(pairs)
    }

    /// The four parallel arrays the C interface wants; they borrow from `self`.
    fn arrays(&self) -> [(Vec<Text>, Vec<usize>); 2] {
        let names = self.0.iter().map(|(name, _)| (name.as_ptr().cast(), name.len())).unzip();
        let values = self.0.iter().map(|(_, value)| (value.as_ptr().cast(), value.len())).unzip();
        [names, values]
    }
}

/// What a statement would do, as ClickHouse's own parser sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Analysis {
    /// How many statements the text holds; 0 when it does not parse.
    pub(crate) statements: u32,
    /// Whether running it leaves no trace (`SELECT`, `SHOW`, `DESCRIBE`, `EXPLAIN`, `EXISTS`, `CHECK`).
    pub(crate) read_only: bool,
}

/// A session of the engine: its settings, current database and temporary tables are its own.
#[derive(Debug)]
pub(crate) struct Connection {
    functions: &'static Functions,
    handle: *mut *mut RawConnection,
}

// SAFETY: the library ties a connection to no thread; it sets its thread state up in every call. Methods take
// `&mut self`, so calls never overlap.
unsafe impl Send for Connection {}

impl Connection {
    fn raw(&self) -> *mut RawConnection {
        // SAFETY: `handle` came from `chdb_connect`, is not null, and stays valid until `Drop` closes it.
        unsafe { *self.handle }
    }

    /// Runs a statement and returns all of its result.
    ///
    /// # Errors
    /// The engine's message, `Code: N. DB::Exception: …`.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        format: &str,
        parameters: &Parameters,
    ) -> Result<Output, String> {
        let [(names, name_lens), (values, value_lens)] = parameters.arrays();
        // SAFETY: every pointer is paired with its length and outlives the call; the four arrays have `names.len()`
        // elements each.
        let raw = unsafe {
            (self.functions.chdb_query_with_params_n)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.as_ptr(),
                name_lens.as_ptr(),
                values.as_ptr(),
                value_lens.as_ptr(),
                names.len(),
            )
        };
        Output::checked(self.functions, raw)
    }

    /// Starts a `SELECT` whose result is fetched block by block.
    ///
    /// # Errors
    /// The engine's message; most failures show at the first [`Rows::next`].
    pub(crate) fn stream(
        &mut self,
        sql: &str,
        format: &str,
        parameters: &Parameters,
    ) -> Result<Rows<'_>, String> {
        let [(names, name_lens), (values, value_lens)] = parameters.arrays();
        // SAFETY: as in `query`; the header says the parameters are captured before the call returns.
        let raw = unsafe {
            (self.functions.chdb_stream_query_with_params_n)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.as_ptr(),
                name_lens.as_ptr(),
                values.as_ptr(),
                value_lens.as_ptr(),
                names.len(),
            )
        };
        let output = Output::checked(self.functions, raw)?;
        Ok(Rows { connection: self, output, ended: false })
    }

    /// Starts an `INSERT` whose data is appended chunk by chunk; `sql` has neither `FORMAT` nor data.
    ///
    /// # Errors
    /// The engine's message: bad SQL, no such table, wrong columns.
    pub(crate) fn insert(
        &mut self,
        sql: &str,
        format: &str,
        parameters: &Parameters,
    ) -> Result<Insert<'_>, String> {
        let [(names, name_lens), (values, value_lens)] = parameters.arrays();
        // SAFETY: as in `stream`.
        let raw = unsafe {
            (self.functions.chdb_stream_insert_with_params_n)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.as_ptr(),
                name_lens.as_ptr(),
                values.as_ptr(),
                value_lens.as_ptr(),
                names.len(),
            )
        };
        if raw.is_null() {
            return Err("the library returned no insert stream".to_owned());
        }
        let insert = Insert { functions: self.functions, raw, _connection: PhantomData };
        // SAFETY: `raw` is a live handle; the message is copied before anything else happens to it.
        match unsafe { text((self.functions.chdb_stream_insert_error)(raw)) } {
            Some(message) => Err(message),
            None => Ok(insert),
        }
    }

    /// Says what a statement would do, without running it.
    pub(crate) fn analyse(&mut self, sql: &str) -> Analysis {
        let mut raw = RawAnalysis {
            struct_size: u32::try_from(size_of::<RawAnalysis>()).expect("a struct of 16 bytes"),
            statement_count: 0,
            flags: 0,
            query_class: 4,
        };
        // SAFETY: `sql` is paired with its length, no target database is named, `raw` says its own size.
        let state = unsafe {
            (self.functions.chdb_classify_query_n)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                ptr::null(),
                0,
                &raw mut raw,
            )
        };
        if state != 0 {
            return Analysis { statements: 0, read_only: false };
        }
        Analysis { statements: raw.statement_count, read_only: raw.query_class == 0 }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: closed once, here; `Rows` and `Insert` borrow the connection, so none is alive.
        unsafe { (self.functions.chdb_close_conn)(self.handle) };
    }
}

/// A result, or one block of one, owned by the library's heap.
#[derive(Debug)]
pub(crate) struct Output {
    functions: &'static Functions,
    raw: *mut RawResult,
}

// SAFETY: a result is a plain heap object that refers to no connection and no thread.
unsafe impl Send for Output {}

impl Output {
    /// Takes ownership of a result and turns an error inside it into `Err`.
    fn checked(functions: &'static Functions, raw: *mut RawResult) -> Result<Self, String> {
        if raw.is_null() {
            return Err("the library returned no result".to_owned());
        }
        let output = Self { functions, raw };
        // SAFETY: `raw` is live; the message is copied before `output` can be dropped.
        match unsafe { text((functions.chdb_result_error)(raw)) } {
            Some(message) => Err(message),
            None => Ok(output),
        }
    }

    /// Rows and bytes read from tables.
    pub(crate) fn read(&self) -> (u64, u64) {
        // SAFETY: `raw` is live until `Drop`.
        unsafe {
            (
                (self.functions.chdb_result_storage_rows_read)(self.raw),
                (self.functions.chdb_result_storage_bytes_read)(self.raw),
            )
        }
    }

    /// Rows and bytes written, those of materialised views included.
    pub(crate) fn written(&self) -> (u64, u64) {
        // SAFETY: `raw` is live until `Drop`.
        unsafe {
            (
                (self.functions.chdb_result_rows_written)(self.raw),
                (self.functions.chdb_result_bytes_written)(self.raw),
            )
        }
    }
}

impl AsRef<[u8]> for Output {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `raw` is live until `Drop`.
        let (start, length) = unsafe {
            (
                (self.functions.chdb_result_buffer)(self.raw),
                (self.functions.chdb_result_length)(self.raw),
            )
        };
        if start.is_null() || length == 0 {
            return &[];
        }
        // SAFETY: the library guarantees `length` readable bytes at `start` for as long as the result lives, and
        // nobody writes to them.
        unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: destroyed once, here.
        unsafe { (self.functions.chdb_destroy_query_result)(self.raw) };
    }
}

/// A running `SELECT`; dropping it before its end cancels the query.
#[derive(Debug)]
pub(crate) struct Rows<'c> {
    connection: &'c mut Connection,
    output: Output,
    ended: bool,
}

impl Rows<'_> {
    /// The next block of the result, formatted; `None` at the end.
    ///
    /// # Errors
    /// The engine's message; the stream is over.
    pub(crate) fn next(&mut self) -> Result<Option<Output>, String> {
        if self.ended {
            return Ok(None);
        }
        let functions = self.connection.functions;
        // SAFETY: connection and stream are live and used by this thread only.
        let raw =
            unsafe { (functions.chdb_stream_fetch_result)(self.connection.raw(), self.output.raw) };
        let block = Output::checked(functions, raw).inspect_err(|_| self.ended = true)?;
        if block.as_ref().is_empty() {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(block))
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // SAFETY: connection and stream are live; the stream is destroyed after this, by its own `Drop`.
            unsafe {
                (self.connection.functions.chdb_stream_cancel_query)(
                    self.connection.raw(),
                    self.output.raw,
                );
            }
        }
    }
}

/// A running `INSERT`; dropping it before [`Insert::done`] cancels it.
#[derive(Debug)]
pub(crate) struct Insert<'c> {
    functions: &'static Functions,
    raw: *mut RawInsert,
    _connection: PhantomData<&'c mut Connection>,
}

impl Insert<'_> {
    /// Hands one chunk of data over; blocks while the engine is behind. `false` means the insert has failed and
    /// [`Insert::done`] says why.
    pub(crate) fn append(&mut self, chunk: &[u8]) -> bool {
        // SAFETY: the stream is live; the library copies the chunk before it returns.
        unsafe {
            (self.functions.chdb_stream_append)(self.raw, chunk.as_ptr().cast(), chunk.len()) == 0
        }
    }

    /// Ends the data and waits until it is stored.
    ///
    /// # Errors
    /// The engine's message; nothing of the current block is stored.
    pub(crate) fn done(self) -> Result<Output, String> {
        // SAFETY: the stream is live; `Drop` destroys it afterwards, as the header asks.
        let raw = unsafe { (self.functions.chdb_stream_done)(self.raw) };
        Output::checked(self.functions, raw)
    }
}

impl Drop for Insert<'_> {
    fn drop(&mut self) {
        // SAFETY: destroyed once, here; the library cancels an insert that is not finished.
        unsafe { (self.functions.chdb_destroy_insert_stream)(self.raw) };
    }
}

/// Copies a C string; `None` for null and for the empty string.
///
/// # Safety
/// `start` is null or points to a NUL-terminated string.
unsafe fn text(start: Text) -> Option<String> {
    if start.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    let text = unsafe { CStr::from_ptr(start) }.to_string_lossy().into_owned();
    (!text.is_empty()).then_some(text)
}
