//! An item as a row.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use vocab::{Item, ItemId, ItemKind, NeedId, ReviewState, SiteId, Text};

use crate::RegistryError;
use crate::store::{Tx, instant, list, ms, unlist};

/// What the registry adds to an item.
pub(super) struct Stamp<'a> {
    pub(super) published_at: i64,
    pub(super) hash: &'a str,
    pub(super) who: &'a str,
    pub(super) seq: i64,
    pub(super) now: i64,
}

/// The wire name of a unit variant: what serde prints, without quotes.
fn name(value: &impl Serialize) -> String {
    list(value).trim_matches('"').to_owned()
}

fn named<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, RegistryError> {
    unlist(&format!("\"{text}\""), what)
}

/// The stored name of a review state.
pub(super) fn review_name(review: ReviewState) -> &'static str {
    match review {
        ReviewState::Draft => "draft",
        ReviewState::Submitted => "submitted",
        ReviewState::Approved => "approved",
        ReviewState::Rejected => "rejected",
    }
}

pub(super) fn read(row: &SqliteRow) -> Result<Item, RegistryError> {
    let text = |zh: &str, en: &str| -> Result<Text, sqlx::Error> {
        Ok(Text::new(row.try_get::<&str, _>(zh)?, row.try_get::<&str, _>(en)?))
    };
    Ok(Item {
        id: row.try_get::<&str, _>("id")?.into(),
        site: SiteId(row.try_get::<i64, _>("site")?.try_into().unwrap_or_default()),
        kind: ItemKind::parse(row.try_get("kind")?)
            .ok_or(RegistryError::Corrupt { what: "kind" })?,
        title: text("title_zh", "title_en")?,
        summary: text("summary_zh", "summary_en")?,
        body: row.try_get("body")?,
        url: row.try_get("url")?,
        column: row.try_get("column_code")?,
        dept: row.try_get("dept")?,
        region: row.try_get("region")?,
        audience: named(row.try_get("audience")?, "audience")?,
        needs: unlist::<Vec<NeedId>>(row.try_get("needs")?, "needs")?,
        themes: unlist(row.try_get("themes")?, "themes")?,
        topic: row.try_get("topic")?,
        doc_number: row.try_get("doc_number")?,
        aliases: unlist(row.try_get("aliases")?, "aliases")?,
        relates_to: unlist::<Vec<ItemId>>(row.try_get("relates_to")?, "relates_to")?,
        published_at: instant(row.try_get("published_at")?),
        expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(instant),
        importance: row.try_get::<i64, _>("importance")?.clamp(0, 3) as u8,
        mandated: row.try_get("mandated")?,
        emergency: row.try_get("emergency")?,
        lifecycle: named(row.try_get("lifecycle")?, "lifecycle")?,
        review: named(row.try_get("review")?, "review")?,
        service: row
            .try_get::<Option<&str>, _>("service")?
            .map(|text| unlist(text, "service"))
            .transpose()?,
    })
}

const WRITE: &str = "
INSERT INTO items (id, site, kind, title_zh, title_en, summary_zh, summary_en, body, url, column_code, dept, region,
    audience, needs, themes, topic, doc_number, aliases, relates_to, published_at, expires_at, importance, mandated,
    emergency, lifecycle, review, service, hash, edited_by, reviewed_by, seq, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25, $26, $27, $28, $29, '', $30, $31, $31)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title_zh = excluded.title_zh, title_en = excluded.title_en,
    summary_zh = excluded.summary_zh, summary_en = excluded.summary_en, body = excluded.body, url = excluded.url,
    column_code = excluded.column_code, dept = excluded.dept, region = excluded.region,
    audience = excluded.audience, needs = excluded.needs, themes = excluded.themes, topic = excluded.topic,
    doc_number = excluded.doc_number, aliases = excluded.aliases, relates_to = excluded.relates_to,
    published_at = excluded.published_at, expires_at = excluded.expires_at, importance = excluded.importance,
    mandated = excluded.mandated, emergency = excluded.emergency, lifecycle = excluded.lifecycle,
    review = excluded.review, service = excluded.service, hash = excluded.hash, edited_by = excluded.edited_by,
    reviewed_by = '', seq = excluded.seq, updated_at = excluded.updated_at";

pub(super) async fn write(tx: &mut Tx, item: &Item, stamp: Stamp<'_>) -> Result<(), RegistryError> {
    sqlx::query(WRITE)
        .bind(item.id.as_str())
        .bind(i64::from(item.site.0))
        .bind(item.kind.as_str())
        .bind(&item.title.zh)
        .bind(&item.title.en)
        .bind(&item.summary.zh)
        .bind(&item.summary.en)
        .bind(&item.body)
        .bind(&item.url)
        .bind(&item.column)
        .bind(&item.dept)
        .bind(&item.region)
        .bind(name(&item.audience))
        .bind(list(&item.needs))
        .bind(list(&item.themes))
        .bind(&item.topic)
        .bind(&item.doc_number)
        .bind(list(&item.aliases))
        .bind(list(&item.relates_to))
        .bind(stamp.published_at)
        .bind(item.expires_at.map(ms))
        .bind(i64::from(item.importance))
        .bind(item.mandated)
        .bind(item.emergency)
        .bind(name(&item.lifecycle))
        .bind(review_name(item.review))
        .bind(item.service.as_ref().map(list))
        .bind(stamp.hash)
        .bind(stamp.who)
        .bind(stamp.seq)
        .bind(stamp.now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
