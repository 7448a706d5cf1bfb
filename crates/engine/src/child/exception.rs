//! ClickHouse's exceptions: their text, their code and the HTTP status that goes with it.

use http::StatusCode;

/// An exception as ClickHouse words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    /// ClickHouse's error code.
    pub(crate) code: u32,
    /// `Code: N. DB::Exception: … (NAME)`.
    pub(crate) text: String,
}

/// The codes this crate raises itself, with their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raised {
    BadArguments = 36,
    NotImplemented = 48,
    SyntaxError = 62,
    UnknownCompressionMethod = 89,
    Readonly = 164,
    RequiredPassword = 194,
    TooManyQueries = 202,
    NetworkError = 210,
    QueryTooLarge = 229,
    CannotDecompress = 271,
    IntoOutfile = 358,
    Cancelled = 394,
    UnknownRole = 511,
    AuthenticationFailed = 516,
    Unknown = 1002,
}

impl Raised {
    fn name(self) -> &'static str {
        match self {
            Self::BadArguments => "BAD_ARGUMENTS",
            Self::NotImplemented => "NOT_IMPLEMENTED",
            Self::SyntaxError => "SYNTAX_ERROR",
            Self::UnknownCompressionMethod => "UNKNOWN_COMPRESSION_METHOD",
            Self::Readonly => "READONLY",
            Self::RequiredPassword => "REQUIRED_PASSWORD",
            Self::TooManyQueries => "TOO_MANY_SIMULTANEOUS_QUERIES",
            Self::NetworkError => "NETWORK_ERROR",
            Self::CannotDecompress => "CANNOT_DECOMPRESS",
            Self::QueryTooLarge => "QUERY_IS_TOO_LARGE",
            Self::IntoOutfile => "INTO_OUTFILE_NOT_ALLOWED",
            Self::Cancelled => "QUERY_WAS_CANCELLED",
            Self::UnknownRole => "UNKNOWN_ROLE",
            Self::AuthenticationFailed => "AUTHENTICATION_FAILED",
            Self::Unknown => "UNKNOWN_EXCEPTION",
        }
    }

    /// An exception of this kind.
    pub(crate) fn because(self, message: impl std::fmt::Display) -> Exception {
        let code = self as u32;
        Exception {
            code,
            text: format!("Code: {code}. DB::Exception: {message}. ({})", self.name()),
        }
    }
}

impl Exception {
    /// Takes the engine's own words and finds the code in them.
    pub(crate) fn from_engine(text: &str) -> Self {
        let text = text.trim();
        let code = text
            .find("Code: ")
            .map(|at| &text[at + 6..])
            .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|digits| digits.parse().ok());
        match code {
            Some(code) => Self { code, text: text.to_owned() },
            None => Raised::Unknown.because(text),
        }
    }

    /// The text as ClickHouse's server sends it: with its version, on a line.
    pub(crate) fn line(&self, version: &str) -> String {
        if self.text.contains("(version ") {
            return format!("{}\n", self.text);
        }
        format!("{} (version {version})\n", self.text)
    }

    /// The HTTP status ClickHouse gives this code (`src/Server/HTTP/exceptionCodeToHTTPStatus.cpp`).
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            194 => StatusCode::UNAUTHORIZED,
            192 | 193 | 497 | 512 | 516 => StatusCode::FORBIDDEN,
            6 | 8 | 15 | 25 | 26 | 27 | 36 | 37 | 38 | 41 | 44 | 53 | 62 | 72 | 117 | 123 | 167
            | 168 | 223 | 321 | 376 | 427 | 441 | 675 | 676 => StatusCode::BAD_REQUEST,
            46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 115 | 152 | 336 | 511 => {
                StatusCode::NOT_FOUND
            }
            229 => StatusCode::PAYLOAD_TOO_LARGE,
            48 => StatusCode::NOT_IMPLEMENTED,
            76 | 209 | 439 => StatusCode::SERVICE_UNAVAILABLE,
            381 => StatusCode::LENGTH_REQUIRED,
            159 => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_from_the_engines_words() {
        let exception = Exception::from_engine(
            "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)",
        );
        assert_eq!((exception.code, exception.status()), (60, StatusCode::NOT_FOUND));
        assert_eq!(
            exception.line("26.7"),
            "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version 26.7)\n"
        );
    }

    #[test]
    fn words_without_a_code_still_make_an_exception() {
        let exception = Exception::from_engine("something odd");
        assert_eq!((exception.code, exception.status()), (1002, StatusCode::INTERNAL_SERVER_ERROR));
        assert_eq!(exception.text, "Code: 1002. DB::Exception: something odd. (UNKNOWN_EXCEPTION)");
    }

    #[test]
    fn raised_exceptions_read_like_clickhouses() {
        let exception = Raised::AuthenticationFailed.because("default: Authentication failed");
        assert_eq!(exception.code, 516);
        assert_eq!(
            exception.text,
            "Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)"
        );
    }
}
