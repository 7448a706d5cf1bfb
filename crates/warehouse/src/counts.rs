//! How often items were used lately, by everybody and where: what "popular" and "trending" are made of after a start.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vocab::{Channel, ItemId, SiteId, VisitorId};

use crate::{Warehouse, WarehouseError};

/// Uses of one item by humans, each visitor counted once an hour so that reloading does not make anything popular.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemCount {
    /// The site.
    pub site: SiteId,
    /// The item.
    pub item: ItemId,
    /// Within the last hour.
    pub hour: u64,
    /// Within the last 24 hours.
    pub day: u64,
    /// Within the last 7 days.
    pub week: u64,
    /// Within the last 28 days.
    pub month: u64,
}

#[derive(Deserialize, clickhouse::Row)]
struct Counted {
    site_id: u32,
    item_id: String,
    hour: u64,
    day: u64,
    week: u64,
    month: u64,
}

/// Humans who used one item on one channel and in one prefecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartCount {
    /// The channel.
    pub channel: Channel,
    /// The first four digits of the division (GB/T 2260); empty is unknown.
    pub division: String,
    /// The item.
    pub item: ItemId,
    /// Within the last hour.
    pub hour: u64,
    /// Within the last 24 hours.
    pub day: u64,
    /// Within the last three days.
    pub days: u64,
    /// Up to ten of them, any.
    pub visitors: Vec<VisitorId>,
}

#[derive(Deserialize, clickhouse::Row)]
struct PartCounted {
    channel: String,
    division: String,
    item_id: String,
    hour: u64,
    today: u64,
    days: u64,
    visitors: Vec<u64>,
}

/// Rows of [`Warehouse::part_counts`], the largest: what is left out has hardly a voice.
const PARTS_AT_MOST: u32 = 200_000;

impl Warehouse {
    /// Visitors of every item within three days before `now`, by channel and prefecture, most first. Who objects to being
    /// followed is another one each day and is not counted.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn part_counts(&self, now: Timestamp) -> Result<Vec<PartCount>, WarehouseError> {
        let rows: Vec<PartCounted> = self
            .limited(self.client.query_raw(
                "SELECT toString(channel) AS channel, substring(region, 1, 4) AS division, item_id,
  uniqIf(visitor, ts > fromUnixTimestamp64Milli({now:Int64} - 3600000)) AS hour,
  uniqIf(visitor, ts > fromUnixTimestamp64Milli({now:Int64} - 86400000)) AS today,
  uniq(visitor) AS days, groupUniqArray(10)(visitor) AS visitors
FROM events
WHERE day >= toDate(fromUnixTimestamp64Milli({now:Int64} - 259200000), 'UTC')
  AND ts > fromUnixTimestamp64Milli({now:Int64} - 259200000) AND ts <= fromUnixTimestamp64Milli({now:Int64})
  AND event IN ('page_view', 'click', 'search_click', 'download', 'service_start', 'service_submit', 'service_finish')
  AND bot = 0 AND item_id != '' AND visitor != 0 AND NOT bitTest(consent, 7)
GROUP BY channel, division, item_id
ORDER BY days DESC, channel, division, item_id
LIMIT {most:UInt32}",
            ))
            .param("now", now.as_millisecond())
            .param("most", PARTS_AT_MOST)
            .fetch_all()
            .await?;
        let part = |row: PartCounted| {
            Some(PartCount {
                channel: Channel::parse(&row.channel)?,
                division: row.division,
                item: ItemId::from(row.item_id),
                hour: row.hour,
                day: row.today,
                days: row.days,
                visitors: row.visitors.into_iter().map(VisitorId).collect(),
            })
        };
        Ok(rows.into_iter().filter_map(part).collect())
    }

    /// Counts of every item used within 28 days before `now`, most used first.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn item_counts(
        &self,
        site: Option<SiteId>,
        now: Timestamp,
    ) -> Result<Vec<ItemCount>, WarehouseError> {
        let rows: Vec<Counted> = self
            .client
            .query_raw(
                "SELECT site_id, item_id, countIf(at > {now:Int64} - 3600000) AS hour,
  countIf(at > {now:Int64} - 86400000) AS day, countIf(at > {now:Int64} - 604800000) AS week, count() AS month
FROM (
  SELECT site_id, item_id, visitor, session_id, toUnixTimestamp64Milli(max(ts)) AS at
  FROM events
  WHERE day >= toDate(fromUnixTimestamp64Milli({now:Int64} - 2419200000), 'UTC')
    AND ts > fromUnixTimestamp64Milli({now:Int64} - 2419200000) AND ts <= fromUnixTimestamp64Milli({now:Int64})
    AND event IN ('page_view', 'click', 'search_click', 'service_start', 'service_submit', 'service_finish')
    AND bot = 0 AND item_id != '' AND ({site:UInt32} = 0 OR site_id = {site:UInt32})
  GROUP BY site_id, item_id, visitor, session_id, toStartOfHour(ts)
)
GROUP BY site_id, item_id
ORDER BY month DESC, site_id, item_id",
            )
            .param("now", now.as_millisecond())
            .param("site", site.map_or(0, |site| site.0))
            .fetch_all()
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| ItemCount {
                site: SiteId(row.site_id),
                item: ItemId::from(row.item_id),
                hour: row.hour,
                day: row.day,
                week: row.week,
                month: row.month,
            })
            .collect())
    }
}
