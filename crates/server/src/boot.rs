//! From a configuration to a running server, and back to nothing running.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use channels::sse::EventLog;
use channels::{Dispatcher, Sender};
use clickstream::{Collector, Knowledge, Places, Spool, Topics};
use engine::Engine;
use registry::Registry;
use search::SearchIndex;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warehouse::{Loader, LoaderConfig};

use crate::app::{App, Demo, State};
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs;
use crate::progress::Steps;
use crate::serving::arms::Texts;
use crate::serving::counters::Counters;
use crate::serving::learnt::Learnt;
use crate::serving::library::Library;
use crate::serving::models::Shelf;
use crate::serving::pipelines;
use crate::serving::sites::Sites;
use crate::serving::subjects::Subjects;
use crate::serving::visitors::Visitors;
use crate::storage::Storage;
use crate::{delivery, observability, warm};

/// Visitors whose recent behaviour is held in memory.
const VISITORS: usize = 500_000;
/// Events a stream's listener can come back to.
const STREAM_LOG: usize = 1_000;
/// How long requests under way may take once the server is to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A built server; nothing is answered before [`Server::serve`].
#[derive(Debug)]
pub struct Server {
    /// The state.
    pub app: App,
    engine: Option<Engine>,
    followed: i64,
    texts: Texts,
}

impl Server {
    /// Opens the stores, loads catalogue, index and models, and puts everything together.
    ///
    /// # Errors
    /// What cannot be opened or loaded, by name.
    pub async fn build(
        config: Config,
        clock: Clock,
        steps: &Steps,
        demo: Option<Demo>,
    ) -> anyhow::Result<Self> {
        let metrics = observability::start_metrics()?;
        let storage = Storage::open_telling(&config, steps).await?;
        let Storage { engine, warehouse, registry } = storage;
        let dir = config.data.dir.clone();
        let taxonomy = Arc::new(insight::definition::taxonomy()?);

        ensure_site(&registry, clock.now()).await?;
        let definitions = pipelines::load(&config)?;
        let spool = pipelines::spool_config(&definitions, &config);
        let spool = Arc::new(Spool::open(spool).context("the spool")?);
        let collector = Collector::new(clickstream::Sites::default(), definitions, spool)?;
        collector.replace_knowledge(knowledge(&config, &taxonomy)?);

        let time = clock.clone();
        let loader = Loader::new(
            warehouse.clone(),
            collector.spool().clone(),
            LoaderConfig::default(),
            move || time.now(),
        );

        let search = SearchIndex::open(dir.join("search")).context("the search index")?;
        let learnt = Learnt::at(&dir);
        let models = Shelf::open(dir.join("models"), config.training.max_age.0)?;
        models.load();
        let texts = Texts::read(&config)?;
        let arms = texts.load(&taxonomy)?;
        let web_push = delivery::web_push(&config, &registry, clock.now()).await?;
        let events = EventLog::new(uuid::Uuid::new_v4().simple().to_string(), STREAM_LOG);
        let senders: Vec<Arc<dyn Sender>> = delivery::senders(&registry, &events, web_push.clone());
        let policy = Arc::new(delivery::policy(&config)?);
        let time = clock.clone();
        let dispatcher = Dispatcher::new(
            Arc::new(registry.clone()),
            Arc::new(registry.clone()),
            senders,
            policy,
            Arc::new(move || time.now()),
        );
        let app = App(Arc::new(State {
            clock,
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
            metrics,
            subjects: Subjects::new(registry.clone()),
            registry,
            warehouse,
            loader: Arc::new(loader),
            collector: Arc::new(collector),
            search: Arc::new(search),
            library: ArcSwap::from_pointee(Library::empty(&taxonomy)),
            taxonomy,
            sites: Sites::default(),
            interest: insight::definition::Definitions::embedded()?.interest().clone(),
            visitors: Visitors::new(VISITORS),
            counters: Counters::default(),
            streaming: Arc::default(),
            outcomes: Arc::new(learnt.outcomes()?),
            learnt,
            renewing: tokio::sync::Mutex::default(),
            training: Arc::default(),
            models,
            pipelines: arms.pipelines,
            experiments: ArcSwap::from_pointee(arms.experiments),
            events,
            web_push,
            dispatcher,
            demo,
            config,
        }));
        let step = steps.begin("catalogue");
        app.refresh_sites().await?;
        let today = warm::counters(&app).await;
        warm::visitors(&app).await;
        let followed = warm::index(&app).await?;
        warm::crowds(&app).await;
        warm::streaming(&app, today).await;
        step.done(&format!("{} items", app.search.len()));
        Ok(Self { app, engine, followed, texts })
    }

    /// Starts moving the spool into the warehouse.
    pub fn start_loading(&self) {
        self.app.spawn(jobs::load::run(self.app.clone()));
    }

    /// Starts the other jobs that run beside requests.
    pub fn start_serving(&self) {
        let app = &self.app;
        app.spawn(jobs::live::observe(app.clone()));
        app.spawn(jobs::live::refresh(app.clone()));
        app.spawn(jobs::follow::run(app.clone(), self.followed));
        app.spawn(jobs::train::run(app.clone()));
        app.spawn(jobs::arms::run(app.clone(), self.texts.clone()));
        app.spawn(jobs::deliver::run(app.clone()));
        // The configuration was checked when it was loaded.
        for (site, path) in app.config.collect.logs().unwrap_or_default() {
            app.spawn(jobs::logs::run(app.clone(), site, path));
        }
    }

    /// Answers requests until the token is cancelled, then lets what is under way finish.
    ///
    /// # Errors
    /// A listener that fails.
    pub async fn serve(self, listener: TcpListener) -> anyhow::Result<()> {
        let service = crate::api::router(self.app.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        let cancel = self.app.cancel.clone();
        let graceful = axum::serve(listener, service)
            .with_graceful_shutdown(cancel.clone().cancelled_owned())
            .into_future();
        let cut = async {
            cancel.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = graceful => served.context("serving")?,
            () = cut => tracing::warn!("some requests did not end in time and were cut off"),
        }
        self.stop().await
    }

    /// Ends jobs, flushes, and stops the engine.
    ///
    /// # Errors
    /// An index that cannot be closed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.app.cancel.cancel();
        self.app.tasks.close();
        if tokio::time::timeout(GRACE, self.app.tasks.wait()).await.is_err() {
            tracing::warn!("some jobs did not end in time");
        }
        self.app.registry.close().await;
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
        Ok(())
    }
}

/// What events are enriched from, but for the pages: those come with the catalogue.
///
/// # Errors
/// A file of regions that was named and cannot be read.
pub fn knowledge(config: &Config, taxonomy: &vocab::Taxonomy) -> anyhow::Result<Knowledge> {
    let places = match config.collect.regions.as_str() {
        "" => None,
        path => Some(Arc::new(Places::open(path.as_ref()).context("collect.regions")?)),
    };
    let topics = Some(Arc::new(Topics::new(taxonomy)));
    Ok(Knowledge { places, pages: None, topics })
}

/// Makes a first site where there is none, with random keys.
///
/// # Errors
/// A registry that cannot be written.
pub async fn ensure_site(registry: &Registry, now: jiff::Timestamp) -> anyhow::Result<()> {
    if registry.sites().await?.is_empty() {
        let name = vocab::Text::new("门户网站", "Portal");
        registry.ensure_site("main", name, "localhost", now).await?;
    }
    Ok(())
}

/// Cancels the server's token on Ctrl-C or SIGTERM.
pub fn stop_on_signal(app: &App) {
    let token = app.cancel.clone();
    app.spawn(async move {
        let mut terminate =
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::error!(error = %error, "signals cannot be heard");
                    return;
                }
            };
        tokio::select! {
            () = token.cancelled() => {}
            _ = tokio::signal::ctrl_c() => token.cancel(),
            _ = terminate.recv() => token.cancel(),
        }
    });
}
