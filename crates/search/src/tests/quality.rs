//! Plain-language names against 2,262 real service matters: the ranking's gate.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use vocab::{Item, ItemKind, ReviewState, Text};

use super::*;

/// nDCG@10 that must be reached without learning from clicks; Lucene's Chinese analyser stays below .82.
const GATE: f64 = 0.87;

#[derive(Deserialize)]
struct Matter {
    id: String,
    title: String,
    text: String,
    dept: String,
    #[serde(default)]
    area: String,
}

#[derive(Deserialize)]
pub(super) struct Judged {
    pub(super) text: String,
    pub(super) rel: HashMap<String, f64>,
}

fn lines<T: serde::de::DeserializeOwned>(path: &str) -> Option<Vec<T>> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(path);
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// nDCG@10, where the gain of a document is its grade.
pub(super) fn ndcg(results: &SearchResults, rel: &HashMap<String, f64>) -> f64 {
    let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let gain: f64 = results
        .hits
        .iter()
        .take(10)
        .enumerate()
        .map(|(rank, hit)| rel.get(hit.id.as_str()).unwrap_or(&0.0) * discount(rank))
        .sum();
    let mut grades: Vec<f64> = rel.values().copied().collect();
    grades.sort_by(|a, b| b.total_cmp(a));
    gain / grades
        .iter()
        .take(10)
        .enumerate()
        .map(|(rank, grade)| grade * discount(rank))
        .sum::<f64>()
}

fn matters() -> Option<SearchIndex> {
    let matters: Vec<Matter> = lines("catalogue/gd-matters.jsonl")?;
    let items: Vec<Item> = matters
        .into_iter()
        .map(|matter| Item {
            id: matter.id.into(),
            kind: ItemKind::Service,
            title: Text::new(matter.title, ""),
            body: matter.text,
            dept: matter.dept,
            region: matter.area,
            review: ReviewState::Approved,
            ..Item::default()
        })
        .collect();
    Some(index(&items))
}

#[test]
fn plain_language_finds_the_official_matter() {
    let (Some(index), Some(queries)) =
        (matters(), lines::<Judged>("search/gd-matters/queries.jsonl"))
    else {
        println!("skipped: the matters of Guangdong are not at ../shared/data");
        return;
    };
    let (mut literal, mut traditional, mut empty) = (0.0, 0.0, 0);
    let t2s =
        ferrous_opencc::OpenCC::from_config(ferrous_opencc::config::BuiltinConfig::S2t).unwrap();
    for query in &queries {
        let results = search(&index, &query.text);
        empty += usize::from(results.total == 0);
        literal += ndcg(&results, &query.rel);
        traditional += ndcg(&search(&index, &t2s.convert(&query.text)), &query.rel);
    }
    let n = queries.len() as f64;
    let (literal, traditional) = (literal / n, traditional / n);
    println!(
        "nDCG@10 over {n} queries: {literal:.4}, in traditional characters {traditional:.4}, without a result {empty}"
    );
    assert!(literal >= GATE, "nDCG@10 is {literal:.4}, the gate is {GATE}");
    assert!(
        traditional >= literal - 0.02,
        "traditional characters lose too much: {traditional:.4}"
    );
    assert_eq!(empty, 0);
}

#[test]
fn pinyin_alone_keeps_most_of_the_quality() {
    let (Some(index), Some(queries)) =
        (matters(), lines::<Judged>("search/gd-matters/queries.jsonl"))
    else {
        println!("skipped: the matters of Guangdong are not at ../shared/data");
        return;
    };
    let (mut hanzi, mut sounds, mut n) = (0.0, 0.0, 0.0);
    for query in &queries {
        let letters = crate::analysis::pinyin::syllables(&query.text).concat();
        if letters.chars().all(|c| c.is_ascii_lowercase()) && query.text.chars().count() <= 12 {
            n += 1.0;
            hanzi += ndcg(&search(&index, &query.text), &query.rel);
            sounds += ndcg(&search(&index, &letters), &query.rel);
        }
    }
    println!("nDCG@10 over {n} queries: characters {:.4}, pinyin {:.4}", hanzi / n, sounds / n);
    assert!(sounds >= 0.85 * hanzi);
}
