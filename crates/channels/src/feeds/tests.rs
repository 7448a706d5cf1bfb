//! Tests of the feeds with an independent parser.

use vocab::{ItemId, Lifecycle, ReviewState, Text};

use super::*;

fn item(id: &str, day: &str, title: &str) -> Item {
    Item {
        id: ItemId::from(id),
        title: Text::new(title, ""),
        summary: Text::new("一句话 <b>&amp;</b> ]]>", ""),
        url: format!("/item/{id}"),
        dept: "市人社局".to_owned(),
        themes: vec!["N085".to_owned()],
        topic: "T15".to_owned(),
        published_at: format!("{day}T01:02:03Z").parse().unwrap(),
        review: ReviewState::Approved,
        ..Item::default()
    }
}

fn feed() -> Feed {
    let mut draft = item("draft", "2026-11-22", "不可见");
    draft.review = ReviewState::Submitted;
    let mut gone = item("gone", "2026-11-22", "不可见");
    gone.lifecycle = Lifecycle::Withdrawn;
    let items = [
        item("b", "2026-11-20", "社保卡“换领” & <更新>\u{0}\u{b}"),
        item("a 1", "2026-11-21", "公积金提取"),
        item("c", "2026-11-21", "同日"),
        draft,
        gone,
    ];
    Feed {
        title: "政策文件".to_owned(),
        description: "市政府政策文件".to_owned(),
        home: "https://city.example/zcwj/".to_owned(),
        address: "https://city.example/feeds/zcwj.xml".to_owned(),
        author: "市政府".to_owned(),
        lang: Lang::Zh,
        entries: Vec::new(),
    }
    .with_items(&items, &url::Url::parse("https://city.example/").unwrap())
}

#[test]
fn the_three_formats_say_the_same_to_an_independent_parser() {
    let feed = feed();
    let json = to_json_feed(&feed).to_string().into_bytes();
    for bytes in [to_rss(&feed).unwrap(), to_atom(&feed).unwrap(), json] {
        let parsed = feed_rs::parser::parse(&bytes[..]).unwrap();
        assert_eq!(parsed.title.unwrap().content, "政策文件");
        assert_eq!(parsed.language.as_deref().map(str::to_lowercase).as_deref(), Some("zh-cn"));
        let told: Vec<_> = parsed
            .entries
            .iter()
            .map(|entry| {
                (
                    entry.id.clone(),
                    entry.title.as_ref().unwrap().content.clone(),
                    entry.links[0].href.clone(),
                    entry.published.unwrap().timestamp(),
                )
            })
            .collect();
        let meant: Vec<_> = feed
            .entries
            .iter()
            .map(|entry| {
                (
                    entry.id.clone(),
                    entry.title.clone(),
                    entry.url.clone(),
                    entry.published.as_second(),
                )
            })
            .collect();
        assert_eq!(told, meant, "{:?}", parsed.feed_type);
    }
}

#[test]
fn what_may_not_be_served_is_not_in_a_feed_and_the_order_is_total() {
    let titles: Vec<_> = feed().entries.into_iter().map(|entry| entry.title).collect();
    assert_eq!(titles, ["公积金提取", "同日", "社保卡“换领” & <更新>"]);
}

#[test]
fn an_empty_feed_is_a_valid_feed() {
    let empty = Feed { entries: Vec::new(), ..feed() };
    for bytes in [to_rss(&empty).unwrap(), to_atom(&empty).unwrap()] {
        assert!(feed_rs::parser::parse(&bytes[..]).unwrap().entries.is_empty());
    }
}
