//! What an unfinished training has done so far, lent to a store of the caller's, so that a killed training goes on
//! where it was.
//!
//! A checkpoint is bound to everything its part is made of: behaviour, texts, parameters, seed and build. What another
//! training left behind is never gone on from, and a damaged one is made anew.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use vocab::Taxonomy;

use super::Stage;
use crate::interactions::Interactions;
use crate::needs::ItemText;
use crate::params::TrainParams;
use crate::{InsightError, Result};

/// Rounds of the factorisation between two checkpoints.
pub(super) const SWEEPS: u32 = 3;

/// Format of the checkpoints. To be raised with every change of what a part is made of or how it is fitted: a
/// checkpoint of the former way would give models no training gives.
const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"CIVCHECK";
/// Magic, key, SHA-256 of the content.
const HEADER: usize = 8 + 32 + 32;

/// Where unfinished trainings are kept: one slot a part. Called on the thread that trains.
pub trait Checkpoints {
    /// What was saved last for this part; `None` where nothing was or it cannot be read.
    fn load(&self, part: Stage) -> Option<Vec<u8>>;

    /// Keeps these bytes in place of the part's former ones, durably. Failing is the store's to tell: the training
    /// goes on, it is only longer to do again.
    fn save(&self, part: Stage, bytes: &[u8]);

    /// Told of every checkpoint found.
    fn note(&self, part: Stage, note: Note);
}

/// What became of a checkpoint that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The part was finished and is taken over.
    Finished,
    /// The factorisation goes on after so many rounds of so many.
    GoesOn {
        /// Rounds done.
        done: u32,
        /// Rounds to do in all.
        of: u32,
    },
    /// It is of other data, other parameters or another build: the part is made anew.
    Foreign,
    /// Its bytes are not what was written: the part is made anew.
    Damaged,
}

/// The slot of one part. Without a store nothing is encoded and nothing is found.
pub(super) struct Slot<'a> {
    store: Option<&'a dyn Checkpoints>,
    part: Stage,
    key: [u8; 32],
}

impl Slot<'_> {
    /// The part as it was kept, where it was, is of this training, and `fits`.
    fn load<T: DeserializeOwned>(&self, fits: impl FnOnce(&T) -> bool) -> Option<T> {
        let store = self.store?;
        let bytes = store.load(self.part)?;
        let read = self.read(&bytes).and_then(|content| {
            let kept = postcard::from_bytes(content).map_err(|_| Note::Damaged)?;
            if fits(&kept) { Ok(kept) } else { Err(Note::Damaged) }
        });
        read.map_err(|note| store.note(self.part, note)).ok()
    }

    fn read<'b>(&self, bytes: &'b [u8]) -> Result<&'b [u8], Note> {
        if bytes.len() < HEADER || !bytes.starts_with(MAGIC) {
            return Err(Note::Damaged);
        }
        let (header, content) = bytes.split_at(HEADER);
        if header[40..] != Sha256::digest(content)[..] {
            return Err(Note::Damaged);
        }
        if header[8..40] != self.key { Err(Note::Foreign) } else { Ok(content) }
    }

    fn save(&self, kept: &impl Serialize) {
        let Some(store) = self.store else { return };
        // What cannot be encoded is not kept: as with a store that fails, the training goes on.
        let Ok(content) = encode(kept) else { return };
        let mut bytes = Vec::with_capacity(HEADER + content.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.key);
        bytes.extend_from_slice(&Sha256::digest(&content));
        bytes.extend_from_slice(&content);
        store.save(self.part, &bytes);
    }

    fn note(&self, note: Note) {
        if let Some(store) = self.store {
            store.note(self.part, note);
        }
    }

    /// The part as kept, or made and kept.
    pub(super) fn part<T: Serialize + DeserializeOwned>(
        &self,
        fits: impl FnOnce(&T) -> bool,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(kept) = self.load(fits) {
            self.note(Note::Finished);
            return Ok(kept);
        }
        let made = make()?;
        self.save(&made);
        Ok(made)
    }

    /// The same for a part made in rounds, which is kept in between as well.
    pub(super) fn rounds<R: Serialize + DeserializeOwned, T: Serialize + DeserializeOwned>(
        &self,
        of: u32,
        fits: impl FnOnce(&Kept<R, T>) -> bool,
        make: impl FnOnce(Option<(u32, R)>, &mut dyn FnMut(u32, &R)) -> T,
    ) -> T {
        let begun = match self.load(fits) {
            Some(Kept::Finished(kept)) => {
                self.note(Note::Finished);
                return kept;
            }
            Some(Kept::Rounds(done, rounds)) => {
                self.note(Note::GoesOn { done, of });
                Some((done, rounds))
            }
            None => None,
        };
        let mut keep = |done: u32, rounds: &R| {
            if done.is_multiple_of(SWEEPS) && done < of {
                self.save(&Kept::<&R, &T>::Rounds(done, rounds));
            }
        };
        let made = make(begun, &mut keep);
        self.save(&Kept::<&R, &T>::Finished(&made));
        made
    }
}

/// A part that is made in rounds.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) enum Kept<R, T> {
    /// So many rounds are done.
    Rounds(u32, R),
    /// All are.
    Finished(T),
}

/// The slots of one training: those of behaviour and those of texts are told apart, because an editor changes a text
/// while the uses stay the same.
pub(super) struct Slots<'a> {
    store: Option<&'a dyn Checkpoints>,
    behaviour: [u8; 32],
    texts: [u8; 32],
}

impl<'a> Slots<'a> {
    pub(super) fn of(
        store: Option<&'a dyn Checkpoints>,
        table: &Interactions,
        texts: &[ItemText],
        taxonomy: &Taxonomy,
        params: &TrainParams,
    ) -> Result<Self> {
        if store.is_none() {
            return Ok(Self { store, behaviour: [0; 32], texts: [0; 32] });
        }
        let mut behaviour = start(params)?;
        hash_table(&mut behaviour, table);
        let mut read = start(params)?;
        read.update(encode(taxonomy)?);
        hash_texts(&mut read, texts);
        Ok(Self { store, behaviour: behaviour.finalize().into(), texts: read.finalize().into() })
    }

    pub(super) fn of_behaviour(&self, part: Stage) -> Slot<'a> {
        Slot { store: self.store, part, key: self.behaviour }
    }

    /// For a part made of behaviour and texts.
    pub(super) fn of_both(&self, part: Stage) -> Slot<'a> {
        let key = Sha256::new().chain_update(self.behaviour).chain_update(self.texts).finalize();
        Slot { store: self.store, part, key: key.into() }
    }

    pub(super) fn of_texts(&self, part: Stage) -> Slot<'a> {
        Slot { store: self.store, part, key: self.texts }
    }
}

fn start(params: &TrainParams) -> Result<Sha256> {
    let mut hash = Sha256::new();
    hash.update(FORMAT.to_le_bytes());
    hash.update(super::FORMAT.to_le_bytes());
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update([0]);
    hash.update(encode(params)?);
    Ok(hash)
}

fn hash_table(hash: &mut Sha256, table: &Interactions) {
    hash.update((table.items.len() as u64).to_le_bytes());
    for item in &table.items {
        hash_text(hash, item.as_str());
    }
    hash.update((table.visitors.len() as u64).to_le_bytes());
    for visitor in &table.visitors {
        hash.update(visitor.0.to_le_bytes());
    }
    for row in &table.rows {
        hash.update(row.visitor.to_le_bytes());
        hash.update(row.item.to_le_bytes());
        hash.update(row.session.to_le_bytes());
        hash.update(row.ts_ms.to_le_bytes());
        hash.update(row.weight.to_le_bytes());
    }
}

/// Texts count in any order, as they do for the fit.
fn hash_texts(hash: &mut Sha256, texts: &[ItemText]) {
    let mut texts: Vec<&ItemText> = texts.iter().collect();
    texts.sort_by(|a, b| (&a.id, &a.text, &a.labels).cmp(&(&b.id, &b.text, &b.labels)));
    for text in texts {
        hash_text(hash, text.id.as_str());
        hash_text(hash, &text.text);
        hash.update((text.labels.len() as u64).to_le_bytes());
        for label in &text.labels {
            hash.update(label.to_le_bytes());
        }
    }
}

fn hash_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|error| InsightError::Decode(error.to_string()))
}

#[cfg(test)]
mod tests;
