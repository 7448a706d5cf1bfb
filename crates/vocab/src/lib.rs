//! The words of the domain: ids, events, items, needs, consent, channels and reasons.
#![doc = include_str!("../README.md")]

pub mod channel;
pub mod consent;
pub mod event;
pub mod ids;
pub mod interest;
pub mod item;
pub mod reason;
pub mod subscription;
pub mod taxonomy;
pub mod text;

pub use channel::Channel;
pub use consent::{Consent, PrivacyMode};
pub use event::{BotClass, Event, EventOf, Protocol};
pub use ids::{ItemId, NeedId, RequestId, SessionId, SiteId, VisitorId};
pub use interest::Interest;
pub use item::{Audience, Item, ItemKind, Lifecycle, ReviewState, Service};
pub use reason::{Reason, ReasonCode};
pub use subscription::{Subscription, Target};
pub use taxonomy::{Need, NeedGroup, Sensitivity, Taxonomy};
pub use text::{Lang, Text};
