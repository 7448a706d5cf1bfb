//! The embedded engine's process, for the tests: what `civicsense engine` is in the program.

fn main() -> Result<(), engine::EngineError> {
    let args = engine::ChildArgs::parse(std::env::args_os().skip(1))?;
    engine::child::run(&args)
}
