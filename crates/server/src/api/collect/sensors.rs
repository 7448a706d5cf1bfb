//! SensorsData's (神策) address: `/sa` for requests, `/sa.gif` for pictures, each by GET and POST.

use axum::response::{IntoResponse as _, Response};
use clickstream::Route;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Arrival, KeyQuery, gif};
use crate::http::extract::Query;
use crate::problem::Answer;

/// Where SensorsData's SDKs have the key.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SensorsQuery {
    /// The site's public write key.
    token: Option<String>,
    /// The same, where the SDK knows only a project.
    project: Option<String>,
}

impl SensorsQuery {
    fn key(self, other: KeyQuery) -> KeyQuery {
        KeyQuery { write_key: other.write_key.or(self.token).or(self.project) }
    }
}

/// Takes events of SensorsData's SDKs: a form with `data` or `data_list`, base64, gzip or not, with or without `crc`.
///
/// What cannot be read is a dead letter and answered with 200: an app would send a refused batch for ever.
#[utoipa::path(post, path = "/sa", tag = "collect", params(KeyQuery, SensorsQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`data=…` or `data_list=…`"),
    responses((status = 200, description = "On disk"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn post(own: Query<SensorsQuery>, arrival: Arrival) -> Answer<Response> {
    take(own, arrival).await
}

/// The same in a query string.
#[utoipa::path(get, path = "/sa", tag = "collect", params(KeyQuery, SensorsQuery,
        ("data" = Option<String>, Query, description = "One event as base64 of JSON")),
    responses((status = 200, description = "On disk"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn get(own: Query<SensorsQuery>, arrival: Arrival) -> Answer<Response> {
    take(own, arrival).await
}

/// The same for a page's image or beacon; the answer is the picture.
#[utoipa::path(post, path = "/sa.gif", tag = "collect", params(KeyQuery, SensorsQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "As for `/sa`"),
    responses((status = 200, description = "On disk", content_type = "image/gif"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn post_gif(own: Query<SensorsQuery>, arrival: Arrival) -> Answer<Response> {
    take(own, arrival).await.map(|_| gif())
}

/// The same in an image's address.
#[utoipa::path(get, path = "/sa.gif", tag = "collect", params(KeyQuery, SensorsQuery,
        ("data" = Option<String>, Query, description = "One event as base64 of JSON")),
    responses((status = 200, description = "On disk", content_type = "image/gif"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn get_gif(own: Query<SensorsQuery>, arrival: Arrival) -> Answer<Response> {
    take(own, arrival).await.map(|_| gif())
}

async fn take(Query(own): Query<SensorsQuery>, mut arrival: Arrival) -> Answer<Response> {
    arrival.key = own.key(arrival.key);
    arrival.track(Route::Sensors).await?;
    Ok(([("cache-control", "no-store")], "").into_response())
}
