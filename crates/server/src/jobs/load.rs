//! Moves what the spool holds into ClickHouse; when ClickHouse is away, records wait.

use crate::app::App;

/// Loads until the server stops; what is under way is finished.
pub async fn run(app: App) {
    if let Err(error) = app.loader.run(app.cancel.clone()).await {
        tracing::error!(error = %error, "loading stopped: the spool cannot be read");
        // Collecting without ever loading would fill the disk in silence.
        app.cancel.cancel();
    }
}
