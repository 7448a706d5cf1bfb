//! Suggestions, pinyin and corrections.

use vocab::Lang;

use super::*;
use crate::{Origin, PopularQuery};

fn portal() -> SearchIndex {
    let mut fund = item("fund", "住房公积金提取");
    fund.title.en = "Withdraw from the housing fund".into();
    fund.aliases = vec!["取公积金".into()];
    let mut news = item("news", "社保新闻发布会");
    news.kind = ItemKind::News;
    index(&[fund, news, item("card", "社保卡申领"), item("bank", "重庆银行开户会计登记")])
}

fn suggested(index: &SearchIndex, prefix: &str, lang: Lang) -> Vec<String> {
    index.suggest(prefix, lang, 5).into_iter().map(|one| one.text).collect()
}

#[test]
fn typing_is_completed_by_characters_pinyin_and_initials() {
    let index = portal();
    for prefix in ["社保", "社", "shebao", "sheb", "sb", "社保卡", "SHEBAO", "社保卡申"] {
        let found = suggested(&index, prefix, Lang::Zh);
        assert_eq!(found.first().map(String::as_str), Some("社保卡申领"), "typing {prefix}");
    }
    assert!(suggested(&index, "gongjijin", Lang::Zh).contains(&"住房公积金提取".to_owned()));
    assert!(suggested(&index, "gjj", Lang::Zh).contains(&"取公积金".to_owned()));
    assert_eq!(suggested(&index, "hous", Lang::En), ["Withdraw from the housing fund"]);
    assert_eq!(suggested(&index, "", Lang::Zh), Vec::<String>::new());
}

#[test]
fn polyphones_are_completed_under_each_reading() {
    let index = portal();
    for prefix in ["chongqing", "zhongqing", "cqyh"] {
        assert_eq!(
            suggested(&index, prefix, Lang::Zh),
            ["重庆银行开户会计登记"],
            "typing {prefix}"
        );
    }
}

#[test]
fn a_query_is_suggested_once_enough_people_made_it() {
    let index = portal();
    let query = |text: &str, people| PopularQuery { text: text.into(), people };
    index.set_popular_queries(&[query("社保转移", 5), query("张三的社保", 4)]);
    index.commit().unwrap();
    let found = index.suggest("社保", Lang::Zh, 5);
    assert!(found.iter().any(|one| one.text == "社保转移" && one.origin == Origin::Query));
    assert!(found.iter().all(|one| one.text != "张三的社保"));
}

#[test]
fn pinyin_and_initials_find_characters() {
    let index = portal();
    assert_eq!(ids(&search(&index, "shebaoka")).first(), Some(&"card"));
    assert_eq!(ids(&search(&index, "gongjijin")), ["fund"]);
    assert_eq!(ids(&search(&index, "gjjtq")), ["fund"]);
    for q in ["chongqing", "yinhang", "kuaiji"] {
        assert_eq!(ids(&search(&index, q)), ["bank"], "searching {q}");
    }
    assert_eq!(search(&index, "gongjijin").hits[0].title_html, "住房<em>公积金</em>提取");
}

#[test]
fn a_wrong_character_of_the_same_sound_is_put_right() {
    let index = portal();
    let results = search(&index, "社饱");
    assert_eq!(results.did_you_mean.as_deref(), Some("社保"));
    assert!(results.corrected);
    assert_eq!(ids(&results).len(), 2);
    let results = search(&index, "公机金");
    assert_eq!(results.did_you_mean.as_deref(), Some("公积金"));
    assert_eq!(ids(&results), ["fund"]);
}

#[test]
fn a_slip_in_a_latin_word_is_put_right() {
    let results = search(&portal(), "housng");
    assert_eq!(results.did_you_mean.as_deref(), Some("housing"));
    assert_eq!(ids(&results), ["fund"]);
}

#[test]
fn what_is_spelt_right_is_left_alone() {
    let index = portal();
    assert_eq!(search(&index, "社保卡").did_you_mean, None);
    assert_eq!(search(&index, "不存在的词语").total, 0);
}
