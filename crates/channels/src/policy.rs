//! The pure planner: may this message go to this person over this medium now, and if not, why.
//!
//! The order is fixed: approval, expiry, preferences, consent, cross-channel de-duplication, frequency cap, quiet hours.
//! An emergency skips cap and quiet hours, never approval, expiry or consent.

use std::fmt;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vocab::{Consent, Text};

use crate::{Class, Medium, SuppressReason};

pub mod quiet;

pub use quiet::QuietHours;

/// The checked parameters of delivery; made from a [`crate::Definition`].
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Zone of persons who named none.
    pub time_zone: TimeZone,
    /// When nobody is disturbed; a person may choose other hours.
    pub quiet: QuietHours,
    /// Interrupting messages in one [`Policy::cap_window`]; a person may choose fewer or more.
    pub cap: u32,
    /// The rolling window of the cap.
    pub cap_window: SignedDuration,
    /// How long another medium waits for proof that the first was seen.
    pub escalate_after: SignedDuration,
    /// Share of the workers for each class, in the order of [`Class::ALL`].
    pub lanes: [u32; 4],
    /// How long a provider may keep a message of each class.
    pub ttl: [SignedDuration; 4],
    /// Urgency (RFC 8030 §5.3) of each class.
    pub urgency: [Urgency; 4],
    /// First delay after a failure.
    pub backoff_base: SignedDuration,
    /// Longest delay after failures.
    pub backoff_cap: SignedDuration,
    /// Attempts before giving up.
    pub max_attempts: u32,
    /// Sends under way at once.
    pub concurrency: usize,
    /// How long one job may take.
    pub lease: SignedDuration,
}

/// How much a device may be woken (RFC 8030 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// On power and Wi-Fi.
    VeryLow,
    /// On either.
    Low,
    /// On neither.
    Normal,
    /// Low battery too.
    High,
}

impl Urgency {
    /// The header's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// What the planner must know of a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// What they agreed to.
    pub consent: Consent,
    /// IANA name of their zone; `None` or unknown is the policy's.
    pub time_zone: Option<String>,
    /// Classes they do not want; an emergency cannot be muted.
    pub muted: Vec<Class>,
    /// Media they do not want.
    pub media_off: Vec<Medium>,
    /// Their own quiet hours.
    pub quiet: Option<QuietHours>,
    /// Their own cap for a week.
    pub cap: Option<u32>,
    /// When interrupting messages reached them lately.
    pub recent: Vec<Timestamp>,
    /// They saw this very message on another medium.
    pub seen_elsewhere: bool,
    /// Another interrupting medium took this very message then.
    pub sent_elsewhere_at: Option<Timestamp>,
}

/// One question to the planner.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Class of the message.
    pub class: Class,
    /// The medium.
    pub medium: Medium,
    /// Whether a second person approved it.
    pub approved: bool,
    /// Whether it was withdrawn.
    pub recalled: bool,
    /// When it stops to matter.
    pub expires_at: Timestamp,
    /// The person.
    pub person: &'a Person,
}

/// Why a message waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// It is night for the person.
    QuietHours,
    /// The person had enough this week.
    Cap,
    /// Another medium had it first; it may still be seen there.
    Escalation,
}

impl HoldReason {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet_hours",
            Self::Cap => "cap",
            Self::Escalation => "escalation",
        }
    }
}

/// What the planner says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send now.
    Send,
    /// Ask again at `until`.
    Hold {
        /// The earliest moment.
        until: Timestamp,
        /// Why.
        reason: HoldReason,
    },
    /// Never send.
    Suppress(SuppressReason),
    /// Too late.
    Expire,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send => f.write_str("send"),
            Self::Hold { until, reason } => write!(f, "hold: {} until {until}", reason.as_str()),
            Self::Suppress(reason) => write!(f, "suppress: {}", reason.as_str()),
            Self::Expire => f.write_str("expire"),
        }
    }
}

impl Decision {
    /// The sentence for the person, times in their `zone`.
    pub fn explain(&self, zone: &TimeZone) -> Text {
        match self {
            Self::Send => Text::new("可以发送", "sent"),
            Self::Expire => Text::new("未发送：已过有效期", "not sent: it was out of date"),
            Self::Hold { until, reason } => {
                let clock = until.to_zoned(zone.clone()).strftime("%H:%M").to_string();
                let day = until.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
                match reason {
                    HoldReason::QuietHours => Text::new(
                        format!("暂缓：免打扰时段，{clock} 之后发送"),
                        format!("held: quiet hours until {clock}"),
                    ),
                    HoldReason::Cap => Text::new(
                        format!("暂缓：本周消息已达上限，{day} 之后发送"),
                        format!("held: enough messages this week, until {day}"),
                    ),
                    HoldReason::Escalation => Text::new(
                        format!("暂缓：已通过其他渠道送达，{clock} 之前未读再发送"),
                        format!("held: sent on another channel, again if unread at {clock}"),
                    ),
                }
            }
            Self::Suppress(reason) => match reason {
                SuppressReason::Unapproved => {
                    Text::new("未发送：未经审核", "not sent: not approved")
                }
                SuppressReason::Recalled => Text::new("未发送：已撤回", "not sent: withdrawn"),
                SuppressReason::Preference => {
                    Text::new("未发送：您关闭了此类消息", "not sent: you turned this kind off")
                }
                SuppressReason::Consent => Text::new(
                    "未发送：您未同意接收消息",
                    "not sent: you have not agreed to messages",
                ),
                SuppressReason::Duplicate => Text::new(
                    "未发送：您已在其他渠道看到",
                    "not sent: you saw it on another channel",
                ),
                SuppressReason::Cap => {
                    Text::new("未发送：本周消息已达上限", "not sent: enough messages this week")
                }
                SuppressReason::Quiet => Text::new(
                    "未发送：免打扰时段结束前已失效",
                    "not sent: out of date before quiet hours end",
                ),
                SuppressReason::DeadTarget => {
                    Text::new("未发送：没有可用的设备", "not sent: no device can be reached")
                }
            },
        }
    }
}

impl Policy {
    /// The person's zone, or the policy's.
    pub fn zone(&self, person: &Person) -> TimeZone {
        let named = person.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        named.unwrap_or_else(|| self.time_zone.clone())
    }

    /// Decides; see the module for the order.
    pub fn decide(&self, ask: &Ask<'_>, now: Timestamp) -> Decision {
        if !ask.approved {
            return Decision::Suppress(SuppressReason::Unapproved);
        }
        if ask.recalled {
            return Decision::Suppress(SuppressReason::Recalled);
        }
        if ask.expires_at <= now {
            return Decision::Expire;
        }
        let person = ask.person;
        let emergency = ask.class == Class::Emergency;
        if person.media_off.contains(&ask.medium)
            || (!emergency && person.muted.contains(&ask.class))
        {
            return Decision::Suppress(SuppressReason::Preference);
        }
        if !ask.medium.interrupts() {
            return Decision::Send;
        }
        if !person.consent.contains(Consent::PUSH) {
            return Decision::Suppress(SuppressReason::Consent);
        }
        if person.seen_elsewhere {
            return Decision::Suppress(SuppressReason::Duplicate);
        }
        if emergency {
            return Decision::Send;
        }
        if let Some(sent) = person.sent_elsewhere_at {
            let until = later(sent, self.escalate_after);
            if until > now {
                return hold(ask, until, HoldReason::Escalation, SuppressReason::Duplicate);
            }
        }
        if let Some(decision) = self.capped(ask, now) {
            return decision;
        }
        let quiet = person.quiet.unwrap_or(self.quiet);
        match quiet.ends_after(now, &self.zone(person)) {
            Some(until) => hold(ask, until, HoldReason::QuietHours, SuppressReason::Quiet),
            None => Decision::Send,
        }
    }

    /// The cap: what was subscribed to waits for room, a suggestion does not.
    fn capped(&self, ask: &Ask<'_>, now: Timestamp) -> Option<Decision> {
        let cap = ask.person.cap.unwrap_or(self.cap) as usize;
        let mut recent: Vec<Timestamp> = ask
            .person
            .recent
            .iter()
            .copied()
            // What a clock that was ahead has sent "later" counts too, or room would close again when its time comes.
            .filter(|&sent| later(sent, self.cap_window) > now)
            .collect();
        if recent.len() < cap {
            return None;
        }
        recent.sort_unstable();
        // There is room when only `cap - 1` of them are still inside the window.
        let until = cap.checked_sub(1).and_then(|keep| {
            recent.len().checked_sub(keep + 1).map(|last| later(recent[last], self.cap_window))
        });
        Some(match until {
            Some(until) if ask.class != Class::Suggested => {
                hold(ask, until, HoldReason::Cap, SuppressReason::Cap)
            }
            _ => Decision::Suppress(SuppressReason::Cap),
        })
    }
}

fn hold(ask: &Ask<'_>, until: Timestamp, reason: HoldReason, too_late: SuppressReason) -> Decision {
    if until >= ask.expires_at {
        Decision::Suppress(too_late)
    } else {
        Decision::Hold { until, reason }
    }
}

fn later(start: Timestamp, by: SignedDuration) -> Timestamp {
    start.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Parses `21:00`.
pub(crate) fn clock_time(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

#[cfg(test)]
mod tests;
