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
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // As the operator says it is reached; where nothing is said, as it was reached just now.
    let told = app.config.http.public_url.trim_end_matches('/').split_once("://");
    let reached = (text("x-forwarded-proto").unwrap_or("http"), text("host").unwrap_or_default());
    let (protocol, host) = told.unwrap_or(reached);
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
            "config": { "statsCollection": { "errors": { "enabled": false }, "metrics": { "enabled": false } } },
            "dataplanes": {},
            "destinations": [],
        },
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
