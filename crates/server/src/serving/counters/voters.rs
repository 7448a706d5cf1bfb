//! Who voted, in a few bytes: enough to tell many people from one who comes back.

use vocab::VisitorId;

/// Distinct visitors a part of everybody must have had lately before its lists are shown: below that they would tell
/// what single people do, and a handful of robots could make them.
pub(super) const LEAST_VOTERS: usize = 10;
/// How long ago, in milliseconds, those visitors may have been there: three days, after which an eighth of a vote is left.
pub(super) const VOTERS_MS: i64 = 3 * 86_400_000;
/// A visitor's votes for one item of a part count once in this span, in milliseconds: a day.
const AGAIN_MS: i64 = 86_400_000;
/// Marks of [`Seen`].
const MARKS: u32 = u64::BITS;

/// The visitors a part saw last, as many as it needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Voters(Vec<(VisitorId, i64)>);

impl Voters {
    /// Notes a visitor; of more than are needed the one seen longest ago is forgotten.
    pub(super) fn note(&mut self, visitor: VisitorId, at_ms: i64) {
        if let Some(known) = self.0.iter_mut().find(|(known, _)| *known == visitor) {
            known.1 = known.1.max(at_ms);
        } else if self.0.len() < LEAST_VOTERS {
            self.0.push((visitor, at_ms));
        } else if let Some(oldest) = self.0.iter_mut().min_by_key(|(_, at_ms)| *at_ms)
            && oldest.1 < at_ms
        {
            *oldest = (visitor, at_ms);
        }
    }

    /// Whether enough different visitors were there lately.
    pub(super) fn are_enough(&self, now_ms: i64) -> bool {
        let lately = self.0.iter().filter(|(_, at_ms)| now_ms - at_ms <= VOTERS_MS);
        lately.count() >= LEAST_VOTERS
    }
}

/// Whose votes for one item of one part were counted: a mark a visitor, 64 of them.
///
/// Visitors share marks, so a newcomer's vote may get lost; one that is counted weighs as much as it was likely to get
/// lost (linear counting with inverse probabilities, Ting 2014), and the sum stays right. Marks are wiped after a day, and when half
/// of them are set: who comes back then weighs at most as one beside the thirty-two who came between.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    marks: u64,
    since_ms: i64,
}

impl Seen {
    /// What a vote counts; 0 where the visitor's mark is set.
    pub(super) fn weight(&mut self, visitor: VisitorId, at_ms: i64) -> f32 {
        if at_ms - self.since_ms > AGAIN_MS || self.marks.count_ones() >= MARKS / 2 {
            *self = Self { marks: 0, since_ms: at_ms };
        }
        // Visitors are keyed hashes: nobody can choose a mark.
        let mark = 1_u64 << (visitor.0 % u64::from(MARKS));
        if self.marks & mark != 0 {
            return 0.0;
        }
        let weight = MARKS as f32 / (MARKS - self.marks.count_ones()) as f32;
        self.marks |= mark;
        weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers as even as those of visitors, which are hashes.
    fn visitor(number: u64) -> VisitorId {
        let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        VisitorId(mixed ^ (mixed >> 31))
    }

    #[test]
    fn marks_count_many_visitors_rightly_and_one_hardly() {
        let mut seen = Seen::default();
        let many: f32 = (0..10_000).map(|number| seen.weight(visitor(number), 1)).sum();
        assert!((many - 10_000.0).abs() < 300.0, "10,000 visitors count {many}");
        let mut seen = Seen::default();
        let (mut one, mut others) = (0.0, 0.0);
        for number in 1..1_000 {
            others += seen.weight(visitor(number), 1);
            one += (0..100).map(|_| seen.weight(visitor(0), 1)).sum::<f32>();
        }
        assert!(one < others / 20.0, "one visitor's 100,000 votes count {one} beside {others}");
    }

    #[test]
    fn who_was_there_long_ago_is_nobody_lately() {
        let mut voters = Voters::default();
        for number in 0..LEAST_VOTERS as u64 {
            voters.note(visitor(number), 0);
            voters.note(visitor(1), 5);
        }
        assert!(voters.are_enough(VOTERS_MS));
        assert!(!voters.are_enough(VOTERS_MS + 1));
        for number in 20..29 {
            voters.note(visitor(number), VOTERS_MS);
        }
        assert!(voters.are_enough(VOTERS_MS + 5), "nine new ones, and one of before");
        assert!(!voters.are_enough(VOTERS_MS + 6));
    }
}
