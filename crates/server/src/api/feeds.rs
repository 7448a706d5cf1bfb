//! Feeds of a column: RSS, Atom and JSON Feed, for readers, media and other portals.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use channels::feeds::{Feed, to_atom, to_json_feed, to_rss};
use registry::ItemFilter;
use url::Url;

use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::Path;
use crate::problem::{Answer, Problem};

/// Entries of a feed.
const ENTRIES: u32 = 50;

/// The newest items of a column; the ending says the format: `.rss`, `.atom` or `.json`.
#[utoipa::path(get, path = "/feeds/{site}/{column}", tag = "deliver",
    params(("site" = String, Path), ("column" = String, Path, description = "`all.rss`, `notice.atom`, `news.json`, …")),
    responses((status = 200, body = String), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn feed(
    State(app): State<App>,
    asking: Asking,
    Path((site, file)): Path<(String, String)>,
) -> Answer<Response> {
    let site = app.sites.find(Some(&site), None).ok_or_else(|| Problem::not_found("site"))?;
    let (column, format) = file.rsplit_once('.').ok_or_else(|| Problem::not_found("feed"))?;
    let known = match column {
        "all" => None,
        code => {
            let columns = app.registry.columns(site.id).await?;
            let column = columns.into_iter().find(|column| column.code == code);
            Some(column.ok_or_else(|| Problem::not_found("column"))?)
        }
    };
    let filter = ItemFilter {
        site: Some(site.id),
        column: known.as_ref().map(|column| column.code.clone()),
        servable: true,
        ..ItemFilter::default()
    };
    let items = app.registry.items(&filter, None, ENTRIES).await?.rows;
    let base = Url::parse(&app.config.public_url()).map_err(Problem::internal)?;
    let name = known.as_ref().map_or(&site.name, |column| &column.name);
    let feed = Feed {
        title: format!("{} · {}", name.get(asking.lang), site.name.get(asking.lang)),
        description: name.get(asking.lang).to_owned(),
        home: base.to_string(),
        address: format!("{}/feeds/{}/{file}", app.config.public_url(), site.code),
        author: site.name.get(asking.lang).to_owned(),
        lang: asking.lang,
        entries: Vec::new(),
    }
    .with_items(&items, &base);
    let (content_type, body) = match format {
        "rss" => ("application/rss+xml; charset=utf-8", to_rss(&feed)?),
        "atom" => ("application/atom+xml; charset=utf-8", to_atom(&feed)?),
        "json" => {
            ("application/feed+json; charset=utf-8", to_json_feed(&feed).to_string().into_bytes())
        }
        _ => return Err(Problem::not_found("feed")),
    };
    let headers =
        [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "public, max-age=60")];
    Ok((headers, body).into_response())
}
