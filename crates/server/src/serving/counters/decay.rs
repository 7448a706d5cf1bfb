//! Counts that fade: what was long ago matters less, what was just now shows at once.

/// Half-life of popularity, in milliseconds: a day.
pub(super) const SLOW_MS: f32 = 86_400_000.0;
/// Half-life of the present, in milliseconds: an hour.
const FAST_MS: f32 = 3_600_000.0;
/// Fewer recent votes than this are no trend.
const LEAST_RECENT: f32 = 3.0;

/// Votes for one item over two time spans.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    /// Votes faded by the slow half-life.
    pub(super) slow: f32,
    /// Votes faded by the fast half-life.
    pub(super) fast: f32,
    at_ms: i64,
}

impl Count {
    /// What is left of it at `now_ms`.
    pub(super) fn decayed(self, now_ms: i64) -> Self {
        let passed = (now_ms - self.at_ms).max(0) as f32;
        Self {
            slow: self.slow * (-passed / SLOW_MS).exp2(),
            fast: self.fast * (-passed / FAST_MS).exp2(),
            at_ms: self.at_ms.max(now_ms),
        }
    }

    /// Takes in votes; a late arrival counts for what is left of it.
    pub(super) fn add(&mut self, votes: f32, at_ms: i64) {
        let mut now = self.decayed(at_ms);
        let late = (now.at_ms - at_ms).max(0) as f32;
        now.slow += votes * (-late / SLOW_MS).exp2();
        now.fast += votes * (-late / FAST_MS).exp2();
        *self = now;
    }

    /// The slow count it would have if it had always been voted for as lately, where enough votes say so. In balance a
    /// decayed count is its rate times its half-life, so the two are scaled by theirs.
    pub(super) fn pace(self) -> Option<f32> {
        (self.fast >= LEAST_RECENT).then(|| self.fast / FAST_MS * SLOW_MS)
    }
}

/// How often lists showed an item, and how often it was taken from one; both fade by the slow half-life.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exposed {
    pub(super) impressions: f32,
    pub(super) clicks: f32,
    pub(super) at_ms: i64,
}

impl Exposed {
    pub(super) fn add(&mut self, impressions: f32, clicks: f32, at_ms: i64) {
        // One that comes late counts as if it came now.
        let fade = (-((at_ms - self.at_ms).max(0) as f32) / SLOW_MS).exp2();
        self.impressions = self.impressions * fade + impressions;
        self.clicks = self.clicks * fade + clicks;
        self.at_ms = self.at_ms.max(at_ms);
    }
}
