//! `properties`: what the definition maps fills the event's fields, the rest stands for the tracking plan.

use crate::dialect::assign::{assign, is_field};
use crate::dialect::fields::{Fields, scalar};
use crate::draft::Draft;
use crate::steps::parse::Parse;

pub(super) fn read(draft: &mut Draft, fields: &Fields<'_>, parse: &Parse) {
    let Some(properties) = fields.loose_object("properties") else {
        return;
    };
    for (key, value) in properties.map.iter().filter(|(_, value)| !value.is_null()) {
        if draft.stated.read(key, value) {
            continue;
        }
        let mapped = parse.properties.get(key).map(String::as_str);
        let field = mapped.or_else(|| is_field(key).then_some(key.as_str()));
        match field.map(|field| assign(&mut draft.event, field, value, true)) {
            Some(Ok(_)) => continue,
            Some(Err(_)) => draft.warn("bad_value", &format!("properties/{key}")),
            None => {}
        }
        // Lists and objects are not kept: nobody said what is in them.
        if let Some(text) = scalar(value) {
            draft.props.push((key.clone(), text));
        }
    }
}
