//! The content library: items, their review, and a number for every change.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{QueryBuilder, Row as _};
use vocab::{Item, ItemId, ItemKind, ReviewState, SiteId};

use crate::audit::note;
use crate::cursor::{self, Page};
use crate::store::{Tx, ms, take_numbers};
use crate::{Registry, RegistryError};

mod review;
mod row;

/// What became of one written item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is new.
    Created,
    /// It differs from what was stored.
    Changed,
    /// It is what was stored: nothing was written.
    Unchanged,
}

/// An item to write.
#[derive(Clone, Debug)]
pub struct Upsert {
    /// The item.
    pub item: Item,
    /// Whether the source says when it was published; otherwise the first import's moment stays.
    pub dated: bool,
}

/// One step of the change log.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its number: ask for what comes after it.
    pub seq: i64,
    /// The item as it is now; follow [`Item::is_servable`] to know whether to show or to remove it.
    pub item: Item,
}

/// Which items.
#[derive(Clone, Debug, Default)]
pub struct ItemFilter {
    /// Of this site.
    pub site: Option<SiteId>,
    /// Of this kind.
    pub kind: Option<ItemKind>,
    /// Of this column.
    pub column: Option<String>,
    /// Of this department.
    pub dept: Option<String>,
    /// In this state of review.
    pub review: Option<ReviewState>,
    /// Only what may be served: approved and not withdrawn.
    pub servable: bool,
}

/// SHA-256 over what an item says, in hex; the date counts only where the source gave one.
fn content_hash(upsert: &Upsert) -> String {
    let mut item = upsert.item.clone();
    if !upsert.dated {
        item.published_at = Timestamp::UNIX_EPOCH;
    }
    // Review is the registry's own business: it must not make an unchanged item look changed.
    item.review = ReviewState::Draft;
    let text = serde_json::to_vec(&item).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Registry {
    /// Writes items in one transaction on behalf of `who`; what is already stored is not touched.
    ///
    /// A changed item takes the review state it comes with: a trusted import says `approved`, an editor's hand `draft`.
    ///
    /// # Errors
    /// When an id belongs to another site, or the database fails: then nothing is written.
    pub async fn put_items(
        &self,
        items: &[Upsert],
        who: &str,
        now: Timestamp,
    ) -> Result<Vec<Written>, RegistryError> {
        let mut tx = self.write().await?;
        let mut written = Vec::with_capacity(items.len());
        for upsert in items {
            let became = put(&mut tx, upsert, who, now).await?;
            let action = match became {
                Written::Created => "item.create",
                Written::Changed => "item.change",
                Written::Unchanged => "",
            };
            if !action.is_empty() {
                let item = &upsert.item;
                let detail = row::review_name(item.review);
                note(&mut tx, now, item.site, (who, action), item.id.as_str(), detail).await?;
            }
            written.push(became);
        }
        tx.commit().await?;
        Ok(written)
    }

    /// Writes what can be written in one transaction; what cannot is told by its reason. Not noted item by item.
    pub(crate) async fn put_imported(
        &self,
        items: &[Upsert],
        who: &str,
        now: Timestamp,
    ) -> Result<Vec<Result<Written, String>>, RegistryError> {
        let mut tx = self.write().await?;
        let mut told = Vec::with_capacity(items.len());
        for upsert in items {
            told.push(match put(&mut tx, upsert, who, now).await {
                Ok(written) => Ok(written),
                Err(RegistryError::Invalid { reason, .. }) => Err(reason),
                Err(error) => return Err(error),
            });
        }
        tx.commit().await?;
        Ok(told)
    }

    /// Writes one item.
    ///
    /// # Errors
    /// As [`Registry::put_items`].
    pub async fn put_item(
        &self,
        item: Item,
        who: &str,
        now: Timestamp,
    ) -> Result<Written, RegistryError> {
        let written = self.put_items(&[Upsert { item, dated: true }], who, now).await?;
        Ok(written.first().copied().unwrap_or(Written::Unchanged))
    }

    /// The item with that id, whatever its state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn item(&self, id: &ItemId) -> Result<Option<Item>, RegistryError> {
        let found = sqlx::query("SELECT * FROM items WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        found.as_ref().map(row::read).transpose()
    }

    /// How many items there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_items(&self) -> Result<u64, RegistryError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM items").fetch_one(self.readers()).await?;
        Ok(count.unsigned_abs())
    }

    /// A page of items, newest first, ties by id; at most `limit`.
    ///
    /// # Errors
    /// [`RegistryError::Cursor`] for a cursor that is not ours, or when the database fails.
    pub async fn items(
        &self,
        filter: &ItemFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Item>, RegistryError> {
        let mut query = QueryBuilder::new("SELECT * FROM items WHERE 1 = 1");
        if let Some(site) = filter.site {
            query.push(" AND site = ").push_bind(i64::from(site.0));
        }
        if let Some(kind) = filter.kind {
            query.push(" AND kind = ").push_bind(kind.as_str());
        }
        if let Some(column) = &filter.column {
            query.push(" AND column_code = ").push_bind(column.clone());
        }
        if let Some(dept) = &filter.dept {
            query.push(" AND dept = ").push_bind(dept.clone());
        }
        if let Some(review) = filter.review {
            query.push(" AND review = ").push_bind(row::review_name(review));
        }
        if filter.servable {
            query.push(" AND review = 'approved' AND lifecycle <> 'withdrawn'");
        }
        if let Some(cursor) = cursor {
            let (at, id) = cursor::decode(cursor)?;
            query.push(" AND (published_at < ").push_bind(at);
            query.push(" OR (published_at = ").push_bind(at);
            query.push(" AND id > ").push_bind(id).push("))");
        }
        query.push(" ORDER BY published_at DESC, id LIMIT ").push_bind(i64::from(limit) + 1);
        let rows = query.build().fetch_all(self.readers()).await?;
        let items = rows.iter().map(row::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(items, limit, |item| (ms(item.published_at), item.id.to_string())))
    }

    /// What changed after number `seq`, in order, at most `limit`; each item once, as it is now.
    ///
    /// A follower that starts at 0 sees the whole library; it asks again with the last number it got.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changes_since(&self, seq: i64, limit: u32) -> Result<Vec<Change>, RegistryError> {
        let rows = sqlx::query("SELECT * FROM items WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(seq)
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|found| Ok(Change { seq: found.try_get("seq")?, item: row::read(found)? }))
            .collect()
    }

    /// The number of the newest change; 0 where nothing ever changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_change(&self) -> Result<i64, RegistryError> {
        let last = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM items");
        Ok(last.fetch_one(self.readers()).await?)
    }
}

async fn put(
    tx: &mut Tx,
    upsert: &Upsert,
    who: &str,
    now: Timestamp,
) -> Result<Written, RegistryError> {
    let item = &upsert.item;
    if item.id.as_str().is_empty() {
        return Err(RegistryError::Invalid { field: "id", reason: "is empty".to_owned() });
    }
    let hash = content_hash(upsert);
    let stored: Option<(i64, String, i64, String)> =
        sqlx::query_as("SELECT site, hash, published_at, review FROM items WHERE id = $1")
            .bind(item.id.as_str())
            .fetch_optional(&mut **tx)
            .await?;
    let mut published_at = ms(item.published_at);
    if let Some((site, known, first_published, review)) = &stored {
        if *site != i64::from(item.site.0) {
            let reason = format!("{} belongs to another site", item.id);
            return Err(RegistryError::Invalid { field: "id", reason });
        }
        // The same content: only a trusted source's approval of what still waits is news.
        let promoted = item.review == ReviewState::Approved && review != "approved";
        if *known == hash && !promoted {
            return Ok(Written::Unchanged);
        }
        if !upsert.dated {
            published_at = *first_published;
        }
    } else if !upsert.dated {
        published_at = ms(now);
    }
    let seq = take_numbers(tx, "items", 1).await?;
    row::write(tx, item, row::Stamp { published_at, hash: &hash, who, seq, now: ms(now) }).await?;
    Ok(if stored.is_none() { Written::Created } else { Written::Changed })
}

#[cfg(test)]
mod tests;
