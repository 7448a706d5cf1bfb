//! The visitor's needs: what was declared, what was inferred and from what, and deleting a tag.

use axum::extract::State;
use axum::http::StatusCode;
use insight::{InferOptions, Used};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocab::{NeedId, PrivacyMode, Sensitivity, Text};

use crate::api::recommendations::profile;
use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::problem::{Answer, Problem};

/// An item that speaks for a need.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    item_id: String,
    #[schema(value_type = Object)]
    title: Text,
}

/// A need of the visitor.
#[derive(Debug, Serialize, ToSchema)]
pub struct NeedView {
    id: String,
    zh: String,
    en: String,
    /// Strength, 0 to 1.
    score: f32,
    /// How sure, 0 to 1.
    confidence: f32,
    /// `declared` or `inferred`.
    source: &'static str,
    /// Whether it is kept, or lives for this visit only.
    kept: bool,
    /// How carefully it is handled.
    #[schema(value_type = String)]
    sensitivity: Sensitivity,
    /// What it was inferred from.
    evidence: Vec<EvidenceView>,
    /// Why, in a sentence.
    #[schema(value_type = Object)]
    why: Text,
}

/// Declared needs, then inferred ones, strongest first.
pub(crate) fn of(app: &App, asking: &Asking) -> Vec<NeedView> {
    let declared = asking.subject.declared.iter().filter_map(|id| {
        let need = app.taxonomy.need(id.as_str())?;
        Some(NeedView {
            id: id.to_string(),
            zh: need.zh.clone(),
            en: need.en.clone(),
            score: 1.0,
            confidence: 1.0,
            source: "declared",
            kept: true,
            sensitivity: need.sensitivity,
            evidence: Vec::new(),
            why: Text::new("您自己声明的需求", "You declared it yourself"),
        })
    });
    let mut views: Vec<NeedView> = declared.collect();
    if asking.mode == PrivacyMode::None {
        return views;
    }
    let now = app.clock.now();
    let library = app.library.load();
    let Some(models) = library.world.models() else { return views };
    let (profile, _) = profile(app, asking);
    let profile = profile.within(asking.mode, now);
    let history: Vec<Used> = profile.history.into_iter().map(Into::into).collect();
    let options = InferOptions { now_ms: now.as_millisecond(), denied: &profile.denied };
    let title = |item: &vocab::ItemId| library.card(item).map(|card| card.title.clone());
    for score in models.needs.infer_needs(&history, &options) {
        if views.iter().any(|view| view.id == score.need.as_str()) {
            continue;
        }
        let Some(need) = app.taxonomy.need(score.need.as_str()) else { continue };
        let evidence = score.evidence.iter().filter_map(|item| {
            Some(EvidenceView { item_id: item.to_string(), title: title(item)? })
        });
        views.push(NeedView {
            id: need.id.to_string(),
            zh: need.zh.clone(),
            en: need.en.clone(),
            score: score.score,
            confidence: score.confidence,
            source: "inferred",
            kept: score.scope == insight::Scope::Profile && asking.mode == PrivacyMode::Profile,
            sensitivity: need.sensitivity,
            evidence: evidence.collect(),
            why: models.needs.why(&score, &title),
        });
    }
    views
}

/// Needs the visitor declares; they replace the ones declared before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Ids of the taxonomy.
    declared: Vec<String>,
}

/// Declares needs. They do not decay, outrank what is inferred, and may be sensitive.
#[utoipa::path(put, path = "/v1/me/needs", tag = "me", request_body = Declaration,
    responses((status = 204), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn declare(
    State(app): State<App>,
    asking: Asking,
    Json(declaration): Json<Declaration>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    let mut needs = Vec::with_capacity(declaration.declared.len());
    for (position, id) in declaration.declared.iter().enumerate() {
        let need = app.taxonomy.need(id).ok_or_else(|| {
            Problem::field(format!("/declared/{position}"), format!("no need `{id}`"))
        })?;
        needs.push(need.id.clone());
    }
    let now = app.clock.now();
    // A need left out of the new list is taken back, not suppressed.
    for gone in asking.subject.declared.iter().filter(|need| !needs.contains(need)) {
        app.registry.take_back_need(asking.site.id, visitor, gone).await?;
    }
    for need in &needs {
        app.registry.declare_need(asking.site.id, visitor, need, now).await?;
    }
    app.subjects.changed(visitor);
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a tag, declared or inferred; it is not inferred again for 180 days.
#[utoipa::path(delete, path = "/v1/me/needs/{id}", tag = "me", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn delete(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    let need: NeedId = app
        .taxonomy
        .need(&id)
        .map(|need| need.id.clone())
        .ok_or_else(|| Problem::not_found("need"))?;
    app.registry.delete_tag(asking.site.id, visitor, &need, app.clock.now()).await?;
    app.subjects.changed(visitor);
    Ok(StatusCode::NO_CONTENT)
}
