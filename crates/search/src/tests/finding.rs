//! Cases other engines were reported for, each with its number in `meilisearch` or `typesense`.

use super::*;

fn finds(titles: &[&str], q: &str, expected: &[&str]) {
    let index = titled(titles);
    let results = search(&index, q);
    let mut found = ids(&results);
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "searching {q}");
}

#[test]
fn a_part_of_a_word_is_found() {
    // meilisearch #2499, #4874, #4814
    finds(&["安装简单", "安装复杂"], "简单", &["安装简单"]);
    finds(&["待处理事项", "待办事项"], "处理", &["待处理事项"]);
    finds(&["中华人民共和国宪法"], "共和国", &["中华人民共和国宪法"]);
}

#[test]
fn a_single_character_is_found_in_titles_and_texts() {
    // typesense #2085, #52
    finds(&["蝴蝶标本", "昆虫标本"], "蝶", &["蝴蝶标本"]);
    let mut flower = item("flower", "公园绿化");
    flower.body = "春天种花。".into();
    assert_eq!(ids(&search(&index(&[flower]), "花")), ["flower"]);
}

#[test]
fn words_that_only_sound_alike_do_not_mix() {
    // meilisearch #4075, #3655
    finds(&["旅游景点名录", "经典诵读活动", "其他景点"], "景点", &["旅游景点名录", "其他景点"]);
}

#[test]
fn traditional_characters_find_simplified_ones_and_the_reverse() {
    // charabia #331
    finds(&["社会保险登记", "互联网接入"], "社會保險", &["社会保险登记"]);
    finds(&["社會保險登記"], "社会保险", &["社會保險登記"]);
    finds(&["互联网接入"], "網際網路", &["互联网接入"]);
}

#[test]
fn english_is_found_in_any_form_case_and_width() {
    let mut passport = item("passport", "护照");
    passport.title.en = "Applying for a passport".into();
    let index = index(&[passport]);
    for q in ["passports", "PASSPORT", "ｐａｓｓｐｏｒｔ", "apply passport"] {
        assert_eq!(ids(&search(&index, q)), ["passport"], "searching {q}");
    }
}

#[test]
fn what_is_found_is_marked_and_everything_else_is_escaped() {
    // meilisearch #2091
    let mut risky = item("risky", "<b>社保</b>卡 & 卡");
    risky.body = format!("{}办理社保卡。\"好\"", "无关的话。".repeat(60));
    let mut plain = item("plain", "社會保險");
    plain.summary.zh = "<script>社會保險</script>".into();
    let index = index(&[risky, plain]);
    let found = search(&index, "社保卡");
    let hit = found.hits.iter().find(|hit| hit.id.as_str() == "risky").unwrap();
    assert_eq!(hit.title_html, "&lt;b&gt;<em>社保</em>&lt;/b&gt;卡 &amp; 卡");
    assert!(hit.snippet_html.contains("办理<em>社保卡</em>"), "{}", hit.snippet_html);
    assert!(hit.snippet_html.contains("&quot;好&quot;"));
    let found = search(&index, "社会保险");
    assert_eq!(found.hits[0].title_html, "<em>社會保險</em>");
    assert_eq!(found.hits[0].snippet_html, "&lt;script&gt;<em>社會保險</em>&lt;/script&gt;");
}

#[test]
fn a_character_is_marked_only_where_it_was_asked_for_alone() {
    let mut elsewhere = item("elsewhere", "资金存取规则");
    elsewhere.summary.zh = "可以办理公积金提取。".into();
    let index = index(&[elsewhere, item("tax", "税务登记")]);
    let hit = &search(&index, "公积金提取").hits[0];
    assert_eq!(hit.title_html, "资金存取规则");
    assert_eq!(hit.snippet_html, "可以办理<em>公积金提取</em>。");
    assert_eq!(search(&index, "税").hits[0].title_html, "<em>税</em>务登记");
}

#[test]
fn filters_narrow_and_facets_count() {
    use vocab::{Audience, SiteId};
    let mut a = item("a", "社保登记");
    (a.dept, a.region, a.audience) = ("人社局".into(), "440305".into(), Audience::Natural);
    a.themes = vec!["N085".into(), "N010".into()];
    let mut b = item("b", "社保缴费");
    (b.dept, b.region, b.audience, b.kind) =
        ("税务局".into(), "440100".into(), Audience::Legal, ItemKind::Policy);
    (b.site, b.published_at) = (SiteId(7), "2023-12-31T20:00:00Z".parse().unwrap());
    let index = index(&[a, b, item("c", "社保查询")]);
    let with = |change: &dyn Fn(&mut crate::Filters)| {
        let mut query = SearchQuery::new("社保", now());
        change(&mut query.filters);
        let results = index.search(&query, &|_| 0.0).unwrap();
        let mut found: Vec<String> = ids(&results).into_iter().map(str::to_owned).collect();
        found.sort_unstable();
        assert_eq!(results.total, found.len());
        found
    };
    assert_eq!(with(&|f| f.kinds = vec![ItemKind::Policy]), ["b"]);
    assert_eq!(with(&|f| f.depts = vec!["人社局".into(), "税务局".into()]), ["a", "b"]);
    assert_eq!(with(&|f| f.regions = vec!["440000".into()]), ["a", "b"]);
    assert_eq!(with(&|f| f.regions = vec!["440300".into()]), ["a"]);
    assert_eq!(with(&|f| f.themes = vec!["N010".into()]), ["a"]);
    assert_eq!(with(&|f| f.audiences = vec![Audience::Natural]), ["a", "c"]);
    assert_eq!(with(&|f| f.sites = vec![SiteId(7)]), ["b"]);
    assert_eq!(with(&|f| f.years = vec![2024]), ["b"]);
    let facets = search(&index, "社保").facets;
    let kind = facets.iter().find(|facet| facet.name == "kind").unwrap();
    assert_eq!(
        kind.values.iter().map(|v| (v.value.as_str(), v.count)).collect::<Vec<_>>(),
        [("service", 2), ("policy", 1)]
    );
}

#[test]
fn pages_join_without_gap_or_overlap_whatever_moves() {
    let titles: Vec<String> = (0..40).map(|n| format!("社保事项{n}")).collect();
    let index = titled(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    let affinity =
        |id: &vocab::ItemId| (crate::analysis::normalise::digest(id.as_str()) % 100) as f32 / 50.0;
    let page = |offset, limit| {
        let query = SearchQuery { offset, limit, ..SearchQuery::new("社保事项", now()) };
        let results = index.search(&query, &affinity).unwrap();
        assert_eq!(results.total, 40);
        ids(&results).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = page(0, 40);
    for size in [1, 3, 7, 10] {
        let joined: Vec<String> =
            (0..40).step_by(size).flat_map(|offset| page(offset, size)).collect();
        assert_eq!(joined, whole, "pages of {size}");
    }
}
