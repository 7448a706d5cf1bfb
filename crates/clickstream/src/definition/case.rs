//! A test inside a definition: a body or a line, and the events or drop reasons it must become.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use vocab::{Channel, Event, SiteId};

use super::{Definition, Source};
use crate::draft::Fault;
use crate::steps::Sessioniser;
use crate::{Knowledge, Plan, Request, Route, SegmentRoute, SiteKey, Sites, road};

/// One test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    /// A request's body.
    #[serde(default)]
    body: String,
    /// Or the lines of a log.
    #[serde(default)]
    lines: String,
    /// Or a query string.
    #[serde(default)]
    query: String,
    /// The sender's address.
    #[serde(default)]
    peer: Option<std::net::IpAddr>,
    /// Of Segment's API: `batch`, `track`, `pixel/page`, ….
    #[serde(default = "batch")]
    route: String,
    #[serde(default = "noon")]
    received_at: Timestamp,
    #[serde(default)]
    user_agent: Option<String>,
    #[serde(default)]
    accept_language: Option<String>,
    #[serde(default)]
    dnt: bool,
    #[serde(default)]
    gpc: bool,
    #[serde(default)]
    allowed_props: Option<Vec<String>>,
    /// What each arrival becomes: fields of the event, or `drop` and the `field` it is blamed on.
    #[serde(default)]
    expect: Vec<toml::Table>,
    /// Or the error that refuses the whole request, as its message begins.
    #[serde(default)]
    error: Option<String>,
}

fn batch() -> String {
    "batch".into()
}

fn noon() -> Timestamp {
    Timestamp::constant(1_780_000_000, 0)
}

impl Case {
    /// Runs the test. The write key of its site is `test`, its zone Asia/Shanghai.
    pub(super) fn run(&self, definition: &Definition) -> Result<(), String> {
        let site = SiteKey {
            site: SiteId(1),
            write_key: "test".into(),
            pepper: [7; 32],
            time_zone: "Asia/Shanghai".into(),
            default_channel: Channel::Web,
            plan: self.allowed_props.clone().map(|names| Arc::new(Plan::of_props(names))),
            origins: Vec::new(),
        };
        let outcome = match definition.source {
            Source::Log => crate::log::case::run(definition, site, &self.lines, self.received_at),
            _ => self.request(definition, site),
        };
        match (outcome, &self.error) {
            (Ok(arrivals), None) => self.compare(&arrivals),
            (Ok(_), Some(error)) => Err(format!("expected '{error}', but it was taken")),
            (Err(error), Some(expected)) if error.starts_with(expected.as_str()) => Ok(()),
            (Err(error), _) => Err(error),
        }
    }

    fn request(
        &self,
        definition: &Definition,
        site: SiteKey,
    ) -> Result<Vec<Result<Event, Fault>>, String> {
        let mut request = Request::new(self.body.as_bytes(), self.received_at);
        if definition.source != Source::Matomo {
            request.header_key = Some("test");
        }
        request.user_agent = self.user_agent.as_deref();
        request.accept_language = self.accept_language.as_deref();
        request.dnt = self.dnt;
        request.gpc = self.gpc;
        request.query = &self.query;
        request.peer = self.peer;
        let route = self.door(definition.source).ok_or("no such route")?;
        let sites = Sites::new([site]);
        let opened = road::open(definition, &request, route).map_err(|error| error.to_string())?;
        let arrivals = road::read(definition, &sites, &request, &opened, route)
            .map_err(|error| error.to_string())?;
        let sessions = Sessioniser::new(1_000);
        let knowledge = Knowledge::default();
        let walked = arrivals.items.into_iter().map(|item| {
            let site = Arc::clone(&item.site);
            let context = road::context(definition, &site, &request, &sessions, &knowledge);
            road::walk(definition, &context, item)
        });
        Ok(walked.map(|item| item.draft.map(|draft| draft.event)).collect())
    }

    fn door(&self, source: Source) -> Option<Route> {
        Some(match source {
            Source::Native => Route::Native,
            Source::Sensors => Route::Sensors,
            Source::Matomo => Route::Matomo,
            Source::Segment => match self.route.strip_prefix("pixel/") {
                Some(call) => Route::Pixel(SegmentRoute::parse(call)?),
                None => Route::Segment(SegmentRoute::parse(&self.route)?),
            },
            Source::Log => return None,
        })
    }

    fn compare(&self, arrivals: &[Result<Event, Fault>]) -> Result<(), String> {
        if arrivals.len() != self.expect.len() {
            let (got, want) = (arrivals.len(), self.expect.len());
            return Err(format!("{got} arrivals, expected {want}"));
        }
        for (index, (arrival, expected)) in arrivals.iter().zip(&self.expect).enumerate() {
            let got = match arrival {
                Ok(event) => serde_json::to_value(event).map_err(|error| error.to_string())?,
                Err(fault) => {
                    serde_json::json!({"drop": fault.reason.as_str(), "field": fault.field})
                }
            };
            for (field, want) in expected {
                let want = serde_json::to_value(want).map_err(|error| error.to_string())?;
                let found = got.get(field).unwrap_or(&Value::Null);
                if !same(found, &want) {
                    return Err(format!("arrival {index}: {field} is {found}, expected {want}"));
                }
            }
            if !expected.contains_key("drop") && arrival.is_err() {
                return Err(format!("arrival {index} is dropped: {got}"));
            }
        }
        Ok(())
    }
}

/// Equal, with 1 and 1.0 the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < f64::EPSILON,
        _ => a == b,
    }
}
