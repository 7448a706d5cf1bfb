//! Who asks: the site, the pseudonym, what they agreed to, and how far the answer may be personalised.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use registry::Site;
use serde::Deserialize;
use utoipa::IntoParams;
use vocab::{Channel, Consent, Lang, PrivacyMode, VisitorId};

use crate::app::App;
use crate::http::extract::Query;
use crate::problem::{Kind, Problem};
use crate::serving::subjects::Subject;

/// Longest visitor id taken.
const LONGEST_ID: usize = 200;
/// Ids that many broken clients share; treating them as a person would mix strangers.
const SHARED_IDS: &[&str] = &[
    "anonymous",
    "null",
    "undefined",
    "none",
    "guest",
    "0",
    "nan",
    "[object object]",
    "true",
    "false",
];

/// An id in clear. It lives as long as its request, and never reaches a log.
#[derive(Clone)]
pub struct RawId(pub String);

impl std::fmt::Debug for RawId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawId")
    }
}

/// Everything about the asking side of one request.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The site asked on.
    pub site: Arc<Site>,
    /// The pseudonym; `None` for a request that names nobody.
    pub visitor: Option<VisitorId>,
    /// The id as it was sent: for the pseudonyms of earlier days, which an erasure must reach.
    pub raw: RawId,
    /// The pseudonym that the visitor's behaviour goes by now: another one where nobody agreed to a profile.
    pub passing: Option<VisitorId>,
    /// What is recorded about the visitor; empty for nobody.
    pub subject: Arc<Subject>,
    /// How far the answer may be personalised.
    pub mode: PrivacyMode,
    /// Where the answer is shown.
    pub channel: Channel,
    /// The language of the answer.
    pub lang: Lang,
}

/// What says who asks; every route that answers visitors takes it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AskingParams {
    /// Site code; else the host decides.
    site: Option<String>,
    /// The visitor, where the header `X-Civicsense-Visitor` cannot be set.
    visitor: Option<String>,
    /// Where the answer is shown: `web`, `app`, `mini_program`, `kiosk`, `new_media`.
    channel: Option<String>,
    /// `zh` or `en`; else `Accept-Language` decides.
    lang: Option<String>,
}

impl Asking {
    /// Somebody on a site by the id in clear; `objects` where their browser says so with every request.
    ///
    /// # Errors
    /// An id that cannot be one person's; a registry that is away.
    pub(crate) async fn of(
        app: &App,
        site: Arc<Site>,
        raw: Option<&str>,
        objects: bool,
        channel: Channel,
        lang: Lang,
    ) -> Result<Self, Problem> {
        let visitor = raw.map(|id| pseudonym(&site, id)).transpose()?;
        let subject = match visitor {
            Some(visitor) => app.subjects.get(site.id, visitor, app.clock.now()).await?,
            None => Arc::default(),
        };
        let mut consent = subject.consent;
        if objects {
            consent = consent.with(Consent::OBJECTED);
        }
        let mode = PrivacyMode::of(consent, channel, visitor.is_some(), subject.switched_off);
        let passing = match raw {
            Some(raw) if !consent.allows_profile() => {
                Some(app.collector.passing_id(&site.pepper, site.id, raw, app.clock.now()))
            }
            _ => visitor,
        };
        let raw = RawId(raw.unwrap_or_default().to_owned());
        Ok(Self { site, visitor, raw, passing, subject, mode, channel, lang })
    }

    /// The pseudonym, or a problem that says which header is missing.
    ///
    /// # Errors
    /// The request names no visitor.
    pub fn known(&self) -> Result<VisitorId, Problem> {
        self.visitor.ok_or_else(|| {
            Problem::field("X-Civicsense-Visitor", "name the visitor in this header")
        })
    }
}

impl FromRequestParts<App> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Query(query) = Query::<AskingParams>::from_request_parts(parts, app).await?;
        let headers = &parts.headers;
        let site = app
            .sites
            .find(query.site.as_deref(), host(headers))
            .ok_or_else(|| Problem::field("site", "no such site"))?;
        let channel = match query.channel.as_deref() {
            None => Channel::Web,
            Some(name) => {
                Channel::parse(name).ok_or_else(|| Problem::field("channel", "no such channel"))?
            }
        };
        let raw = headers
            .get("x-civicsense-visitor")
            .map(|value| {
                value.to_str().map_err(|_| Problem::field("X-Civicsense-Visitor", "not text"))
            })
            .transpose()?
            .or(query.visitor.as_deref())
            .filter(|id| !id.is_empty());
        let lang = language(query.lang.as_deref(), headers)?;
        let objects = says_one(headers, "dnt") || says_one(headers, "sec-gpc");
        Self::of(app, site, raw, objects, channel, lang).await
    }
}

fn pseudonym(site: &Site, id: &str) -> Result<VisitorId, Problem> {
    if id.len() > LONGEST_ID {
        return Err(Problem::field(
            "X-Civicsense-Visitor",
            format!("longer than {LONGEST_ID} bytes"),
        ));
    }
    if SHARED_IDS.contains(&id.to_ascii_lowercase().as_str()) {
        return Err(Problem::new(Kind::Invalid, "this id is shared by many clients")
            .with_error("X-Civicsense-Visitor", "send an id of this visitor's own"));
    }
    Ok(clickstream::visitor_id(&site.pepper, site.id, id))
}

fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get("host")?.to_str().ok()?;
    Some(host.split(':').next().unwrap_or(host))
}

fn says_one(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value == "1")
}

fn language(query: Option<&str>, headers: &HeaderMap) -> Result<Lang, Problem> {
    match query {
        Some("zh") => Ok(Lang::Zh),
        Some("en") => Ok(Lang::En),
        Some(_) => Err(Problem::field("lang", "is `zh` or `en`")),
        None => {
            let accepted = headers.get("accept-language").and_then(|value| value.to_str().ok());
            let first = accepted.and_then(|list| list.split(',').next()).unwrap_or_default();
            Ok(if first.trim().starts_with("en") { Lang::En } else { Lang::Zh })
        }
    }
}
