//! Recognising classes of short texts: one linear machine a class over weighted words and character n-grams.
//!
//! Texts of service matters are short and full of set phrases, so n-grams of one to three characters say more than
//! words alone; both together say more than either. A machine a class (one against the rest) lets a text have several.

mod machine;
mod terms;
pub(crate) mod tokens;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::params::{in_range, positive};

pub(crate) use terms::Bag;
pub(crate) use terms::Terms;

/// How texts are turned into numbers and machines are fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextParams {
    /// Price of a mistake against that of a large weight (`C`), > 0.
    pub cost: f32,
    /// Length of the words' part of a text beside that of its character n-grams, which is 1.
    pub word_weight: f32,
    /// Terms kept, the most frequent first.
    pub max_terms: u32,
    /// Rounds over the texts, at most.
    pub rounds: u32,
}

impl Default for TextParams {
    fn default() -> Self {
        Self { cost: 8.0, word_weight: 0.5, max_terms: 65_536, rounds: 100 }
    }
}

impl TextParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("text.cost", self.cost, 1e-4, 1e4)?;
        in_range("text.word_weight", self.word_weight, 0.0, 100.0)?;
        positive("text.max_terms", self.max_terms)?;
        positive("text.rounds", self.rounds)
    }
}

/// A text to learn from: its terms, and the classes it has.
pub(crate) type Taught<'a> = (&'a Bag, &'a [u16]);

/// One machine a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextClassifier {
    terms: Terms,
    classes: u16,
    /// `terms × classes`: a text touches the rows of its terms.
    #[serde(with = "crate::models::packed")]
    weights: Vec<f32>,
    #[serde(with = "crate::models::packed")]
    bias: Vec<f32>,
}

impl TextClassifier {
    /// Learns from texts and the classes each has, `0..classes`; a class nobody has is never recognised.
    /// The same texts in the same order give the same machines on any number of threads.
    ///
    /// # Errors
    /// A parameter outside its range.
    pub fn fit(texts: &[(&str, Vec<u16>)], classes: u16, params: &TextParams) -> Result<Self> {
        params.check()?;
        let bags: Vec<Bag> = texts.par_iter().map(|(text, _)| Bag::of(text)).collect();
        let taught: Vec<Taught<'_>> =
            bags.iter().zip(texts).map(|(bag, (_, labels))| (bag, labels.as_slice())).collect();
        Ok(Self::fit_bags(&taught, classes, params))
    }

    pub(crate) fn fit_bags(taught: &[Taught<'_>], classes: u16, params: &TextParams) -> Self {
        let bags: Vec<&Bag> = taught.iter().map(|(bag, _)| *bag).collect();
        let terms = Terms::fit(&bags, params.max_terms as usize, params.word_weight);
        let rows: Vec<Vec<(u32, f32)>> = bags.par_iter().map(|bag| terms.row(bag)).collect();
        let machines: Vec<(Vec<f32>, f32)> = (0..classes)
            .into_par_iter()
            .map(|class| {
                let has: Vec<bool> =
                    taught.iter().map(|(_, labels)| labels.contains(&class)).collect();
                machine::fit(&rows, &has, terms.len(), params, u64::from(class))
            })
            .collect();
        let width = usize::from(classes);
        let mut weights = vec![0_f32; terms.len() * width];
        for (class, (of_class, _)) in machines.iter().enumerate() {
            for (term, &weight) in of_class.iter().enumerate() {
                weights[term * width + class] = weight;
            }
        }
        let bias = machines.into_iter().map(|machine| machine.1).collect();
        Self { terms, classes, weights, bias }
    }

    /// How clearly a text has each class: above 0 it has. About −1 to 1 where it is like what was learnt from.
    pub fn scores(&self, text: &str) -> Vec<f32> {
        self.scores_of(&Bag::of(text))
    }

    pub(crate) fn scores_of(&self, bag: &Bag) -> Vec<f32> {
        let width = usize::from(self.classes);
        let mut scores = self.bias.clone();
        for (term, value) in self.terms.row(bag) {
            let row = &self.weights[term as usize * width..][..width];
            for (score, weight) in scores.iter_mut().zip(row) {
                *score += value * weight;
            }
        }
        scores
    }

    /// The classes of a text: every one that is above 0, else the nearest one. Ascending; empty without classes.
    pub fn classes_of(&self, text: &str) -> Vec<u16> {
        let scores = self.scores(text);
        let found: Vec<u16> = (0..self.classes).filter(|&c| scores[usize::from(c)] > 0.0).collect();
        if found.is_empty() { self.nearest(&scores).into_iter().collect() } else { found }
    }

    /// The class a text has most clearly, where each text has one.
    pub fn class_of(&self, text: &str) -> Option<u16> {
        self.nearest(&self.scores(text))
    }

    fn nearest(&self, scores: &[f32]) -> Option<u16> {
        (0..self.classes).min_by(|&a, &b| {
            let entry = |class: u16| (u32::from(class), scores[usize::from(class)]);
            crate::ranking::best_first(entry(a), entry(b))
        })
    }

    pub(crate) fn is_consistent(&self, classes: usize) -> bool {
        usize::from(self.classes) == classes
            && self.bias.len() == classes
            && self.terms.is_consistent()
            && self.weights.len() == self.terms.len() * classes
    }
}

#[cfg(test)]
mod tests;
