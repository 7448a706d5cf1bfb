//! Items, what goes with them, the taxonomy and the sites: the public side of the content library.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vocab::{Item, ItemId, ItemKind, Taxonomy, Text};

use crate::app::App;
use crate::http::extract::{Json, Path, Query};
use crate::problem::{Answer, Problem};

/// One item, whole.
#[utoipa::path(get, path = "/v1/items/{id}", tag = "content", params(("id" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn item(State(app): State<App>, Path(id): Path<String>) -> Answer<Json<Item>> {
    servable(&app, &id).await.map(Json)
}

/// Only approved content is served (invariant 8).
async fn servable(app: &App, id: &str) -> Answer<Item> {
    let item = app.registry.item(&ItemId::from(id)).await?;
    item.filter(Item::is_servable).ok_or_else(|| Problem::not_found("item"))
}

/// How many related items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RelatedParams {
    /// At most 50; 8 unless told.
    limit: Option<usize>,
}

/// One related item.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedItem {
    /// The item.
    #[schema(value_type = String)]
    id: ItemId,
    /// Its title.
    #[schema(value_type = Object)]
    title: Text,
    /// Its family.
    #[schema(value_type = String)]
    kind: ItemKind,
    /// Its address.
    url: String,
    /// How they belong together: `curated`, `co_visit` or `text`.
    relation: &'static str,
}

/// Related items, strongest relation first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedAnswer {
    /// The items.
    items: Vec<RelatedItem>,
}

/// What goes with an item: set by editors, then used in the same visits, then similar in words.
#[utoipa::path(get, path = "/v1/items/{id}/related", tag = "content", params(("id" = String, Path), RelatedParams),
    responses((status = 200, body = RelatedAnswer), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn related(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<RelatedParams>,
) -> Answer<Json<RelatedAnswer>> {
    let limit = params.limit.unwrap_or(8).min(50);
    let item = servable(&app, &id).await?;
    let now = app.clock.now();
    let mut found: Vec<(ItemId, &'static str)> =
        item.relates_to.iter().map(|id| (id.clone(), "curated")).collect();
    if let Some(loaded) = app.models.servable(now)
        && let Some(position) = loaded.models.position(&item.id)
    {
        let models = &loaded.models;
        let together = models.neighbours.related(position, limit);
        found.extend(
            together
                .into_iter()
                .map(|(other, _)| (models.items[other as usize].clone(), "co_visit")),
        );
    }
    let (index, own) = (app.search.clone(), item.id.clone());
    let similar = app
        .blocking(move || index.more_like_this(&own, limit, now))
        .await?
        .map_err(Problem::internal)?;
    found.extend(similar.into_iter().map(|similar| (similar.id, "text")));

    let mut items: Vec<RelatedItem> = Vec::with_capacity(limit);
    for (id, relation) in found {
        if items.len() == limit {
            break;
        }
        if id == item.id || items.iter().any(|known| known.id == id) {
            continue;
        }
        let Some(other) = app.registry.item(&id).await?.filter(|other| other.is_recommendable(now))
        else {
            continue;
        };
        items.push(RelatedItem {
            id,
            title: other.title,
            kind: other.kind,
            url: other.url,
            relation,
        });
    }
    Ok(Json(RelatedAnswer { items }))
}

/// The vocabulary of needs.
#[utoipa::path(get, path = "/v1/taxonomy", tag = "content", responses((status = 200, body = Object)))]
pub async fn taxonomy(State(app): State<App>) -> Json<std::sync::Arc<Taxonomy>> {
    Json(app.taxonomy.clone())
}

/// A site, as the public may know it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicSite {
    /// Its code.
    code: String,
    /// Its name.
    #[schema(value_type = Object)]
    name: Text,
    /// Its host.
    host: String,
    /// Its division (GB/T 2260).
    region: String,
}

/// All sites.
#[derive(Debug, Serialize, ToSchema)]
pub struct SitesAnswer {
    /// In the order of their numbers.
    sites: Vec<PublicSite>,
}

/// The sites served here.
#[utoipa::path(get, path = "/v1/sites", tag = "content", responses((status = 200, body = SitesAnswer)))]
pub async fn sites(State(app): State<App>) -> Json<SitesAnswer> {
    let sites = app.sites.all();
    let public = |site: &std::sync::Arc<registry::Site>| PublicSite {
        code: site.code.clone(),
        name: site.name.clone(),
        host: site.host.clone(),
        region: site.region.clone(),
    };
    Json(SitesAnswer { sites: sites.iter().map(public).collect() })
}
