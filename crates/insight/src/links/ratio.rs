//! Log-likelihood ratios: surprise that two pages go together, the classic of item-to-item recommendation.

use super::Graph;
use crate::matrix::Csr;

/// The log-likelihood ratio of a 2×2 table: both together, the first alone, the second alone, neither.
///
/// Dunning's G² (*Accurate Methods for the Statistics of Surprise and Coincidence*, 1993), in the
/// entropy form of Apache Mahout. Never negative.
pub fn log_likelihood_ratio(both: f64, first: f64, second: f64, neither: f64) -> f64 {
    let log = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
    let all = both + first + second + neither;
    let rows = log(all) - log(both + first) - log(second + neither);
    let columns = log(all) - log(both + second) - log(first + neither);
    let cells = log(all) - log(both) - log(first) - log(second) - log(neither);
    (2.0 * (rows + columns - cells)).max(0.0)
}

/// What goes with what, page × page.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLikelihood {
    scores: Csr,
}

impl LogLikelihood {
    /// Each page with the pages it leads to is one basket; two pages go together when baskets hold both (Mahout's
    /// item similarity with pages for users).
    pub fn of_baskets(graph: &Graph) -> Self {
        let pages = graph.pages();
        let mut cells: Vec<(u32, u32, f32)> =
            graph.moves.iter().map(|edge| (edge.0, edge.1, 1.0)).collect();
        let mut sources: Vec<u32> = cells.iter().map(|cell| cell.0).collect();
        sources.dedup();
        cells.extend(sources.iter().map(|&page| (page, page, 1.0)));
        let baskets = Csr::from_triplets(pages, pages, cells);
        let of_page = baskets.transpose();
        let mut triplets = Vec::new();
        let mut together = vec![0_f64; pages];
        for page in 0..pages {
            together.fill(0.0);
            for &basket in of_page.row(page).0 {
                for &other in baskets.row(basket as usize).0 {
                    together[other as usize] += 1.0;
                }
            }
            for (other, &both) in together.iter().enumerate() {
                let (first, second) = (of_page.row_len(page) as f64, of_page.row_len(other) as f64);
                push(&mut triplets, (page, other), (both, first, second, sources.len() as f64));
            }
        }
        Self { scores: Csr::from_triplets(pages, pages, triplets) }
    }

    /// Every move is one observation of two pages, whichever way.
    pub fn of_moves(graph: &Graph) -> Self {
        let pages = graph.pages();
        let both_ways =
            graph.moves.iter().flat_map(|&(a, b, times)| [(a, b, times), (b, a, times)]);
        let matrix = Csr::from_triplets(pages, pages, both_ways.collect());
        let sums: Vec<f64> = matrix.row_sums().into_iter().map(f64::from).collect();
        let all: f64 = sums.iter().sum();
        let mut triplets = Vec::new();
        for page in 0..pages {
            let (others, times) = matrix.row(page);
            for (&other, &times) in others.iter().zip(times) {
                let (first, second) = (sums[page], sums[other as usize]);
                push(&mut triplets, (page, other as usize), (f64::from(times), first, second, all));
            }
        }
        Self { scores: Csr::from_triplets(pages, pages, triplets) }
    }

    /// Scores of the pages that go with `source` more often than by chance.
    pub fn score(&self, source: u32, scores: &mut [f32]) {
        let (others, values) = self.scores.row(source as usize);
        for (&other, &value) in others.iter().zip(values) {
            scores[other as usize] = value;
        }
    }
}

/// Adds a pair that goes together more often than chance: `(together, with the first, with the second, all)`.
fn push(
    triplets: &mut Vec<(u32, u32, f32)>,
    (page, other): (usize, usize),
    (both, first, second, all): (f64, f64, f64, f64),
) {
    if page != other && both > 0.0 && both * all > first * second {
        let neither = (all - first - second + both).max(0.0);
        let ratio = log_likelihood_ratio(both, first - both, second - both, neither);
        triplets.push((page as u32, other as u32, ratio as f32));
    }
}
