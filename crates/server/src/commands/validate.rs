//! `civicsense validate`: parses model and pipeline definitions, resolves their names, runs the tests they carry.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clickstream::{Definitions, Road};
use vocab::Taxonomy;

use crate::serving::arms::{EXPERIMENTS, Texts};
use crate::serving::pipelines::ROAD;

/// Arguments of `validate`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(after_help = "Examples:
  civicsense validate                    what is built in
  civicsense validate models pipelines   the files in these directories
  civicsense validate deploy/plans       tracking plans
  civicsense validate lists/experiments.toml   experiments, with the pipelines beside them")]
pub struct Args {
    /// Directories named `models` or `pipelines`, or single definition files in them.
    paths: Vec<PathBuf>,
}

/// What checking one file found.
type Checked = anyhow::Result<usize>;

/// Checks every file and tells each.
///
/// # Errors
/// Any file that is wrong or whose test fails, after all were looked at.
#[expect(clippy::print_stdout, reason = "the verdicts are this command's output")]
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut verdicts: Vec<(String, Checked)> = Vec::new();
    if args.paths.is_empty() {
        verdicts.extend(built_in()?);
    }
    for path in &args.paths {
        ensure!(path.exists(), "{} is not there", path.display());
        if path.file_name().is_some_and(|name| name == "models") {
            verdicts.push((path.display().to_string(), models(path)));
        } else {
            let mut files = Vec::new();
            definitions(path, &mut files)?;
            ensure!(!files.is_empty(), "{} holds no definition", path.display());
            let taxonomy = Arc::new(insight::definition::taxonomy()?);
            verdicts.extend(
                files.iter().map(|file| (file.display().to_string(), pipeline(file, &taxonomy))),
            );
        }
    }
    let mut failed = 0;
    for (name, verdict) in &verdicts {
        match verdict {
            Ok(tests) => println!("ok      {name} ({tests} tests)"),
            Err(error) => {
                failed += 1;
                println!("failed  {name}: {error:#}");
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} definitions are not valid", verdicts.len());
    Ok(())
}

/// Every `.toml` below `path`, in order of name.
fn definitions(path: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        found.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort_unstable();
    for entry in entries {
        if entry.is_dir() {
            definitions(&entry, found)?;
        } else if entry.extension().is_some_and(|extension| extension == "toml") {
            found.push(entry);
        }
    }
    Ok(())
}

fn pipeline(file: &Path, taxonomy: &Arc<Taxonomy>) -> Checked {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let family = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    if family == "clickstream" {
        return clickstream(file, &name, &text);
    }
    if name == EXPERIMENTS {
        // It carries no tests; the pipelines it names are there.
        Texts::beside(file)?.load(taxonomy)?;
        return Ok(0);
    }
    if family == "plans" {
        return Ok(clickstream::Plan::parse(&text)?.validate()?);
    }
    one(&family, &name, &text, taxonomy)
}

/// A dialect on the road that lies beside it, or a road under the dialects that come with the program.
fn clickstream(file: &Path, name: &str, text: &str) -> Checked {
    if name == ROAD {
        return Ok(Definitions::load(&[], &Road::parse(text)?)?.validate()?);
    }
    let road = match fs::read_to_string(file.with_file_name(ROAD)) {
        Ok(beside) => Road::parse(&beside)?,
        Err(_) => Road::built_in()?,
    };
    Ok(clickstream::Definition::parse(text, &road)?.validate()?)
}

fn one(family: &str, name: &str, text: &str, taxonomy: &Arc<Taxonomy>) -> Checked {
    Ok(match family {
        "recommend" => recommend::validate(name, text, taxonomy)?.tests,
        "clickstream" => clickstream::Definition::parse(text, &Road::built_in()?)?.validate()?,
        "delivery" => channels::Definition::parse(text)?.validate()?,
        other => {
            bail!("`{other}` is no family of pipelines: recommend, clickstream, delivery, plans")
        }
    })
}

/// The definitions below a `models` directory stand in for the built-in ones of the same name.
fn models(dir: &Path) -> Checked {
    let mut files = Vec::new();
    definitions(dir, &mut files)?;
    let mut replaced = Vec::new();
    let mut taxonomy = insight::definition::taxonomy()?;
    for file in files {
        let text = fs::read_to_string(&file)?;
        let name = file.strip_prefix(dir)?.to_string_lossy().into_owned();
        if name == "taxonomy.toml" {
            taxonomy = insight::definition::parse_taxonomy(&text)?;
        } else {
            replaced.push((name, text));
        }
    }
    let outcomes = insight::definition::Definitions::load(&replaced)?.validate(&taxonomy)?;
    let failed: Vec<String> = outcomes
        .iter()
        .filter_map(|outcome| {
            Some(format!("{}, {}: {}", outcome.definition, outcome.test, outcome.failure.as_ref()?))
        })
        .collect();
    ensure!(failed.is_empty(), "{}", failed.join("; "));
    Ok(outcomes.len())
}

fn built_in() -> anyhow::Result<Vec<(String, Checked)>> {
    let taxonomy = Arc::new(insight::definition::taxonomy()?);
    let mut verdicts = Vec::new();
    for (name, text) in recommend::EMBEDDED {
        verdicts.push((format!("recommend/{name}"), one("recommend", name, text, &taxonomy)));
    }
    for (name, text) in Definitions::BUILT_IN {
        verdicts.push((format!("clickstream/{name}"), one("clickstream", name, text, &taxonomy)));
    }
    let delivery = channels::Definition::embedded().and_then(|definition| definition.validate());
    verdicts.push(("delivery/default.toml".to_owned(), Ok(delivery?)));
    Ok(verdicts)
}
