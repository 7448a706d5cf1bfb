//! What a request knows: where, who, how far it may be personal, and what the person did and wished.

use jiff::{SignedDuration, Timestamp};
use vocab::{
    Audience, Channel, Consent, ItemId, Lang, NeedId, PrivacyMode, RequestId, SessionId, SiteId,
    Target, VisitorId,
};

/// A session's signals are this young; nothing older is used in [`PrivacyMode::Session`].
pub const SESSION: SignedDuration = SignedDuration::from_mins(30);

/// One request for a list.
#[derive(Clone, Debug)]
pub struct Query {
    /// Joins the answer to the clicks that follow.
    pub request: RequestId,
    /// The site that asks; 0 is all.
    pub site: SiteId,
    /// The item on the page, for lists beside it.
    pub item: Option<ItemId>,
    /// The column of the page, for lists on it; empty is none.
    pub column: String,
    /// Whom the list is for; never used in [`PrivacyMode::None`].
    pub visitor: Option<VisitorId>,
    /// The visit; never used in [`PrivacyMode::None`].
    pub session: SessionId,
    /// How far the list may be personal.
    pub mode: PrivacyMode,
    /// What the person agreed to: stored with the impressions.
    pub consent: Consent,
    /// Where it is shown.
    pub channel: Channel,
    /// Language of the page.
    pub lang: Lang,
    /// Division the page or the person chose (GB/T 2260); empty is unknown.
    pub region: String,
    /// Whom the page is for.
    pub audience: Audience,
    /// Items wanted; 0 takes the pipeline's own size. At most [`MAX_LIMIT`].
    pub limit: usize,
    /// What earlier pages of the same list gave: not given again.
    pub exclude: Vec<ItemId>,
    /// Whether every item should say what each component gave to its score.
    pub explain: bool,
    /// The experiment and the arm the request is in, `name:arm`; empty is none.
    pub experiment: String,
    /// The moment.
    pub now: Timestamp,
    /// What is known of the person.
    pub profile: Profile,
}

/// Most items of one list.
pub const MAX_LIMIT: usize = 100;

impl Query {
    /// An anonymous request at `now`.
    pub fn new(request: RequestId, now: Timestamp) -> Self {
        Self {
            request,
            site: SiteId(0),
            item: None,
            column: String::new(),
            visitor: None,
            session: SessionId(0),
            mode: PrivacyMode::None,
            consent: Consent::default(),
            channel: Channel::Web,
            lang: Lang::Zh,
            region: String::new(),
            audience: Audience::All,
            limit: 0,
            exclude: Vec::new(),
            explain: false,
            experiment: String::new(),
            now,
            profile: Profile::default(),
        }
    }
}

/// One thing the person did with an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The item.
    pub item: ItemId,
    /// When.
    pub at: Timestamp,
    /// How strongly it speaks for an interest; 1 is a page view.
    pub weight: f32,
}

impl From<Trace> for insight::Used {
    fn from(trace: Trace) -> Self {
        Self { item: trace.item, ts_ms: trace.at.as_millisecond(), weight: trace.weight }
    }
}

/// What is known of a person. Everything here is optional; what the privacy mode forbids is dropped before any
/// component sees it.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// What the person did, in any order.
    pub history: Vec<Trace>,
    /// Needs the person declared: they do not decay, and may be sensitive.
    pub declared: Vec<NeedId>,
    /// Needs the person deleted: not inferred again while listed here.
    pub denied: Vec<NeedId>,
    /// What the person follows.
    pub subscriptions: Vec<Target>,
    /// What was shown in lists, and when.
    pub served: Vec<(ItemId, Timestamp)>,
    /// What the person does not want to see.
    pub unwanted: Vec<ItemId>,
    /// What the person searched for, and when.
    pub searches: Vec<(String, Timestamp)>,
}

impl Profile {
    /// What of this may be used in `mode`: everything, the last 30 minutes, or nothing (invariant 4).
    #[must_use]
    pub fn within(&self, mode: PrivacyMode, now: Timestamp) -> Self {
        let recent = |at: Timestamp| now.duration_since(at) <= SESSION;
        match mode {
            PrivacyMode::None => Self::default(),
            PrivacyMode::Session => Self {
                history: self.history.iter().filter(|trace| recent(trace.at)).cloned().collect(),
                served: self.served.iter().filter(|(_, at)| recent(*at)).cloned().collect(),
                searches: self.searches.iter().filter(|(_, at)| recent(*at)).cloned().collect(),
                // A refusal or a deletion is obeyed, not learnt from.
                unwanted: self.unwanted.clone(),
                denied: self.denied.clone(),
                declared: Vec::new(),
                subscriptions: Vec::new(),
            },
            PrivacyMode::Profile => self.clone(),
        }
    }
}
