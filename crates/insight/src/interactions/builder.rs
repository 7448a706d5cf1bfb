//! Collects interactions from rows that name items and visitors.

use std::collections::HashMap;

use vocab::{ItemId, SessionId, VisitorId};

use super::{Interaction, Interactions};

/// Builds [`Interactions`] row by row; each id is stored once.
#[derive(Clone, Debug, Default)]
pub struct InteractionsBuilder {
    items: HashMap<ItemId, u32>,
    visitors: HashMap<VisitorId, u32>,
    table: Interactions,
}

impl InteractionsBuilder {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one use. `ts_ms` is milliseconds since 1970; a weight that is not finite and above 0 is left out.
    pub fn push(
        &mut self,
        visitor: VisitorId,
        item: &str,
        session: SessionId,
        ts_ms: i64,
        weight: f32,
    ) {
        if !(weight.is_finite() && weight > 0.0) {
            return;
        }
        let item = match self.items.get(item) {
            Some(&position) => position,
            None => {
                let position = self.table.items.len() as u32;
                let id = ItemId::from(item);
                self.table.items.push(id.clone());
                self.items.insert(id, position);
                position
            }
        };
        let next = self.table.visitors.len() as u32;
        let position = *self.visitors.entry(visitor).or_insert(next);
        if position == next {
            self.table.visitors.push(visitor);
        }
        self.table.rows.push(Interaction {
            visitor: position,
            item,
            session: session.0,
            ts_ms,
            weight,
        });
    }

    /// Adds all uses of another table.
    pub fn extend(&mut self, other: &Interactions) {
        for row in &other.rows {
            let visitor = other.visitors[row.visitor as usize];
            let item = other.items[row.item as usize].as_str();
            self.push(visitor, item, SessionId(row.session), row.ts_ms, row.weight);
        }
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.table.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.rows.is_empty()
    }

    /// The table.
    pub fn build(self) -> Interactions {
        self.table
    }
}
