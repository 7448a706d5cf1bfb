//! What people asked to be told about.

use sqlx::Row as _;
use vocab::{SiteId, Subscription, Target, VisitorId};

use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

/// The most one person may follow.
const MOST: i64 = 200;

impl Registry {
    /// Adds a wish; gives whether it is new.
    ///
    /// # Errors
    /// When the target is empty, the person follows 200 things already, or the database fails.
    pub async fn subscribe(&self, wish: &Subscription) -> Result<bool, RegistryError> {
        let (kind, value) = wish.target.parts();
        if value.trim().is_empty() {
            return Err(RegistryError::Invalid { field: "value", reason: "is empty".to_owned() });
        }
        let mut tx = self.write().await?;
        let has: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM subscriptions WHERE site = $1 AND visitor = $2",
        )
        .bind(i64::from(wish.site.0))
        .bind(wish.visitor.0.cast_signed())
        .fetch_one(&mut *tx)
        .await?;
        if has >= MOST {
            let reason = format!("{MOST} things are followed already");
            return Err(RegistryError::Invalid { field: "value", reason });
        }
        let added = sqlx::query(
            "INSERT INTO subscriptions (site, visitor, target_kind, target, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (site, visitor, target_kind, target) DO NOTHING",
        )
        .bind(i64::from(wish.site.0))
        .bind(wish.visitor.0.cast_signed())
        .bind(kind)
        .bind(value)
        .bind(ms(wish.created_at))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(added > 0)
    }

    /// Takes a wish back; gives whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unsubscribe(
        &self,
        site: SiteId,
        visitor: VisitorId,
        target: &Target,
    ) -> Result<bool, RegistryError> {
        let (kind, value) = target.parts();
        let mut tx = self.write().await?;
        let gone = sqlx::query(
            "DELETE FROM subscriptions WHERE site = $1 AND visitor = $2 AND target_kind = $3 AND target = $4",
        )
        .bind(i64::from(site.0))
        .bind(visitor.0.cast_signed())
        .bind(kind)
        .bind(value)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// What a person follows, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subscriptions(
        &self,
        site: SiteId,
        visitor: VisitorId,
    ) -> Result<Vec<Subscription>, RegistryError> {
        let rows = sqlx::query(
            "SELECT * FROM subscriptions WHERE site = $1 AND visitor = $2
             ORDER BY created_at, target_kind, target",
        )
        .bind(i64::from(site.0))
        .bind(visitor.0.cast_signed())
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let (kind, value) = (row.try_get("target_kind")?, row.try_get("target")?);
                let target = Target::from_parts(kind, value)
                    .ok_or(RegistryError::Corrupt { what: "subscription" })?;
                Ok(Subscription {
                    visitor,
                    site,
                    target,
                    created_at: instant(row.try_get("created_at")?),
                })
            })
            .collect()
    }

    /// Who follows one of `targets`, each person once, by number: the audience of a notice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn followers(
        &self,
        site: SiteId,
        targets: &[Target],
    ) -> Result<Vec<VisitorId>, RegistryError> {
        let mut people = Vec::new();
        for target in targets {
            let (kind, value) = target.parts();
            let found: Vec<i64> = sqlx::query_scalar(
                "SELECT visitor FROM subscriptions WHERE site = $1 AND target_kind = $2 AND target = $3",
            )
            .bind(i64::from(site.0))
            .bind(kind)
            .bind(value)
            .fetch_all(self.readers())
            .await?;
            people.extend(found.into_iter().map(|visitor| VisitorId(visitor.cast_unsigned())));
        }
        people.sort_unstable();
        people.dedup();
        Ok(people)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn wish(visitor: u64, target: Target) -> Subscription {
        Subscription {
            visitor: VisitorId(visitor),
            site: SiteId(1),
            target,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn followers_of_several_targets_are_counted_once() {
        let registry = Registry::memory().await.unwrap();
        let [need, dept] =
            [Target::Need("p.home.fund".to_owned()), Target::Dept("住建局".to_owned())];
        for (visitor, target) in [(u64::MAX, &need), (2, &need), (2, &dept), (3, &dept)] {
            assert!(registry.subscribe(&wish(visitor, target.clone())).await.unwrap());
            assert!(!registry.subscribe(&wish(visitor, target.clone())).await.unwrap());
        }
        let people = registry.followers(SiteId(1), &[need.clone(), dept]).await.unwrap();
        assert_eq!(people, [2, 3, u64::MAX].map(VisitorId));
        assert!(registry.unsubscribe(SiteId(1), VisitorId(2), &need).await.unwrap());
        assert!(!registry.unsubscribe(SiteId(1), VisitorId(2), &need).await.unwrap());
        assert_eq!(registry.subscriptions(SiteId(1), VisitorId(2)).await.unwrap().len(), 1);
        assert!(registry.subscribe(&wish(1, Target::Keyword(" ".to_owned()))).await.is_err());
    }
}
