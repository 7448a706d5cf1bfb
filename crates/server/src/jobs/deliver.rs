//! Delivers the outbox until the server stops, then finishes what is under way.

use crate::app::App;

/// Runs the dispatcher.
pub async fn run(app: App) {
    app.dispatcher.clone().run(app.cancel.clone()).await;
}
