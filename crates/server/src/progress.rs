//! Long steps on the terminal: a line each, a bar where the length is known, nothing where nobody looks.

use std::io::IsTerminal as _;
use std::time::Duration;

use engine::FetchProgress;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The steps of one command.
#[derive(Clone, Debug)]
pub struct Steps {
    bars: MultiProgress,
    /// Standard error is a file or a pipe: plain lines instead of bars.
    plain: bool,
}

/// A step under way.
#[derive(Debug)]
pub struct Step {
    bar: ProgressBar,
    name: String,
    plain: bool,
}

impl Steps {
    /// Shows on the terminal; when standard error is not one, each step leaves a plain line.
    pub fn shown() -> Self {
        Self { bars: MultiProgress::new(), plain: !std::io::stderr().is_terminal() }
    }

    /// Shows nothing.
    pub fn silent() -> Self {
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()), plain: false }
    }

    /// Begins a step of unknown length.
    pub fn begin(&self, name: &str) -> Step {
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:24} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Step { bar, name: name.to_owned(), plain: self.plain }
    }

    /// Begins a step of `total` units.
    pub fn counted(&self, name: &str, total: u64) -> Step {
        let step = self.begin(name);
        step.bar.set_length(total);
        let template =
            "{spinner} {prefix:24} {bar:32} {percent:>3} % {msg} ({elapsed}, {eta} left)";
        if let Ok(style) = ProgressStyle::with_template(template) {
            step.bar.set_style(style);
        }
        step
    }
}

impl Step {
    /// Says what is being done.
    pub fn say(&self, message: impl Into<String>) {
        self.bar.set_message(message.into());
    }

    /// So much is done.
    pub fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// Shows the engine's download.
    pub fn fetching(&self, progress: &FetchProgress) {
        let mib = |bytes: u64| bytes >> 20;
        self.bar.set_message(match progress {
            FetchProgress::Waiting => "another process is fetching it".to_owned(),
            FetchProgress::Downloading { bytes, .. } => format!("fetching, {} MiB", mib(*bytes)),
            other => format!("{other:?}").to_lowercase(),
        });
    }

    /// Ends the step with a word.
    pub fn done(&self, message: &str) {
        if let Ok(style) = ProgressStyle::with_template("✓ {prefix:24} {msg} ({elapsed})") {
            self.bar.set_style(style);
        }
        self.bar.finish_with_message(message.to_owned());
        if self.plain {
            #[expect(clippy::print_stderr, reason = "progress, where no terminal can show a bar")]
            {
                eprintln!("{}: {message} ({:.1} s)", self.name, self.bar.elapsed().as_secs_f64());
            }
        }
    }
}
