//! What an expression may ask about an item and the request it is considered for.

use crate::candidate::Candidate;
use crate::catalogue::{Entry, Place};
use crate::context::Context;

const DAY_MS: f64 = 86_400_000.0;
const HOUR_MS: i64 = 3_600_000;
/// Portals keep the time of China, +08:00 all year.
const PORTAL_HOURS: i64 = 8;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Number,
    Truth,
    Text,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident $name:literal $of:ident,)*) => {
        /// A field of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field { $($(#[$doc])* $field,)* }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$field,)*];

            /// As it is written.
            pub fn name(self) -> &'static str {
                match self { $(Self::$field => $name,)* }
            }

            pub(super) fn of(self) -> Type {
                match self { $(Self::$field => Type::$of,)* }
            }
        }
    };
}

fields! {
    /// The family: `service`, `policy`, …
    Kind "kind" Text,
    /// The department.
    Dept "dept" Text,
    /// The column.
    Column "column" Text,
    /// The topic.
    Topic "topic" Text,
    /// The division.
    Region "region" Text,
    /// `natural`, `legal` or `all`.
    Audience "audience" Text,
    /// The title in Chinese.
    TitleZh "title_zh" Text,
    /// The item.
    Id "id" Text,
    /// Where the list is shown.
    Channel "channel" Text,
    /// Number of the site that publishes it.
    Site "site" Number,
    /// 0 to 3.
    Importance "importance" Number,
    /// Days since publication.
    AgeDays "age_days" Number,
    /// How much it is used, 0 to 1.
    Popularity "popularity" Number,
    /// How much more than usual it is used; 1 is as usual.
    Trend "trend" Number,
    /// Clicks in lists.
    Clicks "clicks" Number,
    /// Times shown in lists.
    Impressions "impressions" Number,
    /// Hour of the request in portal time, 0 to 23.
    Hour "hour" Number,
    /// Must be shown by order.
    Mandated "mandated" Truth,
    /// Before everything else.
    Emergency "emergency" Truth,
    /// Whether the person's own behaviour or wishes led to it.
    Personalized "personalized" Truth,
}

/// An item in a request, as an expression sees it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    context: &'a Context<'a>,
    entry: &'a Entry,
    place: Place,
    personal: bool,
}

impl<'a> Subject<'a> {
    /// A candidate of a request.
    pub fn new(context: &'a Context<'a>, candidate: &Candidate) -> Self {
        let (place, personal) = (candidate.item, candidate.is_personal());
        Self { context, entry: context.world.catalogue().at(place), place, personal }
    }

    pub(super) fn number(&self, field: Field) -> f64 {
        let counts = || self.context.world.live.counts(self.place);
        match field {
            Field::Site => f64::from(self.entry.site.0),
            Field::Importance => f64::from(self.entry.importance),
            Field::AgeDays => (self.context.now - self.entry.published) as f64 / DAY_MS,
            Field::Popularity => f64::from(counts().popularity),
            Field::Trend => f64::from(counts().trend),
            Field::Clicks => f64::from(counts().clicks),
            Field::Impressions => f64::from(counts().impressions),
            Field::Hour => {
                (self.context.now.div_euclid(HOUR_MS) + PORTAL_HOURS).rem_euclid(24) as f64
            }
            _ => f64::NAN,
        }
    }

    pub(super) fn truth(&self, field: Field) -> bool {
        match field {
            Field::Mandated => self.entry.mandated,
            Field::Emergency => self.entry.emergency,
            Field::Personalized => self.personal,
            _ => false,
        }
    }

    pub(super) fn text(&self, field: Field) -> &'a str {
        match field {
            Field::Kind => self.entry.kind.as_str(),
            Field::Dept => self.context.world.catalogue().dept(self.entry.dept),
            Field::Column => &self.entry.column,
            Field::Topic => &self.entry.topic,
            Field::Region => &self.entry.region,
            Field::Audience => match self.entry.audience {
                vocab::Audience::Natural => "natural",
                vocab::Audience::Legal => "legal",
                vocab::Audience::All => "all",
            },
            Field::TitleZh => &self.entry.title.zh,
            Field::Id => self.entry.id.as_str(),
            Field::Channel => self.context.request().channel.as_str(),
            _ => "",
        }
    }
}
