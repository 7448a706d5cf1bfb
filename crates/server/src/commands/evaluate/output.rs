//! The report as files: JSON for machines, Markdown and pictures for people, and the settings that won as definitions.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use insight::TrainParams;

use super::{Found, plots};

/// Writes `report.json`, `report.md`, its pictures and, where settings were searched, `models/…/*.toml` with those that
/// won into a directory, made where it is missing.
pub(super) fn write(dir: &Path, found: &Found) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let save = |name: &str, text: String| -> anyhow::Result<()> {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    let mut text = format!("# Evaluation\n\n```text\n{found}\n```\n");
    for chart in plots::charts(found) {
        let file = format!("{}.svg", chart.file);
        save(&file, chart.svg()?)?;
        let _ = writeln!(text, "\n![{}]({file})", chart.file);
    }
    save("report.json", found.json()?)?;
    save("report.md", text)?;
    if let Some(chosen) = found.chosen() {
        for (name, text) in insight::definition::with_params(&to_train_with(chosen)?)? {
            save(&format!("models/{name}"), text)?;
        }
    }
    Ok(())
}

/// The settings that won, with those of the definitions that no search touches: public data are measured without limits
/// on robots and busy visitors, a portal trains with them.
fn to_train_with(chosen: &TrainParams) -> anyhow::Result<TrainParams> {
    let definitions = insight::definition::Definitions::embedded()?;
    let kept = definitions.params().get();
    let mut params = chosen.clone();
    params.weighting = kept.weighting.clone();
    params.neighbours.similar.keep = kept.neighbours.similar.keep;
    params.neighbours.similar.min_support = kept.neighbours.similar.min_support;
    Ok(params)
}
