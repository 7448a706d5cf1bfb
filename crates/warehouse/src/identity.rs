//! Which browsers belong to a person, as events say and as people decided; a merge can be taken back at any time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vocab::{SiteId, VisitorId};

use crate::{Warehouse, WarehouseError};

/// A browser and a person that events or a decision brought together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The browser's pseudonym.
    pub visitor: VisitorId,
    /// The person's pseudonym.
    pub person: VisitorId,
    /// Whether they count as one now: linked, and the browser named nobody else.
    pub merged: bool,
    /// Who decided about the pair; empty where only events speak.
    pub decided_by: String,
}

#[derive(Deserialize, clickhouse::Row)]
struct Row {
    visitor: u64,
    person: u64,
    merged: u8,
    decided_by: String,
}

impl Warehouse {
    /// Every pair a pseudonym is part of, on either side.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn links(&self, site: SiteId, id: VisitorId) -> Result<Vec<Link>, WarehouseError> {
        let rows: Vec<Row> = self
            .client
            .query_raw(
                "SELECT pairs.visitor AS visitor, pairs.person AS person, toUInt8(people.person = pairs.person) AS merged, pairs.by AS decided_by
FROM (
  SELECT visitor, person, argMax(by, at) AS by
  FROM (
    SELECT visitor, person, '' AS by, toDateTime64(0, 3, 'UTC') AS at FROM identity WHERE site_id = {site:UInt32}
    UNION ALL
    SELECT visitor, person, toString(decided_by), decided_at FROM identity_decisions WHERE site_id = {site:UInt32}
  )
  WHERE visitor = {id:UInt64} OR person = {id:UInt64}
  GROUP BY visitor, person
) AS pairs
LEFT ANY JOIN (SELECT visitor, person FROM people WHERE site_id = {site:UInt32}) AS people ON people.visitor = pairs.visitor
ORDER BY visitor, person",
            )
            .param("site", site.0)
            .param("id", id.0)
            .fetch_all()
            .await?;
        let link = |row: Row| Link {
            visitor: VisitorId(row.visitor),
            person: VisitorId(row.person),
            merged: row.merged != 0,
            decided_by: row.decided_by,
        };
        Ok(rows.into_iter().map(link).collect())
    }

    /// Writes down that a browser is, or is not, a person's. The latest decision stands, whatever events say.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn decide_link(
        &self,
        site: SiteId,
        (visitor, person): (VisitorId, VisitorId),
        linked: bool,
        by: &str,
        now: Timestamp,
    ) -> Result<(), WarehouseError> {
        let insert = self
            .client
            .query_raw(
                "INSERT INTO identity_decisions SELECT {site:UInt32}, {visitor:UInt64}, {person:UInt64}, {linked:UInt8},
  fromUnixTimestamp64Milli({now:Int64}, 'UTC'), {by:String}",
            )
            .param("site", site.0)
            .param("visitor", visitor.0)
            .param("person", person.0)
            .param("linked", u8::from(linked))
            .param("now", now.as_millisecond())
            .param("by", by)
            .with_setting("async_insert", "0");
        self.execute_query(insert).await
    }
}
