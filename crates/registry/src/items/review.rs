//! Review: draft, submitted, approved or rejected; the reviewer is never the editor (invariant 8).

use jiff::Timestamp;
use vocab::{Item, ItemId, Lifecycle, ReviewState, SiteId};

use super::row;
use crate::audit::note;
use crate::store::{ms, take_numbers};
use crate::{Registry, RegistryError};

impl Registry {
    /// Hands a draft or a rejected item to the reviewers.
    ///
    /// # Errors
    /// When the item is not there or is not in such a state, or the database fails.
    pub async fn submit_item(
        &self,
        id: &ItemId,
        editor: &str,
        now: Timestamp,
    ) -> Result<Item, RegistryError> {
        self.review(id, ReviewState::Submitted, editor, "", now).await
    }

    /// Approves a submitted item: from now on it is served.
    ///
    /// # Errors
    /// [`RegistryError::FourEyes`] when `reviewer` edited it; when it is not there or not submitted.
    pub async fn approve_item(
        &self,
        id: &ItemId,
        reviewer: &str,
        now: Timestamp,
    ) -> Result<Item, RegistryError> {
        self.review(id, ReviewState::Approved, reviewer, "", now).await
    }

    /// Sends a submitted item back with a reason.
    ///
    /// # Errors
    /// As [`Registry::approve_item`].
    pub async fn reject_item(
        &self,
        id: &ItemId,
        reviewer: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Item, RegistryError> {
        self.review(id, ReviewState::Rejected, reviewer, reason, now).await
    }

    /// Takes an item down at once, whatever its state; followers of the change log see it next.
    ///
    /// # Errors
    /// When the item is not there or the database fails.
    pub async fn withdraw_item(
        &self,
        id: &ItemId,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Item, RegistryError> {
        let mut tx = self.write().await?;
        let seq = take_numbers(&mut tx, "items", 1).await?;
        let changed = sqlx::query(
            "UPDATE items SET lifecycle = 'withdrawn', seq = $1, updated_at = $2, hash = '' WHERE id = $3 RETURNING *",
        )
        .bind(seq)
        .bind(ms(now))
        .bind(id.as_str())
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| RegistryError::NotFound { kind: "item", id: id.to_string() })?;
        let item = row::read(&changed)?;
        note(&mut tx, now, item.site, (who, "item.withdraw"), id.as_str(), reason).await?;
        tx.commit().await?;
        debug_assert_eq!(item.lifecycle, Lifecycle::Withdrawn);
        Ok(item)
    }

    async fn review(
        &self,
        id: &ItemId,
        next: ReviewState,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Item, RegistryError> {
        let mut tx = self.write().await?;
        let stored: Option<(i64, String, String)> =
            sqlx::query_as("SELECT site, review, edited_by FROM items WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut *tx)
                .await?;
        let (site, review, editor) =
            stored.ok_or_else(|| RegistryError::NotFound { kind: "item", id: id.to_string() })?;
        let states = [
            ReviewState::Draft,
            ReviewState::Submitted,
            ReviewState::Approved,
            ReviewState::Rejected,
        ];
        let from = states
            .into_iter()
            .find(|state| row::review_name(*state) == review)
            .ok_or(RegistryError::Corrupt { what: "review" })?;
        if !follows(from, next) {
            let (from, to) = (row::review_name(from), row::review_name(next));
            return Err(RegistryError::Review { from, to });
        }
        if next != ReviewState::Submitted && who == editor {
            return Err(RegistryError::FourEyes);
        }
        let seq = take_numbers(&mut tx, "items", 1).await?;
        let reviewer = if next == ReviewState::Submitted { "" } else { who };
        let changed = sqlx::query(
            "UPDATE items SET review = $1, reviewed_by = $2, seq = $3, updated_at = $4 WHERE id = $5 RETURNING *",
        )
        .bind(row::review_name(next))
        .bind(reviewer)
        .bind(seq)
        .bind(ms(now))
        .bind(id.as_str())
        .fetch_one(&mut *tx)
        .await?;
        let action = match next {
            ReviewState::Submitted => "item.submit",
            ReviewState::Approved => "item.approve",
            ReviewState::Rejected => "item.reject",
            ReviewState::Draft => "item.draft",
        };
        let site = SiteId(site.try_into().unwrap_or_default());
        note(&mut tx, now, site, (who, action), id.as_str(), reason).await?;
        let item = row::read(&changed)?;
        tx.commit().await?;
        Ok(item)
    }
}

fn follows(from: ReviewState, next: ReviewState) -> bool {
    matches!(
        (from, next),
        (ReviewState::Draft | ReviewState::Rejected, ReviewState::Submitted)
            | (ReviewState::Submitted, ReviewState::Approved | ReviewState::Rejected)
    )
}
