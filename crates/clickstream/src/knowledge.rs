//! What enriching looks things up in: regions of addresses, items of pages, needs of keywords. All of it is in memory.

use std::fmt;
use std::sync::Arc;

use vocab::{ItemId, SiteId};

mod places;
mod topics;

pub use places::Places;
pub use topics::Topics;

/// The content library, as far as a page's address goes.
pub trait Pages: Send + Sync {
    /// The item that lies at a path of a site, unless several do.
    fn at(&self, site: SiteId, path: &str) -> Option<Shown>;
}

/// What a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The item.
    pub item: ItemId,
    /// Its kind.
    pub kind: String,
    /// Its column (栏目).
    pub column: String,
    /// Its leading need.
    pub topic: String,
    /// Its department.
    pub dept: String,
}

/// Everything there is to look things up in; each part may be absent.
#[derive(Clone, Default)]
pub struct Knowledge {
    /// Regions by address.
    pub places: Option<Arc<Places>>,
    /// Items by page.
    pub pages: Option<Arc<dyn Pages>>,
    /// Needs by keyword.
    pub topics: Option<Arc<Topics>>,
}

impl fmt::Debug for Knowledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Knowledge").field("places", &self.places).finish_non_exhaustive()
    }
}
