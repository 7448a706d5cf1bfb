//! Migrations, retention and the check at start.

use warehouse::{Retention, Warehouse, WarehouseError};

use crate::harness::{run, shared_engine, warehouse_on};

const DEFINITIONS: &str = "SELECT arrayStringConcat(groupArray(create_table_query), '\\n') FROM (
  SELECT create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name)";

async fn query(warehouse: &Warehouse, sql: &str) -> String {
    warehouse.inspect(sql).await.unwrap().trim_end().to_owned()
}

#[test]
fn migrating_twice_changes_nothing() {
    run(async {
        let warehouse = warehouse_on(shared_engine().await, "migrating").await;
        let before = query(&warehouse, DEFINITIONS).await;
        assert_eq!(warehouse.migrate().await.unwrap(), []);
        assert!(warehouse.pending_migrations().await.unwrap().is_empty());
        assert_eq!(query(&warehouse, DEFINITIONS).await, before);
        let all = warehouse::Migration::all().len().to_string();
        assert_eq!(query(&warehouse, "SELECT count() FROM schema_migrations").await, all);
        warehouse.verify_schema().await.unwrap();
        warehouse.ping().await.unwrap();
    });
}

#[test]
fn an_edited_migration_stops_the_next_one() {
    run(async {
        let warehouse = warehouse_on(shared_engine().await, "edited").await;
        warehouse
            .inspect("INSERT INTO schema_migrations (number, name, checksum, ms) VALUES (3, '0003_sessions', 'x', 1)")
            .await
            .unwrap();
        let error = warehouse.migrate().await.unwrap_err();
        assert!(matches!(error, WarehouseError::EditedMigration(name) if name == "0003_sessions"));
    });
}

#[test]
fn retention_is_written_into_the_tables_once() {
    run(async {
        let warehouse = warehouse_on(shared_engine().await, "retention").await;
        let standard = Retention::default().check().unwrap();
        assert_eq!(warehouse.retain(standard).await.unwrap(), Vec::<String>::new());
        let shorter = Retention { behaviour_days: 90, address_days: 7, ..Retention::default() };
        let shorter = shorter.check().unwrap();
        assert_eq!(
            warehouse.retain(shorter).await.unwrap(),
            ["events", "visitor_log", "identity", "events.ip"]
        );
        assert_eq!(warehouse.retain(shorter).await.unwrap(), Vec::<String>::new());
        let events = query(&warehouse, "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'events'").await;
        assert!(
            events.contains("toIntervalDay(90)") && events.contains("toIntervalDay(7)"),
            "{events}"
        );
        warehouse.verify_schema().await.unwrap();
    });
}

#[test]
fn a_broken_view_is_found_before_an_event_is_lost() {
    run(async {
        let warehouse = warehouse_on(shared_engine().await, "broken").await;
        let found = async |change: &str, back: &str| {
            warehouse.inspect(change).await.unwrap();
            let error = warehouse.verify_schema().await.unwrap_err();
            warehouse.inspect(back).await.unwrap();
            warehouse.verify_schema().await.unwrap();
            error.to_string()
        };
        let error = found("RENAME TABLE hourly TO away", "RENAME TABLE away TO hourly").await;
        assert!(error.starts_with("schema: hourly does not exist"), "{error}");
        let error = found(
            "ALTER TABLE visitor_log DROP COLUMN verdict",
            "ALTER TABLE visitor_log ADD COLUMN verdict LowCardinality(String) AFTER rec_id",
        )
        .await;
        assert!(error.contains("visitor_log has no column verdict"), "{error}");
        let error = found(
            "ALTER TABLE events MODIFY COLUMN scroll_pct UInt16",
            "ALTER TABLE events MODIFY COLUMN scroll_pct UInt8",
        )
        .await;
        assert!(error.contains("scroll_pct of type UInt16, expected UInt8"), "{error}");
        let error = found(
            "ALTER TABLE hourly MODIFY SETTING non_replicated_deduplication_window = 0",
            "ALTER TABLE hourly MODIFY SETTING non_replicated_deduplication_window = 10000",
        )
        .await;
        assert!(error.contains("hourly has no deduplication window"), "{error}");
    });
}
