//! From one thing to others: bounded lists of decayed counts.

/// Lifetimes of an edge, in hours: what holds now, today, and this week.
pub(super) const EDGE_HOURS: [f64; EDGE_SCALES] = [2.0, 12.0, 168.0];
/// How many there are.
pub(super) const EDGE_SCALES: usize = 3;
/// The scale by which the weakest edge is found.
const KEEP_BY: usize = 1;

/// One edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edge {
    pub(super) to: u32,
    pub(super) weights: [f32; EDGE_SCALES],
}

/// The strongest edges of one source, and the weight of all there ever were.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edges {
    pub(super) list: Vec<Edge>,
    pub(super) total: [f32; EDGE_SCALES],
}

impl Edges {
    /// Counts one use of an edge. A full list loses its weakest.
    pub(super) fn add(&mut self, to: u32, weights: [f32; EDGE_SCALES], most: usize) {
        add(&mut self.total, weights);
        if let Some(edge) = self.list.iter_mut().find(|edge| edge.to == to) {
            add(&mut edge.weights, weights);
        } else if self.list.len() < most {
            self.list.push(Edge { to, weights });
        } else if let Some(weakest) = self
            .list
            .iter_mut()
            .min_by(|a, b| a.weights[KEEP_BY].total_cmp(&b.weights[KEEP_BY]).then(b.to.cmp(&a.to)))
        {
            *weakest = Edge { to, weights };
        }
    }

    /// The edge to one target.
    pub(super) fn to(&self, to: u32) -> Option<&Edge> {
        self.list.iter().find(|edge| edge.to == to)
    }

    pub(super) fn shrink(&mut self, by: [f32; EDGE_SCALES]) {
        scale(&mut self.total, by);
        self.list.iter_mut().for_each(|edge| scale(&mut edge.weights, by));
    }
}

pub(super) fn add<const N: usize>(sum: &mut [f32; N], weights: [f32; N]) {
    sum.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
}

pub(super) fn scale<const N: usize>(sum: &mut [f32; N], by: [f32; N]) {
    sum.iter_mut().zip(by).for_each(|(sum, by)| *sum *= by);
}
