//! Who saw the arms of experiments and clicked: what a sample-ratio mismatch and an arm's results are told from.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{Warehouse, WarehouseError};

/// What one arm was shown to, and what came of it: sums over its units.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, clickhouse::Row)]
pub struct ArmCount {
    /// `name:arm`, as the impressions carry it.
    pub experiment: String,
    /// Visitors with a profile, and visits of those who agreed to no profile.
    pub units: u64,
    /// Items shown.
    pub impressions: u64,
    /// Of those, items clicked.
    pub clicks: u64,
    /// Squares of the items shown to each unit.
    pub impressions_squared: u64,
    /// Squares of the items each unit clicked.
    pub clicks_squared: u64,
    /// Products of both.
    pub product: u64,
}

impl Warehouse {
    /// Units, impressions and clicks of every arm from `from` on, robots left out, in order of name.
    ///
    /// A click counts for the impression of the same answer and item, in whose arm it is whatever it says itself.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn arm_counts(&self, from: Timestamp) -> Result<Vec<ArmCount>, WarehouseError> {
        Ok(self
            .limited(self.client.query_raw(
                "SELECT experiment, count() AS units, sum(shown) AS impressions, sum(clicked) AS clicks,
  sum(shown * shown) AS impressions_squared, sum(clicked * clicked) AS clicks_squared, sum(shown * clicked) AS product
FROM (
  SELECT experiment, unit, count() AS shown, countIf(opened) AS clicked
  FROM (
    SELECT maxIf(props['experiment'], event = {shown:String}) AS experiment,
      maxIf(if(bitTest(consent, 1) AND visitor != 0 AND channel != 'kiosk', visitor, session_id), event = {shown:String}) AS unit,
      countIf(event = {clicked:String}) > 0 AS opened
    FROM events
    WHERE day >= toDate(fromUnixTimestamp64Milli({from:Int64}), 'UTC') AND ts >= fromUnixTimestamp64Milli({from:Int64})
      AND bot = 0 AND rec_id != '' AND (event = {clicked:String} OR event = {shown:String} AND props['experiment'] != '')
    GROUP BY rec_id, item_id
    HAVING experiment != ''
  )
  GROUP BY experiment, unit
)
GROUP BY experiment
ORDER BY experiment",
            ))
            .param("from", from.as_millisecond())
            .param("shown", vocab::event::name::IMPRESSION)
            .param("clicked", vocab::event::name::CLICK)
            .fetch_all()
            .await?)
    }
}
