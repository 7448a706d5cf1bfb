//! Tests of resuming: wherever a training is killed, going on gives the same bits; what is foreign is never gone on from.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::*;
use crate::models::Models;
use crate::models::train::{train, train_resumable};
use crate::samples::clustered;

/// A store that loses everything after the first `left` saves, as a killed process does.
#[derive(Default)]
struct Store {
    kept: RefCell<BTreeMap<Stage, Vec<u8>>>,
    left: Cell<usize>,
    notes: RefCell<Vec<(Stage, Note)>>,
}

impl Store {
    fn lasting(saves: usize) -> Self {
        Self { left: Cell::new(saves), ..Self::default() }
    }
}

impl Checkpoints for Store {
    fn load(&self, part: Stage) -> Option<Vec<u8>> {
        self.kept.borrow().get(&part).cloned()
    }

    fn save(&self, part: Stage, bytes: &[u8]) {
        if self.left.get() > 0 {
            self.left.set(self.left.get() - 1);
            self.kept.borrow_mut().insert(part, bytes.to_vec());
        }
    }

    fn note(&self, part: Stage, note: Note) {
        self.notes.borrow_mut().push((part, note));
    }
}

fn texts() -> Vec<ItemText> {
    let text =
        |id: &str, text: &str| ItemText { id: id.into(), text: text.to_owned(), labels: vec![] };
    vec![text("item-0001", "幼升小入学报名指南"), text("item-0002", "机动车驾驶证换证")]
}

fn with_seed(seed: u64) -> TrainParams {
    TrainParams { seed, ..TrainParams::default() }
}

fn plain(table: &Interactions, texts: &[ItemText], params: TrainParams) -> Models {
    let taxonomy = crate::definition::taxonomy().unwrap();
    train(table, texts, &taxonomy, &params.check().unwrap(), &|_, _| {}).unwrap()
}

fn resumable(
    table: &Interactions,
    texts: &[ItemText],
    params: TrainParams,
    store: &Store,
) -> Models {
    let (taxonomy, params) = (crate::definition::taxonomy().unwrap(), params.check().unwrap());
    train_resumable(table, texts, &taxonomy, &params, &|_, _| {}, store).unwrap()
}

#[test]
fn wherever_it_is_killed_it_goes_on_to_the_same_bits() {
    let (table, texts) = (clustered(4, 40, 24, 3), texts());
    let wanted = plain(&table, &texts, with_seed(5)).to_bytes().unwrap();
    let whole = Store::lasting(usize::MAX);
    assert!(resumable(&table, &texts, with_seed(5), &whole).to_bytes().unwrap() == wanted);
    let saves = usize::MAX - whole.left.get();
    // Twelve rounds are kept three times in between, then each part.
    assert!(saves >= 3 + 4, "{saves}");
    for killed_after in 0..=saves {
        let store = Store::lasting(killed_after);
        resumable(&table, &texts, with_seed(5), &store);
        store.left.set(usize::MAX);
        store.notes.borrow_mut().clear();
        let again = resumable(&table, &texts, with_seed(5), &store);
        assert!(again.to_bytes().unwrap() == wanted, "killed after {killed_after}");
        let noted = store.notes.borrow();
        let went_on = Note::GoesOn { done: killed_after as u32 * SWEEPS, of: 12 };
        match killed_after {
            0 => assert!(noted.is_empty()),
            1..=3 => assert_eq!(*noted, [(Stage::Factors, went_on)]),
            _ => {
                assert_eq!(noted.len(), killed_after - 3);
                assert!(noted.iter().all(|one| one.1 == Note::Finished), "{noted:?}");
            }
        }
    }
}

#[test]
fn a_training_that_breaks_down_in_the_middle_goes_on_as_well() {
    let (table, texts) = (clustered(4, 40, 24, 3), texts());
    let wanted = plain(&table, &texts, with_seed(5)).meta.digest;
    let (taxonomy, params) =
        (crate::definition::taxonomy().unwrap(), with_seed(5).check().unwrap());
    let store = Store::lasting(usize::MAX);
    let breaks_down = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let progress = |stage, share| assert!(stage != Stage::Factors || share < 0.6, "power cut");
        train_resumable(&table, &texts, &taxonomy, &params, &progress, &store)
    }));
    assert!(breaks_down.is_err());
    assert_eq!(resumable(&table, &texts, with_seed(5), &store).meta.digest, wanted);
    assert_eq!(*store.notes.borrow(), [(Stage::Factors, Note::GoesOn { done: 6, of: 12 })]);
}

#[test]
fn other_data_or_parameters_are_never_gone_on_from() {
    let (table, texts) = (clustered(4, 40, 24, 3), texts());
    let store = Store::lasting(usize::MAX);
    resumable(&table, &texts, with_seed(5), &store);
    store.left.set(0);
    let cases = [
        (clustered(5, 40, 24, 3), texts.clone(), with_seed(5)),
        (table.clone(), texts.clone(), with_seed(6)),
        (table, texts[..1].to_vec(), with_seed(5)),
    ];
    for (nth, (table, texts, params)) in cases.into_iter().enumerate() {
        store.notes.borrow_mut().clear();
        let found = resumable(&table, &texts, params.clone(), &store);
        assert_eq!(found.meta.digest, plain(&table, &texts, params).meta.digest, "{nth}");
        let noted = store.notes.borrow();
        let foreign: Vec<Stage> =
            noted.iter().filter(|one| one.1 == Note::Foreign).map(|one| one.0).collect();
        match nth {
            // Other behaviour: the texts are the same ones.
            0 => assert!(!foreign.contains(&Stage::Needs) && foreign.contains(&Stage::Factors)),
            1 => assert_eq!(foreign.len(), noted.len()),
            _ => assert_eq!(foreign, [Stage::Needs, Stage::Content]),
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_made_anew() {
    let (table, texts) = (clustered(4, 40, 24, 3), texts());
    let store = Store::lasting(usize::MAX);
    let wanted = resumable(&table, &texts, with_seed(5), &store).meta.digest;
    let parts: Vec<Stage> = store.kept.borrow().keys().copied().collect();
    let damages: [fn(&mut Vec<u8>); 4] =
        [Vec::clear, |b| b.truncate(60), |b| b.truncate(b.len() - 1), |b| b[72] ^= 1];
    for damage in damages {
        for bytes in store.kept.borrow_mut().values_mut() {
            damage(bytes);
        }
        store.notes.borrow_mut().clear();
        assert_eq!(resumable(&table, &texts, with_seed(5), &store).meta.digest, wanted);
        let noted = store.notes.borrow();
        assert!(noted.iter().all(|one| one.1 == Note::Damaged), "{noted:?}");
        assert_eq!(noted.len(), parts.len());
    }
}
