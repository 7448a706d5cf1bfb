//! Tests of item cold start: planted taste found, the seed decides, and ML-1M with its cold items.

use std::io::BufReader;

use super::*;
use crate::samples::{on_threads, real_data, unpacked};

/// Two tastes: half the users use westerns, half musicals; every fifth item is cold.
fn tastes() -> (Uses, Uses, ItemFeatures) {
    let (mut train, mut cold, mut items) =
        (Uses::default(), Uses::default(), ItemFeatures::default());
    for item in 0..60_u32 {
        let genre = ["Western", "Musical"][item as usize % 2];
        let title = format!("Number {item} ({})", 1980 + item / 4);
        items.items.insert(item, (title, vec![genre.to_owned()]));
        for user in (0..40_u32).filter(|user| user % 2 == item % 2 && (user + item) % 3 > 0) {
            let side = if item % 5 == 0 { &mut cold } else { &mut train };
            side.pairs.push((user, item));
        }
    }
    (train, cold, items)
}

fn quick() -> ColdStartParams {
    let factors = FactorParams { dim: 4, epochs: 3, ..FactorParams::default() };
    ColdStartParams { at: 5, resamples: 50, factors, ..ColdStartParams::default() }
}

#[test]
fn taste_reaches_items_nobody_has_used_on_any_number_of_threads() {
    let (train, cold, items) = tastes();
    let run = |threads| on_threads(threads, || evaluate(&train, &cold, &items, &quick()).unwrap());
    let report = run(1);
    assert_eq!(report, run(2));
    let ndcg = |model: &str| report.entry(model).unwrap().ndcg.mean;
    assert!(ndcg("content-ridge") > 1.3 * ndcg("random"), "{report}");
    assert!(ndcg("popularity") < 0.01, "a constant score earns nothing: {report}");
    assert_eq!((report.warm_items, report.cold_items, report.people), (48, 12, 40));
}

#[test]
fn an_item_with_uses_is_not_cold() {
    let (mut train, cold, items) = tastes();
    train.pairs.push((0, 0));
    assert_eq!(evaluate(&train, &cold, &items, &quick()).unwrap().cold_items, 11);
    assert!(evaluate(&train, &Uses::default(), &items, &quick()).is_err());
}

#[test]
fn what_cannot_be_read_is_named() {
    let error = Uses::read("uid,iid\n1,2\n1;2\n".as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("line 3: "), "{error}");
    assert_eq!(Uses::read("uid,iid\n4,2\n1,9\n".as_bytes()).unwrap().users(), [1, 4]);
    let error = ItemFeatures::read("iid,title,genres\nx,y\n".as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("line 2: "), "{error}");
}

#[test]
fn content_finds_the_users_of_cold_films() {
    let read = |name: &str| {
        let path = real_data(&format!("recommend/ml-1m-itemcold/{name}.csv.gz"))?;
        Some(unpacked("gzip", &["-dc", path.to_str().unwrap()]))
    };
    let Some(train) = read("train_df") else { return };
    let (cold, items) = (read("cold_vali_df").unwrap(), read("item_df").unwrap());
    let train = Uses::read(BufReader::new(train.as_slice())).unwrap();
    let cold = Uses::read(BufReader::new(cold.as_slice())).unwrap();
    let items = ItemFeatures::read(BufReader::new(items.as_slice())).unwrap();
    let report = evaluate(&train, &cold, &items, &ColdStartParams::default()).unwrap();
    println!("{report}");
    let ndcg = |model: &str| report.entry(model).unwrap().ndcg.mean;
    assert!(ndcg("content-ridge") >= 2.0 * ndcg("random").max(ndcg("popularity")));
    assert!(report.entry("content-knn").unwrap().ridge_ahead.low > 0.0);
}
