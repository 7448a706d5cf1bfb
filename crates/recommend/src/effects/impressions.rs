//! One impression an item: the loop by which lists learn whether they were any good.

use std::collections::BTreeMap;

use uuid::Uuid;
use vocab::{Event, PrivacyMode, Protocol, SessionId, VisitorId};

use crate::context::Context;
use crate::pipeline::stage::Effect;
use crate::response::{Response, Shown};

/// What evaluation needs besides the event's own fields.
fn props(item: &Shown, experiment: &str, models: &str) -> BTreeMap<String, String> {
    let mut props = BTreeMap::from([
        ("reason".to_owned(), item.reason.code.as_str().to_owned()),
        ("propensity".to_owned(), item.propensity.to_string()),
    ]);
    for (name, value) in [("experiment", experiment), ("models", models)] {
        if !value.is_empty() {
            props.insert(name.to_owned(), value.to_owned());
        }
    }
    props
}

/// The effect.
#[derive(Debug)]
pub struct Impressions;

impl Effect for Impressions {
    fn name(&self) -> &'static str {
        "impressions"
    }

    fn events(&self, context: &Context<'_>, response: &Response) -> Vec<Event> {
        let request = context.request();
        let catalogue = context.world.catalogue();
        let visitor = context.visitor().unwrap_or(VisitorId(0));
        let session =
            if request.mode == PrivacyMode::None { SessionId(0) } else { request.session };
        let models = context.world.models().map_or("", |models| models.digest8());
        let event = |item: &Shown| {
            let entry = catalogue.place(&item.id).map(|place| catalogue.at(place))?;
            Some(Event {
                // The same answer logged twice is one impression.
                event_id: Uuid::new_v5(&response.request_id.0, &item.position.to_be_bytes()),
                site: request.site,
                name: vocab::event::name::IMPRESSION.to_owned(),
                visitor,
                session,
                ts: request.now,
                received_at: request.now,
                channel: request.channel,
                proto: Protocol::Server,
                consent: request.consent,
                region: request.region.clone(),
                item_id: item.id.to_string(),
                item_kind: entry.kind.as_str().to_owned(),
                column_id: entry.column.clone(),
                topic: entry.topic.clone(),
                dept: catalogue.dept(entry.dept).to_owned(),
                rec_id: response.request_id.to_string(),
                rec_pos: i16::try_from(item.position).unwrap_or(i16::MAX),
                rec_policy: response.policy.clone(),
                props: props(item, &response.experiment, models),
                search_hits: -1,
                search_pos: -1,
                ..Event::default()
            })
        };
        response.items.iter().filter_map(event).collect()
    }
}
