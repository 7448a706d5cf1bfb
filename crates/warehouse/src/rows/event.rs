//! `vocab::Event` → a row of `events`.

use jiff::{SignedDuration, Timestamp};
use vocab::{EventOf, VisitorId};

use crate::rowbinary::{ColumnType, RowWriter};

pub(super) const COLUMNS: &[ColumnType] = &[
    ("site_id", "UInt32"),
    ("event", "LowCardinality(String)"),
    ("visitor", "UInt64"),
    ("event_id", "UUID"),
    ("ts", "DateTime64(3, 'UTC')"),
    ("received_at", "DateTime64(3, 'UTC')"),
    ("anonymous", "UInt64"),
    ("person", "UInt64"),
    ("session_id", "UInt64"),
    ("channel", "LowCardinality(String)"),
    ("proto", "LowCardinality(String)"),
    ("lib", "LowCardinality(String)"),
    ("lib_version", "LowCardinality(String)"),
    ("consent", "UInt8"),
    ("bot", "UInt8"),
    ("host", "LowCardinality(String)"),
    ("path", "String"),
    ("title", "String"),
    ("ref_host", "LowCardinality(String)"),
    ("ref_path", "String"),
    ("utm_source", "LowCardinality(String)"),
    ("utm_medium", "LowCardinality(String)"),
    ("utm_campaign", "LowCardinality(String)"),
    ("ip", "IPv6"),
    ("region", "LowCardinality(String)"),
    ("browser", "LowCardinality(String)"),
    ("os", "LowCardinality(String)"),
    ("device", "LowCardinality(String)"),
    ("item_id", "String"),
    ("item_kind", "LowCardinality(String)"),
    ("column_id", "LowCardinality(String)"),
    ("topic", "LowCardinality(String)"),
    ("dept", "LowCardinality(String)"),
    ("rec_id", "String"),
    ("rec_pos", "Int16"),
    ("rec_policy", "LowCardinality(String)"),
    ("search_q", "String"),
    ("search_hits", "Int32"),
    ("search_pos", "Int16"),
    ("service_id", "String"),
    ("service_step", "LowCardinality(String)"),
    ("engaged_ms", "UInt32"),
    ("scroll_pct", "UInt8"),
    ("value", "Float64"),
    ("props", "Map(LowCardinality(String), String)"),
    ("batch_id", "UInt64"),
];

/// Why an event fits no row, where it does not: a date no calendar of the warehouse has would open partitions without end.
pub(crate) fn storable<S>(event: &EventOf<S>) -> Result<(), &'static str> {
    // 1990: before the first portal; imported logs of 1995 exist.
    const EARLIEST: i64 = 631_152_000;
    let latest = event.received_at.saturating_add(SignedDuration::from_hours(48));
    if event.ts.as_second() < EARLIEST {
        Err("ts is before 1990")
    } else if latest.is_ok_and(|latest| event.ts > latest) {
        Err("ts is two days after the arrival")
    } else if event.received_at > Timestamp::from_second(4_102_444_800).unwrap_or(Timestamp::MAX) {
        Err("received_at is after 2100")
    } else {
        Ok(())
    }
}

/// Appends one row.
pub(crate) fn write_event<S: AsRef<str>>(row: &mut RowWriter, event: &EventOf<S>, batch_id: u64) {
    let anonymous = if event.anonymous == event.visitor { VisitorId(0) } else { event.anonymous };
    row.u32(event.site.0);
    row.text(event.name.as_ref());
    row.u64(event.visitor.0);
    row.uuid(event.event_id);
    row.millis(event.ts);
    row.millis(event.received_at);
    row.u64(anonymous.0);
    row.u64(event.person.0);
    row.u64(event.session.0);
    row.text(event.channel.as_str());
    row.text(event.proto.as_str());
    row.text(event.lib.as_ref());
    row.text(event.lib_version.as_ref());
    row.u8(event.consent.0);
    row.u8(event.bot as u8);
    row.text(event.host.as_ref());
    row.text(event.path.as_ref());
    row.text(event.title.as_ref());
    row.text(event.ref_host.as_ref());
    row.text(event.ref_path.as_ref());
    row.text(event.utm_source.as_ref());
    row.text(event.utm_medium.as_ref());
    row.text(event.utm_campaign.as_ref());
    row.address(event.ip);
    row.text(event.region.as_ref());
    row.text(event.browser.as_ref());
    row.text(event.os.as_ref());
    row.text(event.device.as_ref());
    row.text(event.item_id.as_ref());
    row.text(event.item_kind.as_ref());
    row.text(event.column_id.as_ref());
    row.text(event.topic.as_ref());
    row.text(event.dept.as_ref());
    row.text(event.rec_id.as_ref());
    row.i16(event.rec_pos);
    row.text(event.rec_policy.as_ref());
    row.text(event.search_q.as_ref());
    row.i32(event.search_hits);
    row.i16(event.search_pos);
    row.text(event.service_id.as_ref());
    row.text(event.service_step.as_ref());
    row.u32(event.engaged_ms);
    row.u8(event.scroll_pct);
    row.f64(event.value);
    row.length(event.props.len());
    for (name, value) in &event.props {
        row.text(name.as_ref());
        row.text(value.as_ref());
    }
    row.u64(batch_id);
}

#[cfg(test)]
mod tests {
    use vocab::Event;

    use super::*;

    #[test]
    fn an_impossible_date_is_refused_before_it_opens_a_partition() {
        let at = |ts: &str| Event {
            ts: ts.parse().unwrap(),
            received_at: "2026-11-23T00:00:00Z".parse().unwrap(),
            ..Event::default()
        };
        assert!(storable(&at("1995-08-01T00:00:00Z")).is_ok());
        assert!(storable(&at("2026-11-24T12:00:00Z")).is_ok());
        assert_eq!(storable(&at("1989-12-31T23:59:59Z")), Err("ts is before 1990"));
        assert_eq!(storable(&at("2026-11-25T00:00:01Z")), Err("ts is two days after the arrival"));
    }
}
