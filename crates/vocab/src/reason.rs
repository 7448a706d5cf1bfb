//! Why an item is shown (invariant 6): a stable code and a sentence in both languages.

use serde::{Deserialize, Serialize};

use crate::Text;

/// The kinds of reason, most binding first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// An emergency: shown to everybody.
    Emergency,
    /// Must be shown by order of a higher authority.
    Mandated,
    /// An editor chose it.
    Curated,
    /// The person subscribed to its topic, department or column.
    Subscribed,
    /// It serves a need the person declared or the engine inferred.
    Need,
    /// It goes with something looked at in this visit.
    Session,
    /// It goes with the item on the page, or one read before.
    Similar,
    /// It reads like the item on the page, or one read before.
    Content,
    /// People with similar behaviour use it.
    Factors,
    /// It belongs to something searched for.
    Search,
    /// It is read more than usual right now.
    Trending,
    /// It is read much.
    Popular,
    /// It is new.
    Fresh,
}

impl ReasonCode {
    /// The name in the wire format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Mandated => "mandated",
            Self::Curated => "curated",
            Self::Subscribed => "subscribed",
            Self::Need => "need",
            Self::Session => "session",
            Self::Similar => "similar",
            Self::Content => "content",
            Self::Factors => "factors",
            Self::Search => "search",
            Self::Trending => "trending",
            Self::Popular => "popular",
            Self::Fresh => "fresh",
        }
    }

    /// Whether the person's own behaviour or wishes led to it.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::Subscribed | Self::Need | Self::Session | Self::Factors | Self::Search)
    }

    /// The sentence for a citizen; `about` names the need, item or department it rests on, or among whom something is
    /// used where that is not everybody.
    pub fn sentence(self, about: &Text) -> Text {
        let (zh, en) = (&about.zh, &about.en);
        match self {
            Self::Emergency => {
                Text::new("应急信息，面向所有人", "Emergency information for everybody")
            }
            Self::Mandated => {
                Text::new("上级要求转载的重要信息", "Important information every site must carry")
            }
            Self::Curated => Text::new("编辑推荐", "Chosen by the editors"),
            Self::Subscribed => {
                Text::new(format!("您订阅了“{zh}”"), format!("You subscribed to “{en}”"))
            }
            Self::Need => Text::new(format!("您可能需要“{zh}”"), format!("You may need “{en}”")),
            Self::Session => Text::new(
                format!("与您刚才浏览的“{zh}”相关"),
                format!("Goes with “{en}”, which you just viewed"),
            ),
            Self::Similar => Text::new(
                format!("浏览“{zh}”的人也看了"),
                format!("People who viewed “{en}” also viewed this"),
            ),
            Self::Content => {
                Text::new(format!("内容与“{zh}”相近"), format!("Its content is like “{en}”"))
            }
            Self::Factors => {
                Text::new("与您浏览习惯相近的人也在看", "Used by people with similar interests")
            }
            Self::Search => Text::new(
                format!("与您搜索的“{zh}”相关"),
                format!("Goes with your search for “{en}”"),
            ),
            Self::Trending if zh.is_empty() => {
                Text::new("近期关注度上升", "Read more than usual right now")
            }
            Self::Trending => Text::new(
                format!("{zh}近期关注度上升"),
                format!("Read more than usual {en} right now"),
            ),
            Self::Popular if zh.is_empty() => Text::new("大家常用", "Much used"),
            Self::Popular => Text::new(format!("{zh}常用"), format!("Much used {en}")),
            Self::Fresh => Text::new("最新发布", "Newly published"),
        }
    }
}

/// Why an item is shown, ready to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The stable code.
    pub code: ReasonCode,
    /// The sentence.
    pub text: Text,
}

impl Reason {
    /// The reason `code`, resting on `about`.
    pub fn new(code: ReasonCode, about: &Text) -> Self {
        Self { code, text: code.sentence(about) }
    }
}
