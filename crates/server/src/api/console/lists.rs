//! Lists for many people at once: what an e-mail or a push job puts into its messages.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocab::{Channel, Lang};

use crate::api::admin::Staff;
use crate::api::recommendations::{RecommendationAnswer, asked, make as make_one};
use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::Json;
use crate::problem::{Answer, Kind, Problem, ProblemDocument};

/// Most people of one request.
const MOST: usize = 1_000;

/// For whom, and what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListsWanted {
    /// Code of the site the visitors are of; may be left out where there is only one.
    site: Option<String>,
    /// The surface; `digest` unless told.
    #[serde(default = "digest")]
    surface: String,
    /// Ids of visitors as trackers send them, 1 to 1,000.
    visitors: Vec<String>,
    /// Items of each list, at most 100; the pipeline's own size unless told.
    limit: Option<usize>,
    /// `zh` or `en`; `zh` unless told.
    lang: Option<String>,
    /// Whether the lists will be seen: only then impressions are counted, and items do not come again at once.
    #[serde(default)]
    shown: bool,
}

fn digest() -> String {
    "digest".to_owned()
}

/// One person's list, or why there is none.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListMade {
    /// The list.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<RecommendationAnswer>,
    /// What is wrong with the id, where there is no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The lists.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListsMade {
    /// In the order of `visitors`.
    lists: Vec<ListMade>,
}

/// Lists for many visitors: each as they would get it themselves, by what they agreed to and switched off.
#[utoipa::path(post, path = "/v1/console/lists", tag = "console", request_body = ListsWanted,
    responses((status = 200, body = ListsMade), (status = "4XX", body = ProblemDocument)))]
pub async fn make(
    State(app): State<App>,
    _: Staff,
    Json(wanted): Json<ListsWanted>,
) -> Answer<Json<ListsMade>> {
    // Ids are of one site: another's would be other people without anybody noticing.
    if wanted.site.is_none() && app.sites.all().len() > 1 {
        return Err(Problem::field("/site", "there are several sites, name one"));
    }
    let site = app
        .sites
        .find(wanted.site.as_deref(), None)
        .ok_or_else(|| Problem::field("/site", "no such site"))?;
    let (people, most) = (wanted.visitors.len(), recommend::query::MAX_LIMIT);
    if !(1..=MOST).contains(&people) {
        return Err(Problem::field("/visitors", format!("{people}, expected 1 to {MOST}")));
    }
    let limit = wanted.limit.unwrap_or(0);
    if limit > most {
        return Err(Problem::field("/limit", format!("at most {most}")));
    }
    let lang = match wanted.lang.as_deref() {
        None | Some("zh") => Lang::Zh,
        Some("en") => Lang::En,
        Some(_) => return Err(Problem::field("/lang", "is `zh` or `en`")),
    };
    if app.pipelines.for_surface(&wanted.surface).is_none() {
        let detail = format!("no surface `{}`", wanted.surface);
        return Err(Problem::field("/surface", detail));
    }
    let mut lists = Vec::with_capacity(people);
    for id in &wanted.visitors {
        let raw = Some(id.as_str()).filter(|id| !id.is_empty());
        lists.push(match Asking::of(&app, site.clone(), raw, false, Channel::Server, lang).await {
            Ok(asking) => {
                let mut query = asked(&app, &asking, app.clock.now());
                query.limit = limit;
                let list = make_one(&app, &asking, &wanted.surface, query, wanted.shown)?;
                ListMade { list: Some(list), problem: None }
            }
            // One wrong id of a thousand does not cost the others their lists; a registry that is away does.
            Err(problem) if problem.kind() == Kind::Invalid => {
                ListMade { list: None, problem: Some(problem.detail().to_owned()) }
            }
            Err(problem) => return Err(problem),
        });
        // A thousand lists take half a second: requests of visitors go in between.
        tokio::task::yield_now().await;
    }
    Ok(Json(ListsMade { lists }))
}
