//! Pages, the moves visitors made between them, the links editors set; the reader and the seeded hold-out.

use std::collections::HashMap;
use std::io::BufRead;

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::matrix::Csr;
use crate::{InsightError, Result};

/// A graph of pages. Pages are numbered in order of appearance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    names: Vec<String>,
    places: HashMap<String, u32>,
    /// `(from, to, times)`.
    pub moves: Vec<(u32, u32, f32)>,
    /// `(from, to)`, set by editors or standing in the text.
    pub links: Vec<(u32, u32)>,
}

/// A graph without some of its moves, and those.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// What models may see.
    pub train: Graph,
    /// `(from, to)`, ascending.
    pub held: Vec<(u32, u32)>,
}

impl Graph {
    /// Number of pages.
    pub fn pages(&self) -> usize {
        self.names.len()
    }

    /// The name of a page.
    pub fn name(&self, page: u32) -> Option<&str> {
        self.names.get(page as usize).map(String::as_str)
    }

    /// The number of a page, given if it is new.
    pub fn page(&mut self, name: &str) -> u32 {
        if let Some(&page) = self.places.get(name) {
            return page;
        }
        let page = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), page);
        page
    }

    /// Reads moves: a CSV with `source_content_id`, `destination_content_id` and `weight` (GOV.UK). A page's moves to
    /// itself and rows without a weight are left out. Returns the moves read.
    ///
    /// # Errors
    /// A missing column, or the first line that cannot be read.
    pub fn read_moves(&mut self, from: impl BufRead) -> Result<usize> {
        let before = self.moves.len();
        self.read(from, Some("weight"))?;
        Ok(self.moves.len() - before)
    }

    /// Reads editors' links: a CSV with `source_content_id` and `destination_content_id`. Returns the links read.
    ///
    /// # Errors
    /// A missing column, or the first line that cannot be read.
    pub fn read_links(&mut self, from: impl BufRead) -> Result<usize> {
        let before = self.links.len();
        self.read(from, None)?;
        Ok(self.links.len() - before)
    }

    fn read(&mut self, from: impl BufRead, weight: Option<&str>) -> Result<()> {
        let mut lines = from.lines();
        let header = lines.next().transpose()?.unwrap_or_default();
        let column =
            |name: &str| {
                header.trim_end().split(',').position(|found| found == name).ok_or_else(|| {
                    InsightError::Parse { line: 1, detail: format!("no column {name}") }
                })
            };
        let (source, target) = (column("source_content_id")?, column("destination_content_id")?);
        let weight = weight.map(column).transpose()?;
        for (index, line) in lines.enumerate() {
            let line = line?;
            let fields: Vec<&str> = line.trim_end().split(',').collect();
            let field = |column: usize| {
                let detail = format!("{} fields, expected more than {column}", fields.len());
                fields.get(column).copied().ok_or(InsightError::Parse { line: index + 2, detail })
            };
            if line.trim().is_empty() {
                continue;
            }
            let (from, to) = (field(source)?, field(target)?);
            let (from, to) = (self.page(from), self.page(to));
            let Some(weight) = weight.map(field).transpose()? else {
                self.links.push((from, to));
                continue;
            };
            if weight.is_empty() || from == to {
                continue;
            }
            let times = weight.parse::<f32>().ok().filter(|times| *times > 0.0);
            let Some(times) = times else {
                let detail = format!("weight is {weight:?}, expected a number above 0");
                return Err(InsightError::Parse { line: index + 2, detail });
            };
            self.moves.push((from, to, times));
        }
        Ok(())
    }

    /// Takes a seeded share of the moves out. Repeated moves are one; a link from a held-out move's source to its
    /// target stays, it is no move.
    #[must_use]
    pub fn hold_out(&self, share: f32, seed: u64) -> Held {
        let mut moves = self.moves.clone();
        moves.sort_unstable_by_key(|edge| (edge.0, edge.1, edge.2.to_bits()));
        moves.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        moves.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let rest = moves.split_off((moves.len() as f64 * f64::from(share)) as usize);
        let mut held: Vec<(u32, u32)> = moves.iter().map(|edge| (edge.0, edge.1)).collect();
        held.sort_unstable();
        let mut train = Self { moves: rest, ..self.clone() };
        train.moves.sort_unstable_by_key(|edge| (edge.0, edge.1));
        Held { train, held }
    }

    /// Moves as a matrix, from × to.
    pub(super) fn matrix(&self) -> Csr {
        Csr::from_triplets(self.pages(), self.pages(), self.moves.clone())
    }
}
