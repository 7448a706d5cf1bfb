//! What people type: keywords, plain-language names, and their slips.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use vocab::{Item, Taxonomy};

/// Something people type, and what the catalogue has for it.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) text: String,
    /// How many servable items hold it.
    pub(super) hits: u32,
    /// The first of them by position, those that serve the need before others.
    pub(super) found: Vec<u32>,
}

/// Results a page shows.
const PAGE: usize = 10;

/// The phrases for each need of the taxonomy.
pub(super) fn phrases(items: &[&Item], taxonomy: &Taxonomy) -> Vec<Vec<Phrase>> {
    let texts: Vec<String> = items.iter().map(|item| searchable(item)).collect();
    let phrases_of = |need: &vocab::Need| {
        let serves = |position: usize| items[position].needs.contains(&need.id);
        let mut words: Vec<&str> = need.kw_zh.iter().map(String::as_str).collect();
        for item in items.iter().filter(|item| item.needs.first() == Some(&need.id)) {
            words.extend(item.aliases.iter().map(String::as_str));
        }
        words.sort_unstable();
        words.dedup();
        let phrase = |word: &str| {
            let holds = |position: &usize| texts[*position].contains(word);
            let mut found: Vec<usize> = (0..items.len()).filter(holds).collect();
            let hits = found.len() as u32;
            found.sort_by_key(|&position| (!serves(position), position));
            found.truncate(PAGE);
            let found = found.into_iter().map(|position| position as u32).collect();
            Phrase { text: word.to_owned(), hits, found }
        };
        words.into_iter().map(phrase).collect()
    };
    taxonomy.needs.iter().map(phrases_of).collect()
}

fn searchable(item: &Item) -> String {
    let aliases = item.aliases.join("\n");
    format!("{}\n{}\n{aliases}\n{}", item.title.zh, item.summary.zh, item.body)
}

/// The phrase with a slip: a character left out, doubled, or two swapped.
pub(super) fn slip(rng: &mut ChaCha8Rng, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let positions: Vec<usize> = (1..characters.len()).collect();
    let Some(&at) = positions.choose(rng) else {
        return format!("{text}{text}");
    };
    match rng.random_range(0..3) {
        0 if characters.len() > 2 => {
            characters.remove(at);
        }
        1 => characters.swap(at - 1, at),
        _ => characters.insert(at, characters[at]),
    }
    characters.into_iter().collect()
}
