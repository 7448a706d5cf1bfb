//! What is recorded about a person: agreements, the switch, declared needs, subscriptions; cached, never stale.

use std::sync::Arc;

use jiff::Timestamp;
use moka::sync::Cache;
use registry::Registry;
use vocab::{Consent, NeedId, SiteId, Subscription, VisitorId};

use crate::problem::Problem;

/// Everything recorded about one person; empty for one nobody recorded anything about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// What they agreed to.
    pub consent: Consent,
    /// Personalisation is switched off (Algorithm Provisions, article 17).
    pub switched_off: bool,
    /// Needs they declared.
    pub declared: Vec<NeedId>,
    /// Tags they deleted: not inferred again for 180 days.
    pub deleted: Vec<NeedId>,
    /// What they follow.
    pub subscriptions: Vec<Subscription>,
}

/// The cache in front of the registry. Every write goes through the server and drops the entry it changes,
/// so opting out holds from the next request on.
#[derive(Debug)]
pub struct Subjects {
    registry: Registry,
    cache: Cache<VisitorId, Arc<Subject>>,
}

/// People held in memory.
const HELD: u64 = 200_000;

impl Subjects {
    /// An empty cache over `registry`.
    pub fn new(registry: Registry) -> Self {
        Self { registry, cache: Cache::new(HELD) }
    }

    /// What is recorded about `visitor`.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub async fn get(
        &self,
        site: SiteId,
        visitor: VisitorId,
        now: Timestamp,
    ) -> Result<Arc<Subject>, Problem> {
        if let Some(subject) = self.cache.get(&visitor) {
            return Ok(subject);
        }
        let subject = Arc::new(self.read(site, visitor, now).await?);
        self.cache.insert(visitor, subject.clone());
        Ok(subject)
    }

    /// Forgets the cached copy: something was written.
    pub fn changed(&self, visitor: VisitorId) {
        self.cache.invalidate(&visitor);
    }

    async fn read(
        &self,
        site: SiteId,
        visitor: VisitorId,
        now: Timestamp,
    ) -> Result<Subject, Problem> {
        let record = self.registry.subject(site, visitor, now).await?;
        let subscriptions = self.registry.subscriptions(site, visitor).await?;
        Ok(Subject {
            consent: record.consent,
            switched_off: record.switched_off,
            declared: record.declared,
            deleted: record.deleted.into_iter().map(|(need, _)| need).collect(),
            subscriptions,
        })
    }
}
