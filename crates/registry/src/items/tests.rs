//! Tests of the content library.

use proptest::prelude::*;
use vocab::{Audience, Lifecycle, NeedId, Service, Text};

use super::*;
use crate::AuditFilter;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

async fn registry() -> Registry {
    let registry = Registry::memory().await.unwrap();
    for code in ["one", "two"] {
        registry.ensure_site(code, Text::default(), "localhost", at(0)).await.unwrap();
    }
    registry
}

fn full(id: &str) -> Item {
    Item {
        id: id.into(),
        site: SiteId(1),
        kind: ItemKind::Service,
        title: Text::new("社保卡补换", "Replace a card"),
        summary: Text::new("概要", "Summary"),
        body: "正文 '; DROP TABLE items; --".to_owned(),
        url: "/s/1".to_owned(),
        column: "bsfw".to_owned(),
        dept: "市人社局".to_owned(),
        region: "440100".to_owned(),
        audience: Audience::Natural,
        needs: vec![NeedId::from("p.life.idcard")],
        themes: vec!["N085".to_owned(), "N090".to_owned()],
        topic: "T15".to_owned(),
        doc_number: "粤人社〔2026〕1号".to_owned(),
        aliases: vec!["补办社保卡".to_owned()],
        relates_to: vec!["x".into()],
        published_at: at(1_700_000_000),
        expires_at: Some(at(1_800_000_000)),
        importance: 2,
        mandated: true,
        emergency: true,
        lifecycle: Lifecycle::Amended,
        review: ReviewState::Draft,
        service: Some(Service {
            task_code: "T1".to_owned(),
            materials: vec!["身份证".to_owned()],
            online: true,
            ..Service::default()
        }),
    }
}

#[tokio::test]
async fn every_field_comes_back_as_it_went_in() {
    let registry = registry().await;
    for item in [full("a"), Item { id: "b".into(), site: SiteId(1), ..Item::default() }] {
        assert_eq!(registry.put_item(item.clone(), "ed", at(5)).await.unwrap(), Written::Created);
        assert_eq!(registry.item(&item.id).await.unwrap(), Some(item));
    }
    assert_eq!(registry.item(&"none".into()).await.unwrap(), None);
    assert_eq!(registry.count_items().await.unwrap(), 2);
}

#[tokio::test]
async fn writing_the_same_again_changes_nothing() {
    let registry = registry().await;
    registry.put_item(full("a"), "ed", at(5)).await.unwrap();
    let before = registry.last_change().await.unwrap();
    assert_eq!(registry.put_item(full("a"), "ed", at(9)).await.unwrap(), Written::Unchanged);
    assert_eq!(registry.last_change().await.unwrap(), before);
    let changed = Item { dept: "省人社厅".to_owned(), ..full("a") };
    assert_eq!(registry.put_item(changed, "ed", at(9)).await.unwrap(), Written::Changed);
    assert!(registry.last_change().await.unwrap() > before);
    // Another site may not take the id.
    let stolen = Item { site: SiteId(2), ..full("a") };
    assert!(
        registry
            .put_item(stolen, "ed", at(9))
            .await
            .unwrap_err()
            .to_string()
            .contains("another site")
    );
}

#[tokio::test]
async fn an_undated_item_keeps_the_day_it_was_first_seen() {
    let registry = registry().await;
    let put = async |item: Item, now| {
        registry.put_items(&[Upsert { item, dated: false }], "import", at(now)).await.unwrap()[0]
    };
    assert_eq!(put(full("a"), 1_750_000_000).await, Written::Created);
    assert_eq!(put(full("a"), 1_760_000_000).await, Written::Unchanged);
    let changed = Item { body: "新".to_owned(), ..full("a") };
    assert_eq!(put(changed, 1_770_000_000).await, Written::Changed);
    let item = registry.item(&"a".into()).await.unwrap().unwrap();
    assert_eq!(item.published_at, at(1_750_000_000));
}

#[tokio::test]
async fn who_wrote_it_may_not_approve_it_and_every_step_is_noted() {
    let registry = registry().await;
    let id = ItemId::from("a");
    registry.put_item(full("a"), "ed", at(5)).await.unwrap();
    let early = registry.approve_item(&id, "rev", at(6)).await;
    assert!(matches!(early, Err(RegistryError::Review { from: "draft", to: "approved" })));
    registry.submit_item(&id, "ed", at(6)).await.unwrap();
    assert!(matches!(registry.approve_item(&id, "ed", at(7)).await, Err(RegistryError::FourEyes)));
    registry.reject_item(&id, "rev", "错别字", at(8)).await.unwrap();
    registry.submit_item(&id, "ed", at(9)).await.unwrap();
    assert!(registry.approve_item(&id, "rev", at(10)).await.unwrap().is_servable());
    // A change by hand goes back to the start.
    let changed = Item { body: "改".to_owned(), ..full("a") };
    registry.put_item(changed, "ed", at(11)).await.unwrap();
    assert!(!registry.item(&id).await.unwrap().unwrap().is_servable());
    let gone = registry.withdraw_item(&id, "chief", "涉密", at(12)).await.unwrap();
    assert_eq!(gone.lifecycle, Lifecycle::Withdrawn);
    let filter = AuditFilter { object: Some("a".to_owned()), ..AuditFilter::default() };
    let steps: Vec<_> = registry
        .audit_entries(&filter, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    assert_eq!(
        steps,
        [
            "item.create",
            "item.submit",
            "item.reject",
            "item.submit",
            "item.approve",
            "item.change",
            "item.withdraw"
        ]
    );
    assert!(matches!(
        registry.submit_item(&"none".into(), "ed", at(1)).await,
        Err(RegistryError::NotFound { .. })
    ));
}

#[tokio::test]
async fn pages_hold_every_item_once_in_a_total_order() {
    let registry = registry().await;
    let items: Vec<Upsert> = (0..25)
        .map(|number| {
            // Many at the same instant: ties are broken by id.
            let published_at = at(1_700_000_000 + number / 7);
            let site = SiteId(1 + (number % 2) as u32);
            Upsert {
                item: Item { published_at, site, ..full(&format!("i{number:02}")) },
                dated: true,
            }
        })
        .collect();
    registry.put_items(&items, "ed", at(5)).await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = registry.items(&ItemFilter::default(), cursor.as_deref(), 4).await.unwrap();
        seen.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|a, b| (b.published_at, &a.id) < (a.published_at, &b.id)));
    let one = ItemFilter {
        site: Some(SiteId(2)),
        kind: Some(ItemKind::Service),
        ..ItemFilter::default()
    };
    assert_eq!(registry.items(&one, None, 100).await.unwrap().rows.len(), 12);
    let served = ItemFilter { servable: true, ..ItemFilter::default() };
    assert!(registry.items(&served, None, 100).await.unwrap().rows.is_empty());
    assert!(registry.items(&served, Some("rubbish"), 9).await.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// A follower that reads in any portions ends with exactly the library, whatever happened meanwhile.
    #[test]
    fn a_follower_of_the_change_log_misses_nothing(
        steps in prop::collection::vec((0u8..6, 0u8..4, any::<bool>()), 1..40), portion in 1u32..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let registry = registry().await;
            let mut followed = std::collections::BTreeMap::new();
            let mut seq = 0;
            let mut read = async |registry: &Registry| {
                let changes = registry.changes_since(seq, portion).await.unwrap();
                for change in &changes {
                    assert!(change.seq > seq);
                    seq = change.seq;
                    followed.insert(change.item.id.clone(), change.item.clone());
                }
                (changes.len(), followed.clone())
            };
            for (id, version, withdraw) in steps {
                let item = Item { body: version.to_string(), ..full(&id.to_string()) };
                registry.put_item(item, "ed", at(1)).await.unwrap();
                if withdraw {
                    registry.withdraw_item(&id.to_string().into(), "ed", "", at(2)).await.unwrap();
                }
                read(&registry).await;
            }
            let followed = loop {
                let (count, followed) = read(&registry).await;
                if count == 0 { break followed; }
            };
            let library = registry.items(&ItemFilter::default(), None, 100).await.unwrap().rows;
            assert_eq!(followed.into_values().collect::<Vec<_>>().len(), library.len());
            for item in library {
                assert_eq!(registry.item(&item.id).await.unwrap(), Some(item));
            }
        });
    }
}
