//! Erasing a person (PIPL article 47): everything that names the pseudonym goes.

use jiff::Timestamp;
use vocab::{SiteId, VisitorId};

use super::key;
use crate::audit::note;
use crate::{Registry, RegistryError};

/// Every table with a person in it and the name of the column; a test compares the list with the schema.
pub(super) const TABLES: [(&str, &str); 7] = [
    ("DELETE FROM consents WHERE site = $1 AND visitor = $2", "consents"),
    ("DELETE FROM subjects WHERE site = $1 AND visitor = $2", "subjects"),
    ("DELETE FROM declared_needs WHERE site = $1 AND visitor = $2", "declared_needs"),
    ("DELETE FROM deleted_tags WHERE site = $1 AND visitor = $2", "deleted_tags"),
    ("DELETE FROM subscriptions WHERE site = $1 AND visitor = $2", "subscriptions"),
    ("DELETE FROM devices WHERE site = $1 AND visitor = $2", "devices"),
    ("DELETE FROM inbox WHERE site = $1 AND person = $2", "inbox"),
];

impl Registry {
    /// Erases a person: consent, wishes, needs, subscriptions, devices, inbox; waiting deliveries are cancelled and the
    /// ledger of deliveries forgets the pseudonym. Gives how many rows went; noted without naming the person.
    ///
    /// # Errors
    /// When the database fails: then nothing is erased.
    pub async fn erase(
        &self,
        site: SiteId,
        visitor: VisitorId,
        now: Timestamp,
    ) -> Result<u64, RegistryError> {
        let (number, person) = key(site, visitor);
        let mut tx = self.write().await?;
        let mut gone = 0;
        for (sql, _) in TABLES {
            gone +=
                sqlx::query(sql).bind(number).bind(person).execute(&mut *tx).await?.rows_affected();
        }
        // What was already sent stays counted, for nobody: audience = the sum of the states.
        let sql = "UPDATE jobs SET state = 'cancelled', reason = '', lease_owner = ''
                   WHERE site = $1 AND person = $2
                     AND state IN ('queued', 'leased', 'unknown', 'accepted', 'delivered', 'displayed')";
        sqlx::query(sql).bind(number).bind(person).execute(&mut *tx).await?;
        let sql = "UPDATE jobs SET person = 0, reached = '[]', provider_ref = '' WHERE site = $1 AND person = $2";
        gone += sqlx::query(sql).bind(number).bind(person).execute(&mut *tx).await?.rows_affected();
        note(&mut tx, now, site, ("subject", "subject.erase"), "", &format!("{gone} rows")).await?;
        tx.commit().await?;
        Ok(gone)
    }
}
