//! How long each kind of row is kept: settings with floors and ceilings, written into the tables' TTLs.

use serde::Deserialize;

use crate::{Warehouse, WarehouseError};

/// How long rows are kept, in days after they arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Raw events and the visitor log: 1 to 730.
    pub behaviour_days: u32,
    /// Truncated addresses within the events: 0 to 180, and never longer than the events.
    pub address_days: u32,
    /// Sessions and hourly counts, which name nobody once the events are gone: 183 to 3,660.
    pub aggregate_days: u32,
    /// Dead letters: 7 to 180.
    pub dead_letter_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { behaviour_days: 180, address_days: 30, aggregate_days: 1096, dead_letter_days: 30 }
    }
}

/// Periods within their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidRetention(Retention);

impl Retention {
    /// Checks every period against its floor and ceiling.
    ///
    /// # Errors
    /// `Retention` naming the first field outside.
    pub fn check(self) -> Result<ValidRetention, WarehouseError> {
        for (field, days, least, most) in [
            ("behaviour_days", self.behaviour_days, 1, 730),
            ("address_days", self.address_days, 0, 180.min(self.behaviour_days)),
            ("aggregate_days", self.aggregate_days, 183, 3660),
            ("dead_letter_days", self.dead_letter_days, 7, 180),
        ] {
            if !(least..=most).contains(&days) {
                return Err(WarehouseError::Retention { field, days, least, most });
            }
        }
        Ok(ValidRetention(self))
    }
}

#[derive(Deserialize, clickhouse::Row)]
struct TableDefinition {
    name: String,
    definition: String,
}

impl Warehouse {
    /// Writes the periods into the tables' TTLs; returns the tables that were changed.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn retain(&self, periods: ValidRetention) -> Result<Vec<String>, WarehouseError> {
        let periods = periods.0;
        let tables: Vec<TableDefinition> = self
            .client
            .query_raw(
                "SELECT name, create_table_query AS definition FROM system.tables WHERE database = currentDatabase()",
            )
            .fetch_all()
            .await?;
        let mut changed = Vec::new();
        for (table, clock, days) in [
            ("events", "toDateTime(received_at)", periods.behaviour_days),
            ("visitor_log", "toDateTime(received_at)", periods.behaviour_days),
            ("identity", "toDateTime(last_seen)", periods.behaviour_days),
            ("sessions", "last_received", periods.aggregate_days),
            ("hourly", "last_received", periods.aggregate_days),
            ("dead_letters", "toDateTime(received_at)", periods.dead_letter_days),
        ] {
            // What ClickHouse writes back for `INTERVAL n DAY`.
            let now = format!("TTL {clock} + toIntervalDay({days})");
            if tables.iter().any(|known| known.name == table && known.definition.contains(&now)) {
                continue;
            }
            self.execute(&format!(
                "ALTER TABLE {table} MODIFY TTL {clock} + INTERVAL {days} DAY DELETE"
            ))
            .await?;
            changed.push(table.to_owned());
        }
        let days = periods.address_days;
        let now = format!("`ip` IPv6 TTL toDateTime(received_at) + toIntervalDay({days})");
        if !tables.iter().any(|known| known.name == "events" && known.definition.contains(&now)) {
            self.execute(&format!(
                "ALTER TABLE events MODIFY COLUMN ip IPv6 TTL toDateTime(received_at) + INTERVAL {days} DAY"
            ))
            .await?;
            changed.push("events.ip".to_owned());
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_outside_its_bounds_is_refused_by_name() {
        let refused = |change: &dyn Fn(&mut Retention)| {
            let mut periods = Retention::default();
            change(&mut periods);
            periods.check().unwrap_err().to_string()
        };
        assert!(Retention::default().check().is_ok());
        assert!(
            refused(&|p| p.behaviour_days = 731)
                .contains("behaviour_days is 731, allowed is 1 to 730")
        );
        assert!(refused(&|p| p.behaviour_days = 0).contains("behaviour_days"));
        assert!(refused(&|p| p.address_days = 181).contains("address_days"));
        assert!(refused(&|p| p.aggregate_days = 182).contains("aggregate_days"));
        assert!(refused(&|p| p.dead_letter_days = 6).contains("dead_letter_days"));
        assert!(
            refused(&|p| (p.behaviour_days, p.address_days) = (20, 30))
                .contains("address_days is 30, allowed is 0 to 20")
        );
    }
}
