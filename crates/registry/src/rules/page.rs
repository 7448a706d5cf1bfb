//! Decisions by pages, for those who look after them: of a kind, about an item, those that ended too.

use jiff::Timestamp;
use sqlx::QueryBuilder;
use vocab::ItemId;

use super::{Rule, RuleKind, rule};
use crate::cursor::{self, Page};
use crate::store::ms;
use crate::{Registry, RegistryError};

/// Which decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFilter {
    /// Of this kind.
    pub kind: Option<RuleKind>,
    /// About this item.
    pub item: Option<ItemId>,
    /// Whether those that ended are among them.
    pub ended: bool,
}

impl Registry {
    /// A page of decisions: by position (all but pins have 0), then in the order they were made.
    ///
    /// # Errors
    /// [`RegistryError::Cursor`] for a cursor that is not ours, or when the database fails.
    pub async fn rules_page(
        &self,
        filter: &RuleFilter,
        now: Timestamp,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Rule>, RegistryError> {
        let mut query = QueryBuilder::new("SELECT * FROM rules WHERE TRUE");
        if !filter.ended {
            query.push(" AND (expires_at IS NULL OR expires_at > ").push_bind(ms(now)).push(")");
        }
        if let Some(kind) = filter.kind {
            query.push(" AND kind = ").push_bind(kind.as_str());
        }
        if let Some(item) = &filter.item {
            query.push(" AND item = ").push_bind(item.as_str());
        }
        if let Some(cursor) = cursor {
            let (position, made) = cursor::decode(cursor)?;
            let (at, id) = made.split_once(':').ok_or(RegistryError::Cursor)?;
            let at: i64 = at.parse().map_err(|_| RegistryError::Cursor)?;
            query.push(" AND (position, created_at, id) > (").push_bind(position);
            query.push(", ").push_bind(at).push(", ").push_bind(id.to_owned()).push(")");
        }
        query.push(" ORDER BY position, created_at, id LIMIT ").push_bind(i64::from(limit) + 1);
        let rows = query.build().fetch_all(self.readers()).await?;
        let rules = rows.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(rules, limit, |rule| {
            (i64::from(rule.position), format!("{}:{}", ms(rule.created_at), rule.id))
        }))
    }
}

#[cfg(test)]
mod tests {
    use vocab::{Item, SiteId};

    use super::super::tests::{at, boost};
    use super::*;

    async fn pages(registry: &Registry, filter: &RuleFilter, now: Timestamp) -> Vec<Rule> {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = registry.rules_page(filter, now, cursor.as_deref(), 3).await.unwrap();
            assert!(page.rows.len() <= 3);
            seen.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                return seen;
            }
        }
    }

    #[tokio::test]
    async fn pages_together_are_the_list_nothing_lost_and_nothing_twice() {
        let registry = Registry::memory().await.unwrap();
        registry.ensure_site("one", vocab::Text::default(), "localhost", at(0)).await.unwrap();
        for nth in 0..10 {
            let id = format!("item:{nth}");
            let item = Item { id: id.as_str().into(), site: SiteId(1), ..Item::default() };
            registry.put_item(item, "ed", at(5)).await.unwrap();
            // Two ended by 150, and many made in the same moment.
            let expires_at = (nth < 2).then(|| at(120));
            registry.put_rule(&Rule { expires_at, ..boost(&id, 2.0) }).await.unwrap();
        }
        let pin = |position| Rule {
            id: format!("pin-{position}"),
            kind: RuleKind::Pin,
            pipeline: format!("p{position}"),
            position,
            ..boost("item:3", 1.0)
        };
        registry.put_rule(&pin(2)).await.unwrap();
        registry.put_rule(&pin(1)).await.unwrap();

        let in_force = pages(&registry, &RuleFilter::default(), at(150)).await;
        assert_eq!(in_force, registry.rules(at(150)).await.unwrap());
        assert_eq!(in_force.len(), 10);
        let all = RuleFilter { ended: true, ..RuleFilter::default() };
        assert_eq!(pages(&registry, &all, at(150)).await.len(), 12);
        let pins = RuleFilter { kind: Some(RuleKind::Pin), ..RuleFilter::default() };
        let pins = pages(&registry, &pins, at(150)).await;
        assert_eq!(pins, [pin(1), pin(2)]);
        let about = RuleFilter { item: Some("item:3".into()), ..RuleFilter::default() };
        assert_eq!(pages(&registry, &about, at(150)).await.len(), 3);
        let foreign = registry.rules_page(&all, at(150), Some("MTox"), 3).await;
        assert!(matches!(foreign, Err(RegistryError::Cursor)));
    }
}
