//! The delivery policy as data: `pipelines/delivery/*.toml`, checked, with tests inside the file.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use vocab::Consent;

use crate::policy::{QuietHours, Urgency, clock_time};
use crate::{Ask, ChannelError, Class, Medium, Person, Policy};

const EMBEDDED: &str = include_str!("../../../pipelines/delivery/default.toml");

/// A delivery definition as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    format: u32,
    name: String,
    time_zone: String,
    concurrency: usize,
    lease_seconds: i64,
    max_attempts: u32,
    escalate_minutes: i64,
    quiet_hours: Hours,
    cap: Cap,
    backoff: Backoff,
    lanes: PerClass<u32>,
    ttl_hours: PerClass<i64>,
    urgency: PerClass<Urgency>,
    #[serde(default)]
    test: Vec<Test>,
    #[serde(skip)]
    digest: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: String,
    to: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cap {
    messages: u32,
    days: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Backoff {
    base_seconds: i64,
    cap_seconds: i64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PerClass<T> {
    emergency: T,
    service: T,
    subscribed: T,
    suggested: T,
}

impl<T> PerClass<T> {
    fn in_order(self) -> [T; 4] {
        [self.emergency, self.service, self.subscribed, self.suggested]
    }
}

/// A question to the planner with the answer it must give.
#[expect(clippy::struct_excessive_bools, reason = "a test file names each fact on its own line")]
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    name: String,
    now: Timestamp,
    expires_at: Timestamp,
    class: Class,
    medium: Medium,
    #[serde(default = "yes")]
    approved: bool,
    #[serde(default)]
    recalled: bool,
    #[serde(default = "yes")]
    agreed: bool,
    time_zone: Option<String>,
    #[serde(default)]
    muted: Vec<Class>,
    #[serde(default)]
    recent: Vec<Timestamp>,
    #[serde(default)]
    seen_elsewhere: bool,
    expect: String,
}

fn yes() -> bool {
    true
}

impl Definition {
    /// Parses a definition.
    ///
    /// # Errors
    /// The place and the name of an unknown key, a missing one or a wrong type; an unknown format.
    pub fn parse(text: &str) -> Result<Self, ChannelError> {
        let mut definition: Self =
            toml::from_str(text).map_err(|error| ChannelError::Definition(error.to_string()))?;
        if definition.format != 1 {
            let format = definition.format;
            return Err(ChannelError::Definition(format!(
                "format {format} is not known, expected 1"
            )));
        }
        definition.digest =
            Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Ok(definition)
    }

    /// The definition in the binary.
    ///
    /// # Errors
    /// Never in a build whose tests pass.
    pub fn embedded() -> Result<Self, ChannelError> {
        Self::parse(EMBEDDED)
    }

    /// Name and digest: `default@1f2e3d4c`.
    pub fn stamp(&self) -> String {
        format!("{}@{}", self.name, self.digest)
    }

    /// The valid policy.
    ///
    /// # Errors
    /// The key whose value is out of range.
    pub fn check(&self) -> Result<Policy, ChannelError> {
        let wrong = |key: &str, why: &str| ChannelError::Definition(format!("{key}: {why}"));
        let time_zone = TimeZone::get(&self.time_zone)
            .map_err(|_| wrong("time_zone", "not the name of a time zone"))?;
        let clock = |key: &str, text: &str| {
            clock_time(text).ok_or_else(|| wrong(key, "not a time like 21:00"))
        };
        let positive = |key: &str, value: i64| {
            if value > 0 { Ok(value) } else { Err(wrong(key, "must be above 0")) }
        };
        let ttl = self.ttl_hours.in_order();
        for hours in ttl {
            positive("ttl_hours", hours)?;
        }
        let lanes = self.lanes.in_order();
        if lanes.contains(&0) {
            return Err(wrong("lanes", "a lane without a share would starve"));
        }
        if self.concurrency < 2 || self.max_attempts == 0 {
            return Err(wrong("concurrency", "at least 2, and max_attempts at least 1"));
        }
        if self.backoff.cap_seconds < self.backoff.base_seconds {
            return Err(wrong("backoff.cap_seconds", "must not be below base_seconds"));
        }
        Ok(Policy {
            time_zone,
            quiet: QuietHours {
                from: clock("quiet_hours.from", &self.quiet_hours.from)?,
                to: clock("quiet_hours.to", &self.quiet_hours.to)?,
            },
            cap: self.cap.messages,
            cap_window: SignedDuration::from_hours(24 * positive("cap.days", self.cap.days)?),
            escalate_after: SignedDuration::from_mins(positive(
                "escalate_minutes",
                self.escalate_minutes,
            )?),
            lanes,
            ttl: ttl.map(SignedDuration::from_hours),
            urgency: self.urgency.in_order(),
            backoff_base: SignedDuration::from_secs(positive(
                "backoff.base_seconds",
                self.backoff.base_seconds,
            )?),
            backoff_cap: SignedDuration::from_secs(self.backoff.cap_seconds),
            max_attempts: self.max_attempts,
            concurrency: self.concurrency,
            lease: SignedDuration::from_secs(positive("lease_seconds", self.lease_seconds)?),
        })
    }

    /// Checks the parameters and runs the tests in the file; gives how many ran.
    ///
    /// # Errors
    /// The first parameter or test that does not hold.
    pub fn validate(&self) -> Result<usize, ChannelError> {
        let policy = self.check()?;
        for test in &self.test {
            let person = Person {
                consent: if test.agreed { Consent::PUSH } else { Consent::default() },
                time_zone: test.time_zone.clone(),
                muted: test.muted.clone(),
                recent: test.recent.clone(),
                seen_elsewhere: test.seen_elsewhere,
                ..Person::default()
            };
            let ask = Ask {
                class: test.class,
                medium: test.medium,
                approved: test.approved,
                recalled: test.recalled,
                expires_at: test.expires_at,
                person: &person,
            };
            let actual = policy.decide(&ask, test.now).to_string();
            if actual != test.expect {
                return Err(ChannelError::DefinitionTest {
                    name: test.name.clone(),
                    expected: test.expect.clone(),
                    actual,
                });
            }
        }
        Ok(self.test.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_definition_holds_its_own_tests() {
        let definition = Definition::embedded().unwrap();
        assert!(definition.validate().unwrap() >= 8);
        assert!(definition.stamp().starts_with("default@"));
    }

    #[test]
    fn an_unknown_key_a_wrong_value_and_a_false_test_are_refused_by_name() {
        let parse = |from: &str, to: &str| Definition::parse(&EMBEDDED.replacen(from, to, 1));
        let unknown = parse("max_attempts", "max_atempts").unwrap_err().to_string();
        assert!(unknown.contains("max_atempts"), "{unknown}");
        let format = parse("format = 1", "format = 2").unwrap_err().to_string();
        assert!(format.contains("format 2"), "{format}");
        let zone =
            parse("Asia/Shanghai", "Asia/Atlantis").unwrap().check().unwrap_err().to_string();
        assert!(zone.contains("time_zone"), "{zone}");
        let hours = parse("from = \"21:00\"", "from = \"9pm\"").unwrap().check().unwrap_err();
        assert!(hours.to_string().contains("quiet_hours.from"), "{hours}");
        let test =
            parse("expect = \"send\"", "expect = \"expire\"").unwrap().validate().unwrap_err();
        assert!(matches!(test, ChannelError::DefinitionTest { .. }), "{test}");
    }
}
