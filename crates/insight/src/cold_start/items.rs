//! Who used what, and what is written on the items: the readers.

use std::collections::BTreeMap;
use std::io::BufRead;

use crate::{InsightError, Result};

/// Pairs of user and item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// `(user, item)`.
    pub pairs: Vec<(u32, u32)>,
}

impl Uses {
    /// Reads `user,item`, one pair a line; a header is allowed.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn read(from: impl BufRead) -> Result<Self> {
        let mut pairs = Vec::new();
        for (index, line) in from.lines().enumerate() {
            let line = line?;
            let fields = split(&line);
            match fields.iter().map(|field| field.trim().parse::<u32>()).collect::<Vec<_>>()[..] {
                [Ok(user), Ok(item)] => pairs.push((user, item)),
                _ if index == 0 || line.trim().is_empty() => {}
                _ => {
                    let detail = format!("{line:?}, expected two whole numbers");
                    return Err(InsightError::Parse { line: index + 1, detail });
                }
            }
        }
        Ok(Self { pairs })
    }

    /// All users, ascending.
    pub fn users(&self) -> Vec<u32> {
        distinct(self.pairs.iter().map(|pair| pair.0))
    }

    /// All items, ascending.
    pub fn items(&self) -> Vec<u32> {
        distinct(self.pairs.iter().map(|pair| pair.1))
    }
}

fn distinct(ids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Title and genres by item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemFeatures {
    /// Item → title, genres.
    pub items: BTreeMap<u32, (String, Vec<String>)>,
}

impl ItemFeatures {
    /// Reads `item,title,genres` with a header; titles may be quoted, genres are separated by `|`.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn read(from: impl BufRead) -> Result<Self> {
        let mut items = BTreeMap::new();
        for (index, line) in from.lines().enumerate() {
            let line = line?;
            if index == 0 || line.trim().is_empty() {
                continue;
            }
            let fields = split(&line);
            let item = fields.first().and_then(|field| field.trim().parse::<u32>().ok());
            let (Some(item), [_, title, genres]) = (item, &fields[..]) else {
                let detail = format!("{line:?}, expected item,title,genres");
                return Err(InsightError::Parse { line: index + 1, detail });
            };
            let genres = genres.split('|').map(|genre| genre.trim().to_owned());
            let genres = genres.filter(|genre| !genre.is_empty()).collect();
            items.insert(item, (title.clone(), genres));
        }
        Ok(Self { items })
    }
}

/// Fields of a line of CSV; quoted fields may hold commas and doubled quotes (RFC 4180, without line breaks).
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut after_quote) = (false, false);
    for character in line.trim_end_matches('\r').chars() {
        let field = fields.last_mut().map(|field: &mut String| field);
        match character {
            '"' => {
                if after_quote && !quoted {
                    field.into_iter().for_each(|field| field.push('"'));
                }
                quoted = !quoted;
                after_quote = !quoted;
                continue;
            }
            ',' if !quoted => fields.push(String::new()),
            other => field.into_iter().for_each(|field| field.push(other)),
        }
        after_quote = false;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_and_quotes() {
        assert_eq!(split(r#"1,"A, ""B"" (1995)",x|y"#), ["1", r#"A, "B" (1995)"#, "x|y"]);
        assert_eq!(split(","), ["", ""]);
    }
}
