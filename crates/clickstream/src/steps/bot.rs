//! Step 6: crawlers, tools, monitors, and browsers that are none.

use ipnet::IpNet;
use serde::Deserialize;
use vocab::BotClass;
use vocab::event::Protocol;

use super::Step;
use crate::DropReason;
use crate::draft::{Context, Draft, Fault};

/// What to look for and what to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    /// What happens to a bot's event.
    pub(crate) action: Action,
    /// Parts of user agents of crawlers and tools, lower case.
    pub(crate) declared: Vec<String>,
    /// More of them, beside a list taken from elsewhere.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// Parts of user agents of availability probes, lower case; looked at first.
    pub(crate) monitors: Vec<String>,
    /// Parts that look like a bot's and are not: taken out before looking.
    #[serde(default)]
    pub(crate) except: Vec<String>,
    /// Networks of data centres: what looks like a browser there is a program.
    #[serde(default)]
    pub(crate) data_centres: Vec<IpNet>,
    /// Whether a browser's user agent without `Accept-Language` is one.
    #[serde(default)]
    pub(crate) header_anomaly: bool,
}

/// What happens to a bot's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Stored with its class; reports leave it out.
    Mark,
    /// Left out and counted.
    Drop,
}

impl Bot {
    /// The class a user agent declares.
    pub(crate) fn class(&self, agent: &str) -> BotClass {
        let mut agent = agent.to_ascii_lowercase();
        for except in &self.except {
            if agent.contains(except.as_str()) {
                agent = agent.replace(except.as_str(), "");
            }
        }
        let has = |parts: &[String]| parts.iter().any(|part| agent.contains(part.as_str()));
        if has(&self.monitors) {
            BotClass::Monitor
        } else if has(&self.declared) || has(&self.also) {
            BotClass::Declared
        } else {
            BotClass::Human
        }
    }
}

impl Step for Bot {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let mut class = context.agents.bot(&draft.agent, |agent| self.class(agent));
        let browser = draft.agent.starts_with("Mozilla/");
        if class == BotClass::Human
            && self.header_anomaly
            && draft.own_headers
            && browser
            && !context.accept_language
        {
            class = BotClass::HeaderAnomaly;
        }
        // Of a person's own request, or of a line about one: servers send from data centres for everybody.
        let own = draft.own_headers || draft.event.proto == Protocol::Import;
        let address = draft.ip.filter(|_| own).map(|ip| ip.to_canonical());
        if class == BotClass::Human
            && address.is_some_and(|ip| self.data_centres.iter().any(|net| net.contains(&ip)))
        {
            class = BotClass::DataCentre;
        }
        draft.event.bot = class;
        let reason = match class {
            BotClass::Human => return Ok(()),
            BotClass::HeaderAnomaly => DropReason::HeaderAnomaly,
            BotClass::Monitor => DropReason::Monitor,
            BotClass::Declared | BotClass::DataCentre => DropReason::DeclaredBot,
        };
        match self.action {
            Action::Mark => Ok(()),
            Action::Drop => Err(draft.fault(reason, "", "not sent by a person")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;
    use crate::site::Sites;
    use crate::steps::{Agents, Sessioniser};

    #[test]
    fn a_browser_in_a_data_centre_is_a_program() {
        let step = Bot {
            action: Action::Mark,
            declared: Vec::new(),
            also: Vec::new(),
            monitors: Vec::new(),
            except: Vec::new(),
            data_centres: vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            header_anomaly: false,
        };
        let key = crate::SiteKey {
            site: vocab::SiteId(1),
            write_key: "k".into(),
            pepper: [7; 32],
            time_zone: "UTC".into(),
            default_channel: vocab::Channel::Web,
            plan: None,
            origins: Vec::new(),
        };
        let site = Sites::new([key]).find("k").unwrap();
        let (sessions, agents, knowledge) =
            (Sessioniser::new(1), Agents::default(), Knowledge::default());
        let context = Context {
            site: &site,
            received_at: jiff::Timestamp::UNIX_EPOCH,
            replay: false,
            objected: false,
            accept_language: true,
            sessions: &sessions,
            agents: &agents,
            knowledge: &knowledge,
        };
        let class = |ip: &str, own_headers, proto| {
            let mut draft = Draft { ip: ip.parse().ok(), own_headers, ..Draft::default() };
            draft.event.proto = proto;
            draft.agent = "Mozilla/5.0 (X11; Linux x86_64)".into();
            step.apply(&mut draft, &context).unwrap();
            draft.event.bot
        };
        let (native, segment) = (Protocol::Native, Protocol::Segment);
        assert_eq!(class("203.0.113.9", true, native), BotClass::DataCentre);
        assert_eq!(class("::ffff:203.0.113.9", true, native), BotClass::DataCentre);
        assert_eq!(class("2001:db8::1", true, native), BotClass::DataCentre);
        assert_eq!(class("203.0.113.9", false, Protocol::Import), BotClass::DataCentre);
        assert_eq!(class("198.51.100.9", true, native), BotClass::Human);
        assert_eq!(
            class("203.0.113.9", false, segment),
            BotClass::Human,
            "another server's request"
        );
    }
}
