//! The walk of a log: lines are read in parallel up to the visits, which need them in order.

use std::net::IpAddr;

use jiff::Timestamp;
use rayon::prelude::*;
use uuid::Uuid;
use vocab::event::{Protocol, name};
use vocab::{Channel, Event};

use super::blocks::Block;
use super::line::Columns;
use super::ordinal::Ordinals;
use super::{LIB, Options, line};
use crate::DropReason;
use crate::definition::Definition;
use crate::draft::{Context, Draft, Fault, blank_event};
use crate::identity::{dated_uuid, event_uuid};
use crate::knowledge::Knowledge;
use crate::site::Site;
use crate::steps::filter::Filter;
use crate::steps::{self, Sessioniser, StepSpec};

/// 1990-01-01T00:00:00Z: what the warehouse stores begins there.
const EARLIEST: i64 = 631_152_000;
/// How far a line's time may be ahead of its import.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// What became of one line.
#[derive(Debug)]
pub(crate) struct Arrival<'b> {
    pub(super) number: u64,
    pub(super) bytes: &'b [u8],
    /// Of a line that is no event: the same whenever it comes again.
    pub(super) id: Uuid,
    pub(super) outcome: Result<Event, Fault>,
}

/// A line before the visits.
struct Half<'b> {
    number: u64,
    bytes: &'b [u8],
    draft: Result<Box<Draft>, Fault>,
}

pub(super) struct Road<'r> {
    definition: &'r Definition,
    site: &'r Site,
    options: &'r Options<'r>,
    sessions: Sessioniser,
    ordinals: Ordinals,
    /// Index of the first step that needs the lines in order.
    ordered: usize,
}

impl<'r> Road<'r> {
    pub(super) fn new(
        definition: &'r Definition,
        site: &'r Site,
        options: &'r Options<'r>,
    ) -> Self {
        let steps = &definition.steps;
        let ordered = steps.iter().position(|step| matches!(step, StepSpec::Sessionise(_)));
        Self {
            definition,
            site,
            options,
            sessions: Sessioniser::new(definition.sessionise().max_visitors),
            ordinals: Ordinals::default(),
            ordered: ordered.unwrap_or(steps.len()),
        }
    }

    /// All lines of a round of blocks, in order.
    pub(super) fn walk<'b>(
        &mut self,
        round: &'b [Block],
        received_at: Timestamp,
    ) -> Vec<Arrival<'b>> {
        let parallel = Parallel {
            definition: self.definition,
            site: self.site,
            host: &self.options.host,
            received_at,
            consent: self.options.consent,
            steps: &self.definition.steps[..self.ordered],
            sessions: &self.sessions,
            knowledge: &self.options.knowledge,
        };
        let halves: Vec<Vec<Half<'b>>> =
            round.par_iter().map(|block| parallel.block(block)).collect();
        halves.into_iter().flatten().map(|half| self.finish(half, received_at)).collect()
    }

    fn finish<'b>(&mut self, half: Half<'b>, received_at: Timestamp) -> Arrival<'b> {
        let mut id = Uuid::nil();
        let outcome = half.draft.and_then(|mut draft| {
            id = self.event_id(draft.event.event_id, half.bytes);
            draft.event.event_id = dated_uuid(draft.event.ts, id);
            if let Some(item) = (self.options.resolve)(&draft.event.path) {
                draft.event.item_id = item.as_str().into();
            }
            let context = context(
                self.definition,
                self.site,
                received_at,
                &self.sessions,
                &self.options.knowledge,
            );
            steps::run(&self.definition.steps[self.ordered..], &mut draft, &context)?;
            Ok(draft.event)
        });
        if id.is_nil() && outcome.as_ref().is_err_and(|fault| fault.reason.is_defect()) {
            let key = &self.site.key;
            id = self.event_id(event_uuid(&key.pepper, key.site, half.bytes), half.bytes);
        }
        Arrival { number: half.number, bytes: half.bytes, id, outcome }
    }

    fn event_id(&mut self, line: Uuid, bytes: &[u8]) -> Uuid {
        match self.ordinals.next(line) {
            0 => line,
            n => {
                let mut name = bytes.to_vec();
                // No line contains a line's end, so no other line has this name.
                name.push(b'\n');
                name.extend_from_slice(&n.to_be_bytes());
                event_uuid(&self.site.key.pepper, self.site.key.site, &name)
            }
        }
    }
}

/// What the parsing threads share.
struct Parallel<'p> {
    definition: &'p Definition,
    site: &'p Site,
    host: &'p str,
    received_at: Timestamp,
    consent: vocab::Consent,
    steps: &'p [StepSpec],
    sessions: &'p Sessioniser,
    knowledge: &'p Knowledge,
}

impl Parallel<'_> {
    fn block<'b>(&self, block: &'b Block) -> Vec<Half<'b>> {
        let context =
            context(self.definition, self.site, self.received_at, self.sessions, self.knowledge);
        let mut columns = block.columns.clone();
        let lines = block.lines().filter(|(_, bytes)| !bytes.trim_ascii().is_empty());
        let halves = lines.filter_map(|(number, bytes)| {
            if bytes.starts_with(b"#") {
                columns = Columns::directive(columns.as_ref(), bytes).or(columns.take());
                return None;
            }
            let known = columns.as_ref().filter(|columns| columns.is_known());
            let draft = self.draft(bytes, known).and_then(|mut draft| {
                steps::run(self.steps, &mut draft, &context)?;
                Ok(Box::new(draft))
            });
            Some(Half { number, bytes, draft })
        });
        halves.collect()
    }

    fn draft(&self, bytes: &[u8], columns: Option<&Columns>) -> Result<Draft, Fault> {
        let malformed =
            |detail: &str| Fault::new(DropReason::MalformedLine, String::new(), detail.to_owned());
        let max = self.definition.parse_step().max_event_bytes;
        if bytes.len() > max {
            return Err(malformed(&format!("a line has at most {max} bytes")));
        }
        let line = line::parse(bytes, columns).map_err(malformed)?;
        // The earliest logs are of 1995; a clock that was not set says 1970.
        let ahead = line.ts.duration_since(self.received_at);
        if line.ts.as_second() < EARLIEST || ahead > AHEAD {
            let detail = "the time is before 1990 or more than a day ahead".to_owned();
            return Err(Fault::new(DropReason::BadValue, String::new(), detail));
        }
        let method = String::from_utf8_lossy(&line.method);
        let path = path_of(&line.target);
        let filter = self.definition.filter();
        if let Some(reason) = filter.and_then(|f| f.reason(&method, line.status, &path)) {
            return Err(Fault::new(reason, String::new(), "not a page view"));
        }
        let mut draft = Draft { event: blank_event(), ..Draft::default() };
        let host = String::from_utf8_lossy(&line.visitor);
        draft.agent = String::from_utf8_lossy(&line.agent).into_owned();
        draft.anonymous = format!("{host}\n{}", draft.agent);
        draft.ip = host.parse::<IpAddr>().ok();
        let event = &mut draft.event;
        event.event_id = event_uuid(&self.site.key.pepper, self.site.key.site, bytes);
        event.site = self.site.key.site;
        event.name = page_or_file(filter, &path).into();
        event.ts = line.ts;
        event.received_at = self.received_at;
        event.channel = Channel::Server;
        event.proto = Protocol::Import;
        event.lib = LIB.into();
        event.consent = self.consent;
        event.host = match &*line.host {
            b"" => self.host.into(),
            host => String::from_utf8_lossy(host).split(':').next().unwrap_or_default().into(),
        };
        event.path = path;
        if let Ok(url) = url::Url::parse(&String::from_utf8_lossy(&line.referrer)) {
            event.ref_host = url.host_str().unwrap_or_default().into();
            event.ref_path = url.path().into();
        }
        Ok(draft)
    }
}

fn page_or_file(filter: Option<&Filter>, path: &str) -> &'static str {
    if filter.is_some_and(|filter| filter.is_download(path)) {
        name::DOWNLOAD
    } else {
        name::PAGE_VIEW
    }
}

/// The path without query; a proxy's absolute address without its host.
fn path_of(target: &[u8]) -> String {
    let target = String::from_utf8_lossy(target);
    let target = target.split(['?', '#']).next().unwrap_or_default();
    let path = match target.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            rest.find('/').map_or("/", |at| &rest[at..])
        }
        _ => target,
    };
    path.chars().take(1_024).collect()
}

fn context<'a>(
    definition: &'a Definition,
    site: &'a Site,
    received_at: Timestamp,
    sessions: &'a Sessioniser,
    knowledge: &'a Knowledge,
) -> Context<'a> {
    Context {
        site,
        received_at,
        replay: false,
        objected: false,
        accept_language: false,
        sessions,
        agents: &definition.agents,
        knowledge,
    }
}
