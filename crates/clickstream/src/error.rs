//! What can go wrong for a whole request, file or store; a single bad event is a `DeadLetter` instead.

use std::sync::Arc;
use std::time::Duration;

/// A failure the caller has to answer for.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The body cannot be read as the dialect says.
    #[error("malformed request at {field}: {detail}")]
    Malformed {
        /// JSON pointer (RFC 6901) of the offending field; empty for the whole body.
        field: String,
        /// What was expected.
        detail: String,
    },
    /// A limit of the definition is exceeded.
    #[error("request has more than {limit} {unit}")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// What is limited: `bytes` (after decompression) or `events`.
        unit: &'static str,
        /// JSON pointer of what is too long; empty for the whole body.
        field: &'static str,
    },
    /// No write key, or one no site has.
    #[error("write key is missing or not known")]
    UnknownKey,
    /// The browser's origin is not on the site's list.
    #[error("origin is not on the site's list")]
    ForeignOrigin,
    /// The spool or its queue is full; nothing of the request was kept.
    #[error("spool is full, retry after {} s", retry_after.as_secs())]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// A gzip body or file ends early or is damaged.
    #[error("compressed data ends early or is damaged: {detail}")]
    Truncated {
        /// Where.
        detail: String,
    },
    /// The spool's store failed; nothing was acknowledged.
    #[error("spool storage failed")]
    Storage(#[source] Arc<fjall::Error>),
    /// A record in the spool cannot be decoded.
    #[error("spool record {offset} cannot be decoded")]
    Corrupt {
        /// Its offset.
        offset: u64,
    },
    /// The spool is shut down.
    #[error("spool is closed")]
    Closed,
    /// A file cannot be read.
    #[error("file {path} cannot be read")]
    File {
        /// Its path.
        path: String,
        /// Why.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// A pipeline definition is wrong, or one of its tests fails.
    #[error("definition {name}: {detail}")]
    Definition {
        /// Name of the definition.
        name: String,
        /// What is wrong.
        detail: String,
    },
}

impl From<fjall::Error> for CollectError {
    fn from(error: fjall::Error) -> Self {
        Self::Storage(Arc::new(error))
    }
}
