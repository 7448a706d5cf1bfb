//! Behaviour questions: the number, the rows, and the SQL that gave them.

use std::time::Instant;

use analytics::{Query as Question, QueryError};
use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::problem::{Answer, Kind, Problem};

/// An answered question.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalyticsAnswer {
    /// Names and meanings of the columns.
    #[schema(value_type = Vec<Object>)]
    columns: Vec<analytics::Column>,
    /// The rows, values in column order.
    #[schema(value_type = Vec<Vec<Object>>)]
    rows: Vec<Vec<Value>>,
    /// The SQL that ran.
    sql: String,
    /// Its parameters, bound on the server.
    #[schema(value_type = Object)]
    params: Map<String, Value>,
    /// Time it took, in milliseconds.
    took_ms: f64,
}

/// Asks a question as JSON: `{"question": "trends", "metric": "visitors", "interval": "day"}`.
#[utoipa::path(post, path = "/v1/analytics/query", tag = "analytics",
    request_body(content = Object, description = "See the README of `analytics` for every question and field"),
    responses((status = 200, body = AnalyticsAnswer), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn query(
    State(app): State<App>,
    _: Staff,
    Json(body): Json<Value>,
) -> Answer<Json<AnalyticsAnswer>> {
    let body = with_site_numbers(&app, body)?;
    answer(&app, Question::parse(body)?).await.map(Json)
}

/// Asks a question in the address: `trends`, `top_content`, `recommendations`, `search`, `realtime`.
///
/// `format=csv` answers as CSV.
#[utoipa::path(get, path = "/v1/analytics/{question}", tag = "analytics",
    params(("question" = String, Path)),
    responses((status = 200, body = AnalyticsAnswer), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn ask(
    State(app): State<App>,
    _: Staff,
    Path(question): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer<Response> {
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect();
    let mut csv = false;
    pairs.retain(|(name, value)| {
        let is_format = name == "format";
        csv |= is_format && value == "csv";
        !is_format
    });
    for (name, value) in &mut pairs {
        if name == "site" && value.parse::<u32>().is_err() {
            *value = site_number(&app, value)?.to_string();
        }
    }
    pairs.push(("question".to_owned(), question));
    let answer = answer(&app, Question::from_pairs(pairs)?).await?;
    if csv {
        let text = to_csv(&answer);
        return Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response());
    }
    Ok(Json(answer).into_response())
}

async fn answer(app: &App, question: Question) -> Answer<AnalyticsAnswer> {
    let plan = question.check(app.clock.now())?.plan();
    let started = Instant::now();
    let rows = app
        .warehouse
        .run(&plan)
        .await
        .map_err(|error| Problem::unavailable("the analytic store", error))?;
    Ok(AnalyticsAnswer {
        rows: rows
            .rows
            .into_iter()
            .map(|mut row| {
                plan.columns
                    .iter()
                    .map(|column| row.remove(column.name).unwrap_or_default())
                    .collect()
            })
            .collect(),
        params: plan
            .params
            .iter()
            .filter_map(|param| {
                Some((param.name.clone(), serde_json::to_value(&param.value).ok()?))
            })
            .collect(),
        columns: plan.columns,
        sql: plan.sql,
        took_ms: started.elapsed().as_secs_f64() * 1e3,
    })
}

/// Site codes in a JSON question become numbers.
fn with_site_numbers(app: &App, mut body: Value) -> Answer<Value> {
    if let Some(Value::String(code)) = body.get("site") {
        let number = site_number(app, code)?;
        body["site"] = number.into();
    }
    Ok(body)
}

fn site_number(app: &App, code: &str) -> Answer<u32> {
    let site = app.sites.find(Some(code), None);
    site.map(|site| site.id.0).ok_or_else(|| Problem::field("site", format!("no site `{code}`")))
}

fn to_csv(answer: &AnalyticsAnswer) -> String {
    let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out: String =
        answer.columns.iter().map(|column| quote(column.name)).collect::<Vec<_>>().join(",");
    for row in &answer.rows {
        out.push_str("\r\n");
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match cell {
                Value::String(text) => quote(text),
                Value::Null => String::new(),
                other => other.to_string(),
            })
            .collect();
        out.push_str(&cells.join(","));
    }
    out.push_str("\r\n");
    out
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Field { field, detail } => Self::field(field, detail),
            other => Self::new(Kind::Invalid, other.to_string()),
        }
    }
}
