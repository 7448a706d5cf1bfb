//! What comes first.

use vocab::Lifecycle;

use super::*;

#[test]
fn an_exact_title_or_document_number_is_first_and_stays_there() {
    let mut rule = item("rule", "关于加强政府网站管理的通知");
    rule.doc_number = "国办发〔2017〕47号".into();
    let mut long = item("long", "社保卡社保卡社保卡申领补领换领");
    long.aliases = vec!["社保卡".into(), "社保卡办理".into()];
    let index = index(&[
        long,
        item("exact", "《社保卡》"),
        rule,
        item("other", "国办发2017年文件47号目录"),
    ]);
    let want = |id: &vocab::ItemId| {
        if id.as_str() == "exact" || id.as_str() == "rule" { 0.0 } else { 1.0 }
    };
    for (q, first) in
        [("社保卡", "exact"), ("国办发[2017]47号", "rule"), ("国办发〔2017〕47号", "rule")]
    {
        let results = index.search(&SearchQuery::new(q, now()), &want).unwrap();
        assert_eq!(results.hits[0].id.as_str(), first, "searching {q}");
        assert!(results.hits[0].exact);
    }
}

#[test]
fn what_is_no_longer_in_force_comes_last() {
    let mut repealed = item("repealed", "社保补贴办法");
    repealed.lifecycle = Lifecycle::Repealed;
    let mut expired = item("expired", "社保补贴");
    expired.title.zh = "社保补贴细则".into();
    expired.expires_at = Some("2026-05-31T00:00:00Z".parse().unwrap());
    let current = item("current", "关于继续实施若干就业创业扶持与社保有关事项的公告");
    let index = index(&[repealed, expired, current]);
    let all = |_: &vocab::ItemId| 1.0;
    let results = index.search(&SearchQuery::new("社保补贴", now()), &all).unwrap();
    assert_eq!(results.hits[0].id.as_str(), "current");
    assert_eq!(results.hits.iter().filter(|hit| hit.current).count(), 1);
    assert_eq!(results.total, 3);
}

#[test]
fn affinity_moves_a_result_three_places_at_most_and_nothing_without_it() {
    let titles: Vec<String> = (1..=12).map(|n| format!("社保{}", "业务".repeat(n))).collect();
    let index = titled(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    let query = SearchQuery { limit: 12, ..SearchQuery::new("社保业务办理", now()) };
    let plain = index.search(&query, &|_| 0.0).unwrap();
    assert!(plain.hits.iter().all(|hit| hit.moved == 0));
    let last = plain.hits[11].id.clone();
    let boosted = index.search(&query, &|id| if *id == last { 1.0 } else { 0.0 }).unwrap();
    assert_eq!(boosted.hits[8].id, last);
    assert_eq!(boosted.hits[8].moved, 3);
    assert_eq!(boosted.total, plain.total);
}

#[test]
fn without_words_the_newest_come_first() {
    let mut new = item("new", "新");
    new.published_at = "2026-01-01T00:00:00Z".parse().unwrap();
    let index = index(&[item("old", "旧"), new]);
    assert_eq!(ids(&search(&index, "")), ["new", "old"]);
}

#[test]
fn like_finds_like() {
    let index = titled(&["住房公积金提取", "住房公积金贷款", "机动车年检", "公积金账户转移"]);
    let like = index.more_like_this(&"住房公积金提取".into(), 2, now()).unwrap();
    assert_eq!(like[0].id.as_str(), "住房公积金贷款");
    assert!(like.iter().all(|one| one.id.as_str() != "机动车年检"));
    assert!(index.more_like_this(&"missing".into(), 2, now()).unwrap().is_empty());
}
