//! The walk of one request: its bytes become items, each item goes through the definition's steps.

use crate::definition::Definition;
use crate::dialect::{Item, Opened, Route, matomo, native, segment, sensors};
use crate::draft::{Context, Fault};
use crate::knowledge::Knowledge;
use crate::site::{Site, Sites};
use crate::steps::{self, Sessioniser, authenticate::Authenticate};
use crate::{CollectError, DeadLetter, Intake, Request, Suppressed};

/// What a request brought.
pub(crate) struct Arrivals<'a> {
    pub(crate) items: Vec<Item<'a>>,
    /// Requests of a bulk for sites nobody knows: they belong to no ledger.
    pub(crate) rejected: u64,
}

/// Unpacks a request to JSON.
pub(crate) fn open<'r>(
    definition: &Definition,
    request: &Request<'r>,
    route: Route,
) -> Result<Opened<'r>, CollectError> {
    let limit = definition.parse_step().max_request_bytes;
    match route {
        Route::Native | Route::Segment(_) => Ok(Opened::plain(request.unpack(limit)?)),
        Route::Pixel(route) => Ok(segment::pixel::open(request.query, route)),
        Route::Sensors => sensors::form::open(request, limit),
        Route::Matomo => matomo::query::open(request, limit),
    }
}

/// Authenticates and parses what was opened.
pub(crate) fn read<'a>(
    definition: &Definition,
    sites: &Sites,
    request: &Request<'_>,
    opened: &'a Opened<'_>,
    route: Route,
) -> Result<Arrivals<'a>, CollectError> {
    let parse = definition.parse_step();
    if let Some(fault) = &opened.damage {
        let site = Authenticate::site(sites, request, None)?;
        let draft = Err(fault.clone());
        let item = Item { site, label: String::new(), lib: String::new(), payload: "", draft };
        return Ok(Arrivals { items: vec![item], rejected: 0 });
    }
    let body = &*opened.body;
    let items = match route {
        Route::Native => {
            let open = native::open(body)?;
            let site = Authenticate::site(sites, request, open.write_key())?;
            native::items(&open, parse, &site, request)?
        }
        Route::Segment(route) | Route::Pixel(route) => {
            let open = segment::open(body)?;
            let site = Authenticate::site(sites, request, open.write_key())?;
            segment::items(&open, route, parse, &site, request)?
        }
        Route::Sensors => {
            let site = Authenticate::site(sites, request, None)?;
            sensors::items(body, parse, &site, request)?
        }
        Route::Matomo => {
            let (items, rejected) = matomo::items(body, parse, sites, request, &opened.token)?;
            return Ok(Arrivals { items, rejected });
        }
    };
    Ok(Arrivals { items, rejected: 0 })
}

/// What the steps may look at for a request.
pub(crate) fn context<'a>(
    definition: &'a Definition,
    site: &'a Site,
    request: &Request<'_>,
    sessions: &'a Sessioniser,
    knowledge: &'a Knowledge,
) -> Context<'a> {
    Context {
        site,
        received_at: request.received_at,
        replay: request.replay,
        objected: request.dnt || request.gpc,
        accept_language: request.accept_language.is_some(),
        sessions,
        agents: &definition.agents,
        knowledge,
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
    let proto = definition.source.protocol();
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
