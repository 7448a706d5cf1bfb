//! Records: one format byte, then postcard.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vocab::event::Protocol;
use vocab::{Event, SiteId};

use super::Lane;
use crate::{CollectError, DeadLetter};

/// Changes whenever a record's fields do.
const FORMAT: u8 = 1;

/// Arrivals of one minute, site, wire format and library with one outcome. Rows of the same key are to be summed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatRow {
    /// The minute they arrived in.
    pub minute: Timestamp,
    /// Their site.
    pub site: SiteId,
    /// Their wire format's name.
    pub proto: String,
    /// The sender's library.
    pub lib: String,
    /// `stored`, `suppressed.<reason>` or `dead.<reason>`; `warning.<reason>` counts some of the stored again.
    pub outcome: String,
    /// How many.
    pub n: u64,
}

/// A kind of record: says which lane it is in.
pub trait Record: Serialize + DeserializeOwned {
    /// Its lane.
    const LANE: Lane;
}

impl Record for Event {
    const LANE: Lane = Lane::Events;
}

impl Record for DeadLetter {
    const LANE: Lane = Lane::DeadLetters;
}

impl Record for StatRow {
    const LANE: Lane = Lane::Stats;
}

pub(crate) fn encode<T: Record>(record: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(320);
    bytes.push(FORMAT);
    postcard::to_extend(record, bytes).expect("records are plain structures, which always encode")
}

pub(crate) fn decode<'r, T: Deserialize<'r>>(
    offset: u64,
    bytes: &'r [u8],
) -> Result<T, CollectError> {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => {
            postcard::from_bytes(rest).map_err(|_| CollectError::Corrupt { offset })
        }
        _ => Err(CollectError::Corrupt { offset }),
    }
}

/// The name of a wire format, as stored with statistics.
pub(crate) fn proto_name(proto: Protocol) -> String {
    proto.as_str().into()
}
