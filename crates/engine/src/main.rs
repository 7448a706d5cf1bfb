//! The engine process on its own: `civicsense-engine --data DIR --library PATH --listen 127.0.0.1:PORT`.

use std::process::ExitCode;

use engine::{ChildArgs, child};

fn main() -> ExitCode {
    let arguments = ChildArgs::parse(std::env::args_os().skip(1));
    match arguments.and_then(|arguments| child::run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        // The parent has been told why, on standard output.
        Err(_) => ExitCode::FAILURE,
    }
}
