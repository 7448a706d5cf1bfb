//! What the collector knows of each site: its keys, its pepper, its zone, its tracking plan.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use vocab::{Channel, SiteId};

use crate::Plan;

/// One site as the registry describes it.
#[derive(Clone)]
pub struct SiteKey {
    /// The site.
    pub site: SiteId,
    /// Public identifier that allows appending events, nothing else.
    pub write_key: String,
    /// Secret of the pseudonyms. Who has it can link a person's id to the stored hash.
    pub pepper: [u8; 32],
    /// IANA name of the zone its days are counted in; UTC where not known.
    pub time_zone: String,
    /// Channel of events that name none.
    pub default_channel: Channel,
    /// Which events and properties it means to send; `None` is no plan, so no properties of its own.
    pub plan: Option<Arc<Plan>>,
    /// Origins browsers may send from (`https://www.example.gov.cn`); empty is any.
    pub origins: Vec<String>,
}

impl fmt::Debug for SiteKey {
    // The pepper must never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteKey").field("site", &self.site).finish_non_exhaustive()
    }
}

/// A site with what is derived from it once.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) key: SiteKey,
    pub(crate) zone: TimeZone,
}

/// All sites by write key. Replaced as a whole when the registry changes.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    by_key: HashMap<String, Arc<Site>>,
    by_number: HashMap<SiteId, Arc<Site>>,
}

impl Sites {
    /// The table of these sites; of two with one write key the later wins.
    pub fn new(sites: impl IntoIterator<Item = SiteKey>) -> Self {
        let mut all = Self::default();
        for key in sites {
            let zone = TimeZone::get(&key.time_zone).unwrap_or(TimeZone::UTC);
            let site = Arc::new(Site { key, zone });
            all.by_number.insert(site.key.site, Arc::clone(&site));
            all.by_key.insert(site.key.write_key.clone(), site);
        }
        all
    }

    pub(crate) fn find(&self, write_key: &str) -> Option<Arc<Site>> {
        self.by_key.get(write_key).cloned()
    }

    pub(crate) fn numbered(&self, number: SiteId) -> Option<Arc<Site>> {
        self.by_number.get(&number).cloned()
    }
}
