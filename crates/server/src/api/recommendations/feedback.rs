//! What a person thinks of an item they were shown: taken as the event `feedback`, on the road of every other event.

use axum::extract::State;
use clickstream::{Request, Verdict as Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;
use vocab::{Consent, ItemId, VisitorId};

use crate::api::collect::arrival::Sender;
use crate::api::collect::kept;
use crate::api::me::Agreements;
use crate::api::visitor::{Asking, AskingParams};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::problem::{Answer, Problem};

/// What a person thinks of an item.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It helped.
    Useful,
    /// It did not help.
    NotUseful,
    /// Not for me: the item stays out of this person's lists.
    NotInterested,
    /// Its content is wrong.
    Wrong,
}

/// Feedback on one item of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// The item.
    item: String,
    /// What the person thinks of it.
    verdict: Verdict,
    /// `position` of the item in the list.
    position: Option<u16>,
    /// `policy` of the list.
    policy: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedbackAnswer {
    /// The event it became; the same however often it is sent.
    event_id: Uuid,
    /// `ok` or `warning`: on disk. `drop`: left out, and `reason` says why.
    #[schema(value_type = String)]
    result: Outcome,
    /// `duplicate` for what was on disk before; `consent_refused` where the visitor agreed to no counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Takes what the visitor thinks of an item of a list. On disk when this answers; sent twice it counts once.
///
/// A verdict said again is the same one: who changes their mind twice is taken for having changed it once.
///
/// It goes the road of the event `feedback` of `/v1/events`, under what the visitor agreed to. An item somebody is
/// `not_interested` in leaves their lists within two seconds; not those of somebody who is not known (personalisation
/// switched off, or a browser that asks not to be tracked), which are everybody's.
#[utoipa::path(post, path = "/v1/recommendations/{request_id}/feedback", tag = "recommend",
    params(("request_id" = String, Path, description = "`request_id` of the list"), AskingParams),
    request_body(content = Feedback, example = json!({ "item": "ITEM", "verdict": "not_interested", "position": 2 })),
    responses(
        (status = 200, body = FeedbackAnswer,
            example = json!({ "event_id": "5d0c1e0e-8f43-5d0a-9d0e-0a4f6f6f1c55", "result": "ok" })),
        (status = 422, description = "Names the field: an unknown item, another verdict, no visitor",
            body = crate::problem::ProblemDocument,
            example = json!({ "type": "/docs/problems#invalid", "title": "A value is not acceptable", "status": 422,
                "code": "invalid", "detail": "item: no such item", "request_id": "caller-0815",
                "errors": [{ "field": "item", "detail": "no such item" }] })),
        (status = 503, description = "Nothing was kept: send it again", body = crate::problem::ProblemDocument)))]
pub async fn give(
    State(app): State<App>,
    asking: Asking,
    sender: Sender,
    Path(request): Path<String>,
    Json(feedback): Json<Feedback>,
) -> Answer<Json<FeedbackAnswer>> {
    let visitor = asking.known()?;
    let request = Uuid::parse_str(&request)
        .map_err(|_| Problem::field("request_id", "is the `request_id` of a list"))?;
    let id = event_id(&asking, visitor, request, &feedback);
    let mut event = described(&app, &feedback)?;
    let now = app.clock.now();
    for (field, value) in [
        ("event_id", json!(id)),
        ("anonymous_id", json!(asking.raw.0)),
        ("ts", json!(now.to_string())),
        ("channel", json!(asking.channel.as_str())),
        ("rec_id", json!(request)),
        ("consent", stated(&app, &asking, visitor).await?),
    ] {
        event[field] = value;
    }
    let body = json!({ "events": [event] }).to_string();
    let request = Request {
        header_key: Some(&asking.site.write_key),
        ..sender.request(body.as_bytes(), now)
    };
    let answer = kept(app.collector.native(&request).await?)?;
    let result = answer.results.into_values().next();
    let result = result.ok_or_else(|| Problem::internal("the collector told no result"))?;
    Ok(Json(FeedbackAnswer { event_id: id, result: result.result, reason: result.reason }))
}

/// The event without who sends it.
fn described(app: &App, feedback: &Feedback) -> Answer<Value> {
    let library = app.library.load();
    let item = ItemId::from(feedback.item.as_str());
    let card = library.card(&item).ok_or_else(|| Problem::field("item", "no such item"))?;
    Ok(json!({
        "name": vocab::event::name::FEEDBACK,
        "item_id": item,
        "item_kind": card.kind.as_str(),
        "column_id": card.column,
        "dept": card.dept,
        "rec_pos": feedback.position,
        "rec_policy": feedback.policy,
        "props": { "verdict": feedback.verdict },
    }))
}

/// What the visitor agreed to, as an event says it; nothing for one who was never asked.
async fn stated(app: &App, asking: &Asking, visitor: VisitorId) -> Answer<Value> {
    let consent = asking.subject.consent;
    let agreed = json!(Agreements::from(consent));
    if consent.contains(Consent::ANALYTICS) {
        return Ok(agreed);
    }
    // Who refused everything and who was never asked have the same agreements; only the first of them said no.
    let asked = app.registry.consent_history(asking.site.id, visitor).await?;
    Ok(if asked.is_empty() { Value::Null } else { agreed })
}

/// The same for the same visitor, list, item and verdict; the pepper keeps others from telling whose it is.
fn event_id(asking: &Asking, visitor: VisitorId, request: Uuid, feedback: &Feedback) -> Uuid {
    let said = json!(["feedback", feedback.verdict, feedback.item]).to_string();
    let mut name = asking.site.pepper.to_vec();
    name.extend_from_slice(&visitor.0.to_be_bytes());
    name.extend_from_slice(said.as_bytes());
    Uuid::new_v5(&request, &name)
}
