//! Tests of needs: what may be inferred and what never is, and how well real service matters are recognised.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::Value;
use vocab::{Taxonomy, Text};

use super::*;
use crate::interactions::DAY_MS;
use crate::samples::{END_MS, real_data};

fn taxonomy() -> Taxonomy {
    crate::definition::taxonomy().unwrap()
}

fn text(id: &str, text: &str) -> ItemText {
    ItemText { id: id.into(), text: text.to_owned(), labels: vec![] }
}

/// Items an editor labelled: one of each sensitivity.
fn labelled() -> NeedModel {
    let taxonomy = taxonomy();
    let item = |id: &str, need: &str| ItemText {
        id: id.into(),
        text: String::new(),
        labels: vec![taxonomy.position(need).unwrap() as u16],
    };
    let items = [
        item("school", "p.edu.enrol"),
        item("school2", "p.edu.enrol"),
        item("wedding", "p.life.marriage"),
        item("adoption", "p.birth.adoption"),
    ];
    NeedModel::fit(&items, &taxonomy, &NeedParams::default(), &|_| {}).unwrap().0
}

fn used(item: &str, days_ago: f64) -> Used {
    Used { item: item.into(), ts_ms: END_MS - (days_ago * DAY_MS as f64) as i64, weight: 1.0 }
}

fn infer(model: &NeedModel, history: &[Used]) -> Vec<NeedScore> {
    model.infer_needs(history, &InferOptions { now_ms: END_MS, denied: &[] })
}

#[test]
fn words_nobody_listed_are_recognised_once_items_use_them() {
    let taxonomy = taxonomy();
    // 学位 stands nowhere in the taxonomy's words for enrolment; ten labelled items teach it.
    let enrol = taxonomy.position("p.edu.enrol").unwrap() as u16;
    let items: Vec<ItemText> = (0..10)
        .map(|n| ItemText {
            id: format!("i{n}").into(),
            text: format!("公办小学学位安排第{n}批"),
            labels: vec![enrol],
        })
        .collect();
    let (model, report) =
        NeedModel::fit(&items, &taxonomy, &NeedParams::default(), &|_| {}).unwrap();
    assert_eq!(report.labelled, 10);
    assert_eq!(model.item_needs("公办小学学位")[0].0, enrol);
}

#[test]
fn sensitive_needs_are_never_inferred_however_much_speaks_for_them() {
    let model = labelled();
    let history: Vec<Used> = (0..50).map(|n| used("adoption", f64::from(n) / 2.0)).collect();
    assert!(infer(&model, &history).is_empty());
}

proptest! {
    #[test]
    fn no_history_yields_a_sensitive_need_or_keeps_a_guarded_one(
        uses in proptest::collection::vec((0_usize..4, 0.0_f64..30.0, 0.1_f32..9.0), 0..40)
    ) {
        let model = shared();
        let items = ["school", "school2", "wedding", "adoption"];
        let history: Vec<Used> = uses
            .into_iter()
            .map(|(item, days, weight)| Used { weight, ..used(items[item], days) })
            .collect();
        for score in infer(model, &history) {
            let leaf = &model.leaves[score.position as usize];
            prop_assert_ne!(leaf.sensitivity, Sensitivity::Sensitive);
            if leaf.sensitivity == Sensitivity::Guarded {
                prop_assert_eq!(score.scope, Scope::Session);
            }
            prop_assert!((0.0..=1.0).contains(&score.score));
            prop_assert!((0.0..=1.0).contains(&score.confidence));
            prop_assert!(score.evidence.len() <= 3 && !score.evidence.is_empty());
        }
    }
}

fn shared() -> &'static NeedModel {
    static MODEL: std::sync::LazyLock<NeedModel> = std::sync::LazyLock::new(labelled);
    &MODEL
}

#[test]
fn guarded_needs_rest_on_the_current_visit_alone() {
    let model = shared();
    let minutes = 1.0 / 1440.0;
    let now = infer(model, &[used("wedding", 5.0 * minutes)]);
    assert_eq!((now.len(), now[0].scope), (1, Scope::Session));
    assert!(infer(model, &[used("wedding", 40.0 * minutes), used("wedding", 3.0)]).is_empty());
}

#[test]
fn three_uses_on_two_days_are_needed_before_a_need_may_be_kept() {
    let model = shared();
    let scope = |history: &[Used]| infer(model, history)[0].scope;
    assert_eq!(scope(&[used("school", 0.0), used("school2", 1.0)]), Scope::Session);
    let one_day = [used("school", 0.01), used("school", 0.02), used("school2", 0.03)];
    assert_eq!(scope(&one_day), Scope::Session);
    let enough = [used("school", 0.0), used("school2", 0.01), used("school", 1.0)];
    assert_eq!(scope(&enough), Scope::Profile);
    let found = &infer(model, &enough)[0];
    assert_eq!((found.events, found.days, found.evidence.len()), (3, 2, 2));
}

#[test]
fn every_use_raises_the_confidence_and_none_makes_it_certain() {
    let model = shared();
    let confidence = |history: &[Used]| infer(model, history)[0].confidence;
    // An editor's label is certain; one view of it still says little.
    assert!(confidence(&[used("school", 0.0)]) < 0.02);
    let mut history = vec![used("school", 0.0), used("school2", 0.0), used("school", 1.0)];
    let mut last = confidence(&history);
    assert!((0.03..0.07).contains(&last), "three views on two days: {last}");
    for _ in 0..60 {
        history.push(used("school2", 2.0));
        let next = confidence(&history);
        assert!(next > last && next < 1.0, "{last} then {next}");
        last = next;
    }
    assert!((0.7..0.9).contains(&last), "{last}");
}

#[test]
fn influence_halves_in_fourteen_days_and_the_future_does_not_count() {
    let model = shared();
    let mass = |history: &[Used]| {
        let score = infer(model, history).first().map_or(0.0, |found| found.score);
        f64::from(score / (1.0 - score))
    };
    let (now, later) = (mass(&[used("school", 0.0)]), mass(&[used("school", 14.0)]));
    assert!((now / later - 2.0).abs() < 1e-3, "{now} and {later}");
    assert!(infer(model, &[used("school", -1.0)]).is_empty());
    assert!(infer(model, &[used("nowhere", 0.0)]).is_empty());
}

#[test]
fn a_deleted_tag_does_not_come_back() {
    let model = shared();
    let history = [used("school", 0.0), used("school2", 1.0), used("school", 2.0)];
    let denied = [NeedId::from("p.edu.enrol")];
    let options = InferOptions { now_ms: END_MS, denied: &denied };
    assert!(model.infer_needs(&history, &options).is_empty());
    assert_eq!(infer(model, &history).len(), 1);
}

#[test]
fn a_person_can_read_why() {
    let model = shared();
    let history = [used("school", 0.0), used("school2", 1.0), used("school", 2.0)];
    let why = model.why(&infer(model, &history)[0], &|item| {
        (item.as_str() == "school").then(|| Text::new("入学报名", "Enrolment"))
    });
    assert_eq!(
        why.zh,
        "您在3天内3次浏览了“入学报名”等，可能需要“入园入学”。您可以随时删除此标签。"
    );
    assert!(why.en.contains("“Enrolment” (3 times on 3 days)"), "{}", why.en);
    let enrol = model.need_position(&"p.edu.enrol".into()).unwrap();
    assert!(model.words("幼升小报名", enrol).contains(&"幼升小".to_owned()));
}

#[test]
fn a_label_outside_the_taxonomy_is_refused() {
    let wrong = ItemText { labels: vec![999], ..text("a", "b") };
    let error = NeedModel::fit(&[wrong], &taxonomy(), &NeedParams::default(), &|_| {}).unwrap_err();
    assert!(error.to_string().contains("label 999"), "{error}");
}

#[test]
fn latin_words_match_whole_words_only_and_full_width_is_folded() {
    let model = shared();
    let consumer = model.need_position(&"p.life.consumer".into()).unwrap();
    assert!(model.words("拨打１２３１５投诉", consumer).contains(&"12315".to_owned()));
    let utility = model.need_position(&"p.life.utility".into()).unwrap();
    assert!(model.words("wastewater plant", utility).is_empty());
    assert_eq!(model.words("Water bill", utility), ["water"]);
}

/// Themes as the national codes name them, and the plain names this province uses for the same.
const SAME_THEME: [(&str, &str); 10] = [
    ("人才", "N030"),
    ("找工作", "N030"),
    ("创业", "N030"),
    ("社会保障（社会保险、社会救助）", "N085"),
    ("升学", "N020"),
    ("义务教育", "N020"),
    ("生小孩", "N005"),
    ("结婚", "N060"),
    ("退休", "N150"),
    ("失业", "N030"),
];

fn macro_f1(pairs: &[(Vec<String>, String)]) -> (f64, f64) {
    let mut counts: HashMap<&str, (f64, f64, f64)> = HashMap::new();
    let mut right = 0.0;
    for (gold, found) in pairs {
        if gold.contains(found) {
            right += 1.0;
            counts.entry(found).or_default().0 += 1.0;
        } else {
            counts.entry(found).or_default().1 += 1.0;
            counts.entry(&gold[0]).or_default().2 += 1.0;
        }
    }
    let gold: Vec<&str> = pairs.iter().map(|pair| pair.0[0].as_str()).collect();
    let scores: Vec<f64> = counts
        .iter()
        .filter(|(code, _)| gold.contains(code))
        .map(|(_, (hit, wrong, missed))| 2.0 * hit / (2.0 * hit + wrong + missed))
        .collect();
    (right / pairs.len() as f64, scores.iter().sum::<f64>() / scores.len() as f64)
}

#[test]
fn real_service_matters_get_needs_of_their_official_theme() {
    let Some(path) = real_data("catalogue/gd-matters.jsonl") else { return };
    let taxonomy = taxonomy();
    let (mut items, mut gold) = (Vec::new(), HashMap::new());
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let matter: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| matter[name].as_str().unwrap_or_default().to_owned();
        // Neither the theme nor the long text, which repeats it: title and department only.
        items.push(text(&field("id"), &format!("{} {}", field("title"), field("dept"))));
        let codes: Vec<String> = matter["themes"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|theme| theme_code(&taxonomy, theme.as_str()?))
            .collect();
        if !codes.is_empty() {
            gold.insert(field("id"), codes);
        }
    }
    if let Some(path) = real_data("catalogue/guangan-matters.json") {
        let matters: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (n, matter) in matters.iter().enumerate() {
            let (name, dept) = (matter["name"].as_str().unwrap(), matter["dept"].as_str().unwrap());
            items.push(text(&format!("guangan-{n}"), &format!("{name} {dept}")));
        }
    }
    let (model, report) =
        NeedModel::fit(&items, &taxonomy, &NeedParams::default(), &|_| {}).unwrap();
    println!("{report}\n{:?}", report.log_losses);
    // A need has several themes; it counts as the official one where that is among them.
    let agreement = |score: &dyn Fn(&str) -> Vec<f32>| {
        let pairs: Vec<(Vec<String>, String)> = items
            .iter()
            .filter_map(|item| {
                let gold: &Vec<String> = gold.get(item.id.as_str())?;
                let mut best = crate::ranking::Best::new(1);
                for (need, score) in score(&item.text).into_iter().enumerate() {
                    best.push(need as u32, score);
                }
                let themes = &taxonomy.needs[best.into_sorted()[0].0 as usize].themes;
                let agreed = gold.iter().find(|code| themes.contains(code));
                let found = agreed.or(themes.first()).cloned().unwrap_or_default();
                Some((gold.clone(), found))
            })
            .collect();
        assert!(pairs.len() > 500);
        macro_f1(&pairs)
    };
    let needs = taxonomy.needs.len();
    let words = agreement(&|text| model.lexicon.scores(&tokens::normalise(text), needs));
    let learnt = agreement(&|text| model.probabilities(text));
    println!("{} matters with a theme", gold.len());
    println!("taxonomy words alone: agreement {:.3}, macro-F1 {:.3}", words.0, words.1);
    println!("model:                agreement {:.3}, macro-F1 {:.3}", learnt.0, learnt.1);
    assert!(learnt.0 > words.0 && learnt.1 > words.1);
}

fn theme_code(taxonomy: &Taxonomy, name: &str) -> Option<String> {
    if let Some((_, code)) = SAME_THEME.iter().find(|(other, _)| *other == name) {
        return Some((*code).to_owned());
    }
    let natural = |code: &&vocab::taxonomy::Code| code.zh == name && code.code.starts_with('N');
    let code = taxonomy.themes.iter().find(natural)?;
    let known = taxonomy.needs.iter().any(|need| need.themes.contains(&code.code));
    known.then(|| code.code.clone())
}
