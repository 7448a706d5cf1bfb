//! Draws that follow from a seed: `SplitMix64` (Steele, Lea & Flood 2014), normal by Marsaglia's polar method, gamma by
//! Marsaglia & Tsang 2000.

/// A stream of draws; the same on every machine.
#[derive(Debug)]
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Above 0 and below 1.
    pub(super) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }

    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let raised = self.gamma(shape + 1.0);
            return raised * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// A draw of Beta(a, b); both above 0.
    pub(super) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        x / (x + y)
    }
}

#[test]
fn beta_draws_have_the_mean_and_the_spread_they_should() {
    for (a, b) in [(1.0, 19.0), (0.5, 0.5), (30.0, 10.0)] {
        let mut draws = Draws::new(7);
        let all: Vec<f64> = (0..20_000).map(|_| draws.beta(a, b)).collect();
        let mean = all.iter().sum::<f64>() / 20_000.0;
        let spread = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - a / (a + b)).abs() < 0.01, "{a} {b}: {mean}");
        let expected = a * b / ((a + b) * (a + b) * (a + b + 1.0));
        assert!((spread - expected).abs() < 0.1 * expected, "{a} {b}: {spread} {expected}");
    }
}
