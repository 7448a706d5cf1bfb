//! Definitions with other parameters: what a search found, in files that are read like those it began with.

use serde::Serialize;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{EMBEDDED, fail};
use crate::Result;
use crate::params::TrainParams;

/// The embedded definitions with these parameters in place of their own; comments, gates and tests stay. Name
/// (relative to `models/`) and text of each. What offline lists are made with has no file.
///
/// # Errors
/// Never in a build whose tests passed.
pub fn with_params(params: &TrainParams) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (name, text) in EMBEDDED {
        let mut document: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| fail(name, error.to_string()))?;
        match name {
            "features.toml" => {
                put(name, &mut document, "weighting", &params.weighting)?;
                put(name, &mut document, "popularity", &params.popularity)?;
            }
            "factors/model.toml" => put(name, &mut document, "params", &params.factors)?,
            "neighbours/model.toml" => put(name, &mut document, "params", &params.neighbours)?,
            "content/model.toml" => put(name, &mut document, "params", &params.content)?,
            _ => put(name, &mut document, "params", &params.needs)?,
        }
        found.push((name.to_owned(), document.to_string()));
    }
    Ok(found)
}

/// Puts every number of `value` into the table of that name.
fn put(name: &str, document: &mut DocumentMut, table: &str, value: &impl Serialize) -> Result<()> {
    let wanted =
        toml_edit::ser::to_document(value).map_err(|error| fail(name, error.to_string()))?;
    if document.get(table).is_none() {
        document.insert(table, Item::Table(Table::new()));
    }
    if let Some(table) = document.get_mut(table).and_then(Item::as_table_like_mut) {
        fill(table, wanted.as_table());
    }
    Ok(())
}

fn fill(table: &mut dyn TableLike, wanted: &dyn TableLike) {
    for (key, item) in wanted.iter() {
        if let Some(inner) = item.as_table_like() {
            if table.get(key).is_none() {
                table.insert(key, Item::Table(Table::new()));
            }
            if let Some(now) = table.get_mut(key).and_then(Item::as_table_like_mut) {
                fill(now, inner);
            }
        } else if let Some(value) = item.as_value().map(plain) {
            match table.get_mut(key).and_then(Item::as_value_mut) {
                // Only what differs is touched.
                Some(now) if equal(now, &value) => {}
                Some(now) => {
                    let decor = now.decor().clone();
                    *now = value;
                    *now.decor_mut() = decor;
                }
                None => {
                    table.insert(key, Item::Value(value));
                }
            }
        }
    }
}

/// Parameters are 32-bit floats: 0.3 is 0.3 and not 0.30000001192092896.
fn plain(value: &Value) -> Value {
    let short = |number: f64| format!("{}", number as f32).parse().unwrap_or(number);
    value.as_float().map_or_else(|| value.clone(), |number| Value::from(short(number)))
}

fn equal(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| value.as_float().or(value.as_integer().map(|whole| whole as f64));
    matches!((number(a), number(b)), (Some(a), Some(b)) if (a as f32).total_cmp(&(b as f32)).is_eq())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Definitions;

    #[test]
    fn what_a_search_found_is_read_like_any_definition() {
        let mut params = Definitions::embedded().unwrap().params().get().clone();
        params.factors.regularisation = 0.3;
        params.factors.dim = 128;
        params.neighbours.similar.item_exponent = 0.7;
        params.popularity.half_life_days = 1.0;
        let written = with_params(&params).unwrap();
        let read = Definitions::load(&written).unwrap();
        assert_eq!(*read.params().get(), params);
        let factors = &written[1].1;
        assert!(factors.contains("regularisation = 0.3\n"), "{factors}");
        assert!(factors.contains("# NDCG@20 over that of popularity"), "comments stay");
        let taxonomy = crate::definition::taxonomy().unwrap();
        assert!(read.validate(&taxonomy).unwrap().iter().all(|outcome| outcome.failure.is_none()));
    }

    #[test]
    fn the_same_parameters_change_no_letter_but_what_was_left_to_defaults() {
        let definitions = Definitions::embedded().unwrap();
        for (name, text) in with_params(definitions.params().get()).unwrap() {
            let before = EMBEDDED.iter().find(|known| known.0 == name).unwrap().1;
            for line in before.lines() {
                assert!(text.contains(line), "{name}: {line}");
            }
        }
    }
}
