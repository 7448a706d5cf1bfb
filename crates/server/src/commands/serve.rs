//! `civicsense serve`: every role on this machine.

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::Common;
use crate::boot::{Server, stop_on_signal};
use crate::clock::Clock;
use crate::observability;
use crate::progress::Steps;

/// Arguments of `serve`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense serve
  civicsense serve --config /etc/civicsense.toml
  CIVICSENSE__CLICKHOUSE__URL=http://ch:8123 civicsense serve --port 9000")]
pub struct Args {
    /// Port; overrides the one of `http.listen`. 0 takes a free one.
    #[arg(long)]
    port: Option<u16>,
    #[command(flatten)]
    common: Common,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// What cannot be opened, by name; a port in use.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let mut config = args.common.config()?;
    if let Some(port) = args.port {
        config.http.listen.set_port(port);
    }
    observability::start_logs(&config.log)?;
    let listener = listen(config.http.listen).await?;
    config.http.listen = listener.local_addr()?;
    let server = Server::build(config, Clock::system(), &Steps::shown(), None).await?;
    stop_on_signal(&server.app);
    server.start_loading();
    server.start_serving();
    announce(&server);
    server.serve(listener).await
}

/// Takes the port before anything long begins, so a port in use is told at once.
pub(super) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Says where to look; the first line is what scripts read.
#[expect(clippy::print_stdout, reason = "the addresses are this command's output")]
pub(super) fn announce(server: &Server) {
    let url = server.app.config.public_url();
    let dir = server.app.config.data.dir.display();
    println!("listening on {url}");
    println!("  portal         {url}/");
    println!("  console        {url}/console");
    println!("  API reference  {url}/docs");
    println!("  data           {dir}    other commands see it with --data-dir {dir}");
}
