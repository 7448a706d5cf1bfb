//! Step 10: browser, system and device from the user agent, region from the address, item and topic from the page.
//! Offline: kept tables and files, no look-up elsewhere.

use serde::Deserialize;
use vocab::event::name;
use vocab::{Channel, Event};

use super::Step;
use crate::draft::{Context, Draft, Fault};
use crate::knowledge::Knowledge;

mod agent;

pub(crate) use agent::{Agent, Agents};

/// The tables; the first entry whose part is found wins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enrich {
    /// Part of the user agent, browser family.
    pub(crate) browsers: Vec<(String, String)>,
    /// Part of the user agent, operating system family.
    pub(crate) systems: Vec<(String, String)>,
}

impl Enrich {
    /// Reads a user agent.
    pub(crate) fn read(&self, agent: &str) -> Agent {
        let find = |table: &[(String, String)]| {
            let entry = table.iter().find(|(part, _)| agent.contains(part.as_str()));
            entry.map_or_else(String::new, |(_, name)| name.clone())
        };
        let has = |part: &str| agent.contains(part);
        let device = if has("iPad") || has("Tablet") || (has("Android") && !has("Mobile")) {
            "tablet"
        } else if has("Mobile") || has("iPhone") || has("HarmonyOS") || has("OpenHarmony") {
            "mobile"
        } else if has("Windows") || has("Macintosh") || has("X11") || has("CrOS") {
            "desktop"
        } else {
            ""
        };
        Agent { browser: find(&self.browsers), os: find(&self.systems), device }
    }
}

impl Step for Enrich {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let agent = context.agents.read(&draft.agent, |agent| self.read(agent));
        let event = &mut draft.event;
        if event.browser.is_empty() {
            event.browser = agent.browser;
        }
        if event.os.is_empty() {
            event.os = agent.os;
        }
        event.device = match event.channel {
            Channel::Kiosk => "kiosk".into(),
            _ if event.device.is_empty() => agent.device.into(),
            _ => std::mem::take(&mut event.device),
        };
        locate(event, context.knowledge);
        show(event, context.knowledge);
        Ok(())
    }
}

fn locate(event: &mut Event, knowledge: &Knowledge) {
    if event.region.is_empty()
        && let (Some(places), Some(ip)) = (&knowledge.places, event.ip)
    {
        event.region = places.region(ip).unwrap_or_default();
    }
}

/// Events that say something of the page they happen on.
const ABOUT_THE_PAGE: [&str; 7] = [
    name::PAGE_VIEW,
    name::ENGAGEMENT,
    name::DOWNLOAD,
    name::SERVICE_START,
    name::SERVICE_SUBMIT,
    name::SERVICE_FINISH,
    name::FEEDBACK,
];

/// What the page is, where the tracker did not say: the item at its address, else the need of its keywords.
fn show(event: &mut Event, knowledge: &Knowledge) {
    // A click or a search happens on a page and is about something else.
    let about = ABOUT_THE_PAGE.contains(&event.name.as_str());
    let open = about && event.item_id.is_empty() && !event.path.is_empty();
    let pages = knowledge.pages.as_ref().filter(|_| open);
    if let Some(shown) = pages.and_then(|pages| pages.at(event.site, &event.path)) {
        event.item_id = shown.item.as_str().into();
        for (field, value) in [
            (&mut event.item_kind, shown.kind),
            (&mut event.column_id, shown.column),
            (&mut event.topic, shown.topic),
            (&mut event.dept, shown.dept),
        ] {
            if field.is_empty() {
                *field = value;
            }
        }
    }
    if event.topic.is_empty()
        && let Some(topics) = &knowledge.topics
    {
        let keywords = event.props.get("keywords").map(String::as_str).unwrap_or_default();
        let words = keywords.split([',', ';', ' ', '，', '；', '、', '|']);
        let found =
            topics.of(words.chain([event.column_id.as_str()]).filter(|word| !word.is_empty()));
        if let Some(topic) = found {
            event.topic = topic.into();
        }
    }
}
