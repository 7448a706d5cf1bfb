//! The only list of routes; the OpenAPI document is made from it.

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath};
use axum::http::Uri;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    analytics, catalogue, client_config, collect, console, devices, docs, feeds, health, inbox, me,
    messages, models, pages, recommendations, search, stream, transparency,
};
use crate::app::App;
use crate::http::layers;
use crate::problem::{Kind, Problem};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Civicsense",
        description = "Senses what citizens and businesses need, and brings it to them."
    ),
    components(schemas(crate::problem::ProblemDocument))
)]
struct Description;

fn collector() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(collect::native))
        .routes(routes!(collect::segment::call))
        .routes(routes!(collect::segment::beacon))
        .routes(routes!(collect::segment::jitsu))
        .routes(routes!(collect::segment::pixel))
        .routes(routes!(collect::settings::segment))
        .routes(routes!(collect::settings::rudder))
        .routes(routes!(collect::sensors::post, collect::sensors::get))
        .routes(routes!(collect::sensors::post_gif, collect::sensors::get_gif))
        .routes(routes!(collect::matomo::post, collect::matomo::get))
}

/// The same addresses as trackers write them too. A redirect would lose what was sent: SDKs take it for success.
fn as_written() -> Router<App> {
    Router::new()
        .route("/v1/{route}/", post(collect::segment::call))
        .route("/beacon/v1/{route}/", post(collect::segment::beacon))
        .route("/api/s/{route}/", post(collect::segment::jitsu))
        .route("/pixel/v1/{route}/", get(collect::segment::pixel))
        .route("/sourceConfig/", get(collect::settings::rudder))
        .route("/v1/projects/{key}/settings/", get(collect::settings::segment))
        .route("/sa/", get(collect::sensors::get).post(collect::sensors::post))
        .route("/piwik.php", get(collect::matomo::get).post(collect::matomo::post))
}

fn streams() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stream::stream)).routes(routes!(console::live))
}

fn answers() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(recommendations::recommendations))
        .routes(routes!(recommendations::feedback::give))
        .routes(routes!(search::search))
        .routes(routes!(search::suggest))
        .routes(routes!(catalogue::item))
        .routes(routes!(catalogue::related))
        .routes(routes!(catalogue::taxonomy))
        .routes(routes!(catalogue::sites))
        .routes(routes!(client_config::client_config))
        .routes(routes!(client_config::personas))
        .routes(routes!(me::me, me::rights::erase))
        .routes(routes!(me::consent))
        .routes(routes!(me::personalisation))
        .routes(routes!(me::needs::declare))
        .routes(routes!(me::needs::delete))
        .routes(routes!(me::subscriptions::follow, me::subscriptions::unfollow))
        .routes(routes!(me::rights::export))
        .routes(routes!(transparency::transparency))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::read))
        .routes(routes!(inbox::delete))
        .routes(routes!(devices::push_key))
        .routes(routes!(devices::register))
        .routes(routes!(devices::revoke))
        .routes(routes!(models::served))
        .routes(routes!(models::train))
        .routes(routes!(models::versions))
        .routes(routes!(models::promote))
        .routes(routes!(models::roll_back))
        .routes(routes!(models::trials::start_canary))
        .routes(routes!(models::trials::stop_canary))
        .routes(routes!(models::trials::start_shadow))
        .routes(routes!(models::trials::stop_shadow))
        .routes(routes!(messages::write))
        .routes(routes!(messages::approve))
        .routes(routes!(messages::report))
        .routes(routes!(messages::recall))
        .routes(routes!(feeds::feed))
        .routes(routes!(analytics::query))
        .routes(routes!(analytics::ask))
        .routes(routes!(console::status))
        .routes(routes!(console::ledger::ledger))
        .routes(routes!(console::letters::list))
        .routes(routes!(console::letters::replay))
        .routes(routes!(console::identity::list, console::identity::decide))
        .routes(routes!(
            console::rules::list,
            console::rules::decide::put,
            console::rules::decide::remove
        ))
        .routes(routes!(console::experiments::list))
        .routes(routes!(console::lists::make))
        .routes(routes!(console::segments::segments))
        .routes(routes!(console::placements::preview))
        .routes(routes!(console::placements::placements))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(collector())
        .merge(streams())
        .merge(answers())
}

/// What answers an address that knows the method not.
async fn not_this_method(matched: Option<MatchedPath>, uri: Uri) -> Response {
    if matched.is_some_and(|matched| collect::is_no_address(&matched, &uri)) {
        return Problem::not_found("address").into_response();
    }
    Problem::new(Kind::MethodNotAllowed, "see /docs for what this address answers").into_response()
}

/// The OpenAPI document of all routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().split_for_parts().1
}

/// The whole server as a service.
pub fn router(app: App) -> Router {
    let deadline = app.config.http.deadline.0;
    let body_limit = usize::try_from(app.config.http.body_limit.0).unwrap_or(usize::MAX);
    let limited = answers()
        .layer(DefaultBodyLimit::max(body_limit))
        .layer(from_fn(move |request, next| layers::deadline(deadline, request, next)))
        .layer(CompressionLayer::new());
    // Portals on other hosts call with the visitor's header; nothing here rests on cookies.
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([layers::REQUEST_ID])
        .max_age(std::time::Duration::from_secs(86_400));
    // Beacons and some SDKs send with the browser's credentials whatever they are told; nobody here looks at them.
    let tracker_cors = cors.clone().allow_credentials(true);
    let (trackers, _) = collector().split_for_parts();
    let trackers = trackers
        .merge(as_written())
        .method_not_allowed_fallback(not_this_method)
        .layer(tracker_cors);
    let (router, _) = OpenApiRouter::<App>::new().merge(streams()).merge(limited).split_for_parts();
    router
        .route("/v1/openapi.json", get(docs::openapi_json))
        .route("/docs/problems", get(docs::problems))
        .fallback(pages::serve)
        .method_not_allowed_fallback(not_this_method)
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Problem::internal("a handler panicked").into_response()
        }))
        .layer(cors)
        .merge(trackers)
        .layer(from_fn(layers::outermost))
        .with_state(app)
}
