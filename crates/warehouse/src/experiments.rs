//! How many units saw the arms of experiments: what a sample-ratio mismatch is told from.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{Warehouse, WarehouseError};

/// What one arm was shown to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, clickhouse::Row)]
pub struct ArmCount {
    /// `name:arm`, as the impressions carry it.
    pub experiment: String,
    /// Visitors with a profile, and visits of those who agreed to no profile.
    pub units: u64,
    /// Items shown.
    pub impressions: u64,
}

impl Warehouse {
    /// Units and impressions of every arm from `from` on, robots left out, in order of name.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn arm_counts(&self, from: Timestamp) -> Result<Vec<ArmCount>, WarehouseError> {
        Ok(self
            .client
            .query_raw(
                "SELECT props['experiment'] AS experiment,
  uniqExact(if(bitTest(consent, 1) AND visitor != 0, visitor, session_id)) AS units, count() AS impressions
FROM events
WHERE day >= toDate(fromUnixTimestamp64Milli({from:Int64}), 'UTC') AND ts >= fromUnixTimestamp64Milli({from:Int64})
  AND event = {event:String} AND bot = 0 AND props['experiment'] != ''
GROUP BY experiment
ORDER BY experiment",
            )
            .param("from", from.as_millisecond())
            .param("event", vocab::event::name::IMPRESSION)
            .fetch_all()
            .await?)
    }
}
