//! What is written on an item as a sparse vector: genres and their pairs, the year as a hill, genre × year, title words.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{ContentMap, ItemFeatures};
use crate::matrix::Csr;

/// Years to either side of an item's own that it lends weight to.
const YEARS: i32 = 8;
/// Width of the hill in years.
const YEAR_WIDTH: f32 = 4.0;

/// What the kinds of features weigh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureParams {
    /// One genre; also all genres as one.
    pub genre: f32,
    /// Two genres.
    pub pair: f32,
    /// The year and the decade.
    pub year: f32,
    /// A genre in a year.
    pub genre_year: f32,
    /// A word of the title.
    pub word: f32,
    /// Warm items a feature must be on.
    pub min_items: u32,
}

impl Default for FeatureParams {
    fn default() -> Self {
        Self { genre: 1.0, pair: 0.7, year: 0.4, genre_year: 0.4, word: 0.5, min_items: 2 }
    }
}

/// Vectors of warm and cold items over the same features.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    warm: Csr,
    cold: Csr,
}

impl Features {
    /// Features and their weights (the square root of an inverse document frequency, Spärck Jones 1972) come from the
    /// warm items alone.
    pub fn of(items: &ItemFeatures, warm: &[u32], cold: &[u32], params: &FeatureParams) -> Self {
        let read = |ids: &[u32]| -> Vec<Vec<(String, f32)>> {
            ids.iter()
                .map(|id| items.items.get(id).map_or_else(Vec::new, |item| named(item, params)))
                .collect()
        };
        let (warm, cold) = (read(warm), read(cold));
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for (name, _) in warm.iter().flatten() {
            *counts.entry(name).or_default() += 1;
        }
        let mut names: Vec<&str> = counts
            .iter()
            .filter(|(_, count)| **count >= params.min_items.max(1))
            .map(|(name, _)| *name)
            .collect();
        names.sort_unstable();
        let matrix = |rows: &[Vec<(String, f32)>]| {
            let mut cells = Vec::new();
            for (row, features) in rows.iter().enumerate() {
                for (name, value) in features {
                    if let Ok(column) = names.binary_search(&name.as_str()) {
                        let share = warm.len() as f32 / counts[name.as_str()] as f32;
                        let weight = value * (share.ln() + 0.2).max(0.0).sqrt();
                        cells.push((row as u32, column as u32, weight));
                    }
                }
            }
            Csr::from_triplets(rows.len(), names.len(), cells)
        };
        Self { warm: matrix(&warm), cold: matrix(&cold) }
    }

    /// Vectors of the warm items.
    pub fn warm(&self) -> &Csr {
        &self.warm
    }

    /// Vectors of the cold items.
    pub fn cold(&self) -> &Csr {
        &self.cold
    }

    /// Cosines of every warm with every cold item, as a map: the mean over a history is content-kNN.
    pub fn cosines(&self) -> ContentMap {
        let unit = |matrix: &Csr| {
            let lengths: Vec<f32> = (0..matrix.rows())
                .map(|row| matrix.row(row).1.iter().map(|value| value * value).sum::<f32>().sqrt())
                .collect();
            matrix.map(|row, _, value| value / lengths[row].max(f32::MIN_POSITIVE))
        };
        ContentMap::from_products(&unit(&self.warm), &unit(&self.cold))
    }
}

/// Features of one item by name; each name once.
fn named((title, genres): &(String, Vec<String>), params: &FeatureParams) -> Vec<(String, f32)> {
    let mut features = Vec::new();
    let (name, year) = dated(title);
    let hill = |from: i32| {
        (-YEARS..=YEARS).map(move |away| {
            let distance = away as f32 / YEAR_WIDTH;
            (from + away, (-distance * distance).exp())
        })
    };
    let mut sorted: Vec<&str> = genres.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    for (place, genre) in sorted.iter().enumerate() {
        features.push((format!("g:{genre}"), params.genre));
        for other in &sorted[place + 1..] {
            features.push((format!("gp:{genre}|{other}"), params.pair));
        }
        for (year, height) in year.into_iter().flat_map(hill) {
            features.push((format!("gy:{genre}{year}"), params.genre_year * height));
        }
    }
    features.push((format!("gs:{}", sorted.join("|")), params.genre));
    if let Some(year) = year {
        features.push((format!("d:{}", year / 10), params.year));
        features
            .extend(hill(year).map(|(year, height)| (format!("y:{year}"), params.year * height)));
    }
    let lower = name.to_lowercase();
    let mut words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    features.extend(words.iter().map(|word| (format!("t:{word}"), params.word)));
    features
}

/// A title without its year, and the year: `Toy Story (1995)`.
fn dated(title: &str) -> (&str, Option<i32>) {
    let Some((name, rest)) = title.rsplit_once('(') else { return (title, None) };
    match rest.trim_end().trim_end_matches(')').parse::<i32>() {
        Ok(year) if (1_000..3_000).contains(&year) => (name, Some(year)),
        _ => (title, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_read_from_the_end_of_a_title() {
        assert_eq!(dated("Toy Story (1995)"), ("Toy Story ", Some(1995)));
        assert_eq!(dated("Seven (a.k.a. Se7en)"), ("Seven (a.k.a. Se7en)", None));
        assert_eq!(dated("通知"), ("通知", None));
    }
}
