//! The interface as described: the OpenAPI document, CORS on every route, problem documents for everything wrong.

use serde_json::Value;

use crate::harness::{demo, problem};

/// Path (with something for its parameters) and method of every described route.
fn routes() -> Vec<(String, String)> {
    let document = demo().json("/v1/openapi.json").unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut routes = Vec::new();
    for (path, operations) in paths {
        let concrete = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for method in operations.as_object().unwrap().keys() {
            routes.push((concrete.clone(), method.to_uppercase()));
        }
    }
    assert!(routes.len() > 30, "{} routes", routes.len());
    routes
}

#[test]
fn the_interface_is_the_recorded_one() {
    let document: Value = demo().json("/v1/openapi.json").unwrap();
    insta::assert_yaml_snapshot!("openapi", document);
}

#[test]
fn every_route_can_be_called_from_a_portal_on_another_host() {
    let app = demo();
    for (path, method) in routes() {
        let request = app
            .client
            .request(reqwest::Method::OPTIONS, format!("{}{path}", app.url))
            .header("origin", "https://www.portal.example")
            .header("access-control-request-method", &method)
            .header("access-control-request-headers", "x-civicsense-visitor,content-type");
        let response = request.send().unwrap();
        assert!(response.status().is_success(), "{method} {path}: {}", response.status());
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        assert_eq!(header("access-control-allow-origin"), "https://www.portal.example", "{path}");
        assert!(header("access-control-allow-methods").contains(&method), "{method} {path}");
        assert!(header("access-control-allow-headers").contains("x-civicsense-visitor"), "{path}");
        // Beacons and some SDKs send with credentials, which nobody looks at; nothing else rests on cookies.
        let tracker = is_tracker(&path);
        let credentials = header("access-control-allow-credentials");
        assert_eq!(credentials, if tracker { "true" } else { "" }, "{path}");
    }
}

fn is_tracker(path: &str) -> bool {
    let starts =
        ["/v1/projects/", "/beacon/", "/pixel/", "/api/s/", "/sa", "/matomo.php", "/sourceConfig"];
    matches!(path, "/v1/events" | "/v1/x") || starts.iter().any(|start| path.starts_with(start))
}

#[test]
fn what_is_wrong_is_always_a_problem_document() {
    let app = demo();
    for (path, method) in routes() {
        // Nothing is wrong about an endless stream or an order to train, which other tests would meet.
        if matches!(path.as_str(), "/v1/stream" | "/v1/console/live" | "/v1/models/train") {
            continue;
        }
        let method: reqwest::Method = method.parse().unwrap();
        let request = app
            .client
            .request(method.clone(), format!("{}{path}?site=atlantis&limit=-1", app.url))
            .header("content-type", "application/json")
            .header("x-request-id", "caller-0815");
        let request =
            if method == reqwest::Method::GET { request } else { request.body("{ not json") };
        let response = request.send().unwrap();
        let status = response.status();
        assert_eq!(response.headers()["x-request-id"], "caller-0815", "{method} {path}");
        if status.is_success() {
            continue;
        }
        assert!(status.is_client_error(), "{method} {path}: {status}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json",
            "{method} {path}"
        );
        let document: Value = response.json().unwrap();
        assert_eq!(document["status"], status.as_u16(), "{method} {path}");
        assert_eq!(document["request_id"], "caller-0815");
        assert!(document["type"].as_str().unwrap().starts_with("/docs/problems#"), "{document}");
    }
    for path in ["/v1/no/such/address", "/v1/nothing"] {
        assert_eq!(problem(app.get(path)).0, 404, "{path}");
    }
    assert_eq!(problem(app.delete("/v1/search")).0, 405);
}

#[test]
fn operators_find_health_numbers_and_descriptions() {
    let app = demo();
    assert_eq!(app.get("/livez").send().unwrap().text().unwrap(), "ok\n");
    let ready = app.json("/readyz").unwrap();
    assert_eq!(ready["ready"], true);
    assert!(
        ready["dependencies"].as_array().unwrap().iter().all(|one| one["ok"] == true),
        "{ready}"
    );
    let numbers = app.get("/metrics").send().unwrap().text().unwrap();
    for name in ["civicsense_server_requests_total", "civicsense_server_request_duration_seconds"] {
        assert!(numbers.contains(name), "{name} is missing");
    }
    let status = app.json("/v1/console/status").unwrap();
    assert!(status["index_items"].as_u64().unwrap() >= 300, "{status}");
    assert_eq!(
        (&status["clickhouse"], &status["embedded"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    for page in ["/", "/console", "/docs", "/docs/problems", "/sdk/civicsense.js", "/sw.js"] {
        let response = app.get(page).send().unwrap();
        assert_eq!(response.status(), 200, "{page}");
        assert!(response.text().unwrap().len() > 200, "{page}");
    }
}
