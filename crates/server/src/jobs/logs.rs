//! Follows the server logs that the configuration names, on a thread each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clickstream::log::{Options, follow};
use clickstream::{CollectError, Intake, Knowledge, Pages, Shown};
use vocab::{Consent, SiteId};

use crate::app::App;
use crate::serving::pipelines;
use crate::serving::plans::Plans;
use crate::serving::sites::tracker_key;

/// How long one try to write waits for room.
const PATIENCE: Duration = Duration::from_secs(1);

/// The catalogue as it is at each moment.
struct Now(App);

impl Pages for Now {
    fn at(&self, site: SiteId, path: &str) -> Option<Shown> {
        self.0.collector.page(site, path)
    }
}

/// Follows one log until the server stops.
pub async fn run(app: App, site: String, path: PathBuf) {
    let shown = path.display().to_string();
    let (state, handle) = (app.clone(), tokio::runtime::Handle::current());
    let followed = tokio::task::spawn_blocking(move || one(&state, &handle, &site, &path)).await;
    match followed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(log.path = shown, "a log is not followed any more: {error:#}");
        }
        Err(error) => {
            tracing::error!(log.path = shown, error = %error, "following a log broke off");
        }
    }
}

fn one(
    app: &App,
    handle: &tokio::runtime::Handle,
    site: &str,
    path: &std::path::Path,
) -> anyhow::Result<()> {
    let site = app.sites.find(Some(site), None).with_context(|| format!("no site `{site}`"))?;
    let definitions = pipelines::load(&app.config)?;
    let knowledge =
        Knowledge { pages: Some(Arc::new(Now(app.clone()))), ..app.collector.knowledge() };
    let options = Options {
        site: tracker_key(&site, &Plans::new()),
        host: site.host.clone(),
        clock: &|| app.clock.now(),
        consent: Consent::ANALYTICS,
        resolve: &|_| None,
        knowledge,
        threads: 1,
    };
    let wait = |time: Duration| {
        handle.block_on(async {
            tokio::select! {
                () = app.cancel.cancelled() => false,
                () = tokio::time::sleep(time) => true,
            }
        })
    };
    let mut sink = |intake: Intake| loop {
        match app.collector.spool().append_blocking(&intake, PATIENCE) {
            // What is not written now is read again at the next start.
            Err(CollectError::Overloaded { .. }) if app.cancel.is_cancelled() => {
                return Err(CollectError::Closed);
            }
            Err(CollectError::Overloaded { .. }) => {}
            written => return written.map(drop),
        }
    };
    match follow(definitions.log(), path, &options, &wait, &mut sink) {
        Err(CollectError::Closed) if app.cancel.is_cancelled() => Ok(()),
        followed => Ok(followed?),
    }
}
