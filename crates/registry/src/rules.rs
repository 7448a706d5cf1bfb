//! What editors decided about items in lists: put first, raised or lowered, taken out; with a reason and an end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use vocab::{ItemId, SiteId};

use crate::audit::note;
use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

mod page;

pub use page::RuleFilter;

/// The kinds of decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Before everything that is not ordered.
    Pin,
    /// The score is multiplied.
    Boost,
    /// In no list.
    Block,
    /// Its page gets no links.
    NeverFrom,
    /// No list links to it, where a pipeline keeps to that.
    NeverTo,
}

impl RuleKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pin, Self::Boost, Self::Block, Self::NeverFrom, Self::NeverTo];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Boost => "boost",
            Self::Block => "block",
            Self::NeverFrom => "never_from",
            Self::NeverTo => "never_to",
        }
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Made of kind, site, pipeline and item: deciding again replaces.
    pub id: String,
    /// What is done.
    pub kind: RuleKind,
    /// The site; 0 is every one.
    pub site: SiteId,
    /// The pipeline, for example `home`; empty is every one.
    pub pipeline: String,
    /// The item.
    pub item: ItemId,
    /// Order among pins, from 0.
    pub position: u16,
    /// What a boost multiplies by, 0.1 to 10; else 1.
    pub factor: f64,
    /// Why, for colleagues and auditors.
    pub reason: String,
    /// Who.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when; `None` is until it is taken back.
    pub expires_at: Option<Timestamp>,
}

impl Rule {
    /// The id of a decision about an item.
    pub fn id_of(kind: RuleKind, site: SiteId, pipeline: &str, item: &ItemId) -> String {
        format!("{}-{}-{pipeline}-{item}", kind.as_str(), site.0)
    }

    fn check(&self) -> Result<(), RegistryError> {
        let wrong =
            |field, reason: &str| Err(RegistryError::Invalid { field, reason: reason.to_owned() });
        if self.reason.trim().is_empty() {
            return wrong("reason", "a decision needs a reason");
        }
        if self.made_by.trim().is_empty() {
            return wrong("made_by", "a decision has somebody who made it");
        }
        if !(0.1..=10.0).contains(&self.factor) {
            return wrong("factor", "is 0.1 to 10");
        }
        if self.expires_at.is_some_and(|end| end <= self.created_at) {
            return wrong("expires_at", "is in the past");
        }
        Ok(())
    }
}

impl Registry {
    /// Takes down a decision, or replaces the one of the same kind, site, pipeline and item; noted in the audit log.
    ///
    /// # Errors
    /// An item that is not there, a missing reason, a factor out of range, an end in the past, or the database fails.
    pub async fn put_rule(&self, rule: &Rule) -> Result<(), RegistryError> {
        rule.check()?;
        let mut tx = self.write().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM items WHERE id = $1")
            .bind(rule.item.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        if known.is_none() {
            return Err(RegistryError::NotFound { kind: "item", id: rule.item.to_string() });
        }
        sqlx::query(
            "INSERT INTO rules (id, kind, site, pipeline, item, position, factor, reason, made_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (kind, site, pipeline, item) DO UPDATE SET id = excluded.id, position = excluded.position,
                factor = excluded.factor, reason = excluded.reason, made_by = excluded.made_by,
                created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(&rule.id)
        .bind(rule.kind.as_str())
        .bind(i64::from(rule.site.0))
        .bind(&rule.pipeline)
        .bind(rule.item.as_str())
        .bind(i64::from(rule.position))
        .bind(rule.factor)
        .bind(&rule.reason)
        .bind(&rule.made_by)
        .bind(ms(rule.created_at))
        .bind(rule.expires_at.map(ms))
        .execute(&mut *tx)
        .await?;
        let action = format!("{}.put", rule.kind.as_str());
        let detail = format!("{} × {}: {}", rule.pipeline, rule.factor, rule.reason);
        let who = (rule.made_by.as_str(), action.as_str());
        note(&mut tx, rule.created_at, rule.site, who, rule.item.as_str(), &detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a decision back; gives whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_rule(
        &self,
        id: &str,
        who: &str,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let mut tx = self.write().await?;
        let found = sqlx::query("DELETE FROM rules WHERE id = $1 RETURNING *")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = &found {
            let rule = rule(row)?;
            let action = format!("{}.remove", rule.kind.as_str());
            let who = (who, action.as_str());
            note(&mut tx, now, rule.site, who, rule.item.as_str(), &rule.pipeline).await?;
        }
        tx.commit().await?;
        Ok(found.is_some())
    }

    /// Decisions in force at `now`: by position (all but pins have 0), then in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rules(&self, now: Timestamp) -> Result<Vec<Rule>, RegistryError> {
        let rows = sqlx::query(
            "SELECT * FROM rules WHERE expires_at IS NULL OR expires_at > $1 ORDER BY position, created_at, id",
        )
        .bind(ms(now))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(rule).collect()
    }
}

fn rule(row: &SqliteRow) -> Result<Rule, RegistryError> {
    let kind: &str = row.try_get("kind")?;
    let kind = RuleKind::ALL.into_iter().find(|known| known.as_str() == kind);
    let kind = kind.ok_or(RegistryError::Corrupt { what: "kind of a rule" })?;
    Ok(Rule {
        id: row.try_get("id")?,
        kind,
        site: SiteId(row.try_get::<i64, _>("site")?.try_into().unwrap_or_default()),
        pipeline: row.try_get("pipeline")?,
        item: row.try_get::<&str, _>("item")?.into(),
        position: row.try_get::<i64, _>("position")?.try_into().unwrap_or(u16::MAX),
        factor: row.try_get("factor")?,
        reason: row.try_get("reason")?,
        made_by: row.try_get("made_by")?,
        created_at: instant(row.try_get("created_at")?),
        expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(instant),
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use vocab::Item;

    use super::*;
    use crate::AuditFilter;

    pub(super) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub(super) fn boost(item: &str, factor: f64) -> Rule {
        let (kind, item) = (RuleKind::Boost, ItemId::from(item));
        Rule {
            id: Rule::id_of(kind, SiteId(0), "home", &item),
            kind,
            site: SiteId(0),
            pipeline: "home".to_owned(),
            item,
            position: 0,
            factor,
            reason: "flood season".to_owned(),
            made_by: "li".to_owned(),
            created_at: at(100),
            expires_at: Some(at(200)),
        }
    }

    #[tokio::test]
    async fn a_decision_is_replaced_ends_and_is_taken_back() {
        let registry = Registry::memory().await.unwrap();
        registry.ensure_site("one", vocab::Text::default(), "localhost", at(0)).await.unwrap();
        let item = Item { id: "a".into(), site: SiteId(1), ..Item::default() };
        registry.put_item(item, "ed", at(5)).await.unwrap();
        registry.put_rule(&boost("a", 2.0)).await.unwrap();
        registry.put_rule(&boost("a", 3.0)).await.unwrap();
        let rules = registry.rules(at(150)).await.unwrap();
        assert_eq!(rules, [boost("a", 3.0)]);
        assert_eq!(registry.rules(at(200)).await.unwrap(), []);
        assert!(registry.remove_rule(&rules[0].id, "wang", at(160)).await.unwrap());
        assert!(!registry.remove_rule(&rules[0].id, "wang", at(161)).await.unwrap());
        let filter = AuditFilter { object: Some("a".to_owned()), ..AuditFilter::default() };
        let noted = registry.audit_entries(&filter, 10).await.unwrap();
        let noted: Vec<_> = noted.iter().map(|entry| (&*entry.who, &*entry.action)).collect();
        assert!(noted.ends_with(&[
            ("li", "boost.put"),
            ("li", "boost.put"),
            ("wang", "boost.remove")
        ]));
    }

    #[tokio::test]
    async fn what_cannot_be_decided_names_its_field() {
        let registry = Registry::memory().await.unwrap();
        let broken = [
            ("reason", Rule { reason: " ".to_owned(), ..boost("a", 2.0) }),
            ("made_by", Rule { made_by: String::new(), ..boost("a", 2.0) }),
            ("factor", boost("a", 11.0)),
            ("factor", boost("a", f64::NAN)),
            (
                "expires_at",
                Rule { created_at: at(200) + SignedDuration::from_secs(1), ..boost("a", 2.0) },
            ),
        ];
        for (wrong, rule) in broken {
            let refused = registry.put_rule(&rule).await;
            assert!(
                matches!(refused, Err(RegistryError::Invalid { field, .. }) if field == wrong),
                "{wrong}: {refused:?}"
            );
        }
        let gone = registry.put_rule(&boost("nowhere", 2.0)).await;
        assert!(matches!(gone, Err(RegistryError::NotFound { kind: "item", .. })));
    }
}
