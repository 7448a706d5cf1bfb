//! Needs by keyword: what a page's own `<meta>` tags say it is about, in the words of the taxonomy.

use std::collections::HashMap;

use vocab::Taxonomy;

/// The taxonomy's words. A word that belongs to two needs says nothing.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    needs: HashMap<String, Option<String>>,
}

impl Topics {
    /// The names and keywords of every need, in Chinese and English.
    pub fn new(taxonomy: &Taxonomy) -> Self {
        let mut topics = Self::default();
        for need in &taxonomy.needs {
            let words = [&need.zh, &need.en].into_iter().chain(&need.kw_zh).chain(&need.kw_en);
            for word in words {
                topics.put(word, need.id.as_str());
            }
        }
        topics
    }

    fn put(&mut self, word: &str, need: &str) {
        let known =
            self.needs.entry(word.trim().to_lowercase()).or_insert_with(|| Some(need.to_owned()));
        if known.as_deref() != Some(need) {
            *known = None;
        }
    }

    /// The need that most of the words speak of, the first of equals.
    pub(crate) fn of<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Option<&str> {
        let mut votes: Vec<(&str, usize)> = Vec::new();
        for word in words {
            let Some(Some(need)) = self.needs.get(&word.trim().to_lowercase()) else { continue };
            match votes.iter_mut().find(|(known, _)| known == need) {
                Some((_, count)) => *count += 1,
                None => votes.push((need, 1)),
            }
        }
        let most = votes.iter().map(|(_, count)| *count).max()?;
        votes.into_iter().find(|(_, count)| *count == most).map(|(need, _)| need)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_named_need_wins_and_shared_words_do_not_count() {
        let mut topics = Topics::default();
        for (word, need) in [
            ("公积金", "fund"),
            ("提取", "fund"),
            ("落户", "hukou"),
            ("办理", "fund"),
            ("办理", "hukou"),
        ] {
            topics.put(word, need);
        }
        assert_eq!(topics.of(["落户", "公积金", "提取"]), Some("fund"));
        assert_eq!(topics.of(["落户", " 公积金"]), Some("hukou"));
        assert_eq!(topics.of(["办理", "天气"]), None);
    }
}
