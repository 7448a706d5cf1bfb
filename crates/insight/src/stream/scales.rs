//! Forward decay at several half-lives at once.

/// A weight above this moves the landmark; far from the ends of `f32`.
const MOST: f64 = 1e15;

/// Growing weights of one moment, a number a scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scales<const N: usize> {
    /// Mean lifetimes τ in milliseconds.
    lifetimes: [f64; N],
    landmarks: [f64; N],
}

impl<const N: usize> Scales<N> {
    /// With lifetimes in hours.
    pub(super) fn new(hours: [f64; N]) -> Self {
        Self { lifetimes: hours.map(|hours| hours * 3_600_000.0), landmarks: [f64::NAN; N] }
    }

    /// What an event at `now_ms` adds at each scale. Where a weight has grown too large the landmark moves, and every
    /// stored weight of that scale must be multiplied by the second number.
    pub(super) fn weights(&mut self, now_ms: i64) -> ([f32; N], Option<[f32; N]>) {
        let now = now_ms as f64;
        let (mut weights, mut shrink, mut moved) = ([0_f32; N], [1_f32; N], false);
        for scale in 0..N {
            if self.landmarks[scale].is_nan() {
                self.landmarks[scale] = now;
            }
            let mut weight = ((now - self.landmarks[scale]) / self.lifetimes[scale]).exp();
            if weight > MOST {
                shrink[scale] = weight.recip() as f32;
                self.landmarks[scale] = now;
                weight = 1.0;
                moved = true;
            }
            weights[scale] = weight as f32;
        }
        (weights, moved.then_some(shrink))
    }

    /// The same without moving anything; kept within the weights there are.
    pub(super) fn peek(&self, now_ms: i64) -> [f32; N] {
        std::array::from_fn(|scale| {
            let landmark = self.landmarks[scale];
            let age = if landmark.is_nan() { 0.0 } else { now_ms as f64 - landmark };
            ((age / self.lifetimes[scale]).exp().clamp(MOST.recip(), MOST)) as f32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_fades_with_its_lifetime_whether_or_not_the_landmark_moves() {
        let mut scales = Scales::new([1.0, 1_000.0]);
        let hour = 3_600_000;
        let (mut stored, _) = scales.weights(0);
        for step in 1..=200 {
            let (now, shrink) = scales.weights(step * hour);
            if let Some(shrink) = shrink {
                stored.iter_mut().zip(shrink).for_each(|(weight, by)| *weight *= by);
            }
            let slow = stored[1] / now[1];
            assert!((slow - (-(step as f32) / 1_000.0).exp()).abs() < 1e-4);
            let fast = stored[0] / now[0];
            assert!((fast - (-(step as f32)).exp()).abs() < 1e-4, "{step}: {fast}");
        }
    }
}
