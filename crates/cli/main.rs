//! The `civicsense` command: parses the line and hands over to `server::commands`.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use mimalloc::MiMalloc;
use server::commands;

/// Many small, short-lived pieces on many threads: under the system's allocator the arenas fragment and grow.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Senses what citizens and businesses need from a government portal and brings it to them.
#[derive(Debug, Parser)]
#[command(name = "civicsense", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Examples:
  civicsense demo                                 a portal with simulated citizens, at http://127.0.0.1:8080
  civicsense serve --config civicsense.toml       the real thing
  civicsense import log access.log.gz --site main
  civicsense completions bash > /etc/bash_completion.d/civicsense")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every role on this machine.
    Serve(commands::serve::Args),
    /// Run with a demo catalogue and simulated citizens; the second run reuses what is there.
    Demo(commands::demo::Args),
    /// Bring in server logs or a content catalogue.
    #[command(subcommand)]
    Import(commands::import::Command),
    /// Train models on what the warehouse holds and publish them.
    Train(commands::train::Args),
    /// List the versions of trained models, promote one, or go back to the one before.
    Models(commands::models::Args),
    /// Measure recommendation quality on a time split, against popularity and item-kNN.
    Evaluate(commands::evaluate::Args),
    /// Ask a behaviour question; prints the answer and its SQL.
    Query(commands::query::Args),
    /// Send a message to those who asked for it.
    Push(commands::push::Args),
    /// Check model and pipeline definitions and run the tests they carry.
    Validate(commands::validate::Args),
    /// List the sites with what trackers must be told.
    Sites(commands::sites::Args),
    /// Check the installation: configuration, engine, schema, ledger.
    Doctor(commands::doctor::Args),
    /// The analytic engine's child process; `serve` starts it.
    #[command(hide = true)]
    Engine(commands::engine::Args),
    /// Print a completion script for a shell.
    #[command(after_help = "Examples:
  civicsense completions bash > /etc/bash_completion.d/civicsense
  civicsense completions zsh > ~/.zfunc/_civicsense")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether there is nothing to finish once nobody reads the output.
    fn only_prints(&self) -> bool {
        matches!(
            self,
            Self::Query(_)
                | Self::Validate(_)
                | Self::Sites(_)
                | Self::Models(_)
                | Self::Doctor(_)
                | Self::Completions { .. }
        )
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    if command.only_prints() {
        // Whoever reads the output may have seen enough: `civicsense doctor ledger | head`.
        sigpipe::reset();
    }
    let outcome = match command {
        Command::Serve(args) => commands::block_on(commands::serve::run(args)),
        Command::Demo(args) => commands::block_on(commands::demo::run(args)),
        Command::Import(command) => commands::block_on(commands::import::run(command)),
        Command::Train(args) => commands::block_on(commands::train::run(args)),
        Command::Models(args) => commands::models::run(args),
        Command::Evaluate(args) => commands::block_on(commands::evaluate::run(args)),
        Command::Query(args) => commands::block_on(commands::query::run(args)),
        Command::Push(args) => commands::block_on(commands::push::run(args)),
        Command::Validate(args) => commands::validate::run(&args),
        Command::Sites(args) => commands::block_on(commands::sites::run(args)),
        Command::Doctor(args) => commands::block_on(commands::doctor::run(args)),
        Command::Engine(args) => commands::engine::run(args),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "civicsense", &mut std::io::stdout());
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place a command's failure is told")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
