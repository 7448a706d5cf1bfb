//! The catalogue, the sites and the personas: complete, consistent, dated to today.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use vocab::{Item, ItemKind, Lifecycle, ReviewState};

use super::*;

fn now() -> Timestamp {
    "2026-11-23T11:00:00Z".parse().expect("a time")
}

fn items() -> Vec<Item> {
    catalogue(now()).expect("the catalogue")
}

#[test]
fn the_catalogue_covers_every_group_and_every_need() {
    let taxonomy = taxonomy().expect("the taxonomy");
    let items = items();
    assert!(items.len() >= 320, "{} items", items.len());
    for need in &taxonomy.needs {
        let serves = |item: &&Item| item.is_servable() && item.needs.contains(&need.id);
        assert!(items.iter().any(|item| serves(&item)), "nothing serves {}", need.id);
    }
    let groups: BTreeSet<&str> = items
        .iter()
        .flat_map(|item| &item.needs)
        .map(|need| taxonomy.need(need.as_str()).expect("a known need").group.as_str())
        .collect();
    assert_eq!(groups.len(), taxonomy.groups.len());
}

#[test]
fn ids_and_titles_are_unique_and_written_in_both_languages() {
    let (mut ids, mut zh, mut en) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for item in &items() {
        let id = item.id.as_str();
        assert!(ids.insert(item.id.clone()), "{id} twice");
        assert!(zh.insert(item.title.zh.clone()), "title of {id} twice");
        assert!(en.insert(item.title.en.clone()), "English title of {id} twice");
        for text in [&item.title.zh, &item.title.en, &item.summary.zh, &item.summary.en, &item.body]
        {
            assert!(!text.trim().is_empty(), "{id} lacks a text");
        }
        assert!(item.title.en.is_ascii() || !item.title.en.contains('，'), "{id}");
        assert!(item.body.chars().count() >= 25, "the body of {id} says too little");
    }
}

#[test]
fn codes_columns_sites_and_relations_resolve() {
    let taxonomy = taxonomy().expect("the taxonomy");
    let columns = columns().expect("columns");
    let sites = sites().expect("sites");
    let items = items();
    let ids: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    for item in &items {
        let id = &item.id;
        assert!(columns.iter().any(|column| column.id == item.column), "column of {id}");
        assert!(sites.iter().any(|site| site.id == item.site), "site of {id}");
        assert!(item.region.starts_with("99") && item.region.len() == 6, "region of {id}");
        let known = |code: &String, codes: &[vocab::taxonomy::Code]| {
            codes.iter().any(|entry| entry.code == *code)
        };
        assert!(item.themes.iter().all(|code| known(code, &taxonomy.themes)), "themes of {id}");
        assert!(known(&item.topic, &taxonomy.topics), "topic of {id}");
        for other in &item.relates_to {
            assert!(ids.contains(other.as_str()) && other != id, "{id} relates to {other}");
        }
        if item.kind == ItemKind::Interpretation {
            assert!(!item.relates_to.is_empty(), "{id} explains nothing");
        }
    }
    let shares: f64 = sites.iter().map(|site| site.share).sum();
    assert!((shares - 1.0).abs() < 1e-9);
}

#[test]
fn services_carry_the_national_fields_and_policies_their_number() {
    let mut codes = BTreeSet::new();
    for item in &items() {
        let id = &item.id;
        match (&item.service, item.kind) {
            (Some(service), ItemKind::Service) => {
                assert!(codes.insert(service.task_code.clone()), "task code of {id} twice");
                assert!(service.promised_days <= service.legal_days, "{id} promises too late");
                assert!(!service.conditions.is_empty(), "conditions of {id}");
                assert_eq!(service.online, !service.online_url.is_empty(), "{id}");
            }
            (None, ItemKind::Service) | (Some(_), _) => panic!("service fields of {id}"),
            (None, ItemKind::Policy) => {
                let numbered = !item.doc_number.is_empty() || !item.is_servable();
                assert!(numbered, "{id} has no number");
            }
            (None, _) => {}
        }
    }
}

#[test]
fn the_mix_of_kinds_and_of_standing_is_a_portals() {
    let items = items();
    let mut kinds: BTreeMap<ItemKind, usize> = BTreeMap::new();
    for item in &items {
        *kinds.entry(item.kind).or_default() += 1;
    }
    let share = kinds[&ItemKind::Service] as f64 / items.len() as f64;
    assert!((0.4..0.55).contains(&share), "{share:.2} are services");
    assert!(ItemKind::ALL.iter().all(|kind| kinds[kind] >= 25), "{kinds:?}");
    let count = |of: &dyn Fn(&Item) -> bool| items.iter().filter(|item| of(item)).count();
    assert!((2..=5).contains(&count(&|item| item.mandated)));
    assert_eq!(count(&|item| item.emergency && item.is_recommendable(now())), 1);
    assert!(count(&|item| item.lifecycle == Lifecycle::Repealed) >= 2);
    assert!(count(&|item| item.lifecycle == Lifecycle::Archived) >= 2);
    assert!(count(&|item| item.review == ReviewState::Draft) >= 2);
    assert!(count(&|item| item.expires_at.is_some()) >= 10);
}

#[test]
fn dates_move_with_the_day_and_never_lie_ahead() {
    let later = now() + jiff::SignedDuration::from_hours(24 * 40);
    for (old, new) in items().iter().zip(&catalogue(later).expect("the catalogue")) {
        assert!(old.published_at < now() && new.published_at < later);
        let moved = new.published_at.duration_since(old.published_at).as_hours();
        assert!((24 * 39..=24 * 41).contains(&moved), "{} moved {moved} hours", old.id);
        assert!(old.expires_at.is_none_or(|end| end > now()));
    }
}

#[test]
fn personas_name_needs_of_the_taxonomy_and_infer_nothing_sensitive() {
    let taxonomy = taxonomy().expect("the taxonomy");
    let personas = personas().expect("personas");
    assert!((5..=6).contains(&personas.len()));
    for persona in &personas {
        for id in persona.needs.iter().chain(&persona.declared) {
            assert!(taxonomy.need(id.as_str()).is_some(), "{id} of {}", persona.id);
        }
        let normal = |id: &vocab::NeedId| {
            taxonomy
                .need(id.as_str())
                .is_some_and(|need| need.sensitivity == vocab::Sensitivity::Normal)
        };
        assert!(persona.needs.iter().all(normal), "{}", persona.id);
        assert!(!persona.channel.is_shared());
    }
    let ids: BTreeSet<&str> = personas.iter().map(|it| it.anonymous_id.as_str()).collect();
    assert_eq!(ids.len(), personas.len());
}
