//! Follows the registry: a changed item is in the index and in the lists within seconds, a withdrawn one gone.

use std::sync::Arc;
use std::time::Duration;

use recommend::Live;
use vocab::{Item, ItemId};

use crate::app::App;
use crate::serving::library::{Library, all_items};
use crate::serving::pages::ByAddress;

/// How often changes are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// Changes taken at once.
const PAGE: u32 = 1_000;
/// Pages after which a long run of changes is shown: showing builds the word lists of the whole catalogue anew, so
/// once a page would make a first start quadratic.
const SHOWN_AFTER: u32 = 25;

/// Applies changes until the server stops.
pub async fn run(app: App, mut from: i64) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = app.cancel.cancelled() => return,
            _ = look.tick() => {}
        }
        match apply(&app, from).await {
            Ok(next) => from = next,
            Err(error) => {
                tracing::error!("the catalogue cannot be followed, trying again: {error:#}");
            }
        }
    }
}

/// Brings index and lists to the registry's present state; returns the number of the last change.
///
/// # Errors
/// A registry or an index that fails; nothing is lost, the next look tries again.
pub async fn apply(app: &App, from: i64) -> anyhow::Result<i64> {
    let mut next = from;
    let mut pages = 0;
    loop {
        let changes = app.registry.changes_since(next, PAGE).await?;
        let Some(last) = changes.last() else { break };
        next = last.seq;
        let (mut upserts, mut deletes): (Vec<Item>, Vec<ItemId>) = (Vec::new(), Vec::new());
        for change in changes {
            // The first look reads the whole catalogue: nothing of it is news.
            if from > 0 {
                super::tell::item_changed(app, &change.item).await?;
            }
            if change.item.is_servable() {
                upserts.push(change.item);
            } else {
                deletes.push(change.item.id);
            }
        }
        pages += 1;
        let show = pages % SHOWN_AFTER == 0;
        let index = app.search.clone();
        tokio::task::spawn_blocking(move || {
            index.apply(&upserts, &deletes)?;
            if show { index.commit() } else { Ok(()) }
        })
        .await??;
    }
    if pages % SHOWN_AFTER != 0 {
        let index = app.search.clone();
        tokio::task::spawn_blocking(move || index.commit()).await??;
    }
    if next != from {
        rebuild(app).await?;
    }
    Ok(next)
}

/// Builds the view of the whole catalogue anew and swaps it in.
///
/// # Errors
/// A registry that cannot be read.
pub async fn rebuild(app: &App) -> anyhow::Result<()> {
    let items = all_items(&app.registry).await?;
    let state = app.clone();
    let (library, pages) = tokio::task::spawn_blocking(move || {
        (Library::build(&state, &items, Live::default()), ByAddress::new(&items))
    })
    .await?;
    // With what editors decided while it was built.
    super::live::replace(app, library).await?;
    let pages: Arc<dyn clickstream::Pages> = Arc::new(pages);
    app.collector.replace_pages(&pages);
    Ok(())
}
