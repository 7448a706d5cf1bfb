//! Web Push: RFC 8030 (protocol), 8188 and 8291 (encryption), 8292 (VAPID).

pub mod encrypt;
pub mod network;
pub mod payload;
pub mod send;
pub mod target;
pub mod vapid;

pub use encrypt::{MAX_PAYLOAD, encrypt};
pub use network::Egress;
pub use payload::Content;
pub use send::{Settings, WebPush};
pub use target::Target;
pub use vapid::{Vapid, VapidKey};
