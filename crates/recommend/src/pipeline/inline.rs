//! The tests a definition carries: a small catalogue, a visitor, and what the list must look like.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;
use vocab::{
    Audience, Channel, Item, ItemId, ItemKind, Lang, Lifecycle, NeedId, PrivacyMode, ReasonCode,
    RequestId, ReviewState, SiteId, Target, Taxonomy, Text, VisitorId,
};

use super::Pipeline;
use super::run::recommend_within;
use crate::query::Trace;
use crate::{
    Answer, Crowd, Live, Parts, Pin, Profile, Query, RecommendError, Segment, Voted, World,
};

/// The moment all tests play at: any other would do.
const NOW_SECOND: i64 = 1_780_000_000;
/// A promise must not depend on how busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// One test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlineTest {
    /// What must hold, as a sentence.
    pub name: String,
    /// The catalogue.
    pub item: Vec<TestItem>,
    /// Most used items, most used first.
    #[serde(default)]
    pub popular: Vec<String>,
    /// Items used more than usual, furthest above it first.
    #[serde(default)]
    pub trending: Vec<String>,
    /// What parts of everybody use.
    #[serde(default)]
    pub crowd: Vec<TestCrowd>,
    /// Items editors chose.
    #[serde(default)]
    pub pinned: Vec<ItemId>,
    /// Whom the list is for.
    #[serde(default)]
    pub visitor: TestVisitor,
    /// Items wanted; 0 is the pipeline's own size.
    #[serde(default)]
    pub limit: usize,
    /// What must hold.
    pub expect: Expect,
}

/// An item of a test's catalogue.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TestItem {
    /// Its id, and its title where none is given.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its title in English.
    pub title_en: String,
    /// Its family.
    pub kind: ItemKind,
    /// Department.
    pub dept: String,
    /// Column.
    pub column: String,
    /// Division.
    pub region: String,
    /// Whom it is for.
    pub audience: Audience,
    /// The site that publishes it.
    pub site: SiteId,
    /// Needs.
    pub needs: Vec<NeedId>,
    /// Items it belongs to.
    pub relates_to: Vec<ItemId>,
    /// Age in days.
    pub days_old: i64,
    /// Days until it expires; negative is in the past.
    pub expires_in_days: Option<i64>,
    /// 0 to 3.
    pub importance: u8,
    /// Must be shown.
    pub mandated: bool,
    /// Before everything.
    pub emergency: bool,
    /// Stand in its life.
    pub lifecycle: Lifecycle,
}

/// A part of everybody in a test, large enough to count nearly alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TestCrowd {
    /// Where; without it on every channel.
    pub channel: Option<Channel>,
    /// Division; empty is everywhere.
    pub region: String,
    /// Whom for; only together with a channel.
    pub audience: Audience,
    /// Its most used items, most used first.
    pub popular: Vec<String>,
    /// Those of them used more than usual.
    pub trending: Vec<String>,
}

/// The visitor of a test.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TestVisitor {
    /// How far the list may be personal.
    pub mode: PrivacyMode,
    /// The item on the page.
    pub on: Option<ItemId>,
    /// The column of the page.
    pub column: String,
    /// Language of the page.
    pub lang: Lang,
    /// What earlier pages gave.
    pub given: Vec<ItemId>,
    /// Where it is shown.
    pub channel: Channel,
    /// Division.
    pub region: String,
    /// Whom the page is for.
    pub audience: Audience,
    /// The site.
    pub site: SiteId,
    /// Items used, with the minutes since.
    pub used: BTreeMap<String, i64>,
    /// Items shown in lists, with the minutes since each time.
    pub served: BTreeMap<String, Vec<i64>>,
    /// Needs declared.
    pub declared: Vec<NeedId>,
    /// What is followed.
    pub follows: Vec<Target>,
    /// What is not wanted.
    pub unwanted: Vec<ItemId>,
}

/// What a test expects; what is not named is not checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The list begins with these.
    pub first: Vec<String>,
    /// The list has these.
    pub contains: Vec<String>,
    /// The list has none of these.
    pub excludes: Vec<String>,
    /// The list has so many.
    pub size: Option<usize>,
    /// Reasons of items.
    pub reasons: BTreeMap<String, ReasonCode>,
    /// Whether anything is personal.
    pub personalized: Option<bool>,
}

impl InlineTest {
    /// Runs the test against the pipeline.
    pub(crate) fn check(
        &self,
        pipeline: &Pipeline,
        taxonomy: &Arc<Taxonomy>,
    ) -> Result<(), RecommendError> {
        let now = Timestamp::from_second(NOW_SECOND).unwrap_or_default();
        let items: Vec<Item> = self.item.iter().map(|item| item.item(now)).collect();
        let uses = self.popular.iter().rev().zip(1_u8..);
        let popular = uses.map(|(id, uses)| (ItemId::from(id.as_str()), f32::from(uses))).collect();
        let rises = self.trending.iter().rev().zip(2_u8..);
        let trending = rises.map(|(id, by)| (ItemId::from(id.as_str()), f32::from(by))).collect();
        let pins = self.pinned.iter().map(|item| Pin {
            item: item.clone(),
            pipeline: String::new(),
            site: SiteId(0),
            until: None,
        });
        let world = World::new(Parts {
            items: &items,
            taxonomy: Arc::clone(taxonomy),
            live: Live {
                popular,
                trending,
                crowds: self.crowd.iter().map(TestCrowd::crowd).collect(),
                pins: pins.collect(),
                ..Live::default()
            },
            ..Parts::default()
        });
        let answer =
            recommend_within(pipeline, &self.visitor.query(now, self.limit), &world, PATIENCE);
        self.expect.check(&answer).map_err(|problem| RecommendError::Test {
            name: pipeline.name.clone(),
            test: self.name.clone(),
            problem,
        })
    }
}

impl TestItem {
    fn item(&self, now: Timestamp) -> Item {
        let days = |days: i64| SignedDuration::from_hours(24 * days.clamp(-36_500, 36_500));
        let title = if self.title.is_empty() { &self.id } else { &self.title };
        Item {
            id: self.id.as_str().into(),
            title: Text::new(title, self.title_en.as_str()),
            kind: self.kind,
            dept: self.dept.clone(),
            column: self.column.clone(),
            region: self.region.clone(),
            audience: self.audience,
            site: self.site,
            needs: self.needs.clone(),
            relates_to: self.relates_to.clone(),
            published_at: now - days(self.days_old),
            expires_at: self.expires_in_days.map(|in_days| now + days(in_days)),
            importance: self.importance,
            mandated: self.mandated,
            emergency: self.emergency,
            lifecycle: self.lifecycle,
            review: ReviewState::Approved,
            ..Item::default()
        }
    }
}

impl TestCrowd {
    fn crowd(&self) -> Crowd {
        let part = Segment::all_of(self.channel.unwrap_or_default(), &self.region, self.audience)
            .find(|part| part.channel == self.channel);
        let voted = |(id, rank): (&String, u8)| {
            let votes = 100.0 * f32::from(rank);
            let rises = self.trending.contains(id);
            let pace = if rises { 10.0 * votes } else { votes };
            Voted { item: id.as_str().into(), votes, pace }
        };
        let items: Vec<Voted> = self.popular.iter().rev().zip(1_u8..).map(voted).collect();
        let votes = items.iter().map(|voted| voted.votes).sum();
        Crowd { segment: part.unwrap_or_default(), votes, recent: votes, items }
    }
}

impl TestVisitor {
    fn query(&self, now: Timestamp, limit: usize) -> Query {
        let ago = |minutes: i64| now - SignedDuration::from_mins(minutes.clamp(0, 5_000_000));
        let trace = |(id, minutes): (&String, &i64)| Trace {
            item: id.as_str().into(),
            at: ago(*minutes),
            weight: 1.0,
        };
        let served = self.served.iter();
        let served =
            served.flat_map(|(id, times)| times.iter().map(|at| (id.as_str().into(), ago(*at))));
        Query {
            site: self.site,
            item: self.on.clone(),
            column: self.column.clone(),
            lang: self.lang,
            exclude: self.given.clone(),
            visitor: Some(VisitorId(1)),
            mode: self.mode,
            channel: self.channel,
            region: self.region.clone(),
            audience: self.audience,
            limit,
            profile: Profile {
                history: self.used.iter().map(trace).collect(),
                declared: self.declared.clone(),
                subscriptions: self.follows.clone(),
                served: served.collect(),
                unwanted: self.unwanted.clone(),
                ..Profile::default()
            },
            ..Query::new(RequestId(Uuid::nil()), now)
        }
    }
}

impl Expect {
    fn check(&self, answer: &Answer) -> Result<(), String> {
        let items = &answer.response.items;
        let shown: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        if !shown.iter().copied().take(self.first.len()).eq(self.first.iter().map(String::as_str)) {
            return Err(format!("expected first {:?}, the list is {shown:?}", self.first));
        }
        if let Some(missing) = self.contains.iter().find(|id| !shown.contains(&id.as_str())) {
            return Err(format!("expected {missing}, the list is {shown:?}"));
        }
        if let Some(extra) = self.excludes.iter().find(|id| shown.contains(&id.as_str())) {
            return Err(format!("expected no {extra}, the list is {shown:?}"));
        }
        if let Some(size) = self.size.filter(|size| *size != shown.len()) {
            return Err(format!("expected {size} items, the list is {shown:?}"));
        }
        for (id, code) in &self.reasons {
            let given =
                items.iter().find(|item| item.id.as_str() == id).map(|item| item.reason.code);
            if given != Some(*code) {
                return Err(format!("expected {id} because of {}, it is {given:?}", code.as_str()));
            }
        }
        match self.personalized {
            Some(personalized) if personalized != answer.response.personalized => {
                Err(format!("expected personalized = {personalized}"))
            }
            _ => Ok(()),
        }
    }
}
