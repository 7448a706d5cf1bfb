//! Whom a use is for: people or businesses, as far as the page, the item or its topic says.

use vocab::{Audience, Event, Taxonomy};

/// Property of an event that says whom its page is for, where the tracking plan of the portal has it: `natural` or
/// `legal`, as in requests for lists.
const PROPERTY: &str = "audience";

/// Whom an event says it is for: the page by its property, else the item, else its leading need.
pub fn said(event: &Event, item: Audience, taxonomy: &Taxonomy) -> Audience {
    match event.props.get(PROPERTY).map(String::as_str) {
        Some("natural") => Audience::Natural,
        Some("legal") => Audience::Legal,
        _ if item != Audience::All => item,
        _ => {
            let group = taxonomy.need(&event.topic).and_then(|need| taxonomy.group(&need.group));
            group.map_or(Audience::All, |group| group.audience)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_first_then_the_item_then_its_need() {
        let taxonomy: Taxonomy =
            toml::from_str(include_str!("../../../../../models/taxonomy.toml")).unwrap();
        let taxonomy = taxonomy.check().unwrap();
        let event = |topic: &str, page: &str| {
            let props = [("audience".to_owned(), page.to_owned())].into();
            Event { topic: topic.to_owned(), props, ..Event::default() }
        };
        let said = |event: &Event, item| said(event, item, &taxonomy);
        let people = event("p.birth.register", "");
        assert_eq!(said(&people, Audience::All), Audience::Natural);
        assert_eq!(said(&people, Audience::Legal), Audience::Legal);
        assert_eq!(said(&event("p.birth.register", "legal"), Audience::Natural), Audience::Legal);
        assert_eq!(said(&event("", "anyone"), Audience::All), Audience::All);
    }
}
