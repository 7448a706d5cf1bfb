//! The in-app inbox: works without any push vendor.

use axum::extract::State;
use axum::http::StatusCode;
use channels::inbox::Entry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::{Json, Path, Query};
use crate::problem::{Answer, Problem};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InboxParams {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Entries wanted, at most 100; 20 unless told.
    limit: Option<u32>,
}

/// One page of an inbox, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxAnswer {
    /// The entries.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Entry>,
    /// How many are unread, over all pages.
    unread: u64,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The visitor's inbox.
#[utoipa::path(get, path = "/v1/me/inbox", tag = "me", params(InboxParams), responses((status = 200, body = InboxAnswer)))]
pub async fn list(
    State(app): State<App>,
    asking: Asking,
    Query(params): Query<InboxParams>,
) -> Answer<Json<InboxAnswer>> {
    let visitor = asking.known()?;
    let limit = params.limit.unwrap_or(20).min(100);
    let page = app.registry.inbox(asking.site.id, visitor, params.cursor.as_deref(), limit).await?;
    let unread = app.registry.unread(asking.site.id, visitor).await?;
    Ok(Json(InboxAnswer { items: page.rows, unread, next: page.next }))
}

/// Marks an entry as read; again changes nothing.
#[utoipa::path(post, path = "/v1/me/inbox/{id}/read", tag = "me", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn read(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    let site = asking.site.id;
    if app.registry.inbox_entry(site, visitor, id).await?.is_none() {
        return Err(Problem::not_found("message"));
    }
    app.registry.read_entry(site, visitor, id, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an entry out of the inbox.
#[utoipa::path(delete, path = "/v1/me/inbox/{id}", tag = "me", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn delete(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    if app.registry.delete_entry(asking.site.id, visitor, id, app.clock.now()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("message"))
    }
}
