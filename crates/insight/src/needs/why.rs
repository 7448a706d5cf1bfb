//! Why a need was inferred, as a sentence for the person it is about.

use vocab::{ItemId, Text};

use super::{NeedModel, NeedScore, Scope};

impl NeedModel {
    /// The sentence; `title` names an item. Items without a title are counted, not named.
    pub fn why(&self, score: &NeedScore, title: &dyn Fn(&ItemId) -> Option<Text>) -> Text {
        let name = self.leaves.get(score.position as usize);
        let (zh, en) = name.map_or(("", ""), |leaf| (leaf.zh.as_str(), leaf.en.as_str()));
        let titles: Vec<Text> = score.evidence.iter().filter_map(title).collect();
        let named_zh: String =
            titles.iter().map(|title| format!("“{}”", title.get(vocab::Lang::Zh))).collect();
        let named_en: Vec<String> =
            titles.iter().map(|title| format!("“{}”", title.get(vocab::Lang::En))).collect();
        let (kept_zh, kept_en) = match score.scope {
            Scope::Session => {
                ("仅用于本次访问，不会保存。", "Used for this visit only, never stored.")
            }
            Scope::Profile => ("您可以随时删除此标签。", "You can delete this tag at any time."),
        };
        let (events, days) = (score.events, score.days);
        let what_zh = if named_zh.is_empty() { "相关内容".to_owned() } else { named_zh };
        let what_en =
            if named_en.is_empty() { "related content".to_owned() } else { named_en.join(", ") };
        Text::new(
            format!("您在{days}天内{events}次浏览了{what_zh}等，可能需要“{zh}”。{kept_zh}"),
            format!(
                "You looked at {what_en} ({events} times on {days} days), so you may need “{en}”. {kept_en}"
            ),
        )
    }
}
