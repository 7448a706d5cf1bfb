//! Keys this installation made for itself: what pushes are signed with, and other secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use channels::web_push::{Vapid, VapidKey};
use jiff::Timestamp;

use crate::sites::random;
use crate::store::ms;
use crate::{Registry, RegistryError};

impl Registry {
    /// The signing keys, made at first use; older ones serve the subscriptions bound to them.
    ///
    /// `contact` is what push services may write to: `mailto:…` or `https://…`.
    ///
    /// # Errors
    /// When the contact is not valid, the system gives no randomness, or the database fails.
    pub async fn vapid(&self, contact: &str, now: Timestamp) -> Result<Vapid, RegistryError> {
        let mut keys = self.signing_keys().await?;
        if keys.is_empty() {
            self.rotate_signing_key(now).await?;
            keys = self.signing_keys().await?;
        }
        let current = keys.pop().ok_or(RegistryError::Corrupt { what: "signing key" })?;
        Ok(Vapid::new(current, keys, contact)?)
    }

    /// Makes a new signing key for new subscriptions; gives its id.
    ///
    /// # Errors
    /// When the system gives no randomness or the database fails.
    pub async fn rotate_signing_key(&self, now: Timestamp) -> Result<String, RegistryError> {
        let key = VapidKey::generate()?;
        let mut tx = self.write().await?;
        sqlx::query("INSERT INTO signing_keys (id, private_key, created_at) VALUES ($1, $2, $3)")
            .bind(key.id())
            .bind(key.to_base64())
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(key.id().to_owned())
    }

    async fn signing_keys(&self) -> Result<Vec<VapidKey>, RegistryError> {
        let stored: Vec<String> =
            sqlx::query_scalar("SELECT private_key FROM signing_keys ORDER BY created_at, id")
                .fetch_all(self.readers())
                .await?;
        stored.iter().map(|text| Ok(VapidKey::from_base64(text)?)).collect()
    }

    /// A secret of 32 bytes under a name, made at first use: for example the key of push topics.
    ///
    /// # Errors
    /// When the system gives no randomness or the database fails.
    pub async fn secret(&self, name: &str) -> Result<[u8; 32], RegistryError> {
        let fresh: [u8; 32] = random()?;
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(URL_SAFE_NO_PAD.encode(fresh))
        .execute(&mut *tx)
        .await?;
        let stored: String = sqlx::query_scalar("SELECT value FROM secrets WHERE name = $1")
            .bind(name)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        let bytes = URL_SAFE_NO_PAD.decode(stored).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or(RegistryError::Corrupt { what: "secret" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keys_are_made_once_and_older_ones_stay_after_a_rotation() {
        let registry = Registry::memory().await.unwrap();
        let [first, later] = [0, 1_000].map(|second| Timestamp::from_second(second).unwrap());
        let contact = "mailto:push@city.example";
        let old = registry.vapid(contact, first).await.unwrap().current().id().to_owned();
        assert_eq!(registry.vapid(contact, later).await.unwrap().current().id(), old);
        let new = registry.rotate_signing_key(later).await.unwrap();
        let vapid = registry.vapid(contact, later).await.unwrap();
        assert_eq!(vapid.current().id(), new);
        vapid.authorization(&old, "https://a.example", later).unwrap();
        let secret = registry.secret("topics").await.unwrap();
        assert_eq!(registry.secret("topics").await.unwrap(), secret);
        assert_ne!(registry.secret("other").await.unwrap(), secret);
    }
}
