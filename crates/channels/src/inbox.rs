//! The inbox on the portal: works without any push vendor.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocab::{SiteId, Text, VisitorId};

use crate::{ChannelError, Class, Delivery, Medium, Message, Outcome, Scope, Sender};

/// One entry of a person's inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The message.
    pub id: Uuid,
    /// How urgent.
    pub class: Class,
    /// Title.
    pub title: Text,
    /// One or two sentences.
    pub body: Text,
    /// Where it leads.
    pub url: String,
    /// The item it is about; may be empty.
    pub item: String,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

impl Entry {
    /// The entry a message becomes.
    pub fn of(message: &Message, received_at: Timestamp) -> Self {
        Self {
            id: message.id,
            class: message.class,
            title: message.title.clone(),
            body: message.body.clone(),
            url: message.url.clone(),
            item: message.item.clone(),
            received_at,
            read_at: None,
        }
    }
}

/// Where inboxes are kept; implemented by the registry.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// Puts an entry into a person's inbox; a second copy of the same message changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    async fn put(&self, site: SiteId, person: VisitorId, entry: &Entry)
    -> Result<(), ChannelError>;
}

/// Delivers into inboxes.
pub struct InboxSender {
    mailbox: Arc<dyn Mailbox>,
}

impl std::fmt::Debug for InboxSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InboxSender(..)")
    }
}

impl InboxSender {
    /// A sender into `mailbox`.
    pub fn new(mailbox: Arc<dyn Mailbox>) -> Self {
        Self { mailbox }
    }
}

#[async_trait]
impl Sender for InboxSender {
    fn medium(&self) -> Medium {
        Medium::Inbox
    }

    async fn send(&self, delivery: Delivery<'_>, now: Timestamp) -> Outcome {
        let entry = Entry::of(delivery.message, now);
        match self.mailbox.put(delivery.job.site, delivery.job.person, &entry).await {
            Ok(()) => Outcome::Accepted { provider_ref: String::new(), ttl: None },
            Err(_) => Outcome::Retry { after: None, scope: Scope::Service },
        }
    }
}
