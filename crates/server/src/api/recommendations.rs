//! Recommended lists: what a surface shows to this visitor now, and why.

use std::collections::BTreeMap;

use axum::extract::State;
use recommend::Profile;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vocab::{Audience, ItemId, ItemKind, PrivacyMode, Reason, RequestId, Text};

use crate::api::visitor::{Asking, AskingParams};
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};
use crate::serving::arms;
use crate::serving::library::Library;
use crate::serving::shadow;

pub mod feedback;

/// Items a next page may leave out.
const MAX_EXCLUDED: usize = 500;

/// What a list is for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecommendationParams {
    /// The surface: `home`, `item`, `search`, `category`, `app`, `kiosk`, `new_media`, `digest`, or one of your own.
    #[serde(default = "home")]
    surface: String,
    /// The item on the page, for the surface `item`.
    item: Option<String>,
    /// The column the page stands for, for the surface `category`.
    column: Option<String>,
    /// Items already shown in this list, separated by commas, at most 500: the answer is its next page.
    exclude: Option<String>,
    /// Whether every item comes with the values that made its score.
    #[serde(default)]
    explain: bool,
    /// Items wanted, at most 100; the pipeline's own size unless told.
    limit: Option<usize>,
    /// Division the page or the person chose (GB/T 2260).
    region: Option<String>,
    /// `natural` or `legal`: whom the page is for.
    audience: Option<String>,
}

fn home() -> String {
    "home".to_owned()
}

/// A need an item serves.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServedNeed {
    id: String,
    zh: String,
    en: String,
}

/// One recommended item.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendedItem {
    /// The item.
    #[schema(value_type = String)]
    id: ItemId,
    /// Its title.
    #[schema(value_type = Object)]
    title: Text,
    /// What it is about.
    #[schema(value_type = Object)]
    summary: Text,
    /// Its address.
    url: String,
    /// Its family.
    #[schema(value_type = String)]
    kind: ItemKind,
    /// Its column.
    column: String,
    /// Its department.
    dept: String,
    /// When it was published.
    published_at: String,
    /// Place in the list, from 0.
    position: u16,
    /// Comparable within one list only.
    score: f32,
    /// Whether the visitor's own behaviour or wishes led to it.
    personalized: bool,
    /// Why it is shown.
    #[schema(value_type = Object)]
    reason: Reason,
    /// The component that led to it.
    source: &'static str,
    /// Needs it serves.
    needs: Vec<ServedNeed>,
    /// Probability that this place got this item: 1 unless the place was left to chance.
    propensity: f64,
    /// What made the score, where `explain` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<BTreeMap<String, f32>>,
}

/// A recommended list. The schema is the same with personalisation off, for strangers, and when a part is away.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendationAnswer {
    /// Send it back as `rec_id` with clicks.
    request_id: String,
    /// The pipeline and its digest.
    policy: String,
    /// The beginning of the digest of the models that made it; empty where there were none.
    models: String,
    /// The experiment and the arm that chose the pipeline, `name:arm`; empty where none did.
    experiment: String,
    /// Whether anything in the list is personal.
    personalized: bool,
    /// How far the list could be personal.
    #[schema(value_type = String)]
    mode: PrivacyMode,
    /// Whether models or time were missing: the list is simpler, not wrong.
    degraded: bool,
    /// The list, best first.
    items: Vec<RecommendedItem>,
}

/// What a surface shows to this visitor now, with the reason for every item.
#[utoipa::path(get, path = "/v1/recommendations", tag = "recommend", params(AskingParams, RecommendationParams),
    responses((status = 200, body = RecommendationAnswer), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn recommendations(
    State(app): State<App>,
    asking: Asking,
    Query(params): Query<RecommendationParams>,
) -> Answer<Json<RecommendationAnswer>> {
    let surface = params.surface.clone();
    let query = query(&app, &asking, params)?;
    make(&app, &asking, &surface, query, true).map(Json)
}

/// A list for somebody on a surface. Only a list that is `shown` leaves traces: impressions, what was served, outcomes.
pub(crate) fn make(
    app: &App,
    asking: &Asking,
    surface: &str,
    mut query: recommend::Query,
    shown: bool,
) -> Answer<RecommendationAnswer> {
    let pipeline = arms::choose(app, surface, &mut query)
        .ok_or_else(|| Problem::field("surface", format!("no surface `{surface}`")))?;
    let library = app.library.load_full();
    let world = library.world_for(&query);
    let mut answer = recommend::recommend(&pipeline, &query, world);
    if shown {
        remember(app, &query, &mut answer);
        shadow::compare(app, &library, &pipeline, query, &answer.response.items);
    }
    Ok(RecommendationAnswer {
        models: world.models().map_or("", |models| models.digest8()).to_owned(),
        ..present(app, &library, answer.response, asking.mode)
    })
}

fn remember(app: &App, query: &recommend::Query, answer: &mut recommend::Answer) {
    if let Some(visitor) = query.visitor {
        let shown = answer.response.items.iter().map(|item| item.id.clone());
        app.visitors.served(visitor, shown, query.now);
        let described = std::mem::take(&mut answer.described);
        app.outcomes.shown(query.request, visitor, query.now, described);
    }
    let events = std::mem::take(&mut answer.events);
    if !events.is_empty() {
        // The list does not wait for the disk: a lost impression costs a count, a late list costs a visitor.
        let collector = app.collector.clone();
        app.spawn(async move {
            if let Err(error) = collector.accept(events).await {
                tracing::warn!(error = %error, "impressions were not kept");
            }
        });
    }
}

/// An answer as it is sent.
pub(crate) fn present(
    app: &App,
    library: &Library,
    response: recommend::Response,
    mode: PrivacyMode,
) -> RecommendationAnswer {
    let items = response
        .items
        .into_iter()
        .filter_map(|shown| {
            let card = library.card(&shown.id)?;
            let needs = library.world.needs_of(&shown.id).iter().take(3);
            Some(RecommendedItem {
                title: card.title.clone(),
                summary: card.summary.clone(),
                url: card.url.clone(),
                kind: card.kind,
                column: card.column.clone(),
                dept: card.dept.clone(),
                published_at: card.published_at.to_string(),
                needs: needs.map(|(need, _)| served_need(app, *need)).collect(),
                id: shown.id,
                position: shown.position,
                score: shown.score,
                personalized: shown.personalized,
                reason: shown.reason,
                source: shown.source,
                propensity: shown.propensity,
                features: shown.features,
            })
        })
        .collect();
    RecommendationAnswer {
        request_id: response.request_id.to_string(),
        policy: response.policy,
        models: library.world.models().map_or("", |models| models.digest8()).to_owned(),
        experiment: response.experiment,
        personalized: response.personalized,
        mode,
        degraded: response.degraded,
        items,
    }
}

fn served_need(app: &App, position: u16) -> ServedNeed {
    let need = &app.taxonomy.needs[usize::from(position)];
    ServedNeed { id: need.id.to_string(), zh: need.zh.clone(), en: need.en.clone() }
}

fn query(app: &App, asking: &Asking, params: RecommendationParams) -> Answer<recommend::Query> {
    if params.limit.is_some_and(|limit| limit == 0 || limit > recommend::query::MAX_LIMIT) {
        let detail = format!("between 1 and {}", recommend::query::MAX_LIMIT);
        return Err(Problem::field("limit", detail));
    }
    let audience = match params.audience.as_deref() {
        None => Audience::All,
        Some("natural") => Audience::Natural,
        Some("legal") => Audience::Legal,
        Some(_) => return Err(Problem::field("audience", "is `natural` or `legal`")),
    };
    let item = params.item.filter(|item| !item.is_empty()).map(ItemId::from);
    if params.surface == "item" && item.is_none() {
        return Err(Problem::field("item", "the surface `item` needs it"));
    }
    let column = params.column.filter(|column| !column.is_empty());
    if params.surface == "category" && column.is_none() {
        return Err(Problem::field("column", "the surface `category` needs it"));
    }
    let exclude: Vec<ItemId> = params
        .exclude
        .iter()
        .flat_map(|list| list.split(','))
        .filter(|id| !id.is_empty())
        .map(ItemId::from)
        .collect();
    if exclude.len() > MAX_EXCLUDED {
        return Err(Problem::field("exclude", format!("at most {MAX_EXCLUDED} items")));
    }
    let mut query = asked(app, asking, app.clock.now());
    query.item = item;
    query.column = column.unwrap_or_default();
    query.exclude = exclude;
    query.explain = params.explain;
    query.region = params.region.unwrap_or_default();
    query.audience = audience;
    query.limit = params.limit.unwrap_or(0);
    Ok(query)
}

/// What is known of the asking side, for lists and for the order of search results.
pub(crate) fn asked(app: &App, asking: &Asking, now: jiff::Timestamp) -> recommend::Query {
    let mut query = recommend::Query::new(RequestId(Uuid::now_v7()), now);
    query.site = asking.site.id;
    query.mode = asking.mode;
    query.consent = asking.subject.consent;
    query.channel = asking.channel;
    query.lang = asking.lang;
    if asking.mode != PrivacyMode::None {
        query.visitor = asking.passing;
        (query.profile, query.session) = profile(app, asking);
    }
    query
}

/// What is known of the visitor; the pipeline itself drops what the mode forbids.
pub(crate) fn profile(app: &App, asking: &Asking) -> (Profile, vocab::SessionId) {
    let subject = &asking.subject;
    let mut profile = Profile {
        declared: subject.declared.clone(),
        denied: subject.deleted.clone(),
        subscriptions: subject.subscriptions.iter().map(|follow| follow.target.clone()).collect(),
        ..Profile::default()
    };
    let Some(recent) = asking.passing.and_then(|visitor| app.visitors.get(visitor)) else {
        return (profile, vocab::SessionId(0));
    };
    profile.history = recent.traces.into_iter().map(Into::into).collect();
    profile.served = recent.served.into();
    profile.searches = recent.searches.into();
    profile.unwanted = recent.unwanted;
    (profile, recent.session)
}
