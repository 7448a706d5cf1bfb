//! What the visitor follows: it outranks everything inferred.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocab::{Subscription, Target, Text};

use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::Json;
use crate::problem::{Answer, Problem};

/// Longest value taken.
const LONGEST: usize = 100;

/// Something followed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Follow {
    /// `need`, `dept`, `column`, `region`, `item` or `keyword`.
    r#type: &'static str,
    /// Which.
    value: String,
    /// Its name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    name: Option<Text>,
}

/// Something to follow or to follow no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// `need`, `dept`, `column`, `region`, `item` or `keyword`.
    r#type: String,
    /// Which.
    value: String,
}

pub(crate) fn of(app: &App, asking: &Asking) -> Vec<Follow> {
    let follow = |subscription: &Subscription| {
        let (kind, value) = subscription.target.parts();
        let name = match &subscription.target {
            Target::Need(id) => app.taxonomy.need(id).map(vocab::Need::name),
            Target::Item(id) => {
                app.library.load().card(&id.as_str().into()).map(|card| card.title.clone())
            }
            _ => None,
        };
        Follow { r#type: kind, value: value.to_owned(), name }
    };
    asking.subject.subscriptions.iter().map(follow).collect()
}

fn target(app: &App, wish: &Wish) -> Answer<Target> {
    if wish.value.is_empty() || wish.value.chars().count() > LONGEST {
        return Err(Problem::field("/value", format!("1 to {LONGEST} characters")));
    }
    let target = Target::from_parts(&wish.r#type, &wish.value)
        .ok_or_else(|| Problem::field("/type", format!("cannot follow a `{}`", wish.r#type)))?;
    if matches!(&target, Target::Need(id) if app.taxonomy.need(id).is_none()) {
        return Err(Problem::field("/value", format!("no need `{}`", wish.value)));
    }
    Ok(target)
}

/// Follows something; again changes nothing.
#[utoipa::path(post, path = "/v1/me/subscriptions", tag = "me", request_body = Wish,
    responses((status = 204), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn follow(
    State(app): State<App>,
    asking: Asking,
    Json(wish): Json<Wish>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    let target = target(&app, &wish)?;
    let subscription =
        Subscription { visitor, site: asking.site.id, target, created_at: app.clock.now() };
    app.registry.subscribe(&subscription).await?;
    app.subjects.changed(visitor);
    Ok(StatusCode::NO_CONTENT)
}

/// Follows something no more.
#[utoipa::path(delete, path = "/v1/me/subscriptions", tag = "me", request_body = Wish, responses((status = 204)))]
pub async fn unfollow(
    State(app): State<App>,
    asking: Asking,
    Json(wish): Json<Wish>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    let target = target(&app, &wish)?;
    app.registry.unsubscribe(asking.site.id, visitor, &target).await?;
    app.subjects.changed(visitor);
    Ok(StatusCode::NO_CONTENT)
}
