//! A request of ClickHouse's HTTP interface, taken apart: SQL, settings, bound parameters, formats, codings.

use http::request::Parts;
use http::{HeaderMap, Method, header};
use url::form_urlencoded;

use super::exception::{Exception, Raised};

/// Names in the query string that are the interface's own and not settings.
const OWN: [&str; 17] = [
    "query",
    "database",
    "default_format",
    "query_id",
    "user",
    "password",
    "quota_key",
    "session_id",
    "session_check",
    "session_timeout",
    "compress",
    "decompress",
    "buffer_size",
    "wait_end_of_query",
    "stacktrace",
    "client_protocol_version",
    "close_session",
];

/// Which way ClickHouse's compressed blocks are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// The body comes in them (`decompress=1`).
    pub(crate) body: bool,
    /// The result goes in them (`compress=1`).
    pub(crate) result: bool,
}

/// A field of a form.
struct Field<'b> {
    name: String,
    is_file: bool,
    value: &'b [u8],
}

/// A request, taken apart; the body is apart.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// The part of the statement that came in the query string.
    pub(crate) query: String,
    /// The current database, where one is named.
    pub(crate) database: Option<String>,
    /// The format of results without a `FORMAT` clause.
    pub(crate) default_format: String,
    /// The client's name for this query, or ours.
    pub(crate) query_id: String,
    /// Settings, in the order given.
    pub(crate) settings: Vec<(String, String)>,
    /// Values of `{name:Type}` place-holders.
    pub(crate) parameters: Vec<(String, Vec<u8>)>,
    /// Whether the statement may only read (`GET`).
    pub(crate) read_only: bool,
    /// Which way ClickHouse's compressed blocks are used.
    pub(crate) blocks: Blocks,
    /// Whether nothing may be sent before the query has succeeded.
    pub(crate) wait_end: bool,
    /// `Content-Encoding` of the body.
    pub(crate) coding: Option<String>,
    /// `Accept-Encoding`, where the client may get an encoded result.
    pub(crate) accept: Option<String>,
    /// The boundary of a `multipart/form-data` body.
    pub(crate) boundary: Option<String>,
}

/// The pairs of the query string.
pub(crate) fn pairs(parts: &Parts) -> Vec<(String, String)> {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

impl Request {
    /// Takes a request apart. `fresh_id` names a query the client did not name.
    ///
    /// # Errors
    /// A setting with an impossible name; a role (there are none).
    pub(crate) fn read(
        parts: &Parts,
        pairs: Vec<(String, String)>,
        fresh_id: String,
    ) -> Result<Self, Exception> {
        let header = |name: &str| text(&parts.headers, name);
        let mut request = Self {
            default_format: header("x-clickhouse-format")
                .unwrap_or_else(|| "TabSeparated".to_owned()),
            database: header("x-clickhouse-database"),
            query_id: fresh_id,
            read_only: parts.method == Method::GET,
            coding: header(header::CONTENT_ENCODING.as_str()),
            accept: header(header::ACCEPT_ENCODING.as_str()),
            boundary: header(header::CONTENT_TYPE.as_str()).as_deref().and_then(boundary),
            ..Self::default()
        };
        let mut allowed = None;
        for (name, value) in pairs {
            match name.as_str() {
                "query" => request.query.push_str(&value),
                "database" if !value.is_empty() => request.database = Some(value),
                "default_format" if !value.is_empty() => request.default_format = value,
                "query_id" if !value.is_empty() => request.query_id = value,
                "compress" => request.blocks.result = truth(&value),
                "decompress" => request.blocks.body = truth(&value),
                "wait_end_of_query" => request.wait_end = truth(&value),
                "role" => {
                    return Err(Raised::UnknownRole.because(format!("There is no role `{value}`")));
                }
                "enable_http_compression" => allowed = Some(truth(&value)),
                own if OWN.contains(&own) => {}
                _ => request.take(name, value.into_bytes())?,
            }
        }
        // ClickHouse compresses results by default since 26.x and where `enable_http_compression` says so before that.
        if allowed == Some(false) {
            request.accept = None;
        }
        Ok(request)
    }

    /// Files a pair as a bound parameter or as a setting.
    fn take(&mut self, name: String, value: Vec<u8>) -> Result<(), Exception> {
        if let Some(parameter) = name.strip_prefix("param_") {
            self.parameters.push((parameter.to_owned(), value));
            return Ok(());
        }
        if name.is_empty()
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
        {
            return Err(
                Raised::BadArguments.because(format!("`{name}` cannot be the name of a setting"))
            );
        }
        let value = String::from_utf8(value).map_err(|_| {
            Raised::BadArguments.because(format!("the value of setting {name} is not UTF-8"))
        })?;
        self.settings.push((name, value));
        Ok(())
    }

    /// Reads a `multipart/form-data` body: `query`, `param_*` and settings; no files (external tables).
    ///
    /// # Errors
    /// A body that is not what its header says; external data.
    pub(crate) fn read_form(&mut self, boundary: &str, body: &[u8]) -> Result<(), Exception> {
        for Field { name, is_file, value } in fields(boundary, body)? {
            if is_file {
                return Err(Raised::NotImplemented
                    .because("External tables are not supported by this engine"));
            }
            if name == "query" {
                self.query.push_str(&String::from_utf8_lossy(value));
            } else {
                self.take(name, value.to_vec())?;
            }
        }
        Ok(())
    }

    /// `SET` for `ours` and the settings of this request; a `GET` may not write, whatever it asks for.
    pub(crate) fn set_statement(&self, ours: &[(&str, &str)]) -> String {
        let theirs = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut pairs: Vec<(&str, &str)> = ours.iter().copied().chain(theirs).collect();
        if self.read_only {
            pairs.retain(|(name, _)| *name != "readonly");
            pairs.push(("readonly", "2"));
        }
        let list: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name} = {}", quoted(value, '\''))).collect();
        format!("SET {}", list.join(", "))
    }

    /// `USE` for the database of this request.
    pub(crate) fn use_statement(&self) -> Option<String> {
        self.database.as_ref().map(|name| format!("USE {}", quoted(name, '`')))
    }
}

/// A text between quotes, as ClickHouse's parser reads it back.
pub(crate) fn quoted(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        if c == quote || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push(quote);
    out
}

fn truth(value: &str) -> bool {
    matches!(value, "1" | "true")
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).filter(|v| !v.is_empty()).map(str::to_owned)
}

/// The boundary of a `multipart/form-data` content type.
fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = rest.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"').to_owned())
}

/// The fields of a form (RFC 7578).
fn fields<'b>(boundary: &str, body: &'b [u8]) -> Result<Vec<Field<'b>>, Exception> {
    let broken = || Raised::BadArguments.because("The multipart form is broken");
    let marker = format!("--{boundary}");
    let next = format!("\r\n{marker}");
    let mut rest = body.strip_prefix(marker.as_bytes()).ok_or_else(broken)?;
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n").ok_or_else(broken)?;
        let head_end = position(rest, b"\r\n\r\n").ok_or_else(broken)?;
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        rest = &rest[head_end + 4..];
        let end = position(rest, next.as_bytes()).ok_or_else(broken)?;
        let disposition = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))
            .ok_or_else(broken)?;
        let name = attribute(disposition, "name").ok_or_else(broken)?;
        let is_file = attribute(disposition, "filename").is_some();
        found.push(Field { name, is_file, value: &rest[..end] });
        rest = &rest[end + next.len()..];
    }
    Ok(found)
}

/// `key="value"` of a header line.
fn attribute(line: &str, key: &str) -> Option<String> {
    line.split(';').find_map(|part| {
        let value = part.trim().strip_prefix(key)?.strip_prefix('=')?;
        Some(value.trim_matches('"').to_owned())
    })
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, method: Method) -> Request {
        let (parts, ()) =
            http::Request::builder().method(method).uri(uri).body(()).expect("valid").into_parts();
        let pairs = pairs(&parts);
        Request::read(&parts, pairs, "fresh".to_owned()).expect("accepted")
    }

    #[test]
    fn the_query_string_is_sorted_out() {
        let r = request(
            "/?query=SELECT+1&database=d&max_threads=2&param_a=it%27s&compress=1&query_id=q",
            Method::POST,
        );
        assert_eq!(
            (r.query.as_str(), r.database.as_deref(), r.query_id.as_str()),
            ("SELECT 1", Some("d"), "q")
        );
        assert_eq!(r.parameters, [("a".to_owned(), b"it's".to_vec())]);
        assert_eq!(
            r.set_statement(&[("log_comment", "q")]),
            "SET log_comment = 'q', max_threads = '2'"
        );
        assert!(r.blocks.result && !r.blocks.body && !r.read_only);
    }

    #[test]
    fn a_get_is_read_only_whatever_it_asks_for() {
        let r = request("/?query=SELECT+1&readonly=0", Method::GET);
        assert_eq!(r.set_statement(&[]), "SET readonly = '2'");
    }

    #[test]
    fn quotes_cannot_be_broken_out_of() {
        assert_eq!(quoted("a'b\\", '\''), "'a\\'b\\\\'");
        let r = request("/?database=a%60b", Method::POST);
        assert_eq!(r.use_statement().as_deref(), Some("USE `a\\`b`"));
        let (parts, ()) =
            http::Request::builder().uri("/?a%3D1,b=2").body(()).expect("valid").into_parts();
        assert_eq!(
            Request::read(&parts, pairs(&parts), String::new()).expect_err("refused").code,
            36
        );
    }

    #[test]
    fn a_form_gives_query_and_parameters() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT {a:String}\r\n\
                     --B\r\nContent-Disposition: form-data; name=\"param_a\"\r\n\r\nx\r\ny\r\n--B--\r\n";
        let mut r = Request::default();
        r.read_form("B", body).expect("valid");
        assert_eq!(r.query, "SELECT {a:String}");
        assert_eq!(r.parameters, [("a".to_owned(), b"x\r\ny".to_vec())]);
        assert_eq!(r.read_form("B", b"--B\r\nnonsense").expect_err("broken").code, 36);
    }
}
