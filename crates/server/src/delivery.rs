//! Delivery put together from the configuration: keys, egress rules, senders, policy.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use channels::inbox::{Entry, InboxSender, Mailbox};
use channels::sse::{Audience, EventLog};
use channels::web_push::{Egress, Settings, WebPush};
use channels::{ChannelError, Definition, Policy, Sender};
use jiff::Timestamp;
use registry::Registry;
use vocab::{SiteId, VisitorId};

use crate::config::Config;

/// The delivery policy: the embedded definition in the configured time zone.
///
/// # Errors
/// A definition or a time zone that is not valid.
pub fn policy(config: &Config) -> anyhow::Result<Policy> {
    let mut policy = Definition::embedded()?.check()?;
    policy.time_zone = jiff::tz::TimeZone::get(&config.push.time_zone).context("push.time_zone")?;
    Ok(policy)
}

/// The Web Push sender, with the keys kept in the registry; the first start makes one.
///
/// # Errors
/// Keys that cannot be read or made, or a contact no push service takes.
pub async fn web_push(
    config: &Config,
    registry: &Registry,
    now: Timestamp,
) -> anyhow::Result<Arc<WebPush>> {
    let vapid = registry.vapid(&config.push.contact, now).await?;
    let mut egress = Egress::new(Egress::KNOWN);
    if config.push.allow_loopback {
        egress = egress.with_loopback();
    }
    let topic_key = registry.secret("push-topics").await?;
    let settings = Settings::new(&policy(config)?, egress, topic_key);
    Ok(Arc::new(WebPush::new(Arc::new(vapid), settings)?))
}

/// All media.
pub fn senders(
    registry: &Registry,
    events: &Arc<EventLog>,
    web_push: Arc<WebPush>,
) -> Vec<Arc<dyn Sender>> {
    let mailbox = TellingMailbox { registry: registry.clone(), events: events.clone() };
    vec![web_push, Arc::new(InboxSender::new(Arc::new(mailbox)))]
}

/// The registry's inboxes; the person's own open pages are told that something came.
struct TellingMailbox {
    registry: Registry,
    events: Arc<EventLog>,
}

#[async_trait]
impl Mailbox for TellingMailbox {
    async fn put(
        &self,
        site: SiteId,
        person: VisitorId,
        entry: &Entry,
    ) -> Result<(), ChannelError> {
        self.registry.put(site, person, entry).await?;
        let told = serde_json::json!({ "id": entry.id });
        if let Err(error) = self.events.publish(Audience::Visitor(site, person), "inbox", &told) {
            tracing::warn!(error = %error, "an open page could not be told of its inbox");
        }
        Ok(())
    }
}
