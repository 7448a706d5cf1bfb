//! What just happened, as a model: counters, transitions and sessions that every event updates, and an online ranker.
//!
//! All counts fade by forward decay (Cormode et al., *Forward Decay*, ICDE 2009): an event adds `e^{(t-L)/τ}`, shares are
//! ratios, so nothing has to be aged and late events count for what they are. Memory is bounded: every list keeps its
//! strongest entries.

mod edges;
mod features;
mod offered;
mod ranker;
mod scales;
mod sessions;
mod state;
mod trends;

pub use features::{FEATURES, NAMES};
pub use ranker::{Ranker, RankerParams};
pub use sessions::NearestParams;
pub use state::{Candidates, Click, Limits, Stream, View};

#[cfg(test)]
mod tests;
