//! Search and completion over the catalogue.

use std::time::Instant;

use axum::extract::State;
use recommend::Affinity;
use search::{Facet, Filters, Hit, SearchQuery, Suggestion};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vocab::{Audience, ItemKind};

use crate::api::visitor::{Asking, AskingParams};
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};

/// What can be asked; lists are separated by commas.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// What was typed; empty browses, newest first.
    #[serde(default)]
    q: String,
    /// Families: `service`, `policy`, `interpretation`, `qa`, `news`, `notice`.
    kind: Option<String>,
    /// Departments.
    dept: Option<String>,
    /// Divisions (GB/T 2260).
    region: Option<String>,
    /// National service themes.
    theme: Option<String>,
    /// `natural`, `legal`.
    audience: Option<String>,
    /// Years of publication.
    year: Option<String>,
    /// `this` searches the asking site only; all sites otherwise.
    scope: Option<String>,
    /// Results to skip.
    #[serde(default)]
    offset: usize,
    /// Results wanted, at most 100.
    limit: Option<usize>,
}

/// One page of results.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchAnswer {
    /// Joins later clicks to this answer.
    request_id: String,
    /// Items found, over all pages.
    total: usize,
    /// Time spent searching, in milliseconds.
    took_ms: f64,
    /// Whether the order was adapted to the visitor.
    personalized: bool,
    /// A likelier spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    did_you_mean: Option<String>,
    /// Whether the results are those of `did_you_mean`.
    corrected: bool,
    /// This page.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Hit>,
    /// Counts over everything found, by attribute.
    #[schema(value_type = Object)]
    facets: serde_json::Map<String, serde_json::Value>,
}

/// Searches the catalogue. A visitor's interests move a result by at most three places; exact titles never move.
#[utoipa::path(get, path = "/v1/search", tag = "search", params(AskingParams, SearchParams),
    responses((status = 200, body = SearchAnswer), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn search(
    State(app): State<App>,
    asking: Asking,
    Query(params): Query<SearchParams>,
) -> Answer<Json<SearchAnswer>> {
    let now = app.clock.now();
    let limit = params.limit.unwrap_or(10);
    if limit > search::query::MAX_LIMIT {
        return Err(Problem::field("limit", format!("at most {}", search::query::MAX_LIMIT)));
    }
    let query = SearchQuery {
        filters: filters(&params, &asking)?,
        lang: asking.lang,
        offset: params.offset,
        limit,
        ..SearchQuery::new(params.q, now)
    };
    let request = crate::api::recommendations::asked(&app, &asking, now);
    let started = Instant::now();
    let (index, world) = (app.search.clone(), app.library.load().world.clone());
    let (results, personal) = app
        .blocking(move || {
            let affinity = Affinity::new(&request, &world);
            let results = index.search(&query, &|item| affinity.of(item))?;
            Ok::<_, search::SearchError>((results, !affinity.is_empty()))
        })
        .await?
        .map_err(Problem::internal)?;
    Ok(Json(SearchAnswer {
        request_id: Uuid::now_v7().to_string(),
        total: results.total,
        took_ms: started.elapsed().as_secs_f64() * 1e3,
        personalized: personal && results.hits.iter().any(|hit| hit.moved != 0),
        did_you_mean: results.did_you_mean,
        corrected: results.corrected,
        items: results.hits,
        facets: results.facets.into_iter().filter_map(named).collect(),
    }))
}

fn named(facet: Facet) -> Option<(String, serde_json::Value)> {
    Some((facet.name.to_owned(), serde_json::to_value(facet.values).ok()?))
}

fn filters(params: &SearchParams, asking: &Asking) -> Answer<Filters> {
    fn list(text: Option<&String>) -> impl Iterator<Item = &str> {
        text.map_or("", String::as_str).split(',').map(str::trim).filter(|part| !part.is_empty())
    }
    let kinds = list(params.kind.as_ref())
        .map(|name| {
            ItemKind::parse(name).ok_or_else(|| Problem::field("kind", format!("no kind `{name}`")))
        })
        .collect::<Answer<_>>()?;
    let audiences = list(params.audience.as_ref())
        .map(|name| match name {
            "natural" => Ok(Audience::Natural),
            "legal" => Ok(Audience::Legal),
            other => Err(Problem::field("audience", format!("no audience `{other}`"))),
        })
        .collect::<Answer<_>>()?;
    let years = list(params.year.as_ref())
        .map(|year| {
            year.parse().map_err(|_| Problem::field("year", format!("`{year}` is no year")))
        })
        .collect::<Answer<_>>()?;
    let sites = match params.scope.as_deref() {
        None | Some("all") => Vec::new(),
        Some("this") => vec![asking.site.id],
        Some(_) => return Err(Problem::field("scope", "is `this` or `all`")),
    };
    let owned = |text: Option<&String>| list(text).map(str::to_owned).collect();
    Ok(Filters {
        kinds,
        audiences,
        years,
        sites,
        depts: owned(params.dept.as_ref()),
        regions: owned(params.region.as_ref()),
        themes: owned(params.theme.as_ref()),
    })
}

/// What is being typed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SuggestParams {
    /// The beginning: characters, pinyin (`shebao`) or initials (`sb`).
    #[serde(default)]
    q: String,
    /// Completions wanted, at most 20.
    limit: Option<usize>,
}

/// Completions, services first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestAnswer {
    /// Best first.
    #[schema(value_type = Vec<Object>)]
    suggestions: Vec<Suggestion>,
}

/// Completes what is being typed.
#[utoipa::path(get, path = "/v1/suggest", tag = "search", params(AskingParams, SuggestParams),
    responses((status = 200, body = SuggestAnswer)))]
pub async fn suggest(
    State(app): State<App>,
    asking: Asking,
    Query(params): Query<SuggestParams>,
) -> Answer<Json<SuggestAnswer>> {
    let limit = params.limit.unwrap_or(8).min(20);
    let suggestions = app.search.suggest(&params.q, asking.lang, limit);
    Ok(Json(SuggestAnswer { suggestions }))
}
