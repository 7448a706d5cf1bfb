//! Latency over the largest corpora at hand. Run alone and optimised:
//! `cargo test --release -p civicsense-search --lib -- --ignored --nocapture load`

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;

fn path(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/search/stard-lite"))
        .join(name)
}

fn corpus() -> Option<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(File::open(path("corpus.jsonl.gz")).ok()?)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

fn text(value: &serde_json::Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "measures; needs an optimised build and a machine at rest"]
fn load() {
    let (Some(corpus), Some(queries)) = (corpus(), fs::read_to_string(path("queries.jsonl")).ok())
    else {
        println!("skipped: stard-lite is not at ../shared/data");
        return;
    };
    let items: Vec<Item> = corpus
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let mut item = item(&text(&value, "id"), &text(&value, "title"));
            item.body = text(&value, "text");
            item
        })
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    let started = Instant::now();
    for batch in items.chunks(5_000) {
        index.apply(batch, &[]).unwrap();
    }
    println!("{} documents indexed in {:?}", items.len(), started.elapsed());
    let started = Instant::now();
    index.commit().unwrap();
    println!("committed with word lists in {:?}", started.elapsed());
    let started = Instant::now();
    index.apply(&items[..100], &[]).unwrap();
    index.commit().unwrap();
    println!("100 changes visible after {:?}", started.elapsed());

    let long: Vec<String> =
        queries.lines().map(|line| text(&serde_json::from_str(line).unwrap(), "text")).collect();
    let mut ndcg = 0.0;
    for query in queries.lines() {
        let judged: quality::Judged = serde_json::from_str(query).unwrap();
        ndcg += quality::ndcg(&search(&index, &judged.text), &judged.rel);
    }
    println!("nDCG@10 over {} lay questions: {:.4}", long.len(), ndcg / long.len() as f64);
    let short: Vec<String> = long.iter().map(|query| query.chars().take(6).collect()).collect();
    for (name, queries) in [("questions", &long), ("six characters", &short)] {
        let mut times = Vec::new();
        for query in queries {
            let started = Instant::now();
            search(&index, query);
            times.push(started.elapsed());
        }
        report(name, times);
    }
    let mut times = Vec::new();
    for query in &short {
        for letters in 1..=4 {
            let prefix: String = query.chars().take(letters).collect();
            let started = Instant::now();
            index.suggest(&prefix, vocab::Lang::Zh, 10);
            times.push(started.elapsed());
        }
    }
    report("suggestions", times);
    index.close().unwrap();
    let started = Instant::now();
    SearchIndex::open(dir.path()).unwrap();
    println!("opened again in {:?}", started.elapsed());
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{name}: p50 {:?}, p95 {:?}, p99 {:?}, most {:?}",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
    assert!(at(0.95) < Duration::from_millis(20), "{name} are too slow");
}
