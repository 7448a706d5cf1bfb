//! What draws people on one day: items by need and for everybody, with weights.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use vocab::ItemKind;

use super::world::{Shown, World};

const DAY_MS: f64 = 86_400_000.0;

/// Items to choose from by weight.
#[derive(Debug, Default)]
pub(super) struct Choice {
    items: Vec<u32>,
    /// Running sums of the weights.
    sums: Vec<f64>,
}

impl Choice {
    fn push(&mut self, item: u32, weight: f64) {
        let sum = self.sums.last().copied().unwrap_or(0.0) + weight;
        self.items.push(item);
        self.sums.push(sum);
    }

    /// One of the items, the heavier the likelier.
    pub(super) fn pick(&self, rng: &mut ChaCha8Rng) -> Option<u32> {
        let total = *self.sums.last()?;
        let at = rng.random::<f64>() * total;
        let position = self.sums.partition_point(|&sum| sum <= at);
        self.items.get(position.min(self.items.len() - 1)).copied()
    }
}

/// One day's choices.
#[derive(Debug)]
pub(super) struct Shelf {
    /// By position of the need in the taxonomy.
    pub(super) by_need: Vec<Choice>,
    /// News, notices and what is important.
    pub(super) general: Choice,
    /// By position of the column.
    pub(super) by_column: Vec<Choice>,
}

impl Shelf {
    /// The choices of the day that ends then; items published later are not on it.
    pub(super) fn new(world: &World, end_ms: i64) -> Self {
        let mut shelf = Self {
            by_need: world.needs.iter().map(|_| Choice::default()).collect(),
            general: Choice::default(),
            by_column: world.columns.iter().map(|_| Choice::default()).collect(),
        };
        for (position, item) in (0u32..).zip(&world.items).filter(|(_, item)| item.is_out(end_ms)) {
            let days = (end_ms - item.published_ms) as f64 / DAY_MS;
            let taste = taste(&item.id);
            let useful = usefulness(item, days) * taste;
            for &need in &item.needs {
                shelf.by_need[usize::from(need)].push(position, useful);
            }
            let interest = interest(item, days) * taste;
            shelf.general.push(position, interest);
            if let Some(column) = world.columns.iter().position(|column| column.id == item.column) {
                shelf.by_column[column].push(position, useful + interest);
            }
        }
        shelf
    }
}

/// How much an item helps somebody with its need.
fn usefulness(item: &Shown, days: f64) -> f64 {
    let base = match item.kind {
        ItemKind::Service => 1.0,
        ItemKind::Qa | ItemKind::Interpretation => 0.6,
        ItemKind::Policy => 0.5,
        ItemKind::Notice => 0.1 + 0.6 * (-days / 20.0).exp(),
        ItemKind::News => 0.05 + 0.4 * (-days / 10.0).exp(),
    };
    let standing = if item.in_force { 1.0 } else { 0.05 };
    base * standing * (1.0 + 0.5 * f64::from(item.importance))
}

/// How much an item draws somebody who just looks around.
fn interest(item: &Shown, days: f64) -> f64 {
    let base = match item.kind {
        ItemKind::News => 1.0,
        ItemKind::Notice => 0.8,
        ItemKind::Interpretation | ItemKind::Policy => 0.5,
        ItemKind::Service => 0.3,
        ItemKind::Qa => 0.1,
    };
    let fresh = 0.02 + (-days / 6.0).exp();
    let standing = if item.in_force { 1.0 } else { 0.02 };
    let alarm = if item.emergency && days < 2.0 { 4.0 } else { 1.0 };
    base * fresh * standing * alarm * (1.0 + f64::from(item.importance))
}

/// A lasting popularity between 0.3 and 2.3, the same for the same id: some items just read better.
fn taste(id: &str) -> f64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let unit = (super::mix([hash, 0, 0, 0]) >> 11) as f64 / (1u64 << 53) as f64;
    0.3 + 2.0 * unit * unit
}
