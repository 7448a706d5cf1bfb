//! Matomo's address: `/matomo.php`, and `/piwik.php` as older trackers call it.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use clickstream::Route;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::{Arrival, gif};
use crate::http::extract::{Json, Query};
use crate::problem::Answer;

/// What decides about the answer; the rest is the event.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MatomoQuery {
    /// The site's number, or its write key.
    #[param(value_type = Option<String>)]
    #[serde(rename = "idsite")]
    _idsite: Option<String>,
    /// `0` for an answer of 204 instead of a picture.
    send_image: Option<String>,
}

/// Takes one request of Matomo's trackers as a form, or many as `{"requests": ["?idsite=1&rec=1&…"]}`.
///
/// A bulk request is answered with the numbers of requests taken and not; a single one with a picture, or 204.
#[utoipa::path(post, path = "/matomo.php", tag = "collect", params(MatomoQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Matomo's Tracking HTTP API"),
    responses((status = 200, description = "On disk"), (status = 204, description = "On disk"),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn post(Query(query): Query<MatomoQuery>, arrival: Arrival) -> Answer<Response> {
    let tracked = arrival.track(Route::Matomo).await?;
    if arrival.body.trim_ascii_start().starts_with(b"{") {
        let (taken, invalid) = (tracked.taken, tracked.invalid);
        let answer = json!({ "status": "success", "tracked": taken, "invalid": invalid });
        return Ok(Json(answer).into_response());
    }
    let mut form = url::form_urlencoded::parse(&arrival.body);
    let silent = form.any(|(key, value)| key == "send_image" && value == "0");
    Ok(picture(silent || query.send_image.as_deref() == Some("0")))
}

/// Takes one request of Matomo's trackers in a query string: its script, and its picture for pages without scripts.
#[utoipa::path(get, path = "/matomo.php", tag = "collect", params(MatomoQuery,
        ("rec" = String, Query, description = "`1`"),
        ("url" = Option<String>, Query, description = "The page")),
    responses((status = 200, description = "On disk", content_type = "image/gif"), (status = 204, description = "On disk"),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn get(Query(query): Query<MatomoQuery>, arrival: Arrival) -> Answer<Response> {
    arrival.track(Route::Matomo).await?;
    Ok(picture(query.send_image.as_deref() == Some("0")))
}

fn picture(silent: bool) -> Response {
    if silent { StatusCode::NO_CONTENT.into_response() } else { gif() }
}
