//! The questions as they arrive: unknown fields refused, nothing checked yet.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use vocab::ItemKind;

use crate::{QueryError, Scope};

/// What a trend counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Pages and screens shown.
    #[default]
    PageViews,
    /// Different visitors who saw a page, so never more than page views.
    Visitors,
    /// Different people who saw a page: browsers of one person count once, where the person let that be known.
    People,
    /// Different visits with a page view.
    Sessions,
    /// Searches made.
    Searches,
    /// Events of any name.
    Events,
}

/// Width of a bucket of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day on the question's own clock.
    #[default]
    Day,
}

/// What an answer can be broken down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Channel.
    Channel,
    /// Column (栏目).
    Column,
    /// Department.
    Dept,
    /// Class of device.
    Device,
    /// Kind of item.
    Kind,
    /// Topic.
    Topic,
    /// Administrative division.
    Region,
    /// Name of the event.
    Event,
    /// Host of the page before.
    Referrer,
}

/// How a number moves over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trends {
    /// What is counted.
    pub metric: Metric,
    /// Width of a bucket.
    pub interval: Interval,
    /// One line for each of its (most frequent) values; `limit` says how many, 10 unless told.
    pub breakdown: Option<Dimension>,
}

/// What content is ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopBy {
    /// Items of the content library.
    #[default]
    Item,
    /// Pages by path.
    Page,
    /// Kinds of item.
    Kind,
    /// Columns (栏目).
    Column,
    /// Departments.
    Dept,
    /// Topics.
    Topic,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopOrder {
    /// Most views.
    #[default]
    Views,
    /// Most visitors.
    Visitors,
    /// Most reading time.
    Engaged,
}

/// What is read most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopContent {
    /// What a row stands for.
    pub by: TopBy,
    /// What comes first.
    pub order: TopOrder,
}

/// What recommendation performance is split by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecommendationBy {
    /// Pipeline and digest.
    #[default]
    Policy,
    /// Version of the models: the beginning of its digest, empty for lists made without any.
    Models,
    /// Position in the list, from 0.
    Position,
    /// Reason code.
    Reason,
    /// Item.
    Item,
    /// Hour of the impression.
    Hour,
    /// Day of the impression.
    Day,
}

/// How recommended lists perform: impressions, clicks on what was shown, and their ratio.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recommendations {
    /// What a row stands for.
    pub by: RecommendationBy,
}

/// Which search report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchReport {
    /// Most frequent queries.
    #[default]
    Top,
    /// Queries that found nothing.
    ZeroResults,
    /// One row over all queries.
    Summary,
}

/// What is searched for, and whether it is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Which report.
    pub report: SearchReport,
    /// Positions that count as found for `ctr_at_k`, 1 to 100.
    pub k: u32,
}

impl Default for Search {
    fn default() -> Self {
        Self { report: SearchReport::Top, k: 10 }
    }
}

/// One step of a funnel: an event, narrowed by what it was about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// Name of the event.
    pub event: String,
    /// Item.
    pub item: Option<String>,
    /// Kind of item.
    pub kind: Option<ItemKind>,
    /// Column (栏目).
    pub column: Option<String>,
    /// Department.
    pub dept: Option<String>,
    /// Topic.
    pub topic: Option<String>,
    /// Path of the page.
    pub path: Option<String>,
    /// Service matter.
    pub service: Option<String>,
}

/// Who walks through a funnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunnelBy {
    /// A visitor.
    #[default]
    Visitor,
    /// A visit.
    Session,
}

/// How many get from each step to the next, in order, within a window from the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Funnel {
    /// 2 to 32 steps.
    pub steps: Vec<Step>,
    /// Minutes from the first step to the last, 1 to 129,600 (90 days).
    pub window_minutes: u32,
    /// Who walks.
    pub by: FunnelBy,
    /// Split by a property of the first step.
    pub breakdown: Option<Dimension>,
}

impl Default for Funnel {
    fn default() -> Self {
        Self { steps: Vec::new(), window_minutes: 24 * 60, by: FunnelBy::Visitor, breakdown: None }
    }
}

/// What happens right now, minute by minute; `from` and `to` do not apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Realtime {
    /// How far back, 1 to 180.
    pub minutes: u32,
}

impl Default for Realtime {
    fn default() -> Self {
        Self { minutes: 30 }
    }
}

/// The questions the engine can answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum Question {
    /// How a number moves over time.
    Trends(Trends),
    /// What is read most.
    TopContent(TopContent),
    /// How recommended lists perform.
    Recommendations(Recommendations),
    /// What is searched for.
    Search(Search),
    /// How many get through.
    Funnel(Funnel),
    /// What happens right now.
    Realtime(Realtime),
}

/// A question about a scope; in JSON one flat object with the tag `question`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Query {
    /// Sites, period and filters.
    #[serde(flatten)]
    pub scope: Scope,
    /// What is asked.
    #[serde(flatten)]
    pub question: Question,
}

impl Query {
    /// The question in a flat JSON object.
    ///
    /// # Errors
    /// [`QueryError`] naming the first field that is unknown or of the wrong type.
    pub fn parse(value: Value) -> Result<Self, QueryError> {
        let Value::Object(mut own) = value else {
            return Err(QueryError::Shape("it is not an object".to_owned()));
        };
        let Some(tag) = own.remove("question") else {
            return Err(QueryError::field("question", "is missing"));
        };
        if own.contains_key("site") && own.contains_key("sites") {
            return Err(QueryError::field("site", "give either `site` or `sites`"));
        }
        let mut shared = Map::new();
        for field in Scope::FIELDS {
            if let Some(value) = own.remove(*field) {
                shared.insert((*field).to_owned(), value);
            }
        }
        let question = match tag.as_str() {
            Some("trends") => Question::Trends(typed(own)?),
            Some("top_content") => Question::TopContent(typed(own)?),
            Some("recommendations") => Question::Recommendations(typed(own)?),
            Some("search") => Question::Search(typed(own)?),
            Some("funnel") => Question::Funnel(typed(own)?),
            Some("realtime") => Question::Realtime(typed(own)?),
            _ => {
                return Err(QueryError::field(
                    "question",
                    "is one of trends, top_content, recommendations, search, funnel, realtime",
                ));
            }
        };
        Ok(Self { scope: typed(shared)?, question })
    }

    /// The question in the pairs of a query string; lists are separated by commas. Funnels need JSON.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn from_pairs<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, QueryError>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let mut fields = Map::new();
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            let value = match name.as_str() {
                "site" | "sites" => {
                    Value::Array(value.split(',').map(|part| number_or_text(part.trim())).collect())
                }
                "limit" | "include_bots" | "k" | "window_minutes" | "minutes" => {
                    number_or_text(&value)
                }
                _ => Value::String(value),
            };
            fields.insert(name, value);
        }
        Self::parse(Value::Object(fields))
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A number or truth value where the text is one.
fn number_or_text(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// The fields as a `T`, or the path of the one that does not fit.
fn typed<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, QueryError> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let path = error.path().to_string();
        QueryError::field(path, error.into_inner().to_string())
    })
}
