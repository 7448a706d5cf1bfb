//! The walk of one request: its bytes become items, each item goes through the definition's steps.

use std::sync::Arc;

use crate::definition::{Definition, Source};
use crate::dialect::{Item, native, segment};
use crate::draft::{Context, Fault};
use crate::site::{Site, Sites};
use crate::steps::{self, Sessioniser, authenticate::Authenticate};
use crate::{CollectError, DeadLetter, Intake, Request, SegmentRoute, Suppressed};

/// Authenticates and parses. `body` is unpacked already.
pub(crate) fn read<'a>(
    definition: &Definition,
    sites: &Sites,
    request: &Request<'_>,
    body: &'a [u8],
    route: SegmentRoute,
) -> Result<(Arc<Site>, Vec<Item<'a>>), CollectError> {
    let parse = definition.parse_step();
    match definition.source {
        Source::Native => {
            let open = native::open(body)?;
            let site = Authenticate::site(sites, request, open.write_key())?;
            let items = native::items(&open, parse, &site, request)?;
            Ok((site, items))
        }
        Source::Segment => {
            let open = segment::open(body)?;
            let site = Authenticate::site(sites, request, open.write_key())?;
            let items = segment::items(&open, route, parse, &site, request)?;
            Ok((site, items))
        }
        Source::Log => Err(CollectError::Malformed {
            field: String::new(),
            detail: "a log is a file, not a request".into(),
        }),
    }
}

/// What the steps may look at for a request.
pub(crate) fn context<'a>(
    definition: &'a Definition,
    site: &'a Site,
    request: &Request<'_>,
    sessions: &'a Sessioniser,
) -> Context<'a> {
    Context {
        site,
        received_at: request.received_at,
        dnt: request.dnt,
        gpc: request.gpc,
        accept_language: request.accept_language.is_some(),
        sessions,
        agents: &definition.agents,
    }
}

/// Sends an item through the steps.
pub(crate) fn walk<'a>(
    definition: &Definition,
    context: &Context<'_>,
    mut item: Item<'a>,
) -> Item<'a> {
    item.draft = item.draft.and_then(|mut draft| {
        steps::run(&definition.steps, &mut draft, context)?;
        Ok(draft)
    });
    item
}

/// Adds what became of an arrival that is no event.
pub(crate) fn put_away(
    intake: &mut Intake,
    definition: &Definition,
    context: &Context<'_>,
    item: &Item<'_>,
    fault: &Fault,
) {
    let proto = match definition.source {
        Source::Native => vocab::event::Protocol::Native,
        Source::Segment => vocab::event::Protocol::Segment,
        Source::Log => vocab::event::Protocol::Import,
    };
    let key = &context.site.key;
    if fault.reason.is_defect() {
        intake.dead.push(DeadLetter {
            received_at: context.received_at,
            site: key.site,
            proto,
            lib: item.lib.clone(),
            id: None,
            reason: fault.reason,
            source: fault.field.clone(),
            detail: fault.detail.clone(),
            payload: crate::dialect::redact::payload(item.payload, key),
        });
    } else {
        intake.suppressed.push(Suppressed {
            received_at: context.received_at,
            site: key.site,
            proto,
            lib: item.lib.clone(),
            reason: fault.reason,
            count: 1,
        });
    }
}
