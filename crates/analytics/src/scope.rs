//! What every question shares: which sites, which time, which part of the traffic.

use serde::{Deserialize, Deserializer, Serialize};
use vocab::{Channel, ItemKind, SiteId};

/// Sites, period and filters of a question, as they arrive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Sites, at most 100; none means all. `site` is accepted for one.
    #[serde(alias = "site", deserialize_with = "one_or_many")]
    pub sites: Vec<SiteId>,
    /// Start: a date (its first instant) or an RFC 3339 instant. Seven days before the end unless told.
    pub from: Option<String>,
    /// End: a date (the whole day included) or an RFC 3339 instant (excluded). Now unless told.
    pub to: Option<String>,
    /// IANA name of the clock that cuts days; `Asia/Shanghai` unless told.
    pub time_zone: Option<String>,
    /// Whether machines are counted too.
    pub include_bots: bool,
    /// Rows of the answer at most (lines of a broken-down trend), 1 to 10,000.
    pub limit: Option<u32>,
    /// Only this channel.
    pub channel: Option<Channel>,
    /// Only this class of device.
    pub device: Option<String>,
    /// Only this column (栏目).
    pub column: Option<String>,
    /// Only this department.
    pub dept: Option<String>,
    /// Only this topic.
    pub topic: Option<String>,
    /// Only this kind of item.
    pub kind: Option<ItemKind>,
}

impl Scope {
    /// Names of the fields in a flat question.
    pub(crate) const FIELDS: &[&str] = &[
        "sites",
        "site",
        "from",
        "to",
        "time_zone",
        "include_bots",
        "limit",
        "channel",
        "device",
        "column",
        "dept",
        "topic",
        "kind",
    ];
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SiteId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a site number or a list of site numbers")]
    enum Sites {
        One(SiteId),
        Many(Vec<SiteId>),
    }
    Ok(match Sites::deserialize(deserializer)? {
        Sites::One(site) => vec![site],
        Sites::Many(sites) => sites,
    })
}
