//! Where a person meets the portal.

use serde::{Deserialize, Serialize};

/// A channel of delivery, and the place an event comes from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The portal in a browser.
    #[default]
    Web,
    /// The mobile app.
    App,
    /// A mini-program inside another app.
    MiniProgram,
    /// A self-service terminal, shared by strangers.
    Kiosk,
    /// New media: official accounts, feeds.
    NewMedia,
    /// Another server, or an imported log.
    Server,
}

impl Channel {
    /// The name in the wire format and in the warehouse.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::App => "app",
            Self::MiniProgram => "mini_program",
            Self::Kiosk => "kiosk",
            Self::NewMedia => "new_media",
            Self::Server => "server",
        }
    }

    /// The channel with that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Web, Self::App, Self::MiniProgram, Self::Kiosk, Self::NewMedia, Self::Server]
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }

    /// Whether the device is shared, so nothing may outlive the session (invariant 4).
    pub fn is_shared(self) -> bool {
        self == Self::Kiosk
    }
}
