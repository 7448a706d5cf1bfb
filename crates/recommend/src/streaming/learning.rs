//! What the ranker is taught: of everything that might have come next, this was taken.

use insight::stream::{Candidates, Ranker, Stream, View};

/// Lessons of one batch of uses: a batch is some milliseconds, and describing all candidates takes half of one.
const LESSONS: usize = 4;

/// One choice.
#[derive(Debug)]
pub(super) struct Lesson {
    sets: [usize; 4],
    features: Vec<f32>,
    chosen: usize,
}

/// Which of `count` uses are looked at, evenly spread.
pub(super) fn chosen(count: usize) -> impl Iterator<Item = usize> {
    let every = count.div_ceil(LESSONS).max(1);
    (0..count).step_by(every)
}

impl Lesson {
    /// The choice of `item` at the moment `view`; `None` where a visit begins with it, returns to it, or no source
    /// would have offered it.
    pub(super) fn of(stream: &Stream, view: &View, item: u32) -> Option<Self> {
        if view.items.is_empty() || view.items.contains(&item) {
            return None;
        }
        let mut candidates = Candidates::default();
        stream.candidates(view, &mut candidates);
        let chosen = candidates.position(item)?;
        Some(Self { sets: Ranker::sets_of(view), features: candidates.features, chosen })
    }

    pub(super) fn teach(&self, ranker: &mut Ranker) {
        ranker.learn(&self.sets, &self.features, self.chosen);
    }
}
