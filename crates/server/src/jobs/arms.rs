//! Follows the operator's pipelines and experiments: a changed file counts within seconds, a broken one not at all.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::serving::arms::Texts;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Takes over changed files until the server stops; does nothing where none are configured.
pub async fn run(app: App, mut seen: Texts) {
    let settings = &app.config.recommend;
    if settings.pipelines.is_empty() && settings.experiments.is_empty() {
        return;
    }
    let mut look = tokio::time::interval(LOOK);
    let mut unreadable = false;
    loop {
        tokio::select! {
            () = app.cancel.cancelled() => return,
            _ = look.tick() => {}
        }
        let state = app.clone();
        match app.blocking(move || Texts::read(&state.config)).await {
            Ok(Ok(texts)) => {
                unreadable = false;
                if texts != seen {
                    seen = texts.clone();
                    take_over(&app, texts).await;
                }
            }
            Ok(Err(error)) if !unreadable => {
                unreadable = true;
                tracing::error!("pipelines and experiments stay as they are: {error:#}");
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

/// Checks what changed and puts it in service as a whole; on an error the former stays.
async fn take_over(app: &App, texts: Texts) {
    let taxonomy = app.taxonomy.clone();
    match app.blocking(move || texts.load(&taxonomy)).await {
        Ok(Ok(arms)) => {
            app.pipelines.adopt(&arms.pipelines);
            app.experiments.store(Arc::new(arms.experiments));
            tracing::info!("pipelines and experiments were read anew");
        }
        Ok(Err(error)) => tracing::error!("pipelines and experiments stay as they are: {error:#}"),
        Err(_) => tracing::error!("checking pipelines and experiments was interrupted"),
    }
}
