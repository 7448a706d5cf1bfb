//! Where an item is shown and why, and what somebody else would see: without touching anybody.

use axum::extract::State;
use recommend::{Profile, Whereabouts};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vocab::{Audience, Channel, ItemId, NeedId, PrivacyMode, RequestId, SiteId};

use crate::api::admin::Staff;
use crate::api::recommendations::{RecommendationAnswer, present};
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};

/// Most items of a preview.
const MOST: usize = recommend::query::MAX_LIMIT;

/// Whose page it would be.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Somebody {
    /// Needs they have declared, separated by commas.
    #[serde(default)]
    needs: String,
    /// Division they chose (GB/T 2260).
    #[serde(default)]
    region: String,
    /// `natural` or `legal`; everybody unless told.
    audience: Option<String>,
    /// `web`, `app`, `mini_program`, `kiosk`, `new_media` or `server`; `web` unless told.
    channel: Option<String>,
    /// Number of the site; every one unless told.
    #[serde(default)]
    site: u32,
    /// The item: of the page in a preview, the one asked about in placements.
    item: Option<String>,
    /// The column of the page.
    #[serde(default)]
    column: String,
    /// The surface of a preview; `home` unless told.
    surface: Option<String>,
    /// Items wanted.
    limit: Option<usize>,
}

impl Somebody {
    fn query(&self, app: &App) -> Answer<recommend::Query> {
        let mut query = recommend::Query::new(RequestId(Uuid::now_v7()), app.clock.now());
        query.site = SiteId(self.site);
        query.region.clone_from(&self.region);
        query.column.clone_from(&self.column);
        query.audience = match self.audience.as_deref() {
            None => Audience::All,
            Some("natural") => Audience::Natural,
            Some("legal") => Audience::Legal,
            Some(_) => return Err(Problem::field("audience", "is `natural` or `legal`")),
        };
        if let Some(name) = &self.channel {
            query.channel =
                Channel::parse(name).ok_or_else(|| Problem::field("channel", "is not known"))?;
        }
        query.limit = self.limit.unwrap_or(0);
        if query.limit > MOST {
            return Err(Problem::field("limit", format!("at most {MOST}")));
        }
        let mut declared = Vec::new();
        for need in self.needs.split(',').filter(|need| !need.is_empty()) {
            if app.taxonomy.position(need).is_none() {
                return Err(Problem::field("needs", format!("no need `{need}`")));
            }
            declared.push(NeedId::from(need));
        }
        if !declared.is_empty() {
            query.mode = PrivacyMode::Profile;
            query.profile = Profile { declared, ..Profile::default() };
        }
        Ok(query)
    }
}

/// The list somebody with these needs would see there. Nobody is remembered, no impression is written.
#[utoipa::path(get, path = "/v1/console/preview", tag = "console", params(Somebody),
    responses((status = 200, body = RecommendationAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn preview(
    State(app): State<App>,
    _: Staff,
    Query(somebody): Query<Somebody>,
) -> Answer<Json<RecommendationAnswer>> {
    let surface = somebody.surface.as_deref().unwrap_or("home");
    let pipeline = app
        .pipelines
        .for_surface(surface)
        .ok_or_else(|| Problem::field("surface", format!("no surface `{surface}`")))?;
    let mut query = somebody.query(&app)?;
    query.item = somebody.item.as_deref().map(ItemId::from);
    query.explain = true;
    let library = app.library.load_full();
    let answer = recommend::recommend(&pipeline, &query, &library.world);
    Ok(Json(present(&app, &library, answer.response, query.mode)))
}

/// What became of the item in one list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Placement {
    /// The surface.
    surface: String,
    /// The pipeline and its digest.
    policy: String,
    /// `shown` with place, source and score; `not_chosen`; `removed` with the filter; `not_proposed`; `not_served`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    whereabouts: Whereabouts,
}

/// A need of the item.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemNeed {
    /// Its id.
    id: String,
    /// How sure.
    probability: f32,
}

/// Where an item is shown and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementsAnswer {
    /// What it serves.
    needs: Vec<ItemNeed>,
    /// One a surface. For the list beside an item no page is assumed, for that of a column the item's own.
    placements: Vec<Placement>,
}

/// Follows an item through the lists of all surfaces, for a newcomer or for somebody with the needs given.
#[utoipa::path(get, path = "/v1/console/placements", tag = "console", params(Somebody),
    responses((status = 200, body = PlacementsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn placements(
    State(app): State<App>,
    _: Staff,
    Query(somebody): Query<Somebody>,
) -> Answer<Json<PlacementsAnswer>> {
    let item = somebody.item.as_deref().filter(|item| !item.is_empty()).map(ItemId::from);
    let item = item.ok_or_else(|| Problem::field("item", "is needed"))?;
    let mut query = somebody.query(&app)?;
    let library = app.library.load_full();
    if let Some(card) = library.card(&item).filter(|_| query.column.is_empty()) {
        query.column.clone_from(&card.column);
    }
    let placement = |pipeline: &std::sync::Arc<recommend::Pipeline>| Placement {
        surface: pipeline.surface().to_owned(),
        policy: pipeline.policy().to_owned(),
        whereabouts: recommend::whereabouts(pipeline, &query, &library.world, &item),
    };
    let need = |(need, probability): &(u16, f32)| ItemNeed {
        id: app.taxonomy.needs[usize::from(*need)].id.to_string(),
        probability: *probability,
    };
    Ok(Json(PlacementsAnswer {
        needs: library.world.needs_of(&item).iter().map(need).collect(),
        placements: app.pipelines.all().iter().map(placement).collect(),
    }))
}
