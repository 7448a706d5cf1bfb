//! How often what an arm showed was clicked, with an interval that knows that one person sees many items.

/// So many units are enough for an interval by the normal distribution, with so many clicks.
const UNITS: u64 = 30;
const CLICKS: u64 = 10;
/// Standard errors on each side of 95 % of a normal distribution.
const SIDE: f64 = 1.96;

/// Sums over the units of an arm: n items shown to each, c of them clicked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clicks {
    /// Units.
    pub units: u64,
    /// Σ n.
    pub shown: u64,
    /// Σ c.
    pub clicked: u64,
    /// Σ n².
    pub shown_squared: u64,
    /// Σ c².
    pub clicked_squared: u64,
    /// Σ n c.
    pub product: u64,
}

/// A rate or a difference of rates, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The estimate.
    pub value: f64,
    /// `None` where there is too little for one.
    pub error: Option<f64>,
}

impl Clicks {
    /// Clicks per impression; `None` where nothing was shown.
    ///
    /// Items of one person are no independent tries, so the error is that of a ratio of means over units (the delta
    /// method: Deng, Knoblich, Lu, *Applying the Delta Method in Metric Analytics*, KDD 2018).
    pub fn rate(&self) -> Option<Rate> {
        if self.shown == 0 {
            return None;
        }
        let shown = self.shown as f64;
        let value = self.clicked as f64 / shown;
        let enough = self.units >= UNITS && self.clicked >= CLICKS;
        let error = enough.then(|| {
            let squares = self.clicked_squared as f64 - 2.0 * value * self.product as f64
                + value * value * self.shown_squared as f64;
            let units = self.units as f64;
            (units / (units - 1.0) * squares.max(0.0)).sqrt() / shown
        });
        Some(Rate { value, error })
    }
}

impl Rate {
    /// Where it lies with a probability of 95 %.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.error.map(|error| (self.value - SIDE * error, self.value + SIDE * error))
    }

    /// How far it is above another arm's.
    #[must_use]
    pub fn above(&self, other: &Self) -> Self {
        let error = self.error.zip(other.error).map(|(mine, theirs)| mine.hypot(theirs));
        Self { value: self.value - other.value, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums over units that were shown and clicked so much each.
    fn sums(units: &[(u64, u64)]) -> Clicks {
        units.iter().fold(Clicks::default(), |sum, &(shown, clicked)| Clicks {
            units: sum.units + 1,
            shown: sum.shown + shown,
            clicked: sum.clicked + clicked,
            shown_squared: sum.shown_squared + shown * shown,
            clicked_squared: sum.clicked_squared + clicked * clicked,
            product: sum.product + shown * clicked,
        })
    }

    #[test]
    fn with_one_item_a_person_it_is_the_error_of_a_share() {
        let units: Vec<_> = (0..400).map(|nth| (1, u64::from(nth % 4 == 0))).collect();
        let rate = sums(&units).rate().unwrap();
        let share = (0.25_f64 * 0.75 / 399.0).sqrt();
        assert!((rate.value - 0.25).abs() < 1e-12 && (rate.error.unwrap() - share).abs() < 1e-12);
        let (low, high) = rate.interval().unwrap();
        assert!(low < 0.25 && high > 0.25);
    }

    #[test]
    fn who_clicks_everything_makes_it_less_certain_than_as_many_people() {
        let loyal: Vec<_> = (0..100).map(|nth| (10, if nth % 4 == 0 { 10 } else { 0 })).collect();
        let many: Vec<_> = (0..1_000).map(|nth| (1, u64::from(nth % 4 == 0))).collect();
        let (loyal, many) = (sums(&loyal).rate().unwrap(), sums(&many).rate().unwrap());
        assert!((loyal.value - many.value).abs() < 1e-12);
        assert!(loyal.error.unwrap() > 3.0 * many.error.unwrap());
        let difference = loyal.above(&many);
        assert!(difference.value.abs() < 1e-12 && difference.error > loyal.error);
    }

    #[test]
    fn too_little_has_no_interval_and_nothing_no_rate() {
        assert_eq!(sums(&[]).rate(), None);
        let few = sums(&[(10, 1); 29]).rate().unwrap();
        assert_eq!((few.value, few.error, few.interval()), (0.1, None, None));
        assert_eq!(sums(&[(10, 0); 500]).rate().unwrap().error, None);
        assert!(few.above(&sums(&[(10, 1); 500]).rate().unwrap()).error.is_none());
    }
}
