//! Tests of the artefact: the same bits always, and no damage goes unnoticed.

use vocab::{SessionId, VisitorId};

use super::*;
use crate::interactions::InteractionsBuilder;
use crate::needs::ItemText;
use crate::samples::{END_MS, clustered, on_threads};
use crate::{InsightError, Interactions};

fn texts() -> Vec<ItemText> {
    let text =
        |id: &str, text: &str| ItemText { id: id.into(), text: text.to_owned(), labels: vec![] };
    vec![
        text("item-0001", "幼升小入学报名指南"),
        text("item-0002", "机动车驾驶证换证"),
        text("item-0003", "住房公积金提取"),
    ]
}

fn trained(table: &Interactions, texts: &[ItemText]) -> Models {
    let params = TrainParams::default().check().unwrap();
    let taxonomy = crate::definition::taxonomy().unwrap();
    train(table, texts, &taxonomy, &params, &|_, _| {}).unwrap()
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_on_the_order_of_anything() {
    let table = clustered(4, 40, 24, 3);
    let mut reversed = table.clone();
    reversed.rows.reverse();
    let mut texts_reversed = texts();
    texts_reversed.reverse();
    let one = on_threads(1, || trained(&table, &texts()).to_bytes().unwrap());
    let two = on_threads(2, || trained(&reversed, &texts_reversed).to_bytes().unwrap());
    assert!(one == two, "the artefacts differ");
}

#[test]
fn an_artefact_survives_the_disk_and_knows_its_digest() {
    let models = trained(&clustered(4, 40, 24, 3), &texts());
    let bytes = models.to_bytes().unwrap();
    let back = Models::from_bytes(&bytes).unwrap();
    assert_eq!(back, models);
    assert_eq!(back.meta.digest.len(), 64);
    assert_eq!(back.to_bytes().unwrap(), bytes);
    let position = back.position(&"item-0002".into()).unwrap();
    assert_eq!(back.items[position as usize].as_str(), "item-0002");
    assert!(back.position(&"unknown".into()).is_none());
}

#[test]
fn every_kind_of_damage_has_its_own_message() {
    let bytes = trained(&clustered(4, 20, 12, 3), &texts()).to_bytes().unwrap();
    for length in [10, 51, 60, bytes.len() / 2, bytes.len() - 1] {
        let error = Models::from_bytes(&bytes[..length]).unwrap_err();
        assert!(matches!(error, InsightError::Truncated { .. }), "{length}: {error}");
    }
    for position in [30, 52, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x10;
        let error = Models::from_bytes(&damaged).unwrap_err();
        assert!(matches!(error, InsightError::Digest { .. }), "{position}: {error}");
    }
    for (other, told) in [
        (3, "model artefact has format 3, this build reads format 4"),
        (5, "model artefact has format 5, this build reads format 4"),
    ] {
        let mut bytes = bytes.clone();
        bytes[8] = other;
        assert_eq!(Models::from_bytes(&bytes).unwrap_err().to_string(), told);
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(matches!(Models::from_bytes(&longer), Err(InsightError::NotAnArtefact(_))));
    assert!(matches!(Models::from_bytes(b""), Err(InsightError::NotAnArtefact(_))));
    assert!(matches!(Models::from_bytes(&[7; 200]), Err(InsightError::NotAnArtefact(_))));
}

#[test]
fn parts_that_do_not_fit_together_are_refused_even_with_a_right_digest() {
    let mut models = trained(&clustered(4, 20, 12, 3), &texts());
    models.items.pop();
    let error = Models::from_bytes(&models.to_bytes().unwrap()).unwrap_err();
    assert!(error.to_string().contains("the sizes of factors do not fit together"), "{error}");
}

#[test]
fn no_behaviour_at_all_still_gives_a_model_of_texts() {
    let models = trained(&Interactions::default(), &texts());
    assert!(models.items.is_empty());
    assert!(models.needs.needs_of(&"item-0001".into()).next().is_some());
    assert_eq!(Models::from_bytes(&models.to_bytes().unwrap()).unwrap(), models);
    assert!(models.factors.top(&models.factors.fold_in(&[]), 5, &|_| false).is_empty());
}

#[test]
fn a_poisoned_feed_moves_no_list() {
    let honest = clustered(4, 40, 24, 3);
    let mut poisoned = InteractionsBuilder::new();
    for row in &honest.rows {
        let item = honest.items[row.item as usize].as_str();
        let visitor = honest.visitors[row.visitor as usize];
        poisoned.push(visitor, item, SessionId(row.session), row.ts_ms, row.weight);
    }
    for step in 0..100_000_i64 {
        let item = if step % 2 == 0 { "spam" } else { "item-0001" };
        poisoned.push(VisitorId(666), item, SessionId(1), END_MS - step, 1.0);
    }
    let (clean, attacked) = (trained(&honest, &[]), trained(&poisoned.build(), &[]));
    assert_eq!(attacked.meta.robots, 1);
    assert_eq!(attacked.meta.robot_uses, 100_000);
    assert_eq!(clean.items, attacked.items);
    assert_eq!(clean.factors, attacked.factors);
    assert_eq!(clean.neighbours, attacked.neighbours);
    assert_eq!(clean.popularity, attacked.popularity);
}

#[test]
fn the_card_says_what_it_was_made_of() {
    let models = trained(&clustered(4, 40, 24, 3), &texts());
    let card = models.card();
    assert!(card.contains(models.digest8()));
    assert!(card.contains("1200 uses of 24 items by 40 visitors"), "{card}");
    assert!(card.contains("- held out: not judged: "), "{card}");
}

#[test]
fn progress_runs_through_every_stage_in_order() {
    let seen = std::cell::RefCell::new(Vec::new());
    let params = TrainParams::default().check().unwrap();
    let taxonomy = crate::definition::taxonomy().unwrap();
    let table = clustered(1, 10, 8, 2);
    train(&table, &[], &taxonomy, &params, &|stage, share| {
        assert!((0.0..=1.0).contains(&share));
        seen.borrow_mut().push(stage);
    })
    .unwrap();
    let mut stages = seen.into_inner();
    assert!(stages.is_sorted());
    stages.dedup();
    assert_eq!(stages.len(), 8);
}
