//! The sites in memory: found by code or host on every request, replaced as a whole when the registry changes.

use std::sync::Arc;

use arc_swap::ArcSwap;
use clickstream::SiteKey;
use registry::Site;

use super::plans::Plans;

/// All sites.
#[derive(Debug, Default)]
pub struct Sites {
    all: ArcSwap<Vec<Arc<Site>>>,
}

impl Sites {
    /// Replaces them all; the first one answers requests that name no site.
    pub fn replace(&self, mut sites: Vec<Site>) {
        sites.sort_by_key(|site| site.id);
        self.all.store(Arc::new(sites.into_iter().map(Arc::new).collect()));
    }

    /// The site with that code; without one the site of the host, else the first.
    pub fn find(&self, code: Option<&str>, host: Option<&str>) -> Option<Arc<Site>> {
        let all = self.all.load();
        if let Some(code) = code.filter(|code| !code.is_empty()) {
            return all.iter().find(|site| site.code == code).cloned();
        }
        let of_host = |site: &&Arc<Site>| {
            host.is_some_and(|host| {
                site.host == host || site.aliases.iter().any(|alias| alias == host)
            })
        };
        all.iter().find(of_host).or_else(|| all.first()).cloned()
    }

    /// All of them, by number.
    pub fn all(&self) -> Arc<Vec<Arc<Site>>> {
        self.all.load_full()
    }
}

/// What the collector must know of a site.
pub fn tracker_key(site: &Site, plans: &Plans) -> SiteKey {
    SiteKey {
        site: site.id,
        write_key: site.write_key.clone(),
        pepper: site.pepper,
        time_zone: site.time_zone.clone(),
        default_channel: vocab::Channel::Web,
        plan: plans.get(&site.code).cloned(),
        origins: site.origins.clone(),
    }
}
