//! Behaviour → `insight::Interactions`: who used what, when, and how much it says.

use std::collections::{HashMap, HashSet};

use insight::{Interaction, Interactions};
use jiff::Timestamp;
use serde::Deserialize;
use vocab::interest::{READING_CAP_MIN, READING_PER_MIN, USEFUL};
use vocab::{Interest, ItemId, SiteId, VisitorId};

use crate::{Warehouse, WarehouseError};

/// Whose behaviour is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// Consenting humans only, each as the visitor they are. What profiles are built from.
    #[default]
    Profiles,
    /// All humans; whoever did not agree to a profile is a stranger in every visit, and no row leads back to a visitor.
    /// For item-to-item lists and popularity.
    Everyone,
}

/// How much an event says, as SQL: the table of `models/features.toml`, reading time and feedback as live profiles count
/// them. Names in the table are letters, digits and underscores, so they can stand in the text.
fn weight(interest: &Interest) -> String {
    let mut cases: Vec<String> = interest
        .weights()
        .map(|(event, weight)| format!("event = '{event}', {weight:?}"))
        .collect();
    cases.push(format!(
        "event = 'engagement', {READING_PER_MIN:?} * least(engaged_ms / 60000, {READING_CAP_MIN:?})"
    ));
    cases.push(format!("event = 'feedback' AND verdict = 'useful', {USEFUL:?}"));
    format!("toFloat64(multiIf({}, 0.0))", cases.join(", "))
}

const PROFILES: &str = "(
  SELECT site_id, visitor, item_id, session_id, ts, event, verdict, engaged_ms FROM visitor_log
)";

/// A stranger's number is a hash of the visit, so two visits of one person cannot be joined.
const EVERYONE: &str = "(
  SELECT site_id, item_id, session_id, ts, event, props['verdict'] AS verdict, engaged_ms,
    if(bitTest(consent, 1) AND NOT bitTest(consent, 7) AND channel != 'kiosk', visitor,
       sipHash64('stranger', site_id, session_id)) AS visitor
  FROM events
  WHERE bot = 0 AND (session_id != 0 OR bitTest(consent, 1))
)";

#[derive(Deserialize, clickhouse::Row)]
struct Use<'a> {
    visitor: u64,
    item_id: &'a str,
    session_id: u64,
    ts_ms: i64,
    weight: f64,
    unwanted: u8,
}

impl Warehouse {
    /// Uses of items between `since` and `until` (excluded), one row a visitor, item and visit, in a fixed order.
    ///
    /// A visitor who marked an item as not interesting has no row for it. Bots are never read.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn interactions(
        &self,
        site: Option<SiteId>,
        since: Timestamp,
        until: Timestamp,
        basis: Basis,
        interest: &Interest,
    ) -> Result<Interactions, WarehouseError> {
        let source = match basis {
            Basis::Profiles => PROFILES,
            Basis::Everyone => EVERYONE,
        };
        let weight = weight(interest);
        let sql = format!(
            "SELECT visitor, item_id, session_id, toUnixTimestamp64Milli(max(ts)) AS ts_ms,
  sum({weight}) AS weight, toUInt8(countIf(event = 'feedback' AND verdict = 'not_interested') > 0) AS unwanted
FROM {source}
WHERE item_id != '' AND visitor != 0
  AND ts >= fromUnixTimestamp64Milli({{since:Int64}}) AND ts < fromUnixTimestamp64Milli({{until:Int64}})
  AND ({{site:UInt32}} = 0 OR site_id = {{site:UInt32}})
GROUP BY site_id, visitor, item_id, session_id
HAVING weight > 0 OR unwanted"
        );
        let mut cursor = self
            .client
            .query_raw(&sql)
            .param("since", since.as_millisecond())
            .param("until", until.as_millisecond())
            .param("site", site.map_or(0, |site| site.0))
            // Millions of rows: read while they are made.
            .with_setting("wait_end_of_query", "0")
            .fetch::<Use<'_>>()?;
        let mut table = Table::default();
        while let Some(row) = cursor.next().await? {
            table.add(&row);
        }
        Ok(table.finish())
    }
}

/// Rows with their dictionaries, while they arrive.
#[derive(Default)]
struct Table {
    interactions: Interactions,
    items: HashMap<String, u32>,
    visitors: HashMap<u64, u32>,
    unwanted: HashSet<(u32, u32)>,
}

impl Table {
    fn add(&mut self, row: &Use<'_>) {
        let Interactions { items, visitors, rows } = &mut self.interactions;
        let item = match self.items.get(row.item_id) {
            Some(&position) => position,
            None => {
                items.push(ItemId::from(row.item_id));
                let position = (items.len() - 1) as u32;
                self.items.insert(row.item_id.to_owned(), position);
                position
            }
        };
        let visitor = *self.visitors.entry(row.visitor).or_insert_with(|| {
            visitors.push(VisitorId(row.visitor));
            (visitors.len() - 1) as u32
        });
        if row.unwanted != 0 {
            self.unwanted.insert((visitor, item));
        }
        if row.weight > 0.0 {
            let weight = row.weight as f32;
            rows.push(Interaction {
                visitor,
                item,
                session: row.session_id,
                ts_ms: row.ts_ms,
                weight,
            });
        }
    }

    fn finish(mut self) -> Interactions {
        let unwanted = self.unwanted;
        self.interactions.rows.retain(|row| !unwanted.contains(&(row.visitor, row.item)));
        self.interactions.canonical()
    }
}
