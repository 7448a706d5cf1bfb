//! `civicsense engine`: the analytic engine's child process, started and supervised by `serve`.

use std::ffi::OsString;

use ::engine::ChildArgs;

/// Arguments of the child; the credentials come on standard input.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// `--data DIR --library PATH --listen ADDRESS:PORT`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Serves until standard input closes.
///
/// # Errors
/// A library that cannot be opened, or a data directory in use.
pub fn run(args: Args) -> anyhow::Result<()> {
    ::engine::child::run(&ChildArgs::parse(args.arguments)?)?;
    Ok(())
}
