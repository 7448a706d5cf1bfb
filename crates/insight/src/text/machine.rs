//! One linear support vector machine: squared hinge loss, squared weights, solved in the dual one text at a time.
//!
//! Hsieh, Chang, Lin, Keerthi, Sundararajan, *A Dual Coordinate Descent Method for Large-scale Linear SVM* (ICML 2008),
//! algorithm 3: texts whose part of the solution stays at zero are looked at no more until the rest is solved.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TextParams;

/// Solved when the gradients of one round lie no farther apart than this.
const TOLERANCE: f32 = 0.01;

/// Weights of the terms and the bias; `has` says which rows are of the class.
pub(super) fn fit(
    rows: &[Vec<(u32, f32)>],
    has: &[bool],
    terms: usize,
    params: &TextParams,
    seed: u64,
) -> (Vec<f32>, f32) {
    let known = has.iter().filter(|&&has| has).count();
    if known == 0 || known == rows.len() {
        return (vec![0.0; terms], if known == 0 { -1.0 } else { 1.0 });
    }
    let mut machine = Machine::new(rows, has, terms, params.cost);
    machine.solve(params.rounds, &mut ChaCha8Rng::seed_from_u64(seed));
    (machine.weights, machine.bias)
}

struct Machine<'a> {
    rows: &'a [Vec<(u32, f32)>],
    signs: Vec<f32>,
    /// What each row adds to the solution, ≥ 0.
    alphas: Vec<f32>,
    /// Diagonal of the dual problem: squared length, 1 of the bias, and the price of a mistake.
    diagonal: Vec<f32>,
    price: f32,
    weights: Vec<f32>,
    bias: f32,
}

impl<'a> Machine<'a> {
    fn new(rows: &'a [Vec<(u32, f32)>], has: &[bool], terms: usize, cost: f32) -> Self {
        let price = 0.5 / cost;
        let square = |row: &Vec<(u32, f32)>| row.iter().map(|(_, v)| v * v).sum::<f32>();
        Self {
            rows,
            signs: has.iter().map(|&has| if has { 1.0 } else { -1.0 }).collect(),
            alphas: vec![0.0; rows.len()],
            diagonal: rows.iter().map(|row| square(row) + 1.0 + price).collect(),
            price,
            weights: vec![0.0; terms],
            bias: 0.0,
        }
    }

    fn solve(&mut self, rounds: u32, random: &mut ChaCha8Rng) {
        let mut active: Vec<u32> = (0..self.rows.len() as u32).collect();
        // Texts at zero with a gradient above this one are set aside.
        let mut aside = f32::INFINITY;
        for _ in 0..rounds {
            active.shuffle(random);
            let (mut highest, mut lowest) = (f32::NEG_INFINITY, f32::INFINITY);
            active.retain(|&row| {
                let gradient = self.gradient(row as usize);
                let at_zero = self.alphas[row as usize] == 0.0;
                if at_zero && gradient > aside {
                    return false;
                }
                let projected = if at_zero { gradient.min(0.0) } else { gradient };
                (highest, lowest) = (highest.max(projected), lowest.min(projected));
                if projected.abs() > 1e-9 {
                    self.step(row as usize, gradient);
                }
                true
            });
            if highest - lowest <= TOLERANCE {
                if active.len() == self.rows.len() {
                    return;
                }
                // Solved without those set aside: are they still right?
                active = (0..self.rows.len() as u32).collect();
                aside = f32::INFINITY;
            } else {
                aside = if highest > 0.0 { highest } else { f32::INFINITY };
            }
        }
    }

    fn gradient(&self, row: usize) -> f32 {
        let mut sum = self.bias;
        for &(term, value) in &self.rows[row] {
            sum += self.weights[term as usize] * value;
        }
        self.signs[row] * sum - 1.0 + self.price * self.alphas[row]
    }

    fn step(&mut self, row: usize, gradient: f32) {
        let before = self.alphas[row];
        let after = (before - gradient / self.diagonal[row]).max(0.0);
        self.alphas[row] = after;
        let change = (after - before) * self.signs[row];
        for &(term, value) in &self.rows[row] {
            self.weights[term as usize] += change * value;
        }
        self.bias += change;
    }
}
