//! From names in definitions to components.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::stage::{Effect, Filter, Scorer, Selector, Source};
use crate::RecommendError;
use crate::effects::impressions::Impressions;
use crate::expression::{Condition, ExpressionError, Number};
use crate::filters::{
    audience, condition, current_item, duplicate, expired, language, never, region, seen,
    sensitivity, served, site, unwanted,
};
use crate::objectives::Weights;
use crate::scorers::{
    boost::Boost, freshness::Freshness, objectives::Objectives, weighted_sum::WeightedSum,
};
use crate::selectors::{dpp, mmr, rules::Rules, top_k::TopK};
use crate::sources::{
    Limit, category, cold_start, content, editorial, emergency, factors, fresh, mandated, needs,
    next, popular, search_intent, session, similar, subscriptions, trending,
};

/// Names of the sources.
pub const SOURCES: [&str; 16] = [
    "emergency",
    "mandated",
    "editorial",
    "subscriptions",
    "needs",
    "session",
    "next",
    "similar",
    "content",
    "category",
    "factors",
    "cold_start",
    "search_intent",
    "popular",
    "trending",
    "fresh",
];
/// Names of the filters.
pub const FILTERS: [&str; 14] = [
    "expired",
    "site",
    "region",
    "audience",
    "current_item",
    "duplicate",
    "unwanted",
    "where",
    "language",
    "sensitivity",
    "never_from",
    "never_to",
    "seen",
    "served",
];
/// Names of the scorers.
pub const SCORERS: [&str; 4] = ["weighted_sum", "freshness", "boost", "objectives"];
/// Names of the selectors.
pub const SELECTORS: [&str; 3] = ["top_k", "mmr", "dpp"];
/// Names of the effects.
pub const EFFECTS: [&str; 1] = ["impressions"];

/// One component as a definition writes it: its name and its parameters.
pub(super) struct Use<'a> {
    pub(super) pipeline: &'a str,
    pub(super) stage: &'static str,
    pub(super) name: String,
    pub(super) parameters: Table,
}

/// A component without parameters.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The parameter of the filter `where`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Keep {
    keep: String,
}

/// The parameter of the scorer `boost`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct By {
    by: String,
}

impl Use<'_> {
    fn expression<T>(
        &self,
        field: &'static str,
        read: Result<T, ExpressionError>,
    ) -> Result<T, RecommendError> {
        read.map_err(|error| RecommendError::Value {
            name: self.pipeline.to_owned(),
            field,
            problem: format!("of {} {}: {error}", self.stage, self.name),
        })
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, RecommendError> {
        T::deserialize(Value::Table(self.parameters.clone())).map_err(|error| {
            RecommendError::Parameter {
                name: self.pipeline.to_owned(),
                stage: self.stage,
                component: self.name.clone(),
                source: Box::new(error),
            }
        })
    }

    fn bare<T>(&self, component: T) -> Result<T, RecommendError> {
        self.parse::<Nothing>().map(|Nothing {}| component)
    }

    fn unknown(&self, known: &[&str]) -> RecommendError {
        RecommendError::UnknownComponent {
            name: self.pipeline.to_owned(),
            stage: self.stage,
            component: self.name.clone(),
            known: known.join(", "),
        }
    }

    /// Every one of `numbers` must be finite and at least `least`.
    fn numbers(
        &self,
        field: &'static str,
        least: f32,
        numbers: &[f32],
    ) -> Result<(), RecommendError> {
        if numbers.iter().all(|number| number.is_finite() && *number >= least) {
            return Ok(());
        }
        Err(RecommendError::Value {
            name: self.pipeline.to_owned(),
            field,
            problem: format!(
                "of {} {} must be a number of at least {least}",
                self.stage, self.name
            ),
        })
    }

    pub(super) fn source(&self) -> Result<Box<dyn Source>, RecommendError> {
        let limit = || self.parse::<Limit>().map(|parameters| parameters.limit);
        Ok(match self.name.as_str() {
            "emergency" => Box::new(emergency::Emergency { limit: limit()? }),
            "mandated" => Box::new(self.parse::<mandated::Mandated>()?),
            "editorial" => Box::new(editorial::Editorial { limit: limit()? }),
            "content" => Box::new(content::Content { limit: limit()? }),
            "category" => Box::new(category::Category { limit: limit()? }),
            "subscriptions" => Box::new(subscriptions::Subscriptions { limit: limit()? }),
            "needs" => Box::new(needs::Needs { limit: limit()? }),
            "session" => Box::new(session::Session { limit: limit()? }),
            "next" => Box::new(next::Next { limit: limit()? }),
            "similar" => Box::new(similar::Similar { limit: limit()? }),
            "factors" => Box::new(factors::Factors { limit: limit()? }),
            "cold_start" => Box::new(cold_start::ColdStart { limit: limit()? }),
            "search_intent" => Box::new(search_intent::SearchIntent { limit: limit()? }),
            "popular" => Box::new(popular::Popular(self.parse()?)),
            "trending" => Box::new(trending::Trending(self.parse()?)),
            "fresh" => {
                let fresh: fresh::Fresh = self.parse()?;
                self.numbers("half_life_days", 0.01, &[fresh.half_life_days])?;
                Box::new(fresh)
            }
            _ => return Err(self.unknown(&SOURCES)),
        })
    }

    pub(super) fn filter(&self) -> Result<Box<dyn Filter>, RecommendError> {
        Ok(match self.name.as_str() {
            "expired" => Box::new(self.bare(expired::Expired)?),
            "site" => Box::new(self.bare(site::Site)?),
            "region" => Box::new(self.bare(region::Region)?),
            "audience" => Box::new(self.bare(audience::Audience)?),
            "current_item" => Box::new(self.bare(current_item::CurrentItem)?),
            "duplicate" => Box::new(self.bare(duplicate::Duplicate)?),
            "unwanted" => Box::new(self.bare(unwanted::Unwanted)?),
            "where" => {
                let Keep { keep } = self.parse()?;
                let keep = self.expression("keep", Condition::parse(&keep))?;
                Box::new(condition::Where { keep })
            }
            "language" => Box::new(self.bare(language::Language)?),
            "sensitivity" => Box::new(self.bare(sensitivity::NotSensitive)?),
            "never_from" => Box::new(never::NeverFrom(self.parse()?)),
            "never_to" => Box::new(never::NeverTo(self.parse()?)),
            "seen" => Box::new(self.parse::<seen::Seen>()?),
            "served" => Box::new(self.parse::<served::Served>()?),
            _ => return Err(self.unknown(&FILTERS)),
        })
    }

    pub(super) fn scorer(&self) -> Result<Box<dyn Scorer>, RecommendError> {
        Ok(match self.name.as_str() {
            "weighted_sum" => {
                let sum: WeightedSum = self.parse()?;
                if let Some(source) =
                    sum.weights.keys().find(|name| !SOURCES.contains(&name.as_str()))
                {
                    return Err(RecommendError::UnknownComponent {
                        name: self.pipeline.to_owned(),
                        stage: "source",
                        component: source.clone(),
                        known: SOURCES.join(", "),
                    });
                }
                let weights: Vec<f32> = sum.weights.values().copied().collect();
                self.numbers("weights", 0.0, &weights)?;
                self.numbers("importance", 0.0, &[sum.importance])?;
                Box::new(sum)
            }
            "freshness" => {
                let freshness: Freshness = self.parse()?;
                self.numbers("weight", 0.0, &[freshness.weight])?;
                self.numbers("half_life_days", 0.01, &[freshness.half_life_days])?;
                Box::new(freshness)
            }
            "objectives" => {
                let objectives: Objectives = self.parse()?;
                let Weights { click, useful, completed } = objectives.objectives;
                self.numbers("objectives", 0.0, &[click, useful, completed])?;
                self.numbers("weight", 0.0, &[objectives.weight])?;
                Box::new(objectives)
            }
            "boost" => {
                let By { by } = self.parse()?;
                Box::new(Boost { by: self.expression("by", Number::parse(&by))? })
            }
            _ => return Err(self.unknown(&SCORERS)),
        })
    }

    pub(super) fn selector(&self) -> Result<Box<dyn Selector>, RecommendError> {
        match self.name.as_str() {
            "top_k" => Ok(Box::new(TopK { rules: self.rules(&[])? })),
            "mmr" => {
                let parameters: mmr::Parameters = self.only(&["lambda"]).parse()?;
                self.numbers("lambda", 0.0, &[parameters.lambda, 1.0 - parameters.lambda])?;
                Ok(Box::new(mmr::Mmr { rules: self.rules(&["lambda"])?, parameters }))
            }
            "dpp" => {
                let parameters: dpp::Parameters = self.only(&["theta"]).parse()?;
                self.numbers("theta", 0.0, &[parameters.theta])?;
                Ok(Box::new(dpp::Dpp { rules: self.rules(&["theta"])?, parameters }))
            }
            _ => Err(self.unknown(&SELECTORS)),
        }
    }

    /// This component with some of its parameters.
    fn only(&self, keys: &[&str]) -> Self {
        let wanted = |(key, value): (&String, &Value)| {
            keys.contains(&key.as_str()).then(|| (key.clone(), value.clone()))
        };
        let parameters = self.parameters.iter().filter_map(wanted).collect();
        Self { name: self.name.clone(), parameters, ..*self }
    }

    /// What all selectors keep to: every parameter that is not the selector's `own`.
    fn rules(&self, own: &[&str]) -> Result<Rules, RecommendError> {
        let others: Vec<&str> =
            self.parameters.keys().map(String::as_str).filter(|key| !own.contains(key)).collect();
        let rules: Rules = self.only(&others).parse()?;
        if let Some(explore) = &rules.explore {
            self.numbers("explore.prior_clicks", 0.01, &[explore.prior_clicks])?;
            let others = explore.prior_views - explore.prior_clicks;
            self.numbers("explore.prior_views", explore.prior_clicks, &[explore.prior_views])?;
            self.numbers("explore.prior_views", 0.01, &[others])?;
        }
        if let Some(fresh) = &rules.min_fresh {
            self.numbers("min_fresh.impressions", 0.0, &[fresh.impressions])?;
        }
        Ok(rules)
    }

    pub(super) fn effect(&self) -> Result<Box<dyn Effect>, RecommendError> {
        match self.name.as_str() {
            "impressions" => Ok(Box::new(self.bare(Impressions)?)),
            _ => Err(self.unknown(&EFFECTS)),
        }
    }
}
