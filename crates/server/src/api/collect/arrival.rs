//! What arrives from a tracker or a person's device: who sends, by the request's own headers, and what.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request as AxumRequest};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use clickstream::{Request, Route, Tracked};
use jiff::Timestamp;

use super::KeyQuery;
use crate::app::App;
use crate::http::extract::{Query, Raw};
use crate::problem::{Answer, Problem};

/// The address and the headers of a request: what the collector tells people from programs by.
pub struct Sender {
    peer: SocketAddr,
    headers: HeaderMap,
}

impl std::fmt::Debug for Sender {
    // Ids in clear must never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl FromRequestParts<App> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        let peer = peer.ok_or_else(|| Problem::internal("the listener tells no peer"))?;
        Ok(Self { peer, headers: parts.headers.clone() })
    }
}

impl Sender {
    /// A request of this sender for the collector; what names a site is for the caller to add.
    pub(crate) fn request<'a>(&'a self, body: &'a [u8], now: Timestamp) -> Request<'a> {
        Request {
            user_agent: self.text("user-agent"),
            accept_language: self.text("accept-language"),
            origin: self.text("origin"),
            dnt: self.text("dnt") == Some("1"),
            gpc: self.text("sec-gpc") == Some("1"),
            peer: Some(self.peer.ip()),
            ..Request::new(body, now)
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A tracker's request, whatever it is: a body, a query, or both.
pub struct Arrival {
    pub(super) app: App,
    sender: Sender,
    pub(super) key: KeyQuery,
    uri: Uri,
    pub(super) body: Bytes,
}

impl std::fmt::Debug for Arrival {
    // Ids in clear must never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arrival").finish_non_exhaustive()
    }
}

impl FromRequest<App> for Arrival {
    type Rejection = Problem;

    async fn from_request(request: AxumRequest, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Query(key) = Query::<KeyQuery>::from_request_parts(&mut parts, app).await?;
        let sender = Sender::from_request_parts(&mut parts, app).await?;
        let uri = parts.uri.clone();
        let Raw(body) = Raw::from_request(AxumRequest::from_parts(parts, body), app).await?;
        Ok(Self { app: app.clone(), sender, key, uri, body })
    }
}

impl Arrival {
    pub(super) fn request(&self) -> Request<'_> {
        Request {
            authorization: self.sender.text("authorization"),
            header_key: self.sender.text("x-write-key"),
            query_key: self.key.write_key.as_deref(),
            query: self.uri.query().unwrap_or_default(),
            anonymous_id: self.sender.text("anonymousid"),
            ..self.sender.request(&self.body, self.app.clock.now())
        }
    }

    pub(super) async fn track(&self, route: Route) -> Answer<Tracked> {
        Ok(self.app.collector.track(route, &self.request()).await?)
    }
}
