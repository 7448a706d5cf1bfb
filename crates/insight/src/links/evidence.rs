//! What the training moves and links say of a pair of pages: a walk, ways back, shared neighbours, links.
//!
//! The walk is personalised `PageRank` (Page et al. 1999; Haveliwala 2002) over moves both ways with damped counts;
//! shared neighbours are Adamic–Adar (2003) and resource allocation (Zhou, Lü, Zhang 2009).

use super::{BlendParams, Graph};
use crate::matrix::Csr;
use crate::ranking::Best;

/// Number of features of a pair.
pub const FEATURES: usize = 12;

/// The matrices behind the features.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    out: Csr,
    back: Csr,
    /// Both ways, links too; rows sum to 1.
    around: Csr,
    /// Moves only, as they go; rows sum to 1.
    along: Csr,
    linked: Csr,
    linked_back: Csr,
    degree: Vec<f32>,
    sums: Vec<f32>,
    settings: BlendParams,
}

impl Evidence {
    /// From a graph.
    pub fn of(graph: &Graph, settings: &BlendParams) -> Self {
        let pages = graph.pages();
        let out = graph.matrix();
        let links = graph.links.iter().map(|&(a, b)| (a, b, 1.0)).collect();
        let linked = Csr::from_triplets(pages, pages, links).map(|_, _, _| 1.0);
        let mut around = Vec::new();
        let mut both =
            |a: u32, b: u32, weight: f32| around.extend([(a, b, weight), (b, a, weight)]);
        for &(a, b, times) in &graph.moves {
            both(a, b, times.ln_1p());
        }
        for &(a, b) in &graph.links {
            both(a, b, settings.link_weight);
        }
        let around = Csr::from_triplets(pages, pages, around);
        let along = stochastic(&out.map(|_, _, times| times.ln_1p()));
        let degree = (0..pages).map(|page| around.row_len(page) as f32).collect();
        let sums = out.row_sums();
        Self {
            back: out.transpose(),
            around: stochastic(&around),
            along,
            linked_back: linked.transpose(),
            linked,
            degree,
            sums,
            out,
            settings: settings.clone(),
        }
    }

    /// Moves by target.
    pub fn moves_in(&self) -> &Csr {
        &self.back
    }

    /// The share of visitors who go there next; ways back count 0.4 as in co-visitation.
    pub fn transitions(&self, source: u32, scores: &mut [f32]) {
        for (matrix, factor) in [(&self.back, 0.4), (&self.out, 1.0)] {
            let (others, times) = matrix.row(source as usize);
            for (&other, &times) in others.iter().zip(times) {
                let from = if factor < 1.0 { other } else { source };
                let share = factor * times / self.sums[from as usize].max(1.0);
                let score = &mut scores[other as usize];
                *score = score.max(0.0) + share;
            }
        }
    }

    /// The walk alone.
    pub fn walk(&self, source: u32, scores: &mut [f32]) {
        for (score, reached) in scores.iter_mut().zip(self.reach(&self.around, source)) {
            if reached > 0.0 {
                *score = reached;
            }
        }
    }

    /// Visits of a walk that goes on with a fixed probability.
    fn reach(&self, matrix: &Csr, source: u32) -> Vec<f32> {
        let mut now = vec![0_f32; matrix.rows()];
        let mut visits = now.clone();
        now[source as usize] = 1.0;
        for _ in 0..self.settings.steps {
            let mut next = vec![0_f32; matrix.rows()];
            for (page, &mass) in now.iter().enumerate().filter(|(_, mass)| **mass > 1e-7) {
                let (others, shares) = matrix.row(page);
                for (&other, &share) in others.iter().zip(shares) {
                    next[other as usize] += self.settings.go_on * mass * share;
                }
            }
            for (sum, mass) in visits.iter_mut().zip(&next) {
                *sum += mass;
            }
            now = next;
        }
        visits
    }

    /// Candidates of a source with their features: the pages the walk meets most often.
    pub fn candidates(&self, source: u32) -> Vec<(u32, [f32; FEATURES])> {
        let reached = self.reach(&self.around, source);
        let mut best = Best::new(self.settings.candidates as usize);
        for (page, &mass) in reached.iter().enumerate() {
            if mass > 0.0 && page != source as usize && best.admits(mass) {
                best.push(page as u32, mass);
            }
        }
        let along = self.reach(&self.along, source);
        let (mut adamic, mut resource) = (vec![0_f32; reached.len()], vec![0_f32; reached.len()]);
        for &between in self.around.row(source as usize).0 {
            let degree = self.degree[between as usize];
            for &other in self.around.row(between as usize).0 {
                adamic[other as usize] += 1.0 / (1.0 + degree).ln();
                resource[other as usize] += 1.0 / degree;
            }
        }
        let followers = self.followers(source);
        let cell = |matrix: &Csr, page: u32| {
            let (others, values) = matrix.row(source as usize);
            others.binary_search(&page).map_or(0.0, |position| values[position])
        };
        let log = |share: f32| (share + 1e-4).ln();
        best.into_sorted()
            .into_iter()
            .map(|(page, mass)| {
                let other = page as usize;
                let times = cell(&self.back, page);
                let features = [
                    log(mass),
                    log(along[other]),
                    log(followers[other]),
                    times.ln_1p(),
                    f32::from(u8::from(times > 0.0)),
                    log(times / self.sums[other].max(1.0)),
                    adamic[other].ln_1p(),
                    log(resource[other]),
                    self.degree[other].ln_1p(),
                    (self.back.row_len(other) as f32).ln_1p(),
                    cell(&self.linked, page),
                    cell(&self.linked_back, page),
                ];
                (page, features)
            })
            .collect()
    }

    /// Where those go who go where one goes from here: out, back, out (RP³, Cooper, Lee, Radzik, Siantos 2014).
    fn followers(&self, source: u32) -> Vec<f32> {
        let mut reached = vec![0_f32; self.out.rows()];
        let (targets, shares) = self.along.row(source as usize);
        for (&target, &share) in targets.iter().zip(shares) {
            let others = self.back.row(target as usize).0;
            for &other in others {
                let (ends, onward) = self.along.row(other as usize);
                for (&end, &on) in ends.iter().zip(onward) {
                    reached[end as usize] += share * on / others.len() as f32;
                }
            }
        }
        reached
    }
}

fn stochastic(matrix: &Csr) -> Csr {
    let sums = matrix.row_sums();
    matrix.map(|row, _, value| value / sums[row].max(f32::MIN_POSITIVE))
}
