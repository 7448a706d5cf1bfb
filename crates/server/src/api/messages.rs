//! Messages to people who asked for them: written by one person, approved by another, delivered by policy.

use axum::extract::State;
use axum::http::StatusCode;
use channels::{Class, Medium};
use jiff::{SignedDuration, Timestamp};
use registry::{Delivered, NewMessage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vocab::{Target, Text, VisitorId};

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::problem::{Answer, Kind, Problem};

/// Life of a message that names no end.
const LIFE: SignedDuration = SignedDuration::from_hours(72);

/// Whom a message is for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "to", rename_all = "snake_case", deny_unknown_fields)]
pub enum Audience {
    /// Who follows one of these.
    Followers {
        /// What is followed.
        #[schema(value_type = Vec<Object>)]
        targets: Vec<Target>,
    },
    /// Everybody with a registered device.
    Devices,
    /// One visitor, by the id their device sends: for trying out.
    Visitor {
        /// The id as in `X-Civicsense-Visitor`.
        visitor: String,
    },
}

/// A message to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Code of the sending site; the first one unless told.
    #[serde(default)]
    site: String,
    /// Who writes it.
    author: String,
    /// `emergency`, `service`, `subscribed` or `suggested`.
    #[serde(default)]
    #[schema(value_type = String)]
    class: Class,
    /// Title.
    #[schema(value_type = Object)]
    title: Text,
    /// One or two sentences.
    #[schema(value_type = Object)]
    body: Text,
    /// Where it leads, on the portal.
    #[serde(default)]
    url: String,
    /// The item it is about.
    #[serde(default)]
    item: String,
    /// A later message with the same key replaces this one.
    #[serde(default)]
    collapse_key: String,
    /// Nothing of it may stand on a lock screen.
    #[serde(default)]
    discreet: bool,
    /// When it stops to matter; three days from now unless told.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
    /// The same key with the same content is the same message.
    #[serde(default)]
    idempotency_key: String,
}

/// A written message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Written {
    /// Its id.
    message_id: Uuid,
}

/// Writes a message; nothing is sent before somebody else approves it.
#[utoipa::path(post, path = "/v1/messages", tag = "deliver", request_body = Draft,
    responses((status = 201, body = Written), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn write(
    State(app): State<App>,
    _: Staff,
    Json(draft): Json<Draft>,
) -> Answer<(StatusCode, Json<Written>)> {
    let site = app
        .sites
        .find(Some(&draft.site), None)
        .ok_or_else(|| Problem::field("/site", "no such site"))?;
    let now = app.clock.now();
    let new = NewMessage {
        site: site.id,
        class: draft.class,
        collapse_key: draft.collapse_key,
        title: draft.title,
        body: draft.body,
        url: draft.url,
        item: draft.item,
        discreet: draft.discreet,
        expires_at: draft.expires_at.unwrap_or(now + LIFE),
        created_by: draft.author,
        idempotency_key: draft.idempotency_key,
    };
    let message = app.registry.create_message(&new, now).await?;
    Ok((StatusCode::CREATED, Json(Written { message_id: message.id })))
}

/// Who approves, and for whom the message is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who approves; never the author.
    reviewer: String,
    /// Whom it is for.
    audience: Audience,
}

/// A message on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Queued {
    /// People it is for.
    people: usize,
    /// Deliveries queued; the same again adds none.
    deliveries: u64,
}

/// Approves a message and queues it for its audience; delivery follows consent, caps and quiet hours.
#[utoipa::path(post, path = "/v1/messages/{id}/approve", tag = "deliver", params(("id" = Uuid, Path)),
    request_body = Approval,
    responses((status = 202, body = Queued), (status = 403, body = crate::problem::ProblemDocument)))]
pub async fn approve(
    State(app): State<App>,
    _: Staff,
    Path(id): Path<Uuid>,
    Json(approval): Json<Approval>,
) -> Answer<(StatusCode, Json<Queued>)> {
    let now = app.clock.now();
    let message = app.registry.message(id).await?;
    let people: Vec<VisitorId> = match &approval.audience {
        Audience::Followers { targets } => app.registry.followers(message.site, targets).await?,
        Audience::Devices => app.registry.reachable(message.site).await?,
        Audience::Visitor { visitor } => {
            let sites = app.sites.all();
            let site = sites.iter().find(|site| site.id == message.site);
            let site = site.ok_or_else(|| Problem::not_found("site"))?;
            vec![clickstream::visitor_id(&site.pepper, site.id, visitor)]
        }
    };
    app.registry.approve_message(id, &approval.reviewer, now).await?;
    let media = [Medium::WebPush, Medium::Inbox];
    let deliveries = app.registry.queue_message(id, &people, &media, now).await?;
    app.dispatcher.wake();
    Ok((StatusCode::ACCEPTED, Json(Queued { people: people.len(), deliveries })))
}

/// How a message's deliveries stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// Counts by medium and state; they sum to the audience.
    #[schema(value_type = Vec<Object>)]
    states: Vec<Delivered>,
}

/// How a message's deliveries stand, with the reason for everyone who was not told.
#[utoipa::path(get, path = "/v1/messages/{id}", tag = "deliver", params(("id" = Uuid, Path)),
    responses((status = 200, body = Report), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn report(
    State(app): State<App>,
    _: Staff,
    Path(id): Path<Uuid>,
) -> Answer<Json<Report>> {
    app.registry.message(id).await?;
    Ok(Json(Report { states: app.registry.delivered(id).await? }))
}

/// Who recalls, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// Who.
    who: String,
    /// Why.
    reason: String,
}

/// Withdraws a message: what still waits is kept back, open pages are told.
#[utoipa::path(post, path = "/v1/messages/{id}/recall", tag = "deliver", params(("id" = Uuid, Path)),
    request_body = Recall, responses((status = 204), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn recall(
    State(app): State<App>,
    _: Staff,
    Path(id): Path<Uuid>,
    Json(recall): Json<Recall>,
) -> Answer<StatusCode> {
    let message = app.registry.message(id).await?;
    app.registry.recall_message(id, &recall.who, &recall.reason, app.clock.now()).await?;
    let audience = channels::sse::Audience::Site(message.site);
    let told = serde_json::json!({ "message": id });
    app.events.publish(audience, "retract", &told).map_err(Problem::internal)?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<registry::RegistryError> for Problem {
    fn from(error: registry::RegistryError) -> Self {
        use registry::RegistryError as E;
        let detail = error.to_string();
        match error {
            E::NotFound { .. } => Self::new(Kind::NotFound, detail),
            E::Invalid { field, reason } => Self::field(field, reason),
            E::FourEyes => Self::new(Kind::Forbidden, detail),
            E::Review { .. } | E::IdempotencyMismatch => Self::new(Kind::Conflict, detail),
            E::Cursor => Self::field("cursor", detail),
            other => Self::internal(other),
        }
    }
}
