//! Everything a request may touch, built once and shared: the state of the server.

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;
use channels::Dispatcher;
use channels::sse::EventLog;
use channels::web_push::WebPush;
use clickstream::Collector;
use metrics_exporter_prometheus::PrometheusHandle;
use recommend::experiment::Experiments;
use recommend::{Outcomes, Pipelines, Streaming};
use registry::{Registry, SiteStatus};
use search::SearchIndex;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vocab::{Interest, Taxonomy};
use warehouse::{Loader, Warehouse};

use crate::clock::Clock;
use crate::config::Config;
use crate::demo::Persona;
use crate::problem::{Kind, Problem};
use crate::serving::counters::Counters;
use crate::serving::learnt::Learnt;
use crate::serving::library::Library;
use crate::serving::models::Shelf;
use crate::serving::sites::Sites;
use crate::serving::subjects::Subjects;
use crate::serving::visitors::Visitors;

/// What only the demo has.
#[derive(Debug)]
pub struct Demo {
    /// The citizens the portal can be seen as.
    pub personas: Vec<Persona>,
}

/// The state; [`App`] is the handle handlers take.
#[derive(Debug)]
pub struct State {
    /// The configuration.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// Everything running; shutdown waits for it.
    pub tasks: TaskTracker,
    /// Set when the server is to stop.
    pub cancel: CancellationToken,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// Transactional state.
    pub registry: Registry,
    /// The analytic store; never on the path of a recommendation.
    pub warehouse: Warehouse,
    /// Moves the spool into the analytic store.
    pub loader: Arc<Loader>,
    /// Takes events in.
    pub collector: Arc<Collector>,
    /// The full-text index.
    pub search: Arc<SearchIndex>,
    /// The vocabulary of needs.
    pub taxonomy: Arc<Taxonomy>,
    /// Sites by code and host.
    pub sites: Sites,
    /// Agreements, switches, subscriptions.
    pub subjects: Subjects,
    /// How strongly each kind of event speaks for an interest.
    pub interest: Interest,
    /// Recent behaviour.
    pub visitors: Visitors,
    /// Popular and trending.
    pub counters: Counters,
    /// What people go on to right now.
    pub streaming: Arc<Streaming>,
    /// What became of lists.
    pub outcomes: Arc<Outcomes>,
    /// Where what they taught is kept.
    pub learnt: Learnt,
    /// Held while lists are renewed.
    pub renewing: tokio::sync::Mutex<()>,
    /// Held while a training runs: there is never more than one.
    pub training: Arc<Mutex<()>>,
    /// Trained models.
    pub models: Shelf,
    /// Recommendation pipelines.
    pub pipelines: Pipelines,
    /// Who gets another pipeline, to see which is better.
    pub experiments: ArcSwap<Experiments>,
    /// Catalogue and models as the pipelines read them; replaced as a whole.
    pub library: ArcSwap<Library>,
    /// Live streams to kiosks.
    pub events: Arc<EventLog>,
    /// Encrypts, signs and sends pushes.
    pub web_push: Arc<WebPush>,
    /// Delivers the outbox.
    pub dispatcher: Arc<Dispatcher>,
    /// What only the demo has.
    pub demo: Option<Demo>,
}

/// Handle on the [`State`]; cheap to clone, an extractor.
#[derive(Clone, Debug)]
pub struct App(pub Arc<State>);

impl Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl App {
    /// Runs CPU work where it blocks no request.
    ///
    /// # Errors
    /// The work panicked, or the runtime is stopping.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Problem::new(Kind::Internal, format!("interrupted: {error}")))
    }

    /// Starts a job that shutdown waits for.
    pub fn spawn(&self, job: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(job);
    }
}

impl State {
    /// Takes over the registry's table of sites, for requests and for trackers.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub async fn refresh_sites(&self) -> anyhow::Result<()> {
        let sites = self.registry.sites().await?;
        // A closed site's events are refused: its key is not known.
        let open = sites.iter().filter(|site| site.status != SiteStatus::Closed);
        let plans = crate::serving::plans::load(&self.config)?;
        let keys = open.map(|site| crate::serving::sites::tracker_key(site, &plans));
        self.collector.replace_sites(clickstream::Sites::new(keys));
        self.sites.replace(sites);
        Ok(())
    }
}
