//! Tells those who listen or follow that an item appeared, or is gone.

use channels::sse::Audience;
use channels::{Class, Medium};
use jiff::SignedDuration;
use registry::{NewMessage, RegistryError};
use serde_json::json;
use vocab::{Item, Target};

use crate::app::App;

/// An item published longer ago is an edit or an import, not news.
const NEWS: SignedDuration = SignedDuration::from_hours(24);
/// Life of the message about it.
const LIFE: SignedDuration = SignedDuration::from_hours(72);
/// In whose name subscriptions are served: the item's reviewer approved the content, the followers asked for it.
const RULE: (&str, &str) = ("subscriptions", "the item's review");

/// Tells open pages at once, and followers through the outbox; telling twice changes nothing.
///
/// # Errors
/// The registry cannot be read or written; the change is then looked at again.
pub async fn item_changed(app: &App, item: &Item) -> anyhow::Result<()> {
    let now = app.clock.now();
    let name = match (item.is_servable(), item.emergency) {
        (false, _) => "retract",
        (true, true) => "emergency",
        (true, false) => "item",
    };
    let told = json!({ "id": item.id, "title": item.title, "kind": item.kind, "url": item.url });
    app.events.publish(Audience::Site(item.site), name, &told)?;

    let fresh = now.duration_since(item.published_at) <= NEWS;
    if !fresh || !item.is_recommendable(now) {
        return Ok(());
    }
    let people = app.registry.followers(item.site, &followed(item)).await?;
    if people.is_empty() {
        return Ok(());
    }
    let written = app
        .registry
        .create_message(
            &NewMessage {
                site: item.site,
                class: Class::Subscribed,
                collapse_key: format!("item:{}", item.id),
                title: item.title.clone(),
                body: item.summary.clone(),
                url: item.url.clone(),
                item: item.id.to_string(),
                discreet: is_discreet(app, item),
                // From the item's own time, so that the same news gives the same message.
                expires_at: item.published_at + LIFE,
                created_by: RULE.0.to_owned(),
                idempotency_key: format!("item:{}", item.id),
            },
            now,
        )
        .await;
    let message = match written {
        Ok(message) => message,
        // The item was told of before and edited since: an edit is no news.
        Err(RegistryError::IdempotencyMismatch) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    app.registry.approve_message(message.id, RULE.1, now).await?;
    let media = [Medium::WebPush, Medium::Inbox];
    app.registry.queue_message(message.id, &people, &media, now).await?;
    app.dispatcher.wake();
    Ok(())
}

/// Everything somebody may follow to be told of this item.
fn followed(item: &Item) -> Vec<Target> {
    let mut targets = vec![Target::Item(item.id.to_string())];
    targets.extend(item.needs.iter().map(|need| Target::Need(need.to_string())));
    let own = [
        Target::Dept(item.dept.clone()),
        Target::Column(item.column.clone()),
        Target::Region(item.region.clone()),
    ];
    targets.extend(own.into_iter().filter(|target| !target.parts().1.is_empty()));
    targets
}

/// Nothing of a guarded or sensitive need stands on a lock screen (invariant 5).
fn is_discreet(app: &App, item: &Item) -> bool {
    let needs = item.needs.iter().filter_map(|need| app.taxonomy.need(need.as_str()));
    needs.into_iter().any(|need| need.sensitivity != vocab::Sensitivity::Normal)
}
