//! What SDKs ask before they send anything: Segment's settings, RudderStack's source configuration.

use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::KeyQuery;
use crate::app::App;
use crate::http::extract::{Json, Path, Query};
use crate::problem::{Answer, Kind, Problem};

/// Settings as Segment's browser and mobile SDKs fetch them: send to this server, and to nobody else.
#[utoipa::path(get, path = "/v1/projects/{key}/settings", tag = "collect",
    params(("key" = String, Path, description = "The site's write key")),
    responses((status = 200, description = "Settings", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn segment(
    State(app): State<App>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Answer<Json<Value>> {
    known(&app, &key)?;
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let forwarded = headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok());
    let protocol = if forwarded == Some("https") { "https" } else { "http" };
    Ok(Json(json!({
        "integrations": { "Segment.io": {
            "apiKey": key,
            "apiHost": format!("{host}/v1"),
            "protocol": protocol,
            "unbundledIntegrations": [],
            "addBundledMetadata": true,
            "maybeBundledConfigIds": {},
        } },
        "plan": { "track": { "__default": { "enabled": true, "integrations": {} } } },
        "edgeFunction": {},
        "analyticsNextEnabled": true,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": { "sampleRate": 0 },
    })))
}

/// Source configuration as RudderStack's SDKs fetch it: enabled, with no destination but this server.
#[utoipa::path(get, path = "/sourceConfig", tag = "collect", params(KeyQuery),
    responses((status = 200, description = "Configuration", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn rudder(
    State(app): State<App>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
) -> Answer<Json<Value>> {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let basic = authorization.and_then(clickstream::key_of_authorization);
    let key = query.write_key.or(basic).unwrap_or_default();
    let name = known(&app, &key)?;
    Ok(Json(json!({
        "source": {
            "id": name,
            "name": name,
            "writeKey": key,
            "enabled": true,
            "workspaceId": "civicsense",
            "updatedAt": "2026-01-01T00:00:00.000Z",
            "config": { "statsCollection": { "errors": { "enabled": false }, "metrics": { "enabled": false } } },
            "dataplanes": {},
            "destinations": [],
        },
        "updatedAt": "2026-01-01T00:00:00.000Z",
    })))
}

/// The code of the site with that key.
fn known(app: &App, key: &str) -> Answer<String> {
    let sites = app.sites.all();
    let site = sites.iter().find(|site| site.write_key == key && !key.is_empty());
    let site = site.ok_or_else(|| {
        let detail = "write key is missing or not known";
        Problem::new(Kind::Unauthorized, detail).with_error("write_key", detail)
    })?;
    Ok(site.code.clone())
}
