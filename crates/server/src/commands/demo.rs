//! `civicsense demo`: the whole road with a demo catalogue and simulated citizens, in a directory of its own.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Common;
use super::serve::{announce, listen};
use crate::app::Demo;
use crate::boot::{Server, stop_on_signal};
use crate::clock::Clock;
use crate::demo::populate;
use crate::demo::simulate::{Simulation, SimulationParams};
use crate::progress::Steps;
use crate::{demo, jobs, observability, warm};

/// Where the demo keeps its data, apart from a portal's own.
pub(super) const DEMO_DIR: &str = "civicsense-data/demo";

/// Arguments of `demo`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense demo
  civicsense demo --port 9000 --citizens 10000 --days 60
  civicsense demo --data-dir /tmp/demo --live 0       no new events while it runs")]
pub struct Args {
    /// Port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Everything simulated follows from it.
    #[arg(long, default_value_t = 20_170_101)]
    seed: u64,
    /// Simulated citizens and businesses.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    citizens: u32,
    /// Days of behaviour before now.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// New events a second while it runs; 0 makes none.
    #[arg(long, default_value_t = 8.0, value_name = "RATE")]
    live: f64,
    #[command(flatten)]
    common: Common,
}

/// What a demo directory was made with; a later run, or one after an interruption, goes on with it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Made {
    seed: u64,
    citizens: u32,
    days: u16,
    end: Timestamp,
    finished: bool,
}

impl Made {
    fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).context("demo.json")?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("demo.json"),
        }
    }

    fn write(self, path: &Path) -> anyhow::Result<()> {
        fs::write(path, serde_json::to_vec_pretty(&self)?).context("demo.json")
    }
}

/// Builds what is missing, serves until Ctrl-C.
///
/// # Errors
/// What cannot be opened, by name; a port in use.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let mut config = args.common.config()?;
    config.http.listen.set_port(args.port);
    if args.common.data_dir.is_none() && args.common.config.is_none() {
        config.data.dir = DEMO_DIR.into();
    }
    if args.common.config.is_none() {
        "warn".clone_into(&mut config.log.filter);
    }
    observability::start_logs(&config.log)?;
    let listener = listen(config.http.listen).await?;
    config.http.listen = listener.local_addr()?;
    let steps = Steps::shown();
    let clock = Clock::system();

    fs::create_dir_all(&config.data.dir)
        .with_context(|| format!("cannot make {}", config.data.dir.display()))?;
    let path = config.data.dir.join("demo.json");
    let made = Made::read(&path)?.unwrap_or(Made {
        seed: args.seed,
        citizens: args.citizens,
        days: args.days,
        end: clock.now(),
        finished: false,
    });
    made.write(&path)?;
    populate::stores(&config, made.end).await?;
    let personas = Some(Demo { personas: demo::personas()? });
    let server = Server::build(config, clock, &steps, personas).await?;
    stop_on_signal(&server.app);
    let params = SimulationParams {
        seed: made.seed,
        citizens: made.citizens,
        days: made.days,
        end: made.end,
    };
    let outcome = prepare(&server, made, params, &path, &steps).await;
    if server.app.cancel.is_cancelled() {
        return server.stop().await;
    }
    outcome?;
    server.start_serving();
    if args.live > 0.0 {
        let simulation = simulation(params)?;
        let now = server.app.clock.now();
        let live = simulation.live(args.live, now)?;
        server.app.spawn(populate::go_on(server.app.clone(), live));
    }
    announce(&server);
    server.serve(listener).await
}

fn simulation(params: SimulationParams) -> anyhow::Result<Simulation> {
    Simulation::new(params, &demo::catalogue(params.end)?, &demo::taxonomy()?)
}

/// Simulates, loads and trains, unless an earlier run did.
async fn prepare(
    server: &Server,
    made: Made,
    params: SimulationParams,
    path: &Path,
    steps: &Steps,
) -> anyhow::Result<()> {
    let app = &server.app;
    server.start_loading();
    if made.finished && app.models.loaded().is_some() {
        return Ok(());
    }
    let step = steps.counted("citizens", 1_000);
    let events = populate::behaviour(app, simulation(params)?, &step).await?;
    step.done(&format!("{events} events"));

    let step = steps.begin("warehouse");
    populate::until_loaded(app, &step).await?;
    step.done("loaded");

    let step = Arc::new(steps.begin("models"));
    let told = step.clone();
    jobs::train::once(app, Arc::new(move |stage, _| told.say(stage.as_str()))).await?;
    step.done("trained");

    warm::counters(app).await;
    warm::visitors(app).await;
    jobs::follow::rebuild(app).await?;
    warm::crowds(app).await;
    Made { finished: true, ..made }.write(path)
}
