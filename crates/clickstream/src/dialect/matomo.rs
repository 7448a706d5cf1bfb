//! Matomo's tracking API: its script, its pixel, its SDKs, its bulk imports.
//!
//! Source: Matomo developer documentation, "Tracking HTTP API" (version 5).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use serde_json::value::RawValue;
use vocab::SiteId;
use vocab::event::{Protocol, name};

use super::assign::assign;
use super::fields::Fields;
use super::segment::snake_case;
use super::{Item, object};
use crate::draft::{Draft, Fault, blank_event};
use crate::identity::{event_uuid, site_day, tracking_token};
use crate::site::{Site, Sites};
use crate::steps::authenticate::Authenticate;
use crate::steps::parse::Parse;
use crate::{CollectError, DropReason, Request};

pub(crate) mod query;

/// Age of `cdt` beyond which it needs the token, as in Matomo.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// Reads the requests of an opened body; the second number is that of requests for sites nobody knows.
pub(crate) fn items<'a>(
    body: &'a [u8],
    parse: &Parse,
    sites: &Sites,
    request: &Request<'_>,
    token: &str,
) -> Result<(Vec<Item<'a>>, u64), CollectError> {
    let raws: Vec<&'a RawValue> = super::envelope(body)?;
    if raws.len() > parse.max_events {
        let limit = parse.max_events as u64;
        return Err(CollectError::TooLarge { limit, unit: "events", field: "/requests" });
    }
    let mut items = Vec::with_capacity(raws.len());
    let mut strange = None;
    let mut rejected = 0;
    for (index, raw) in raws.into_iter().enumerate() {
        match site_of(sites, request, raw) {
            Ok(site) => items.push(Reader { parse, site, request, token }.item(index, raw)),
            Err(error) => {
                rejected += 1;
                strange = Some(error);
            }
        }
    }
    match strange {
        Some(error) if items.is_empty() => Err(error),
        _ => Ok((items, rejected)),
    }
}

/// `idsite` is the site's number, or its write key.
fn site_of(
    sites: &Sites,
    request: &Request<'_>,
    raw: &RawValue,
) -> Result<Arc<Site>, CollectError> {
    #[derive(serde::Deserialize)]
    struct Named {
        #[serde(default)]
        idsite: Value,
    }
    let named: Option<Named> = serde_json::from_str(raw.get()).ok();
    let idsite =
        named.as_ref().and_then(|named| super::fields::scalar(&named.idsite)).unwrap_or_default();
    match idsite.parse().ok().and_then(|number| sites.numbered(SiteId(number))) {
        Some(site) => Authenticate::admit(site, request),
        None => Authenticate::site(sites, request, Some(&idsite)),
    }
}

struct Reader<'r> {
    parse: &'r Parse,
    site: Arc<Site>,
    request: &'r Request<'r>,
    token: &'r str,
}

impl Reader<'_> {
    fn item<'a>(self, index: usize, raw: &'a RawValue) -> Item<'a> {
        let at = format!("/{index}");
        let draft = object(raw, &at, self.parse)
            .and_then(|map| self.draft(&Fields::new(&map, at.clone()), raw).map(Box::new));
        Item { site: self.site, label: at, lib: String::new(), payload: raw.get(), draft }
    }

    fn trusted(&self) -> bool {
        let key = &self.site.key;
        if self.request.replay {
            return true;
        }
        let secret = tracking_token(&key.pepper, key.site);
        // The same time wherever they differ.
        let pairs = self.token.bytes().zip(secret.bytes());
        self.token.len() == secret.len() && pairs.fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
    }

    fn draft(&self, fields: &Fields<'_>, raw: &RawValue) -> Result<Draft, Fault> {
        let mut draft = Draft { event: blank_event(), at: fields.at.clone(), ..Draft::default() };
        if fields.loose("rec") != "1" {
            return Err(draft.fault(DropReason::MissingField, "rec", "`rec=1` is required"));
        }
        draft.event.proto = Protocol::Matomo;
        draft.event.channel = self.site.key.default_channel;
        self.set_time(&mut draft, fields)?;
        self.set_sender(&mut draft, fields)?;
        draft.event.event_id = self.event_id(fields, raw);
        for (key, value) in fields.map {
            if draft.stated.read(key, value) {
                continue;
            }
            match self.parse.properties.get(key) {
                Some(field) if assign(&mut draft.event, field, value, true).is_err() => {
                    draft.warn("bad_value", key);
                }
                None if key.starts_with("dimension") => {
                    draft.props.push((key.clone(), fields.loose(key)));
                }
                _ => {}
            }
        }
        self.set_action(&mut draft, fields);
        Ok(draft)
    }

    /// `cdt` is UTC, as text or as seconds.
    fn set_time(&self, draft: &mut Draft, fields: &Fields<'_>) -> Result<(), Fault> {
        let now = self.request.received_at;
        draft.event.ts = now;
        let told = fields.loose("cdt");
        if told.is_empty() {
            return Ok(());
        }
        let seconds = told.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let at =
            seconds.or_else(|| super::fields::time(&Value::String(told.replacen(' ', "T", 1))));
        let Some(at) = at else {
            let detail = "expected seconds since 1970 or `2026-01-31 23:59:59` in UTC";
            return Err(draft.fault(DropReason::BadValue, "cdt", detail));
        };
        if now.duration_since(at) > OLD && !self.trusted() {
            let detail = "more than 24 hours back, which only `token_auth` may say";
            return Err(draft.fault(DropReason::TokenRequired, "cdt", detail));
        }
        draft.event.ts = at;
        Ok(())
    }

    fn set_sender(&self, draft: &mut Draft, fields: &Fields<'_>) -> Result<(), Fault> {
        let told = fields.loose("ua");
        let browser = self.request.user_agent;
        draft.own_headers = told.is_empty() && browser.is_some_and(|a| a.starts_with("Mozilla/"));
        draft.agent = if told.is_empty() { browser.unwrap_or_default().into() } else { told };
        draft.ip = self.request.peer;
        let address = fields.loose("cip");
        if !address.is_empty() {
            if !self.trusted() {
                let detail = "another's address, which only `token_auth` may say";
                return Err(draft.fault(DropReason::TokenRequired, "cip", detail));
            }
            draft.ip = address.parse().ok();
        }
        draft.person = fields.id("uid")?;
        draft.anonymous = fields.id("_id")?;
        if draft.anonymous.is_empty() {
            draft.anonymous = fields.id("cid")?;
        }
        if draft.anonymous.is_empty()
            && draft.person.is_empty()
            && let Some(ip) = draft.ip
        {
            // Without cookies somebody is known for a day only, by address and browser.
            let day = site_day(&self.site.zone, draft.event.ts);
            draft.anonymous = format!("{day}\n{ip}\n{}", draft.agent);
        }
        Ok(())
    }

    /// Matomo has no message id. `rand` or `cdt` in it makes a request the same one when it comes again.
    fn event_id(&self, fields: &Fields<'_>, raw: &RawValue) -> uuid::Uuid {
        let site = self.site.key.site;
        let marked = ["rand", "cdt"].iter().any(|key| !fields.loose(key).is_empty());
        if marked {
            return event_uuid(b"payload", site, raw.get().as_bytes());
        }
        let arrival = self.request.received_at.as_nanosecond();
        event_uuid(b"arrival", site, format!("{arrival}{}{}", fields.at, raw.get()).as_bytes())
    }

    fn set_action(&self, draft: &mut Draft, fields: &Fields<'_>) {
        let told = |key: &str| fields.loose(key);
        let has = |key: &str| fields.get(key).is_some();
        let event = &mut draft.event;
        let mut keep = |key: &str, value: String| {
            if !value.is_empty() {
                draft.props.push((key.to_owned(), value));
            }
        };
        event.name = if told("ping") == "1" {
            name::ENGAGEMENT.into()
        } else if has("e_c") || has("e_a") {
            keep("event_category", told("e_c"));
            keep("event_name", told("e_n"));
            let snake = snake_case(&told("e_a"));
            self.parse.names.get(&snake).cloned().unwrap_or(snake)
        } else if has("c_n") || has("c_p") {
            keep("content_piece", told("c_p"));
            keep("href", told("c_t").split(['?', '#']).next().unwrap_or_default().to_owned());
            if has("c_i") { name::CLICK.into() } else { name::IMPRESSION.into() }
        } else if has("search") {
            name::SEARCH.into()
        } else if has("download") {
            name::DOWNLOAD.into()
        } else if has("link") {
            keep("href", told("link").split(['?', '#']).next().unwrap_or_default().to_owned());
            name::CLICK.into()
        } else if has("idgoal") {
            keep("goal", told("idgoal"));
            "goal".into()
        } else {
            name::PAGE_VIEW.into()
        };
        if event.name == name::DOWNLOAD {
            // The file that was fetched, not the page it was fetched from.
            assign(event, "url", &Value::String(told("download")), true).ok();
        }
    }
}
